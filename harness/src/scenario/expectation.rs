//! What must hold of a run.

mod read;

use std::time::Duration;

pub(super) use read::{QUIET, expectations};

use super::sentence::Sentence;
use super::source::Place;
use crate::vocabulary::Stream;

/// All expectations of a case.
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    /// Every sentence of `expect`, `order`, `never` and `count`, in the order of the file.
    pub lines: Vec<Line>,
    /// The closed world, if asked for.
    pub nothing_else: Option<NothingElse>,
}

/// One sentence that must hold.
#[derive(Clone, Debug)]
pub struct Line {
    /// How it must hold.
    pub kind: LineKind,
    /// What it says.
    pub sentence: Sentence,
    /// The sentence as it stands in the file, `$column` replaced.
    pub text: String,
    /// The whole line.
    pub place: Place,
    /// The event with its tests, without its bound.
    pub subject: Place,
}

/// How a line must hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineKind {
    /// It must become true.
    Expect,
    /// It must become true after the `Order` line before it.
    Order,
    /// It must not become true.
    Never,
    /// The event must come exactly this often.
    Count(u32),
}

/// The closed world: these streams carry nothing that no line accounts for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NothingElse {
    /// The streams.
    pub streams: Vec<Stream>,
    /// How long nothing more may happen before the run is over. Default 1 s.
    pub quiet: Duration,
    /// Where it stands.
    pub place: Place,
}
