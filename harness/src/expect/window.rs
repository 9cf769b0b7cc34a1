//! The stretch of the timeline that a bound leaves.

use std::time::Duration;

use bargein_core::Time;

use super::anchor::{self, Missing};
use super::record::{Point, Record};
use crate::scenario::{Anchor, Bound, Offset};

/// The length of a frame of room audio. What a frame brings is caused when it leaves, and heard at most so much later.
const FRAME: Duration = Duration::from_millis(20);

/// A stretch of the timeline. Both ends belong to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Window {
    pub(super) from: Point,
    /// `None`: to the end of the run.
    pub(super) to: Option<Point>,
    /// What delays are counted from.
    pub(super) base: Time,
    /// The entries its anchors stand on.
    pub(super) anchors: Vec<u64>,
}

/// The window of a bound; without it, the anchor that is missing.
pub(super) fn window(record: &Record, bound: Option<&Bound>) -> Result<Window, Missing> {
    let start = Point::start_of(Time::ZERO);
    let Some(bound) = bound else {
        return Ok(Window { from: start, to: None, base: Time::ZERO, anchors: Vec::new() });
    };
    let mut base = None;
    let (from, to, anchors) = match bound {
        Bound::Within { delay, of, .. } => {
            let anchor = find(record, of, start)?;
            let to = Point::end_of(anchor.at + *delay);
            let slack = if record.is_of_room_audio(&of.event.event) { FRAME } else { Duration::ZERO };
            base = Some(anchor.at);
            (Point::start_of(anchor.at - slack), Some(to), vec![anchor.entry])
        }
        Bound::Between(from, to) => {
            let from = find(record, from, start)?;
            let to = find(record, to, from.first())?;
            (from.first(), Some(to.last()), vec![from.entry, to.entry])
        }
        Bound::After(anchor) => {
            let anchor = find(record, anchor, start)?;
            (anchor.behind(), None, vec![anchor.entry])
        }
        Bound::Before(anchor) => {
            let anchor = find(record, anchor, start)?;
            (start, Some(anchor.in_front()), vec![anchor.entry])
        }
        Bound::At { anchor, tolerance } => {
            let anchor = find(record, anchor, start)?;
            let to = Point::end_of(anchor.at + *tolerance);
            (Point::start_of(anchor.at - *tolerance), Some(to), vec![anchor.entry])
        }
    };
    Ok(Window { from, to, base: base.unwrap_or(from.at), anchors })
}

impl Window {
    /// What of it lies behind a point.
    pub(super) fn behind(self, after: Point) -> Self {
        Self { from: self.from.max(Point { order: after.order + 1, ..after }), ..self }
    }

    pub(super) fn contains(&self, point: Point) -> bool {
        self.from <= point && self.to.is_none_or(|to| point <= to)
    }

    /// Whether nothing can be added to it any more.
    pub(super) fn is_closed(&self, record: &Record) -> bool {
        match self.to {
            Some(to) => record.is_settled(to.at),
            None => record.is_over(),
        }
    }
}

/// Where an anchor is.
struct Found {
    /// With its offset.
    at: Time,
    /// Its entry.
    entry: u64,
    /// The entry's own point, when there is no offset.
    exact: Option<Point>,
}

impl Found {
    /// The first point that is not before it.
    fn first(&self) -> Point {
        self.exact.unwrap_or_else(|| Point::start_of(self.at))
    }

    /// The last point that is not after it.
    fn last(&self) -> Point {
        self.exact.unwrap_or_else(|| Point::end_of(self.at))
    }

    /// The first point that is after it.
    fn behind(&self) -> Point {
        match self.exact {
            Some(point) => Point { order: point.order + 1, ..point },
            None => Point::start_of(self.at),
        }
    }

    /// The last point that is before it.
    fn in_front(&self) -> Point {
        match self.exact {
            Some(point) => Point { order: point.order.saturating_sub(1), ..point },
            None => Point::end_of(self.at),
        }
    }
}

fn find(record: &Record, anchor: &Anchor, from: Point) -> Result<Found, Missing> {
    let occurrence = anchor::find(record, anchor, from)?;
    Ok(Found {
        at: anchor.offset.from(occurrence.point.at),
        entry: occurrence.point.order,
        exact: (anchor.offset == Offset::None).then_some(occurrence.point),
    })
}
