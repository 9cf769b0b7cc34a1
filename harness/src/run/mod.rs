//! Running cases: making them ready, playing them, and saying what came of them.
//!
//! A [`Case`] is everything that is known before a run. [`play`] is one run in one world, with the director who makes
//! the steps happen; [`play_all`] is many, on many threads. Deliberately out: what is in a world ([`crate::world`]),
//! which lines hold ([`crate::expect`]), and how results are shown ([`crate::report`]).

mod agenda;
mod case;
mod director;
mod grace;
mod outcome;
mod outside;
mod play;
mod pool;
mod seeds;
mod verdict;

pub use case::Case;
pub use outcome::{CaseName, CaseResult, Failure, Run, Verdict};
pub use outside::Stopwatch;
pub use play::{Mode, PlayError, Played, play};
pub use pool::{Plan, play_all};
