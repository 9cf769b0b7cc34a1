//! Promises of the core over arbitrary interleavings of users, applications, vendors and strays.

use std::collections::{BTreeMap, BTreeSet};

use bargein_core::{
    AgentState, AppCallId, Command, Config, Input, InterruptedBy, Notice, Priority, RequestId, Role, RoundId,
    Speaker, TtsCallId, TurnEnd,
};
use proptest::prelude::*;

use crate::driver;
use crate::interleavings::{ADDED, Run, config, run, step, vendors};

/// What was heard has its spaces where segments join, what was written where the model put them.
fn without_spaces(text: &str) -> String {
    text.split_whitespace().collect()
}

/// One pass over what was said, failing at the first broken promise.
fn check(config: &Config, run: &Run) {
    let Run { driver, ranks, said_in_time } = run;
    let is_protected = config.welcome.as_ref().is_some_and(|welcome| welcome.protected);
    let mut high: BTreeSet<RoundId> = is_protected.then_some(RoundId(1)).into_iter().collect();
    let mut shown_to_the_end: BTreeSet<(RoundId, u8)> = BTreeSet::new();
    let mut state = None;
    let mut answering: Option<RoundId> = None;
    let mut open: BTreeSet<(RoundId, u8)> = BTreeSet::new();
    let mut begun: BTreeSet<(RoundId, u8)> = BTreeSet::new();
    let mut calls: BTreeMap<TtsCallId, (RoundId, RequestId)> = BTreeMap::new();
    let mut texts_open: BTreeSet<TtsCallId> = BTreeSet::new();
    let mut cancelled: BTreeSet<TtsCallId> = BTreeSet::new();
    let mut played: Vec<(RoundId, RequestId)> = Vec::new();
    let mut in_flight = driver.calls_in_flight();
    let mut is_playout_stopped = true;
    let mut heard: BTreeSet<String> = BTreeSet::from([without_spaces(ADDED)]);
    let mut waiting: BTreeSet<RoundId> = BTreeSet::new();
    let mut answered: BTreeSet<AppCallId> = BTreeSet::new();
    let side = |of: Speaker| u8::from(of == Speaker::Agent);
    for (index, (at, command)) in driver.said.iter().enumerate() {
        if index == *said_in_time {
            assert!(open.is_empty(), "{at}: left alone, turns never end: {open:?}");
            assert!(waiting.is_empty(), "{at}: left alone, speeches wait for ever: {waiting:?}");
        }
        match command {
            Command::Notify(Notice::TurnStarted { round, of }) => {
                let answers = answering.take();
                assert!(
                    answers.is_none_or(|answered| (answered, Speaker::Agent) == (*round, *of)),
                    "{at}: {answers:?} was to be answered, not {round:?} of {of:?} to begin"
                );
                assert!(begun.insert((*round, side(*of))), "{at}: the turn {round:?} of {of:?} began twice");
                assert!(
                    !open.iter().any(|(_, other)| *other == side(*of) && *of == Speaker::Agent),
                    "{at}: a second agent turn began"
                );
                open.insert((*round, side(*of)));
                if *of == Speaker::Agent {
                    waiting.remove(round);
                }
            }
            Command::Notify(Notice::Subtitle { round, of, is_final, .. }) => {
                let turn = (*round, side(*of));
                assert!(open.contains(&turn), "{at}: a subtitle of {of:?} outside {round:?}");
                assert!(!shown_to_the_end.contains(&turn), "{at}: {round:?} was shown to its end already");
                if *is_final {
                    shown_to_the_end.insert(turn);
                }
            }
            Command::Notify(Notice::State { round, is }) => {
                assert_ne!(state, Some((*round, *is)), "{at}: the state is told twice");
                state = Some((*round, *is));
                let is_of_agent = !matches!(is, AgentState::Listening | AgentState::Idle);
                let is_open = round.is_some_and(|round| open.contains(&(round, 1)));
                assert!(is_open || !is_of_agent, "{at}: {is:?} outside the agent's turn");
            }
            Command::Notify(Notice::TurnEnded { round, of, text, why }) => {
                assert!(
                    shown_to_the_end.contains(&(*round, side(*of))),
                    "{at}: {round:?} was not shown to its end"
                );
                let by_user = *why == TurnEnd::Interrupted(InterruptedBy::User);
                assert!(!by_user || !high.contains(round), "{at}: the user cut the high {round:?}");
                answering = (*of == Speaker::User && *why == TurnEnd::Completed).then_some(*round);
                let is_cut =
                    *of == Speaker::Agent && matches!(why, TurnEnd::Interrupted(_) | TurnEnd::Stopped);
                assert!(is_playout_stopped || !is_cut, "{at}: {round:?} was cut and its audio goes on");
                assert!(
                    open.remove(&(*round, side(*of))),
                    "{at}: the turn {round:?} of {of:?} ended without beginning"
                );
                if *of == Speaker::Agent {
                    heard.insert(without_spaces(text));
                }
            }
            Command::Notify(Notice::Accepted { call, round }) => {
                assert!(answered.insert(*call), "{at}: {call:?} was answered twice");
                if let Some(round) = round {
                    waiting.insert(*round);
                    high.extend((ranks.get(call) == Some(&Priority::High)).then_some(*round));
                }
                assert!(waiting.len() <= config.queue.capacity + 1, "{at}: too many wait");
            }
            Command::Notify(Notice::Refused { call, .. }) => {
                assert!(answered.insert(*call), "{at}: {call:?} was answered twice");
            }
            Command::Notify(Notice::SpeechDropped { round }) => {
                assert!(waiting.remove(round), "{at}: {round:?} was dropped without waiting");
            }
            Command::StartTts(call, request) | Command::OpenTts(call, request) => {
                if matches!(command, Command::OpenTts(..)) {
                    texts_open.insert(*call);
                }
                calls.insert(*call, (request.round, request.request));
                assert!(open.contains(&(request.round, 1)), "{at}: synthesis outside its turn");
                assert!(!request.text.trim().is_empty(), "{at}: nothing to say");
            }
            Command::AppendTts(call, text) => {
                assert!(texts_open.contains(call), "{at}: {call:?} gets text behind its end");
                assert!(!text.trim().is_empty(), "{at}: a piece with nothing to say");
            }
            Command::EndTts(call) => {
                assert!(texts_open.remove(call), "{at}: the text of {call:?} ends twice or never began");
            }
            Command::CancelTts(call) => {
                texts_open.remove(call);
                cancelled.insert(*call);
                in_flight.tts.remove(call);
            }
            Command::CancelLlm(call) => {
                in_flight.llm.remove(call);
            }
            Command::StopPlayout => is_playout_stopped = true,
            Command::Play(call) => {
                assert!(!cancelled.contains(call), "{at}: {call:?} was cancelled and is played");
                let (round, request) = calls[call];
                assert!(open.contains(&(round, 1)), "{at}: {round:?} is over and is played");
                let last = played.last().filter(|(other, _)| *other == round);
                assert!(
                    last.is_none_or(|(_, last)| *last < request),
                    "{at}: {call:?} is played out of order"
                );
                played.push((round, request));
                is_playout_stopped = false;
            }
            Command::StartLlm(_, request) => {
                for message in request.messages.iter().filter(|message| message.role == Role::Assistant) {
                    assert!(
                        heard.contains(&without_spaces(&message.content)),
                        "{at}: {:?} was never heard",
                        message.content
                    );
                }
            }
            _ => {}
        }
    }
    assert_eq!(answering, None, "a user turn without an answer");
    assert!(open.is_empty(), "turns never ended: {open:?}");
    assert!(in_flight.llm.is_empty() && in_flight.tts.is_empty(), "calls left open: {in_flight:?}");
    assert!(waiting.is_empty(), "speeches lost silently: {waiting:?}");
    let asked = driver.journal.iter().filter(|(_, input)| matches!(input, Some(Input::App(..)))).count();
    assert_eq!(answered.len(), asked, "every call is answered");
    assert!(driver.core.is_closed());
    assert_eq!(driver.core.next_deadline(), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_promise_holds_in_any_interleaving(
        config in config(),
        vendors in vendors(),
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let run = run(&config, vendors, &steps);
        check(&config, &run);
        let again = driver::replay(config.clone(), &run.driver.journal);
        let said: Vec<_> = run.driver.said.into_iter().map(|(_, command)| command).collect();
        prop_assert_eq!(&again, &said, "the journal replays to the same commands");
        let mut without_wake_ups = run.driver.journal;
        // What only time brings after the last input comes with one wake-up at the end.
        let end = without_wake_ups.last().map(|(at, _)| (*at, None));
        without_wake_ups.retain(|(_, input)| input.is_some());
        without_wake_ups.extend(end);
        let late = driver::replay(config, &without_wake_ups);
        prop_assert_eq!(late, said, "a machine that never wakes up in time decides the same");
    }
}
