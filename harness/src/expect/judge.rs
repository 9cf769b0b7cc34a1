//! One line against what has happened so far.

use bargein_core::Time;

use super::anchor::Missing;
use super::nearest;
use super::record::{Occurrence, Point, Record};
use super::truth::{self, Truth};
use super::window::{Window, window};
use super::{Failure, Verdict};
use crate::scenario::{Anchor, Bound, Line, LineKind, Op};
use crate::timeline::Event;
use crate::vocabulary::Observed;

/// A line and what is known of it.
#[derive(Debug)]
pub(super) struct Judged {
    line: Line,
    mentions: Vec<Event>,
    judgement: Judgement,
}

/// What is known of a line.
#[derive(Debug)]
struct Judgement {
    verdict: Verdict,
    /// When to look again, if nothing happens before.
    wakes_at: Option<Time>,
    /// The entries it accounts for.
    accounts_for: Vec<u64>,
    /// Where it was met.
    met_at: Option<Point>,
}

/// How far the lines of `order` have got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reached {
    /// The line before was met here.
    At(Point),
    /// The line before waits.
    NotYet,
    /// A line before failed.
    Never,
}

impl Judged {
    pub(super) fn new(line: Line) -> Self {
        let mentions = mentions(&line);
        Self { line, mentions, judgement: Judgement::of(Verdict::Waiting) }
    }

    pub(super) const fn verdict(&self) -> &Verdict {
        &self.judgement.verdict
    }

    pub(super) const fn kind(&self) -> LineKind {
        self.line.kind
    }

    /// Whether the verdict may still change.
    pub(super) const fn is_open(&self) -> bool {
        matches!(self.judgement.verdict, Verdict::Waiting | Verdict::Holding)
    }

    pub(super) const fn wakes_at(&self) -> Option<Time> {
        self.judgement.wakes_at
    }

    /// Whether an entry of this event may change the verdict.
    pub(super) fn mentions(&self, event: &Event) -> bool {
        self.mentions.iter().any(|mentioned| match (mentioned, event) {
            // What becomes of a step decides whether its other moments can still come.
            (Event::Step(mentioned, _), Event::Step(id, _)) => mentioned == id,
            _ => mentioned == event,
        })
    }

    pub(super) fn accounts_for(&self) -> impl Iterator<Item = u64> {
        self.judgement.accounts_for.iter().copied()
    }

    /// What it means for the next line of `order`.
    pub(super) const fn reached(&self) -> Reached {
        match (&self.judgement.verdict, self.judgement.met_at) {
            (Verdict::Met, Some(at)) => Reached::At(at),
            (Verdict::Waiting, _) => Reached::NotYet,
            _ => Reached::Never,
        }
    }

    /// Judges again, when what comes before it is known.
    pub(super) fn judge(&mut self, record: &Record, reached: Reached) {
        self.judgement = match reached {
            Reached::At(after) => judge(record, &self.line, after),
            Reached::NotYet => Judgement::of(Verdict::Waiting),
            Reached::Never => Judgement::of(Verdict::NotReached),
        };
    }
}

impl Judgement {
    const fn of(verdict: Verdict) -> Self {
        Self { verdict, wakes_at: None, accounts_for: Vec::new(), met_at: None }
    }

    fn failed(record: &Record, message: String) -> Self {
        Self::of(Verdict::Failed(Failure { at: record.now(), message }))
    }

    fn waiting_until(wakes_at: Option<Time>) -> Self {
        Self { wakes_at, ..Self::of(Verdict::Waiting) }
    }
}

/// The events whose entries can change a verdict.
fn mentions(line: &Line) -> Vec<Event> {
    let anchors: Vec<&Anchor> = match &line.sentence.bound {
        None => Vec::new(),
        Some(Bound::Between(from, to)) => vec![from, to],
        Some(Bound::Within { of: anchor, .. } | Bound::At { anchor, .. }) => vec![anchor],
        Some(Bound::After(anchor) | Bound::Before(anchor)) => vec![anchor],
    };
    let subject = &line.sentence.subject;
    let tests = subject.tests.iter().chain(anchors.iter().filter_map(|anchor| anchor.test.as_ref()));
    let of_tests = tests.filter_map(|test| match &test.op {
        Op::SameAs(other) | Op::DiffersFrom(other) => Some(other.event.clone()),
        Op::IsSpokenPartOf(_) => Some(Observed::AgentFallsSilent.into()),
        _ => None,
    });
    let of_anchors = anchors.iter().map(|anchor| anchor.event.event.clone());
    [subject.event.event.clone()].into_iter().chain(of_anchors).chain(of_tests).collect()
}

/// What a line means by what happened after `after`.
fn judge(record: &Record, line: &Line, after: Point) -> Judgement {
    let name = &line.sentence.subject.event;
    let window = match window(record, line.sentence.bound.as_ref()) {
        Ok(window) => window.behind(after),
        Err(Missing::Waiting) if record.named(name).is_empty() => {
            let lost = lost(record, line).map(|why| Judgement::failed(record, why));
            return lost.unwrap_or_else(|| Judgement::of(Verdict::Waiting));
        }
        Err(Missing::Waiting) => return Judgement::of(Verdict::Waiting),
        Err(Missing::Lost(_)) if is_percentile(line) => return Judgement::of(Verdict::Measured(None)),
        Err(Missing::Lost(why)) => return Judgement::failed(record, why),
    };
    let seen = Seen::of(record, line, &window);
    let mut judgement = match line.kind {
        LineKind::Never => never(record, &window, &seen),
        LineKind::Count(count) => exactly(record, line, &window, &seen, count),
        LineKind::Expect | LineKind::Order => match (line.sentence.times, &line.sentence.bound) {
            (Some(times), _) => exactly(record, line, &window, &seen, times),
            (None, Some(Bound::Within { percentile: Some(_), .. })) => measured(record, line, &window),
            (None, _) => once(record, line, &window, &seen),
        },
    };
    judgement.accounts_for.extend(window.anchors);
    judgement
}

