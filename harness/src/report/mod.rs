//! Showing what came of the cases: for people, for CI and for other programs.
//!
//! Every report renders the same [`CaseResult`](crate::run::CaseResult)s and decides nothing. Deliberately out: where
//! the terminal's abilities come from, which is the command line's.

pub mod check;
mod json;
mod junit;
mod progress;
mod rerun;
mod terminal;
mod timelines;

pub use json::write as write_json;
pub use junit::write as write_junit;
pub use progress::Progress;
pub use rerun::Rerun;
pub use terminal::{Look, TerminalReport};
pub use timelines::write as write_timelines;

use std::fmt;
use std::time::Duration;

/// How long something took, as people say it: `3 ms`, `14.2 s`, `31 min 5 s`.
pub(crate) struct Spoken(pub(crate) Duration);

impl fmt::Display for Spoken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(duration) = self;
        match duration.as_secs() {
            0 => write!(f, "{} ms", duration.as_millis()),
            1..120 => write!(f, "{}.{} s", duration.as_secs(), duration.subsec_millis() / 100),
            seconds => write!(f, "{} min {} s", seconds / 60, seconds % 60),
        }
    }
}

#[cfg(test)]
mod samples;

#[cfg(test)]
mod tests;
