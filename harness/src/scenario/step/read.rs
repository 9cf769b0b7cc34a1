//! Steps out of the tree of a file.

use std::collections::BTreeSet;
use std::time::Duration;

use bargein_core::{Message, Priority, Role, SamePriority, Signal, SpeechOptions};

use super::{Action, AppAction, AppCall, Step, UserAction};
use crate::scenario::decode::{Decoder, Keys};
use crate::scenario::fixtures::Fixtures;
use crate::scenario::sentence::{Actor, KnownStep, Surroundings, anchor};
use crate::scenario::subtree::Subtree;
use crate::scenario::yaml::Node;
use crate::timeline::StepId;
use crate::vocabulary::Observed;

/// The keys of a user step.
pub(in crate::scenario) const USER_KEYS: [&str; 8] =
    ["id", "at", "says", "audio", "level", "silence", "text", "signal"];
/// What a user step can do.
const USER_ACTIONS: [&str; 4] = ["says", "silence", "text", "signal"];
/// The keys of an app step.
pub(in crate::scenario) const APP_KEYS: [&str; 18] = [
    "id",
    "at",
    "times",
    "every",
    "speak",
    "ask",
    "interrupt",
    "update",
    "add_history",
    "reset_history",
    "stop",
    "priority",
    "same_priority",
    "enqueue_user_speech",
    "history",
    "question_in_history",
    "answer_in_history",
    "system_prompt",
];
/// What an app step can do, with the keys that go with it.
const APP_ACTIONS: [(&str, &[&str]); 7] = [
    ("speak", &["priority", "same_priority", "enqueue_user_speech", "history"]),
    (
        "ask",
        &[
            "priority",
            "same_priority",
            "enqueue_user_speech",
            "question_in_history",
            "answer_in_history",
            "system_prompt",
        ],
    ),
    ("interrupt", &[]),
    ("update", &[]),
    ("add_history", &[]),
    ("reset_history", &[]),
    ("stop", &[]),
];

/// The words of `priority`.
pub(in crate::scenario) const PRIORITIES: [(&str, Priority); 3] =
    [("low", Priority::Low), ("medium", Priority::Medium), ("high", Priority::High)];
/// The words of `same_priority`.
pub(in crate::scenario) const SAME_PRIORITIES: [(&str, SamePriority); 2] =
    [("clear_and_interrupt", SamePriority::ClearAndInterrupt), ("enqueue", SamePriority::Enqueue)];
/// The words of `signal`.
pub(in crate::scenario) const SIGNALS: [(&str, Signal); 3] = [
    ("interrupt", Signal::Interrupt),
    ("start_listening", Signal::StartListening),
    ("stop_listening", Signal::StopListening),
];
/// The words of a message's `role`.
pub(in crate::scenario) const ROLES: [(&str, Role); 3] =
    [("system", Role::System), ("user", Role::User), ("assistant", Role::Assistant)];

/// The step's map, with who does it.
fn actor<'n>(decoder: &mut Decoder<'_>, node: &'n Node) -> Option<(Actor, Keys<'n>)> {
    let keys = decoder.keys(node, "a step", &["user", "app"])?;
    match (keys.get("user"), keys.get("app")) {
        (Some(user), None) => Some((Actor::User, decoder.keys(user, "a user step", &USER_KEYS)?)),
        (None, Some(app)) => Some((Actor::App, decoder.keys(app, "an app step", &APP_KEYS)?)),
        (Some(_), Some(app)) => {
            decoder.refuse(app.place, "one step has one actor: put `app` into a step of its own", None);
            None
        }
        (None, None) => {
            let help = "write `- user: { … }` or `- app: { … }`";
            decoder.lacks(&keys, "expected who does the step, user or app", Some(help.to_owned()));
            None
        }
    }
}

