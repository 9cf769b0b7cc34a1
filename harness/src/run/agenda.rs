//! What is due at a fixed time: repeated calls, and the moments of the user's steps, which are known in advance.

use std::collections::BTreeMap;
use std::collections::btree_map::OccupiedEntry;

use bargein_core::Time;

use crate::timeline::Entry;

/// Things to do, by time; what is of one instant in the order it was put down.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    due: BTreeMap<(Time, u64), Due>,
    count: u64,
}

/// One thing to do.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Due {
    /// This happens.
    Record(Entry),
    /// The application makes the call of this step.
    Call(usize),
}

impl Agenda {
    /// Puts something down for a time.
    pub(super) fn put(&mut self, at: Time, due: Due) {
        self.count += 1;
        self.due.insert((at, self.count), due);
    }

    /// The next thing that is due by `now`.
    pub(super) fn take(&mut self, now: Time) -> Option<Due> {
        self.due.first_entry().filter(|entry| entry.key().0 <= now).map(OccupiedEntry::remove)
    }

    /// When the next thing is due.
    pub(super) fn next(&self) -> Option<Time> {
        self.due.keys().next().map(|(at, _)| *at)
    }

    /// What will be recorded, in order.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.due.values().filter_map(|due| match due {
            Due::Record(entry) => Some(entry),
            Due::Call(_) => None,
        })
    }
}
