//! What a run of checks is shown as: for people, for CI and for other programs.
//!
//! Every report renders the same [`Run`] and decides nothing.

mod html;
mod junit;
mod terminal;

use std::io::Write;

pub use html::write as write_html;
pub use junit::write as write_junit;
pub use terminal::write as write_terminal;

use crate::check::Run;

/// Writes the report other programs read: the run as JSON. Its keys are API: a key is added, never renamed.
///
/// # Errors
/// The report cannot be written.
pub fn write_json(out: impl Write, run: &Run) -> serde_json::Result<()> {
    serde_json::to_writer_pretty(out, run)
}