fn is_percentile(line: &Line) -> bool {
    matches!(line.sentence.bound, Some(Bound::Within { percentile: Some(_), .. }))
}

/// What was seen of a line's event.
struct Seen<'r> {
    /// What is true, within the window.
    matching: Vec<&'r Occurrence>,
    /// Whether something within the window may turn out true.
    open: bool,
    /// When that is certain.
    open_until: Option<Time>,
    /// The event is numbered, came, and is not it.
    missed: bool,
}

impl<'r> Seen<'r> {
    fn of(record: &'r Record, line: &Line, window: &Window) -> Self {
        let mut seen = Self { matching: Vec::new(), open: false, open_until: None, missed: false };
        let name = &line.sentence.subject.event;
        let occurrences = record.named(name);
        let mut judged = 0;
        for occurrence in occurrences {
            let within = window.contains(occurrence.point);
            match if within {
                truth::all(record, &line.sentence.subject.tests, occurrence)
            } else {
                Truth::No
            } {
                Truth::Yes => seen.matching.push(occurrence),
                Truth::No => judged += 1,
                Truth::Open => seen.open = true,
                Truth::OpenUntil(at) => {
                    seen.open = true;
                    seen.open_until = seen.open_until.max(Some(at));
                }
            }
        }
        seen.missed = name.nth.is_some() && judged > 0;
        seen
    }
}

/// It must become true.
fn once(record: &Record, line: &Line, window: &Window, seen: &Seen<'_>) -> Judgement {
    if let Some(first) = seen.matching.first() {
        let accounts_for = vec![first.point.order];
        return Judgement { accounts_for, met_at: Some(first.point), ..Judgement::of(Verdict::Met) };
    }
    if seen.open && !record.is_over() {
        return Judgement::waiting_until(seen.open_until);
    }
    if seen.missed || window.is_closed(record) {
        return Judgement::failed(record, nearest::not_seen(record, line, window));
    }
    match lost(record, line) {
        Some(why) if record.named(&line.sentence.subject.event).is_empty() => Judgement::failed(record, why),
        Some(_) => Judgement::failed(record, nearest::not_seen(record, line, window)),
        None => Judgement::waiting_until(window.to.map(|to| to.at)),
    }
}

/// It must become true so often.
fn exactly(record: &Record, line: &Line, window: &Window, seen: &Seen<'_>, times: u32) -> Judgement {
    let came = seen.matching.len();
    let accounts_for = || seen.matching.iter().map(|occurrence| occurrence.point.order).collect();
    if came > times as usize {
        return Judgement::failed(record, nearest::too_often(&seen.matching, times));
    }
    if seen.open && !record.is_over() {
        return Judgement::waiting_until(seen.open_until);
    }
    let is_enough = came == times as usize;
    match (is_enough, window.is_closed(record)) {
        (true, true) => Judgement { accounts_for: accounts_for(), ..Judgement::of(Verdict::Met) },
        (true, false) if window.to.is_none() => {
            Judgement { accounts_for: accounts_for(), ..Judgement::of(Verdict::Holding) }
        }
        (_, false) if is_enough || lost(record, line).is_none() => {
            Judgement::waiting_until(window.to.map(|to| to.at))
        }
        (_, _) => Judgement::failed(record, nearest::too_seldom(record, line, window, &seen.matching, times)),
    }
}

/// It must not become true.
fn never(record: &Record, window: &Window, seen: &Seen<'_>) -> Judgement {
    if let Some(first) = seen.matching.first() {
        return Judgement::failed(record, nearest::came_after_all(first, &seen.matching));
    }
    match window.to {
        _ if window.is_closed(record) => Judgement::of(Verdict::Met),
        None if !seen.open => Judgement::of(Verdict::Holding),
        to => Judgement::waiting_until(to.map(|to| to.at).or(seen.open_until)),
    }
}

/// How long it took, however long that was.
fn measured(record: &Record, line: &Line, window: &Window) -> Judgement {
    let unbounded = Window { to: None, ..window.clone() };
    let seen = Seen::of(record, line, &unbounded);
    match seen.matching.first() {
        Some(first) => {
            let took = first.point.at.since(window.base);
            let accounts_for = vec![first.point.order];
            Judgement { accounts_for, ..Judgement::of(Verdict::Measured(Some(took))) }
        }
        None if record.is_over() => Judgement::of(Verdict::Measured(None)),
        None => Judgement::waiting_until(seen.open_until),
    }
}

/// Why a line's event cannot come any more; `None` when it may, or need not.
fn lost(record: &Record, line: &Line) -> Option<String> {
    let name = &line.sentence.subject.event;
    if line.kind == LineKind::Never || is_percentile(line) {
        return None;
    }
    record.lost(name).map(|why| format!("`{name}` {why}"))
}
