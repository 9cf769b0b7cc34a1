//! What was said before, for services that send one question at a time: kept by the headers that name a session, put
//! before the next question.
//!
//! A round is kept from the moment it is asked, and grows with every event that is handed on: so a question that comes
//! right after a barge-in finds what the caller had got until then, marked as cut. Deliberately out: what was really
//! *heard*, which only the caller knows; and callers who send rounds of their own, which are passed on as they are.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bargein_net::Moment;
use bargein_wire::session_headers::{ROOM_ID, TASK_ID, USER_ID};
use http::HeaderMap;
use indexmap::IndexMap;
use serde_json::{Value, json};

use super::ask::Ask;
use crate::config::ContextConfig;

/// The most bytes of questions and answers that one session's rounds hold; the oldest go first.
const MOST_TEXT: usize = 256 << 10;

/// The sessions that are remembered.
#[derive(Debug, Default)]
pub(crate) struct Contexts(Mutex<IndexMap<Session, Remembered>>);

/// Who converses: the client, the model, and what the headers say.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Session {
    client: Arc<str>,
    model: String,
    ids: [String; 3],
}

#[derive(Debug)]
struct Remembered {
    last: Moment,
    rounds: Arc<Rounds>,
}

type Rounds = Mutex<VecDeque<Round>>;

/// One question and what became of it.
#[derive(Debug)]
struct Round {
    request_id: String,
    question: Vec<Value>,
    answer: String,
    is_whole: bool,
}

/// The round that is being answered. Dropped before its end, it stays as it is: cut.
#[derive(Clone, Debug)]
pub(super) struct Remembering {
    rounds: Arc<Rounds>,
    request_id: String,
}

impl Contexts {
    /// Puts what was said before into a question. `None` when the headers name no session, or the caller sends rounds
    /// of its own.
    pub(super) fn enter(
        &self,
        ask: &Ask,
        headers: &HeaderMap,
        client: &Arc<str>,
        request_id: &str,
        config: &ContextConfig,
        now: Moment,
    ) -> Option<(Ask, Remembering)> {
        let text = |name: &str| {
            headers
                .get(name)
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
                .unwrap_or_default()
        };
        let ids = [text(TASK_ID), text(ROOM_ID), text(USER_ID)];
        if ids.iter().all(String::is_empty) {
            return None;
        }
        let mut asked: Vec<Value> = serde_json::from_slice(ask.messages()).ok()?;
        if asked
            .iter()
            .any(|message| !matches!(message["role"].as_str(), Some("system" | "developer" | "user")))
        {
            return None;
        }
        let begin = asked.iter().position(|message| message["role"] == "user").unwrap_or(asked.len());
        let question = asked.split_off(begin);
        let mut messages = asked;
        if messages.is_empty() && !config.system_prompt.is_empty() {
            messages.push(json!({ "role": "system", "content": config.system_prompt }));
        }
        let session = Session { client: Arc::clone(client), model: ask.model.clone(), ids };
        let rounds = self.rounds(session, config, now);
        {
            let mut rounds = lock(&rounds);
            // A retry asks the same once more.
            if rounds.back().is_some_and(|round| round.request_id == request_id) {
                rounds.pop_back();
            }
            let kept = usize::try_from(config.rounds).unwrap_or(usize::MAX);
            while rounds.len() > kept {
                rounds.pop_front();
            }
            for round in rounds.iter() {
                messages.extend(round.question.iter().cloned());
                messages.extend(round.answer(&config.cut_mark));
            }
            let (request_id, answer) = (request_id.to_owned(), String::new());
            rounds.push_back(Round { request_id, question: question.clone(), answer, is_whole: false });
            while rounds.len() > 1 && rounds.iter().map(Round::size).sum::<usize>() > MOST_TEXT {
                rounds.pop_front();
            }
        }
        messages.extend(question);
        let asked = ask.with_messages(Value::Array(messages).to_string().as_bytes()).ok()?;
        Some((asked, Remembering { rounds, request_id: request_id.to_owned() }))
    }

    /// The rounds of a session; new ones when it is not known or was silent for too long.
    fn rounds(&self, session: Session, config: &ContextConfig, now: Moment) -> Arc<Rounds> {
        let idle = config.idle.get();
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |remembered: &Remembered| now.since(remembered.last) > idle;
        if sessions.get(&session).is_some_and(is_over) {
            sessions.shift_remove(&session);
        }
        let most = usize::try_from(config.sessions).unwrap_or(usize::MAX);
        if !sessions.contains_key(&session) && sessions.len() >= most {
            forget_one(&mut sessions, idle, now);
        }
        let remembered =
            sessions.entry(session).or_insert_with(|| Remembered { last: now, rounds: Arc::default() });
        remembered.last = now;
        Arc::clone(&remembered.rounds)
    }
}

/// Makes room: all sessions that are over, or else the one that was silent for longest.
fn forget_one(sessions: &mut IndexMap<Session, Remembered>, idle: Duration, now: Moment) {
    let before = sessions.len();
    sessions.retain(|_, remembered| now.since(remembered.last) <= idle);
    if sessions.len() == before {
        let oldest = sessions.values().enumerate().min_by_key(|(_, remembered)| remembered.last);
        if let Some(oldest) = oldest.map(|(at, _)| at) {
            sessions.swap_remove_index(oldest);
        }
    }
}

impl Round {
    fn answer(&self, cut_mark: &str) -> Option<Value> {
        let mark = if self.is_whole { "" } else { cut_mark };
        let text = format!("{}{mark}", self.answer);
        (!self.answer.is_empty()).then(|| json!({ "role": "assistant", "content": text }))
    }

    fn size(&self) -> usize {
        let content = |message: &Value| message["content"].as_str().map_or(1024, str::len);
        self.answer.len() + self.question.iter().map(content).sum::<usize>()
    }
}

impl Remembering {
    /// More of the answer was handed on.
    pub(super) fn say(&self, text: &str) {
        self.with_round(|round| {
            if round.answer.len() + text.len() <= MOST_TEXT {
                round.answer.push_str(text);
            }
        });
    }

    /// The answer is whole.
    pub(super) fn is_whole(&self) {
        self.with_round(|round| round.is_whole = true);
    }

    /// Another attempt begins: what the one before said went to nobody.
    pub(super) fn begin_again(&self) {
        self.with_round(|round| round.answer.clear());
    }

    /// There was no answer: as if it had not been asked.
    pub(super) fn forget(&self) {
        lock(&self.rounds).retain(|round| round.request_id != self.request_id);
    }

    fn with_round(&self, change: impl FnOnce(&mut Round)) {
        let mut rounds = lock(&self.rounds);
        if let Some(round) = rounds.iter_mut().rev().find(|round| round.request_id == self.request_id) {
            change(round);
        }
    }
}

fn lock(rounds: &Rounds) -> MutexGuard<'_, VecDeque<Round>> {
    rounds.lock().unwrap_or_else(PoisonError::into_inner)
}
