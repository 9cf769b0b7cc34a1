//! The report other programs read: JSON. Its keys are API: a key is added, never renamed.

use std::io::Write;
use std::time::Duration;

use serde::Serialize;

use super::Rerun;
use crate::run::{CaseResult, Failure, Verdict};

#[derive(Serialize)]
struct Report<'r> {
    version: u32,
    passed: usize,
    failed: usize,
    not_judged: usize,
    talk_ms: u128,
    took_ms: u128,
    cases: Vec<Case<'r>>,
}

#[derive(Serialize)]
struct Case<'r> {
    name: String,
    file: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'r str>,
    seeds: Vec<u64>,
    verdict: &'static str,
    talk_ms: u128,
    took_ms: u128,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failures: Vec<Told<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'r str>,
    /// Only of what did not pass: the run of the first failure.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    timeline: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rerun: Option<String>,
}

#[derive(Serialize)]
struct Told<'r> {
    line: usize,
    column: usize,
    expected: &'r str,
    message: &'r str,
    #[serde(skip_serializing_if = "str::is_empty")]
    label: &'r str,
    seed: Option<u64>,
    at_ms: Option<u64>,
}

/// Writes the report of all cases.
///
/// # Errors
/// The report cannot be written.
pub fn write(out: impl Write, results: &[CaseResult], took: Duration, real: bool) -> serde_json::Result<()> {
    let of = |verdict| results.iter().filter(|result| word(&result.verdict) == verdict).count();
    let report = Report {
        version: 1,
        passed: of("passed"),
        failed: of("failed"),
        not_judged: of("not_judged"),
        talk_ms: results.iter().map(CaseResult::talk).sum::<Duration>().as_millis(),
        took_ms: took.as_millis(),
        cases: results.iter().map(|result| case(result, real)).collect(),
    };
    serde_json::to_writer_pretty(out, &report)
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed(_) => "failed",
        Verdict::NotJudged(_) => "not_judged",
    }
}

fn case(result: &CaseResult, real: bool) -> Case<'_> {
    let (failures, why) = match &result.verdict {
        Verdict::Passed => (&[][..], None),
        Verdict::Failed(failures) => (failures.as_slice(), None),
        Verdict::NotJudged(why) => (&[][..], Some(why.as_str())),
    };
    let passed = result.verdict == Verdict::Passed;
    let shown = failures.first().map_or(0, |failure| failure.run);
    let run = result.runs.get(shown).filter(|_| !passed);
    Case {
        name: result.name.to_string(),
        file: result.source.name(),
        title: result.name.title(),
        seeds: result.runs.iter().map(|run| run.seed).collect(),
        verdict: word(&result.verdict),
        talk_ms: result.talk().as_millis(),
        took_ms: result.took.as_millis(),
        failures: failures.iter().map(|failure| told(result, failure)).collect(),
        why,
        timeline: run
            .map_or_else(Vec::new, |run| run.timeline.entries().iter().map(ToString::to_string).collect()),
        rerun: (!passed).then(|| Rerun::new(result, shown, real).to_string()),
    }
}

fn told<'r>(result: &'r CaseResult, failure: &'r Failure) -> Told<'r> {
    let diagnostic = &failure.diagnostic;
    Told {
        line: diagnostic.place.line,
        column: diagnostic.place.column,
        expected: diagnostic.source.at(diagnostic.place),
        message: &diagnostic.message,
        label: &diagnostic.label,
        seed: result.runs.get(failure.run).map(|run| run.seed),
        at_ms: failure.around.map(|at| at.as_nanos() / 1_000_000),
    }
}
