//! What one measurement comes to.

use std::time::Duration;

use super::Detector;
use super::control::Counts;
use super::marks::{Overheads, Turn};

/// One measurement.
pub(super) struct Measured {
    pub(super) sessions: usize,
    pub(super) detector: Detector,
    /// Of talk.
    pub(super) length: Duration,
    pub(super) overheads: Overheads,
    pub(super) counts: Counts,
    /// The agent's CPU time while everybody talked.
    pub(super) cpu: Duration,
    /// The agent's CPU time a second while everybody was silent.
    pub(super) idle_cpu: Duration,
    /// The agent's memory with everybody silent, and before the first came, in bytes.
    pub(super) resident: [u64; 2],
    /// How busy the machine's cores were on the whole, and with anything but these three processes; 1 is one core.
    pub(super) busy: [f64; 2],
}

/// A median and a 99th percentile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spread {
    pub(super) p50: Duration,
    pub(super) p99: Duration,
}

impl Spread {
    /// By nearest rank; `None` of nothing.
    pub(super) fn of(mut values: Vec<Duration>) -> Option<Self> {
        values.sort_unstable();
        let rank =
            |percent: usize| values.get((values.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        Some(Self { p50: rank(50)?, p99: rank(99)? })
    }
}

impl Measured {
    /// The spread of a part of the turns' overhead.
    pub(super) fn turns(&self, part: impl Fn(&Turn) -> Duration) -> Option<Spread> {
        Spread::of(self.overheads.turns.iter().map(part).collect())
    }

    /// The spread of the cuts.
    pub(super) fn cuts(&self) -> Option<Spread> {
        Spread::of(self.overheads.cuts.clone())
    }

    /// CPU seconds a session and minute of talk.
    pub(super) fn cpu_a_session_minute(&self) -> f64 {
        self.cpu.as_secs_f64() / (self.length.as_secs_f64() / 60.0) / self.sessions as f64
    }

    /// CPU seconds a silent session and minute.
    pub(super) fn idle_cpu_a_session_minute(&self) -> f64 {
        self.idle_cpu.as_secs_f64() * 60.0 / self.sessions as f64
    }

    /// Kilobytes a silent session.
    pub(super) fn kilobytes_a_session(&self) -> f64 {
        let [with, without] = self.resident.map(|bytes| bytes as f64);
        (with - without) / self.sessions as f64 / 1000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let ms = Duration::from_millis;
        let spread = |count: u64| Spread::of((1..=count).rev().map(ms).collect());
        assert_eq!(spread(0), None);
        assert_eq!(spread(1), Some(Spread { p50: ms(1), p99: ms(1) }));
        assert_eq!(spread(200), Some(Spread { p50: ms(100), p99: ms(198) }));
    }
}
