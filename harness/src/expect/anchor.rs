//! Where an anchor is, for the bounds of lines and for steps.

use bargein_core::Time;

use super::record::{Occurrence, Point, Record};
use super::truth::{self, Truth};
use crate::scenario::{Anchor, Offset};
use crate::timeline::Event;

/// What is known of the anchor of a step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Resolution {
    /// It is at this time, which may lie in the future or, for an edge known late, a little in the past.
    At(Time),
    /// It may still come.
    Waiting,
    /// It cannot come any more, and why: goes behind the caret under the anchor.
    Lost(String),
}

/// Why an anchor is nowhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Missing {
    /// It may still come.
    Waiting,
    /// It cannot come any more, and why.
    Lost(String),
}

pub(super) fn resolve(record: &Record, anchor: &Anchor, not_before: Time) -> Resolution {
    // A step's own moment is that moment, whenever it was.
    let from = if matches!(anchor.event.event, Event::Step(..)) { Time::ZERO } else { not_before };
    match find(record, anchor, Point::start_of(from)) {
        Ok(occurrence) => Resolution::At(anchor.offset.from(occurrence.point.at)),
        Err(Missing::Waiting) => Resolution::Waiting,
        Err(Missing::Lost(why)) => Resolution::Lost(why),
    }
}

/// The occurrence an anchor stands on: the numbered one, else the first from `from` on of which its test is true.
pub(super) fn find<'r>(record: &'r Record, anchor: &Anchor, from: Point) -> Result<&'r Occurrence, Missing> {
    let name = &anchor.event;
    let named = record.named(name);
    for occurrence in named.iter().filter(|occurrence| name.nth.is_some() || occurrence.point >= from) {
        match anchor.test.as_ref().map_or(Truth::Yes, |test| truth::truth(record, test, occurrence)) {
            Truth::Yes => return Ok(occurrence),
            Truth::Open | Truth::OpenUntil(_) if !record.is_over() => return Err(Missing::Waiting),
            Truth::No | Truth::Open | Truth::OpenUntil(_) => {}
        }
    }
    let shown = Anchor { offset: Offset::None, ..anchor.clone() };
    let why = match (name.nth, named) {
        (Some(_), [came]) => Some(format!("came at {}, but was another", came.point.at)),
        _ => record.lost(name),
    };
    Err(why.map_or(Missing::Waiting, |why| Missing::Lost(format!("`{shown}` {why}"))))
}
