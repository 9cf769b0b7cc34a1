//! When the anchor of a step is.

use bargein_core::Time;

use super::record::{Point, Record};
use crate::scenario::{Anchor, Offset};

/// What is known of an anchor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Resolution {
    /// It is at this time, which may lie in the future or, for an edge known late, a little in the past.
    At(Time),
    /// It may still come.
    Waiting,
    /// It cannot come any more, and why: goes behind the caret under the anchor.
    Lost(String),
}

pub(super) fn resolve(record: &Record, anchor: &Anchor, not_before: Time) -> Resolution {
    match record.anchor(&anchor.event, Point::start_of(not_before)) {
        Some(occurrence) => Resolution::At(moved(occurrence.point.at, anchor.offset)),
        None => record
            .lost(&anchor.event)
            .map_or(Resolution::Waiting, |why| Resolution::Lost(format!("`{}` {why}", anchor.event))),
    }
}

/// A time moved by an offset, at most back to time 0.
pub(super) fn moved(at: Time, by: Offset) -> Time {
    match by {
        Offset::None => at,
        Offset::Later(by) => at + by,
        Offset::Earlier(by) => at - by,
    }
}
