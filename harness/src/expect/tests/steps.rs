//! Steps: when their anchors are, and when they cannot come any more.

use super::{expecting, millis, run, said};
use crate::expect::Resolution;
use crate::scenario::{Anchor, Bound};

/// The anchor of a sentence.
fn anchor(text: &str) -> Anchor {
    let case = expecting(&[&format!("error after {text}")]);
    match case.expectations.lines.into_iter().next().unwrap().sentence.bound {
        Some(Bound::After(anchor)) => anchor,
        other => panic!("{other:?}"),
    }
}

fn resolve(text: &str, not_before: &str, timeline: &str) -> Resolution {
    run(&expecting(&["error"]), timeline).resolve(&anchor(text), millis(not_before))
}

#[test]
fn an_anchor_is_the_first_occurrence_not_before_the_step_in_front() {
    let timeline = "100 agent.speaks\n3000 agent.speaks\n5000 ask.end";
    assert_eq!(resolve("agent.speaks + 2s", "0", timeline), Resolution::At(millis("2100")));
    assert_eq!(resolve("agent.speaks + 2s", "101", timeline), Resolution::At(millis("5000")));
    assert_eq!(resolve("agent.speaks.1 + 2s", "101", timeline), Resolution::At(millis("2100")));
    assert_eq!(resolve("ask.end - 1s", "0", timeline), Resolution::At(millis("4000")));
    assert_eq!(
        resolve("ask.end - 1s", "5001", timeline),
        Resolution::At(millis("4000")),
        "a step's own moment"
    );
    assert_eq!(resolve("agent.speaks", "3001", timeline), Resolution::Waiting);
    assert_eq!(resolve("agent.speaks.3", "0", timeline), Resolution::Waiting);
}

#[test]
fn a_tested_anchor_is_the_first_occurrence_of_which_the_test_is_true() {
    let timeline =
        "100 state is=thinking\n200 state is=speaking\n300 state is=thinking\n400 state is=speaking";
    assert_eq!(resolve("state where is = speaking + 50ms", "0", timeline), Resolution::At(millis("250")));
    assert_eq!(resolve("state where is = speaking + 50ms", "201", timeline), Resolution::At(millis("450")));
    assert_eq!(resolve("state.4 where is = speaking", "0", timeline), Resolution::At(millis("400")));
}

#[test]
fn an_anchor_that_cannot_come_any_more_is_lost() {
    for (text, timeline, why) in [
        ("tell.start", "10 tell.accepted", None),
        (
            "tell.end",
            "10 tell.refused reason=queue_full",
            Some("cannot come any more: `tell` was refused (queue_full) at 0.010 s"),
        ),
        (
            "tell.start",
            "10 tell.accepted\n20 tell.end how=dropped",
            Some("cannot come any more: `tell` was dropped"),
        ),
        ("tell.start", "10 tell.refused", Some("cannot come any more: `tell` was refused at 0.010 s")),
        ("tell.refused", "10 tell.accepted", Some("cannot come any more: `tell` was accepted")),
        ("tell.end.2", "10 tell.accepted", Some("cannot come any more: `tell` has only 1 of it")),
        ("flood.start.2", "10 flood.accepted\n10 flood.refused", None),
        (
            "flood.start.3",
            "10 flood.accepted\n10 flood.refused reason=listening",
            Some("cannot come any more: `flood` was refused (listening) at 0.010 s"),
        ),
        ("error", "over 500", Some("never came")),
        (
            "ask.end where how = cut",
            "10 ask.end how=whole",
            Some("cannot come any more: `ask` has only 1 of it"),
        ),
        (
            "state.2 where is = idle",
            "10 state is=idle\n20 state is=thinking",
            Some("came at 0.020 s, but was another"),
        ),
        ("state where is = idle", "10 state is=thinking", None),
    ] {
        let expected = why.map_or(Resolution::Waiting, |why| Resolution::Lost(format!("`{text}` {why}")));
        assert_eq!(resolve(text, "0", timeline), expected, "{text} of {timeline}");
    }
}

#[test]
fn a_line_fails_at_once_when_what_it_waits_for_cannot_come() {
    let case =
        expecting(&["tell.start within 400ms of tell.accepted", "tell.start", "tell.end after ask.end"]);
    insta::assert_snapshot!(said(&case, "10 tell.refused reason=lower_priority"), @"
    tell.start within 400ms of tell.accepted: FAILED at 0.010 s: `tell.accepted` cannot come any more: `tell` was refused (lower_priority) at 0.010 s
    tell.start: FAILED at 0.010 s: `tell.start` cannot come any more: `tell` was refused (lower_priority) at 0.010 s
    tell.end after ask.end: FAILED at 0.010 s: `tell.end` cannot come any more: `tell` was refused (lower_priority) at 0.010 s
    ");
}
