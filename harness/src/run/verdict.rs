//! From the runs of a case to what is said of it.

use super::case::Case;
use super::outcome::{Failure, Verdict};
use super::play::Played;
use crate::expect::{self, percentiles};
use crate::scenario::{Diagnostic, Line, LineKind, Place};

/// Whether a case holds in all its runs.
pub(super) fn verdict(case: &Case, runs: &[Played]) -> Verdict {
    let mut failures = Vec::new();
    for (index, played) in runs.iter().enumerate() {
        // What is wrong in one run is told once; further seeds would repeat it.
        if failures.is_empty() {
            failures = of_run(case, index, played);
        }
    }
    failures.extend(of_all(case, runs));
    if failures.is_empty() { Verdict::Passed } else { Verdict::Failed(failures) }
}

/// Whether a run alone is enough to fail its case.
pub(super) fn has_failed(case: &Case, played: &Played) -> bool {
    !of_run(case, 0, played).is_empty()
}

fn of_run(case: &Case, run: usize, played: &Played) -> Vec<Failure> {
    let source = case.source();
    if let Some((step, why)) = &played.stuck
        && let Some((step, _)) = case.step(*step)
    {
        let message = format!("`{}` could not begin", step.id);
        let place = step.at_place.unwrap_or(step.place);
        let diagnostic = Diagnostic::new(source, place, message).with_label(why.as_str());
        // What was expected behind it is only its consequence.
        return vec![Failure { diagnostic, run, around: None }];
    }
    let mut failures = Vec::new();
    let lines = &case.expectations().lines;
    for (line, verdict) in lines.iter().zip(&played.verdicts) {
        if let expect::Verdict::Failed(failure) = verdict {
            let diagnostic =
                Diagnostic::new(source, line.subject, title(line)).with_label(failure.message.as_str());
            failures.push(Failure { diagnostic, run, around: Some(failure.at) });
        }
    }
    if let Some(expect::Verdict::Failed(failure)) = &played.nothing_else
        && let Some(nothing_else) = &case.expectations().nothing_else
    {
        let diagnostic = Diagnostic::new(source, nothing_else.place, "something else came")
            .with_label(failure.message.as_str());
        failures.push(Failure { diagnostic, run, around: Some(failure.at) });
    }
    if !played.leftovers.is_empty() {
        let message = format!("expected an empty world after the run, got {}", played.leftovers.join(", "));
        let diagnostic = Diagnostic::new(source, Place::default(), message);
        failures.push(Failure { diagnostic, run, around: None });
    }
    failures
}

/// What only all runs together can fail.
fn of_all(case: &Case, runs: &[Played]) -> Vec<Failure> {
    let lines = &case.expectations().lines;
    let verdicts: Vec<_> = runs.iter().map(|played| played.verdicts.clone()).collect();
    let missed = percentiles(lines, &verdicts).into_iter().filter(|percentile| !percentile.is_met);
    let failures = missed.filter_map(|missed| {
        let line = lines.get(missed.line)?;
        let diagnostic = Diagnostic::new(case.source(), line.subject, title(line)).with_label(missed.message);
        Some(Failure { diagnostic, run: 0, around: None })
    });
    failures.collect()
}

fn title(line: &Line) -> &'static str {
    match line.kind {
        LineKind::Expect => "this did not come as expected",
        LineKind::Order => "this did not come in its order",
        LineKind::Never => "this was never to come",
        LineKind::Count(_) => "this did not come so often",
    }
}
