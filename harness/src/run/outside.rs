//! The machine's own time and threads, which are outside every world: for what runs cost, and for many at a time.
//!
//! The one place besides the net crate that names them. Nothing of a run may depend on what is here.
#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "what a run costs, and the watchdog over it, are of the machine and not of the world"
)]

use std::io;
use std::thread;
use std::time::{Duration, Instant};

/// Measures how long the machine takes.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// A watch that starts now.
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// How long it has been running.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Starts a thread that nobody waits for: it ends by itself, or with the process.
pub(super) fn start_thread(name: String, labour: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name).spawn(labour).map(drop)
}
