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
    assert_eq!(resolve("agent.speaks", "3001", timeline), Resolution::Waiting);
    assert_eq!(resolve("agent.speaks.3", "0", timeline), Resolution::Waiting);
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
        ("tell.end.2", "10 tell.accepted", Some("cannot come: `tell` makes only 1 of it")),
        ("flood.start.2", "10 flood.accepted\n10 flood.refused", None),
        (
            "flood.start.3",
            "10 flood.accepted\n10 flood.refused reason=listening",
            Some("cannot come any more: `flood` was refused (listening) at 0.010 s"),
        ),
        ("error", "over 500", Some("never came")),
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
