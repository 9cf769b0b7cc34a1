//! Percentiles over the runs of a `repeat`.

use std::time::Duration;

use bargein_wire::units::Dur;

use super::Verdict;
use crate::scenario::{Bound, Line};

/// A line with a percentile, over all runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Percentile {
    /// Which line of the case.
    pub line: usize,
    /// How many runs there were.
    pub runs: usize,
    /// What the percentile came to; `None` when it did not come in so many runs.
    pub measured: Option<Duration>,
    /// Whether that is within what the line asks for.
    pub is_met: bool,
    /// The same in words: goes behind the caret under the line.
    pub message: String,
}

/// Judges the lines with a percentile. `runs`: the verdicts of each run, as [`super::Evaluator::verdicts`] gives them.
///
/// The percentile is the smallest measured value that so many percent of all runs do not exceed (nearest rank); a run
/// in which it did not come counts as longer than any other.
#[must_use]
pub fn percentiles(lines: &[Line], runs: &[Vec<Verdict>]) -> Vec<Percentile> {
    let asked = lines.iter().enumerate().filter_map(|(index, line)| match &line.sentence.bound {
        Some(Bound::Within { delay, percentile: Some(percentile), .. }) => Some((index, *percentile, *delay)),
        _ => None,
    });
    asked.map(|(line, percentile, bound)| judge(line, percentile, bound, runs)).collect()
}

fn judge(line: usize, percentile: u8, bound: Duration, runs: &[Vec<Verdict>]) -> Percentile {
    let mut measured: Vec<_> = runs
        .iter()
        .filter_map(|verdicts| match verdicts.get(line) {
            Some(Verdict::Measured(Some(took))) => Some(*took),
            _ => None,
        })
        .collect();
    measured.sort_unstable();
    let rank = (runs.len() * usize::from(percentile)).div_ceil(100).max(1);
    let value = measured.get(rank - 1).copied();
    let is_met = value.is_some_and(|value| value <= bound);
    let came = measured.len();
    let what = value.map_or_else(|| "did not come".to_owned(), |value| format!("is {}", Dur::from(value)));
    let message = format!(
        "p{percentile} {what}, asked for {}; it came in {came} of {} runs",
        Dur::from(bound),
        runs.len()
    );
    Percentile { line, runs: runs.len(), measured: value, is_met, message }
}