/// The names of all steps, for sentences. Mistakes in names are reported here; any others by [`step`].
pub(in crate::scenario) fn known_steps(decoder: &mut Decoder<'_>, nodes: &[Node]) -> Vec<KnownStep> {
    let mut known: Vec<KnownStep> = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        let mut quiet = Decoder::new(decoder.source);
        let Some((actor, keys)) = actor(&mut quiet, node) else { continue };
        let name = match keys.get("id") {
            Some(id) => decoder.text(id, "a name"),
            None => Some(unnamed(index)),
        };
        let Some(name) = name else { continue };
        let place = keys.get("id").map_or(node.place, |id| id.place);
        let prefixes = Observed::ALL.iter().filter_map(|event| event.row().word.split('.').next());
        let is_word = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        if !is_word {
            let help = "a letter, then letters, digits, `_` and `-`";
            decoder.refuse(place, format!("`{name}` cannot name a step"), Some(help.to_owned()));
        } else if prefixes.into_iter().any(|prefix| prefix == name) {
            decoder.refuse(place, format!("`{name}` cannot name a step: events begin with it"), None);
        } else if known.iter().any(|step| step.id.as_str() == name) {
            decoder.refuse(place, format!("there are two steps `{name}`"), None);
        } else {
            known.push(KnownStep { id: StepId::new(&name), actor });
        }
    }
    known
}

/// The name of a step without `id`.
fn unnamed(index: usize) -> String {
    format!("step{}", index + 1)
}

/// One step.
pub(in crate::scenario) fn step(
    decoder: &mut Decoder<'_>,
    fixtures: &dyn Fixtures,
    around: &Surroundings<'_>,
    index: usize,
    node: &Node,
) -> Option<Step> {
    let (actor, keys) = actor(decoder, node)?;
    let id = match keys.get("id").and_then(Node::as_scalar) {
        Some(name) => StepId::new(&name.text),
        None => StepId::new(&unnamed(index)),
    };
    let at_node = keys.get("at");
    let at = at_node.and_then(|node| {
        let scalar = decoder.scalar(node, "an anchor such as `agent.speaks + 2s`")?;
        match anchor(&scalar.text, around) {
            Ok(anchor) => Some(anchor),
            Err(error) => {
                let place = decoder.source.place(scalar.bytes_of(error.range));
                decoder.refuse(place, error.message, error.help);
                None
            }
        }
    });
    let action = match actor {
        Actor::User => Action::User(user_action(decoder, fixtures, &keys)?),
        Actor::App => Action::App(app_action(decoder, fixtures, &keys)?),
    };
    Some(Step { id, at, action, place: node.place, at_place: at_node.map(|node| node.place) })
}

/// The one key of `actions` that a step has.
fn the_one<'k>(decoder: &mut Decoder<'_>, keys: &Keys<'_>, actions: &[&'k str]) -> Option<&'k str> {
    let mut present = actions.iter().copied().filter(|action| keys.get(action).is_some());
    let Some(first) = present.next() else {
        decoder.lacks(keys, format!("expected one of {}", actions.join(", ")), None);
        return None;
    };
    if let Some(entry) = present.next().and_then(|second| keys.entry(second)) {
        let message = format!("a step does one thing: `{first}` or `{}`", entry.key.text);
        decoder.refuse(entry.key.place, message, None);
        return None;
    }
    Some(first)
}

fn refuse_others<'k>(
    decoder: &mut Decoder<'_>,
    keys: &Keys<'_>,
    action: &str,
    others: impl IntoIterator<Item = &'k str>,
) {
    for entry in others.into_iter().filter_map(|key| keys.entry(key)) {
        decoder.refuse(entry.key.place, format!("`{}` does not go with `{action}`", entry.key.text), None);
    }
}

fn user_action(decoder: &mut Decoder<'_>, fixtures: &dyn Fixtures, keys: &Keys<'_>) -> Option<UserAction> {
    let action = the_one(decoder, keys, &USER_ACTIONS)?;
    if action != "says" {
        refuse_others(decoder, keys, action, ["audio", "level"]);
    }
    let value = keys.get(action)?;
    Some(match action {
        "says" => {
            let audio = keys.get("audio").and_then(|node| {
                let name = decoder.text(node, "the name of a recording")?;
                fixtures
                    .speech(&name)
                    .map_err(|error| decoder.refuse(node.place, error.to_string(), None))
                    .ok()
            });
            let level = keys.get("level").and_then(|node| decoder.level(node));
            UserAction::Says { text: decoder.text(value, "what the user says")?, audio, level }
        }
        "silence" => UserAction::Silence(decoder.duration(value)?),
        "text" => UserAction::Text(decoder.text(value, "a text")?),
        _ => UserAction::Signal(decoder.word(value, &SIGNALS)?),
    })
}

