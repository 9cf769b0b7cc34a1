//! The machine's time, for what a run costs and for the watchdog: outside every world.
#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "what a run costs is measured on the machine, not in the world"
)]

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
