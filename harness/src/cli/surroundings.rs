//! What the program finds around itself: read once, in `main`, and handed down.

use std::io::{self, IsTerminal, Write};
use std::num::NonZeroUsize;

use anstream::{AutoStream, ColorChoice};

/// The terminal and the machine.
pub struct Surroundings {
    /// Where results go.
    pub out: Box<dyn Write>,
    /// Where mistakes and progress go.
    pub err: Box<dyn Write>,
    /// Whether `out` understands colours.
    pub out_colours: bool,
    /// Whether `err` understands colours.
    pub err_colours: bool,
    /// Whether somebody watches `err`.
    pub err_is_terminal: bool,
    /// How many processors there are.
    pub cores: NonZeroUsize,
    /// The value of a variable of the environment, if it is there and is text.
    pub variable: fn(&str) -> Option<String>,
}

impl Surroundings {
    /// Those of this process. Colours follow `NO_COLOR`, `CLICOLOR_FORCE` and `TERM`, and are for terminals only.
    #[must_use]
    pub fn of_process() -> Self {
        let coloured = |choice: ColorChoice| choice != ColorChoice::Never;
        Self {
            out_colours: coloured(AutoStream::choice(&io::stdout())),
            err_colours: coloured(AutoStream::choice(&io::stderr())),
            err_is_terminal: io::stderr().is_terminal(),
            out: Box::new(io::stdout()),
            err: Box::new(io::stderr()),
            variable: |name| std::env::var(name).ok(),
            cores: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        }
    }

    /// Writes a line of what is wrong, for the user.
    pub(super) fn complain(&mut self, complaint: impl std::fmt::Display) {
        // There is nobody left to tell when the error stream is closed.
        let _ = writeln!(self.err, "{complaint}");
    }
}
