//! The timeline: everything that happened in a run, in order, with times and values.
//!
//! Observers push entries; [`crate::expect`] judges them; reports draw them. Its text form is canonical: two runs are
//! the same if and only if their texts are the same bytes. So an entry holds times, texts, counts and levels rounded
//! to 1 dB, and never bytes of audio or anything drawn outside the seed.
//!
//! Deliberately out: what an event means, which is [`crate::vocabulary`]'s.

mod text;
mod value;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use bargein_core::Time;

use crate::vocabulary::{EventRow, Observed, StepMoment};
pub use value::Value;

/// Everything that happened in one run, ordered by time; what is of one instant stays in the order it was recorded.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Timeline {
    entries: Vec<Arc<Entry>>,
}

impl Timeline {
    /// Puts an entry at its place. Some edges of audio are only known a little after their time, so it need not be
    /// the last.
    pub fn record(&mut self, entry: impl Into<Arc<Entry>>) {
        let entry = entry.into();
        let place = self.entries.partition_point(|other| other.at <= entry.at);
        self.entries.insert(place, entry);
    }

    /// The entries in order.
    #[must_use]
    pub fn entries(&self) -> &[Arc<Entry>] {
        &self.entries
    }
}

/// One thing that happened.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// When, counted from scenario time 0.
    pub at: Time,
    /// What.
    pub event: Event,
    /// With what values, in the order they are written. Names are those of the event's row in the vocabulary.
    pub fields: Vec<(Cow<'static, str>, Value)>,
}

impl Entry {
    /// An entry without fields.
    #[must_use]
    pub fn new(at: Time, event: impl Into<Event>) -> Self {
        Self { at, event: event.into(), fields: Vec::new() }
    }

    /// The same entry with one field more.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.fields.push((Cow::Borrowed(name), value.into()));
        self
    }

    /// The value of a field; `None` when the entry has none of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }
}

/// What happened: an event of the vocabulary, or a moment of a step. Prints as the word of sentences.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Event {
    /// Observed in the room, at the vendors' servers or among the session's notices.
    Observed(Observed),
    /// Done by a step of the scenario.
    Step(StepId, StepMoment),
}

impl Event {
    /// The event's row in the vocabulary.
    #[must_use]
    pub const fn row(&self) -> &'static EventRow {
        match self {
            Self::Observed(event) => event.row(),
            Self::Step(_, moment) => moment.row(),
        }
    }
}

impl From<Observed> for Event {
    fn from(event: Observed) -> Self {
        Self::Observed(event)
    }
}

impl From<(StepId, StepMoment)> for Event {
    fn from((id, moment): (StepId, StepMoment)) -> Self {
        Self::Step(id, moment)
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Observed(event) => f.write_str(event.row().word),
            Self::Step(id, moment) => write!(f, "{id}.{}", moment.row().word),
        }
    }
}

/// The name of a step: its `id`, or `step` with its position from 1 when it has none. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct StepId(Arc<str>);

impl StepId {
    /// The step of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
