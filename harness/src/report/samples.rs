//! Results to show in tests of reports.

use std::sync::Arc;
use std::time::Duration;

use bargein_core::Time;

use crate::run::{CaseName, CaseResult, Failure, Run, Verdict};
use crate::scenario::{Diagnostic, Source};
use crate::timeline::{Entry, Timeline};
use crate::vocabulary::Observed;

const FILE: &str = "scenarios/limits/llm_429_then_recovers.yaml";
const TEXT: &str = "version: 1\nname: the LLM is rate limited once\nexpect:\n  - error where of = llm within 300ms of llm.request.1\n";

fn run(seed: u64) -> Run {
    let mut timeline = Timeline::default();
    timeline.record(Entry::new(Time::ZERO, Observed::SessionReady));
    timeline.record(Entry::new(Time::from_millis(12_100), Observed::LlmRequest));
    timeline.record(
        Entry::new(Time::from_millis(12_191), Observed::Error).with("of", "llm").with("kind", "unavailable"),
    );
    Run { seed, talk: Duration::from_millis(14_200), timeline }
}

fn result(path: &str, title: Option<&str>, verdict: Verdict) -> CaseResult {
    CaseResult {
        name: CaseName::new(path, title.map(|title| (1, title))),
        source: Arc::new(Source::new(path, TEXT)),
        runs: vec![run(7)],
        took: Duration::from_millis(3),
        verdict,
    }
}

/// One of each kind.
pub(super) fn results() -> Vec<CaseResult> {
    let source = Arc::new(Source::new(FILE, TEXT));
    let start = TEXT.find("error").unwrap_or(0);
    let place = source.place(start..TEXT.len() - 1);
    let diagnostic = Diagnostic::new(&source, place, "not seen by 12.484 s")
        .with_label("nearest: error where kind = unavailable at 12.191 s");
    let failure = Failure { diagnostic, run: 0, around: Some(Time::from_millis(12_191)) };
    vec![
        result("scenarios/interruption/barge_in_during_reply.yaml", None, Verdict::Passed),
        result("scenarios/queue/priority_table.yaml", Some("[high, medium, enqueue]"), Verdict::Passed),
        result(FILE, None, Verdict::Failed(vec![failure])),
        result(
            "scenarios/limits/hangs.yaml",
            Some("[等一下]"),
            Verdict::NotJudged("expected an end within 60 s, got none".to_owned()),
        ),
    ]
}
