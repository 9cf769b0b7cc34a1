//! Expectations over a timeline: which lines of a scenario hold, and what was seen instead when one does not.
//!
//! The [`Evaluator`] takes entries as they are observed and decides each line as soon as it can be decided. It knows
//! nothing of clocks: the runner tells it the time and asks for the next deadline. Some edges of audio become known
//! only after their time, so a deadline is judged [`SETTLING`] after it has passed.
//!
//! What a line means:
//! - An anchor without a number is its event's first occurrence. An event without a number, where a sentence says
//!   what happens, is any of them.
//! - `within 300ms of A` is the stretch from A to 300 ms later; both ends belong to it. Where A is taken from samples
//!   of the agent (`agent.speaks`, `agent.falls_silent`, `ID.start` and `ID.end` of the app), it begins 20 ms earlier:
//!   such a sample left with a frame that long before at most. What may come earlier than that is written
//!   `at A ± 300ms`. `between`, `after` and `before` go by the order of recording within one instant.
//! - **A line whose anchor never comes fails**, under `never` too: it could not be judged.
//! - `nothing_else`: a line accounts for the entries that met it and for those its anchors name. The end of a stretch
//!   of speech is accounted for with its beginning.

mod anchor;
mod closed_world;
mod judge;
mod nearest;
mod percentile;
mod record;
mod truth;
mod window;

use std::sync::Arc;
use std::time::Duration;

use bargein_core::Time;

pub use anchor::Resolution;
pub use percentile::{Percentile, percentiles};

use self::judge::{Judged, Reached};
use self::record::{Point, Record};
use crate::scenario::{Anchor, Case, LineKind, NothingElse};
use crate::timeline::Entry;

/// How long after its time an entry may still be told: 100 ms of silence end a stretch of speech, and a detector
/// needs some frames.
pub const SETTLING: Duration = Duration::from_millis(200);

/// Judges one run of a case, entry by entry.
#[derive(Debug)]
pub struct Evaluator {
    record: Record,
    lines: Vec<Judged>,
    nothing_else: Option<(NothingElse, Verdict)>,
}

/// What is known of a line.
#[derive(Clone, PartialEq, Debug)]
pub enum Verdict {
    /// It is not true yet, or its time is not over.
    Waiting,
    /// It is true so far; only something that still happens can make it false.
    Holding,
    /// It is true for good.
    Met,
    /// A percentile needs the other runs: this one took so long; `None` if it did not come.
    Measured(Option<Duration>),
    /// It stands in `order` behind a line that is not met.
    NotReached,
    /// It is false for good.
    Failed(Failure),
}

/// Why a line is false.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// When that was certain, counted from scenario time 0.
    pub at: Time,
    /// What was waited for, by when, and what came nearest; goes behind the caret under the line.
    pub message: String,
}

impl Evaluator {
    /// Judges a run of this case from its beginning.
    #[must_use]
    pub fn new(case: &Case) -> Self {
        let lines = case.expectations.lines.iter().cloned().map(Judged::new).collect();
        let nothing_else = case.expectations.nothing_else.clone().map(|world| (world, Verdict::Holding));
        let mut evaluator = Self { record: Record::new(case), lines, nothing_else };
        evaluator.judge(|_| true);
        evaluator
    }

    /// Takes one entry. Entries of one event come in order; an entry may be told up to [`SETTLING`] after its time.
    pub fn push(&mut self, entry: Arc<Entry>) {
        let event = entry.event.clone();
        self.record.push(entry);
        self.judge(|line| line.mentions(&event));
    }

    /// Moves time forward. Safe to call early, late or twice.
    pub fn advance(&mut self, now: Time) {
        if !self.record.settle(now) {
            return;
        }
        let settled = self.record.settled();
        self.judge(|line| line.wakes_at().is_some_and(|at| Some(at) <= settled));
    }

    /// The run is over: nothing more will come. Decides every line.
    pub fn finish(&mut self, now: Time) {
        self.record.finish(now);
        self.judge(|_| true);
        if let Some((world, verdict)) = &mut self.nothing_else {
            let accounted = self.lines.iter().flat_map(Judged::accounts_for).collect();
            *verdict = closed_world::judge(&self.record, world, &accounted);
        }
    }

    /// When to call [`Evaluator::advance`] next; `None`: no line waits for time to pass.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Time> {
        self.lines.iter().filter_map(Judged::wakes_at).min().map(|at| at + SETTLING)
    }

    /// Whether no line waits for anything any more, so that the run may end when it is quiet.
    #[must_use]
    pub fn is_decided(&self) -> bool {
        self.lines.iter().all(|line| *line.verdict() != Verdict::Waiting)
    }

    /// The verdict on each line of the case, in their order.
    #[must_use]
    pub fn verdicts(&self) -> Vec<&Verdict> {
        self.lines.iter().map(Judged::verdict).collect()
    }

    /// The verdict on `nothing_else`; `None` when the case has none. Decided by [`Evaluator::finish`].
    #[must_use]
    pub fn nothing_else(&self) -> Option<&Verdict> {
        self.nothing_else.as_ref().map(|(_, verdict)| verdict)
    }

    /// When the anchor of a step is: without a number, its event's first occurrence at or after `not_before`; for a
    /// moment of a step, its first occurrence at all.
    #[must_use]
    pub fn resolve(&self, anchor: &Anchor, not_before: Time) -> Resolution {
        anchor::resolve(&self.record, anchor, not_before)
    }

    /// Judges the chosen lines that are not decided, and every line of `order`, each behind the one before it.
    fn judge(&mut self, chosen: impl Fn(&Judged) -> bool) {
        let start = Reached::At(Point::start_of(Time::ZERO));
        let mut reached = start;
        for line in &mut self.lines {
            if line.kind() == LineKind::Order {
                if line.is_open() {
                    line.judge(&self.record, reached);
                }
                reached = line.reached();
            } else if line.is_open() && chosen(line) {
                line.judge(&self.record, start);
            }
        }
    }
}

#[cfg(test)]
mod tests;
