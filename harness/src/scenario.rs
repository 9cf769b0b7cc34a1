//! Scenarios: files that a person reads aloud and a machine checks to the millisecond.
//!
//! A file is strict YAML for the structure and one-line sentences for time. [`Scenario`] is what loading one gives:
//! typed, complete, with the place of everything a later error may have to point at. Loading reports every mistake
//! of a file together, each with line, column, caret and the nearest known name.
//!
//! Deliberately out: running a scenario, and judging it ([`crate::expect`]). What `agent`, `asr`, `llm` and `tts` mean
//! belongs to `bargein_agent::config` and `bargein_mocks::script`; they are handed on as JSON with places.

mod behaviour;
mod cases;
mod decode;
mod diagnostic;
mod expectation;
mod fixtures;
mod format;
mod load;
mod nearest;
mod schema;
mod sentence;
mod source;
mod step;
mod subtree;
mod yaml;

use std::sync::Arc;
use std::time::Duration;

pub use behaviour::VendorBehaviour;
pub use diagnostic::{Diagnostic, Diagnostics};
pub use expectation::{Expectations, Line, LineKind, NothingElse};
pub use fixtures::{FixtureError, FixtureFolders, Fixtures};
pub use format::fmt;
pub use load::LoadError;
pub use schema::schema;
pub use sentence::{
    Anchor, Bound, EventName, FieldPath, Literal, Offset, Op, Pattern, Quote, Segment, Sentence, Subject,
    Test,
};
pub use source::{Place, Source};
pub use step::{Action, AppAction, AppCall, Step, UserAction};
pub use subtree::Subtree;

/// One scenario file, loaded.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The file, for errors and reports.
    pub source: Arc<Source>,
    /// What behaviour it fixes, in a few words.
    pub name: String,
    /// The same at length.
    pub about: Option<String>,
    /// Which door the app speaks through.
    pub dialect: Dialect,
    /// What to run: one case for each row of the table, or a single one without a table. Never empty.
    pub cases: Vec<Case>,
}

/// Which door the app speaks through, and which words appear in messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Dialect {
    /// The session's own handle.
    #[default]
    Neutral,
}

/// One run of a scenario, every `$column` replaced: a test of its own.
#[derive(Clone, Debug)]
pub struct Case {
    /// What tells it from the other rows: `[high, medium, enqueue]`. `None` without a table.
    pub title: Option<String>,
    /// The session's configuration.
    pub agent: Subtree,
    /// The recogniser and what it does.
    pub asr: Subtree,
    /// The model and what it does.
    pub llm: Subtree,
    /// The synthesiser and what it does.
    pub tts: Subtree,
    /// What user and app do, in order.
    pub steps: Vec<Step>,
    /// What must hold.
    pub expectations: Expectations,
    /// How many seeds to run. From 1, default 1.
    pub repeat: u32,
    /// Patience after the end of the last step, in scenario time. Default 30 s.
    pub limit: Duration,
    /// How long nobody may speak before the run is over. Default 1 s.
    pub quiet: Duration,
}

#[cfg(test)]
pub(crate) mod tests;
