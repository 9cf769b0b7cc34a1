//! What has happened so far, found by event.

use std::collections::BTreeMap;
use std::sync::Arc;

use bargein_core::Time;

use super::SETTLING;
use crate::scenario::{Action, Case, EventName};
use crate::timeline::{Entry, Event, StepId};
use crate::vocabulary::{StepMoment, Stream};

/// All entries so far, and up to when nothing can be added any more.
#[derive(Debug)]
pub(super) struct Record {
    events: BTreeMap<Event, Vec<Occurrence>>,
    /// How many calls each step of the app makes.
    calls: BTreeMap<StepId, u32>,
    pushed: u64,
    now: Time,
    settled: Option<Time>,
    over: bool,
}

/// A point of the timeline: a time, and within one instant the order of recording.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Point {
    pub(super) at: Time,
    pub(super) order: u64,
}

/// An entry and its point.
#[derive(Clone, Debug)]
pub(super) struct Occurrence {
    pub(super) point: Point,
    pub(super) entry: Arc<Entry>,
}

impl Record {
    pub(super) fn new(case: &Case) -> Self {
        let calls = case.steps.iter().filter_map(|step| match &step.action {
            Action::App(app) => Some((step.id.clone(), app.times)),
            Action::User(_) => None,
        });
        Self {
            events: BTreeMap::new(),
            calls: calls.collect(),
            pushed: 0,
            now: Time::ZERO,
            settled: None,
            over: false,
        }
    }

    pub(super) fn push(&mut self, entry: Arc<Entry>) {
        self.pushed += 1;
        self.now = self.now.max(entry.at);
        let occurrence = Occurrence { point: Point { at: entry.at, order: self.pushed }, entry };
        let of_event = self.events.entry(occurrence.entry.event.clone()).or_default();
        let place = of_event.partition_point(|other| other.point < occurrence.point);
        of_event.insert(place, occurrence);
    }

    /// Time has come to `now`. Whether anything became certain by it.
    pub(super) fn settle(&mut self, now: Time) -> bool {
        self.now = self.now.max(now);
        let settled = (now.since(Time::ZERO) >= SETTLING).then(|| now - SETTLING);
        let later = settled > self.settled;
        self.settled = self.settled.max(settled);
        later
    }

    pub(super) fn finish(&mut self, now: Time) {
        self.now = self.now.max(now);
        self.settled = Some(self.now);
        self.over = true;
    }

    /// Everything up to and including this time has been recorded.
    pub(super) const fn settled(&self) -> Option<Time> {
        self.settled
    }

    /// Whether everything up to and including `at` has been recorded.
    pub(super) fn is_settled(&self, at: Time) -> bool {
        self.over || self.settled >= Some(at)
    }

    /// Whether nothing more will come.
    pub(super) const fn is_over(&self) -> bool {
        self.over
    }

    /// The latest time heard of.
    pub(super) const fn now(&self) -> Time {
        self.now
    }

    /// The occurrences of an event, in order.
    pub(super) fn of(&self, event: &Event) -> &[Occurrence] {
        self.events.get(event).map_or(&[], Vec::as_slice)
    }

    /// The occurrences of all events that are chosen, in order.
    pub(super) fn all(&self, chosen: impl Fn(&Event) -> bool) -> Vec<&Occurrence> {
        let of_events = self.events.iter().filter(|(event, _)| chosen(event));
        let mut all: Vec<_> = of_events.flat_map(|(_, of_event)| of_event).collect();
        all.sort_by_key(|occurrence| occurrence.point);
        all
    }

    /// The occurrences a name means: the numbered one, else all.
    pub(super) fn named(&self, name: &EventName) -> &[Occurrence] {
        let all = self.of(&name.event);
        match name.nth {
            Some(nth) => all.get(nth as usize - 1..nth as usize).unwrap_or_default(),
            None => all,
        }
    }

    /// Whether the times of an event are those of samples the agent sent into the room.
    pub(super) fn is_of_room_audio(&self, event: &Event) -> bool {
        match event {
            Event::Observed(event) => event.row().stream == Stream::Playout,
            Event::Step(id, StepMoment::Start | StepMoment::End) => self.calls.contains_key(id),
            Event::Step(_, StepMoment::Accepted | StepMoment::Refused) => false,
        }
    }

    /// Why another occurrence that a name means cannot come any more; `None` when it may.
    pub(super) fn lost(&self, name: &EventName) -> Option<String> {
        if self.over {
            return Some("never came".to_owned());
        }
        let Event::Step(id, moment) = &name.event else { return None };
        let came = |moment| self.of(&Event::Step(id.clone(), moment));
        let refused = came(StepMoment::Refused);
        let gone = match moment {
            StepMoment::Refused => came(StepMoment::Accepted).len(),
            StepMoment::Accepted | StepMoment::End => refused.len(),
            // What was dropped ended without having started.
            StepMoment::Start => {
                let dropped = came(StepMoment::End).len().saturating_sub(came(StepMoment::Start).len());
                refused.len() + dropped
            }
        };
        let calls = self.calls.get(id).copied().unwrap_or(1) as usize;
        let wanted = name.nth.map_or_else(|| came(*moment).len() + 1, |nth| nth as usize);
        if calls.saturating_sub(gone) >= wanted {
            return None;
        }
        Some(match (moment, refused.last()) {
            (StepMoment::Refused, _) if gone > 0 => format!("cannot come any more: `{id}` was accepted"),
            (_, Some(refused)) => {
                let reason =
                    refused.entry.field("reason").map(|reason| format!(" ({reason})")).unwrap_or_default();
                format!("cannot come any more: `{id}` was refused{reason} at {}", refused.point.at)
            }
            (_, None) if gone > 0 => format!("cannot come any more: `{id}` was dropped"),
            (_, None) => format!("cannot come any more: `{id}` has only {calls} of it"),
        })
    }
}

impl Point {
    /// Before everything of an instant.
    pub(super) const fn start_of(at: Time) -> Self {
        Self { at, order: 0 }
    }

    /// Behind everything of an instant.
    pub(super) const fn end_of(at: Time) -> Self {
        Self { at, order: u64::MAX }
    }
}
