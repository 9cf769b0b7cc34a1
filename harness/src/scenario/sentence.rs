//! Sentences: one line about what happens and when.
//!
//! ```text
//! line   = event [ "where" test { "and" test } ] [ bound ] [ "times" n ]
//! bound  = [ "p95" ] "within" dur "of" anchor | "between" anchor "and" anchor | "after" anchor | "before" anchor
//!        | "at" anchor "±" dur
//! anchor = event [ "where" test ] [ ("+" | "-") dur ]
//! test   = field op value
//! op     = "=" | "!=" | "<" | ">" | "contains" | "matches" | "same as" | "differs from" | "is spoken part of"
//! ```
//!
//! An event is a word of [`crate::vocabulary`] or a moment of a step; `llm.request.2` is its second occurrence. An
//! anchor has one test at most, so that the `and` behind it can only be that of `between`.

mod display;
mod event;
mod parse;
mod path;
mod pattern;
mod test;
mod token;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bargein_core::Time;

pub(super) use parse::{anchor, sentence};
pub use path::{FieldPath, Segment};
pub use pattern::Pattern;
pub(super) use token::spaced;

use crate::timeline::{Event, StepId};

/// One line, understood.
#[derive(Clone, PartialEq, Debug)]
pub struct Sentence {
    /// What.
    pub subject: Subject,
    /// When; `None`: whenever.
    pub bound: Option<Bound>,
    /// How often exactly, within the bound; `None`: at least once.
    pub times: Option<u32>,
}

/// An event, and what must be true of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Subject {
    /// Which event.
    pub event: EventName,
    /// All of these must be true.
    pub tests: Vec<Test>,
}

/// An event as a sentence names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventName {
    /// Which event.
    pub event: Event,
    /// Which of its occurrences, from 1, tests not considered. `None`: any of them as what happens, the first as an
    /// anchor.
    pub nth: Option<u32>,
}

/// When something must happen. Both ends of a stretch belong to it.
#[derive(Clone, PartialEq, Debug)]
pub enum Bound {
    /// At the anchor or up to so much later.
    Within {
        /// How much later.
        delay: Duration,
        /// Later than what.
        of: Anchor,
        /// Over all runs of a `repeat`, the share in percent that must hold: 95 of `p95`. `None`: every run.
        percentile: Option<u8>,
    },
    /// Recorded from the first anchor to the second, both included. The second, without a number, is its first occurrence after the first.
    Between(Anchor, Anchor),
    /// Recorded later than the anchor.
    After(Anchor),
    /// Recorded earlier than the anchor.
    Before(Anchor),
    /// At most so much earlier or later than the anchor.
    At {
        /// Around what.
        anchor: Anchor,
        /// How far away.
        tolerance: Duration,
    },
}

/// A point in time.
#[derive(Clone, PartialEq, Debug)]
pub struct Anchor {
    /// The event whose time it is.
    pub event: EventName,
    /// What must be true of it: without a number, the first occurrence of which it is.
    pub test: Option<Test>,
    /// How far from it.
    pub offset: Offset,
}

/// How far from an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Offset {
    /// At it.
    None,
    /// So much later.
    Later(Duration),
    /// So much earlier.
    Earlier(Duration),
}

impl Offset {
    /// The time so far from `at`; not before time 0.
    #[must_use]
    pub fn from(self, at: Time) -> Time {
        match self {
            Self::None => at,
            Self::Later(by) => at + by,
            Self::Earlier(by) => at - by,
        }
    }
}

/// One test of a field.
#[derive(Clone, PartialEq, Debug)]
pub struct Test {
    /// Which field.
    pub field: FieldPath,
    /// What must be true of it.
    pub op: Op,
}

/// What must be true of a field. A field that is absent fails every test.
#[derive(Clone, PartialEq, Debug)]
pub enum Op {
    /// The same value.
    Equals(Literal),
    /// Another value.
    DiffersFromValue(Literal),
    /// A smaller number, duration or level.
    Less(Literal),
    /// A larger one.
    More(Literal),
    /// This text is part of it.
    Contains(String),
    /// The pattern is found in it.
    Matches(Pattern),
    /// The same value as the same field of another event. That event must have come.
    SameAs(EventName),
    /// Another value than the same field of another event. That event must have come.
    DiffersFrom(EventName),
    /// A beginning of this text which ends within one segment of what was heard.
    IsSpokenPartOf(Quote),
}

/// A value written in a sentence.
#[derive(Clone, PartialEq, Debug)]
pub enum Literal {
    /// A text or a word.
    Text(String),
    /// A number without a unit.
    Number(f64),
    /// A duration.
    Duration(Duration),
    /// `true` or `false`.
    Bool(bool),
    /// A level in dB of full scale.
    Level(i32),
}

/// A text given literally or by the name of a file of `fixtures/text`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Quote {
    /// The file, when it came from one.
    pub file: Option<String>,
    /// The text, without white space at its ends.
    pub text: Arc<str>,
}

/// What is known of the scenario around a sentence.
pub(super) struct Surroundings<'a> {
    /// The steps, for events of theirs.
    pub(super) steps: &'a [KnownStep],
    /// Whether there is more than one run, so that percentiles mean something.
    pub(super) repeats: bool,
    /// The text of a file of this name, or where it was looked for.
    pub(super) text_file: &'a dyn Fn(&str) -> Result<String, String>,
}

/// A step that sentences can name.
pub(super) struct KnownStep {
    /// Its name.
    pub(super) id: StepId,
    /// Whose it is.
    pub(super) actor: Actor,
}

/// Who does a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Actor {
    /// The human in the room.
    User,
    /// The application.
    App,
}

/// What is wrong with a sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct SentenceError {
    /// The bytes of the sentence to point at.
    pub(super) range: Range<usize>,
    /// What was expected and what was got.
    pub(super) message: String,
    /// What to do about it.
    pub(super) help: Option<String>,
}
