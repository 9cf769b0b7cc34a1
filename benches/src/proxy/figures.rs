//! What the measurements come to.

use std::time::Duration;

/// The ways from caller to vendor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    Straight,
    Bare,
    Ours,
}

impl Way {
    pub(super) const ALL: [Self; 3] = [Self::Straight, Self::Bare, Self::Ours];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Straight => "no proxy",
            Self::Bare => "bare proxy",
            Self::Ours => "ours",
        }
    }
}

/// What one way gave, over all rounds.
#[derive(Clone, Debug, Default)]
pub(super) struct Load {
    pub(super) firsts: Vec<Duration>,
    pub(super) transits: Vec<Duration>,
    /// How long was measured.
    pub(super) length: Duration,
    /// CPU time of the proxy.
    pub(super) cpu: Duration,
}

impl Load {
    pub(super) fn add(&mut self, other: Self) {
        self.firsts.extend(other.firsts);
        self.transits.extend(other.transits);
        self.length += other.length;
        self.cpu += other.cpu;
    }

    /// Requests a second.
    pub(super) fn rate(&self) -> f64 {
        self.firsts.len() as f64 / self.length.as_secs_f64()
    }

    /// CPU milliseconds of the proxy for 1,000 requests.
    pub(super) fn cpu_a_thousand(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.firsts.len().max(1) as f64
    }
}

/// By nearest rank, in milliseconds; 0 of nothing.
pub(super) fn percentile(values: &[Duration], percent: usize) -> f64 {
    let mut values = values.to_vec();
    values.sort_unstable();
    let rank = (values.len() * percent).div_ceil(100).saturating_sub(1);
    values.get(rank).map_or(0.0, |value| value.as_secs_f64() * 1e3)
}
