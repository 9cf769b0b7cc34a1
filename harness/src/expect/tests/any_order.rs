//! Whenever time is told, and however late an edge of audio is, the verdicts are the same.

use std::sync::Arc;

use proptest::prelude::*;

use super::{Evaluator, Verdict, case, entry, millis};
use crate::scenario::Case;

/// What can happen, and how late it is told.
const EVENTS: [(&str, u64); 11] = [
    ("ask.start", 0),
    ("ask.end how=whole", 100),
    ("agent.speaks", 0),
    ("agent.falls_silent heard=\"从前，\" segment=\"从前，\"", 100),
    ("llm.request header={\"x\":\"1\"} messages=[{\"content\":\"从前，\"}]", 0),
    ("llm.request header={\"x\":\"2\"}", 0),
    ("state is=speaking", 0),
    ("state is=listening", 0),
    ("error of=llm kind=auth", 0),
    ("tell.accepted", 0),
    ("tell.refused reason=listening", 0),
];

fn lines() -> Case {
    case(
        "expect:
  - agent.speaks within 1300ms of ask.end
  - agent.falls_silent within 300ms of ask.start
  - llm.request within 100ms of agent.falls_silent
  - llm.request.2 where header.x differs from llm.request.1
  - llm.request where messages.-1.content is spoken part of story-200.txt
  - agent.speaks times 2
  - error after state where is = speaking
  - error before agent.falls_silent
  - state where is = listening between ask.start + 100ms and agent.falls_silent
  - tell.start within 400ms of tell.accepted
  - state at agent.speaks ± 250ms times 1
order: [ask.start, state where is = speaking, agent.falls_silent within 2s of ask.start, state where is = listening]
never:
  - agent.speaks between ask.start and ask.end
  - error within 1s of agent.speaks
count: { llm.request: 2, error where of = llm: 0 }
nothing_else: { streams: [error, playout] }
",
    )
}

/// Plays events at their times; `told` tells time as well, at every event and deadline.
fn play(case: &Case, events: &[(u64, usize)], told: bool) -> Vec<String> {
    let mut evaluator = Evaluator::new(case);
    let mut arriving: Vec<_> =
        events.iter().map(|(at, event)| (at + EVENTS[*event].1, *at, *event)).collect();
    arriving.sort_by_key(|(arrives, ..)| *arrives);
    let mut ended = 0;
    for (arrives, at, event) in arriving {
        let now = millis(&arrives.to_string());
        while let Some(deadline) = evaluator.next_deadline().filter(|deadline| told && *deadline < now) {
            evaluator.advance(deadline);
        }
        evaluator.push(Arc::new(entry(millis(&at.to_string()), EVENTS[event].0)));
        if told {
            evaluator.advance(now);
        }
        ended = arrives;
    }
    evaluator.finish(millis(&(ended + 5_000).to_string()));
    let verdicts = evaluator.verdicts().into_iter().chain(evaluator.nothing_else());
    verdicts
        .map(|verdict| match verdict {
            Verdict::Failed(_) => "Failed".to_owned(),
            other => format!("{other:?}"),
        })
        .collect()
}

proptest! {
    #[test]
    fn telling_the_time_changes_no_verdict(
        events in prop::collection::vec((0..150_u64, 0..EVENTS.len()), 0..30)
    ) {
        let case = lines();
        let events: Vec<_> = events.into_iter().map(|(at, event)| (at * 20, event)).collect();
        let told = play(&case, &events, true);
        prop_assert_eq!(&told, &play(&case, &events, false));
        prop_assert!(!told.iter().any(|verdict| matches!(verdict.as_str(), "Waiting" | "Holding")));
    }
}