fn app_action(decoder: &mut Decoder<'_>, fixtures: &dyn Fixtures, keys: &Keys<'_>) -> Option<AppAction> {
    let action = the_one(decoder, keys, &APP_ACTIONS.map(|(action, _)| action))?;
    let with: Vec<_> =
        APP_ACTIONS.iter().filter(|(name, _)| *name == action).flat_map(|(_, with)| *with).collect();
    let all: BTreeSet<_> = APP_ACTIONS.iter().flat_map(|(_, with)| *with).copied().collect();
    refuse_others(decoder, keys, action, all.into_iter().filter(|key| !with.contains(&key)));
    let times = keys.get("times").map_or(Some(1), |node| decoder.count(node, 1..=10_000));
    let every = keys.get("every").map_or(Some(Duration::ZERO), |node| decoder.duration(node));
    let call = app_call(decoder, fixtures, keys, action);
    Some(AppAction { call: call?, times: times?, every: every? })
}

fn app_call(
    decoder: &mut Decoder<'_>,
    fixtures: &dyn Fixtures,
    keys: &Keys<'_>,
    action: &str,
) -> Option<AppCall> {
    let entry = keys.entry(action)?;
    let value = &entry.value;
    let flag = |decoder: &mut Decoder<'_>, key: &str, default: bool| {
        keys.get(key).map_or(Some(default), |node| decoder.bool(node))
    };
    Some(match action {
        "speak" => AppCall::Speak {
            text: decoder.text(value, "what to say")?,
            options: options(decoder, keys)?,
            history: flag(decoder, "history", true)?,
        },
        "ask" => AppCall::Ask {
            text: decoder.text(value, "a question")?,
            system_prompt: match keys.get("system_prompt") {
                Some(node) => Some(decoder.text(node, "a system prompt")?),
                None => None,
            },
            options: options(decoder, keys)?,
            question_in_history: flag(decoder, "question_in_history", false)?,
            answer_in_history: flag(decoder, "answer_in_history", true)?,
        },
        "update" => AppCall::Update(Subtree::of(decoder, fixtures, entry.key.place, value)),
        "add_history" => AppCall::AddHistory(messages(decoder, value)?),
        "interrupt" => decoder.word(value, &[("true", ())]).map(|()| AppCall::Interrupt)?,
        "reset_history" => decoder.word(value, &[("true", ())]).map(|()| AppCall::ResetHistory)?,
        _ => AppCall::Stop { graceful: decoder.word(value, &[("true", false), ("graceful", true)])? },
    })
}

fn options(decoder: &mut Decoder<'_>, keys: &Keys<'_>) -> Option<SpeechOptions> {
    let mut options = SpeechOptions::default();
    if let Some(node) = keys.get("priority") {
        options.priority = decoder.word(node, &PRIORITIES)?;
    }
    if let Some(node) = keys.get("same_priority") {
        options.same_priority = decoder.word(node, &SAME_PRIORITIES)?;
    }
    if let Some(node) = keys.get("enqueue_user_speech") {
        options.enqueue_user_speech = decoder.bool(node)?;
    }
    Some(options)
}

fn messages(decoder: &mut Decoder<'_>, node: &Node) -> Option<Vec<Message>> {
    let items = decoder.list(node, "messages such as `{ role: user, content: … }`")?;
    items.iter().map(|item| message(decoder, item)).collect()
}

fn message(decoder: &mut Decoder<'_>, node: &Node) -> Option<Message> {
    let keys = decoder.keys(node, "a message", &["role", "content"])?;
    let (Some(role), Some(content)) = (keys.get("role"), keys.get("content")) else {
        decoder.lacks(&keys, "a message has a `role` and a `content`", None);
        return None;
    };
    Some(Message { role: decoder.word(role, &ROLES)?, content: decoder.text(content, "a content")? })
}
