//! A second request when the first one is late: its vendor's own 95th percentile is over, and the budget allows it. Whoever
//! says something first is used, the other one is cancelled.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How many waits for a first content are looked back at.
const LOOKED_AT: usize = 100;

/// What comes in the same millisecond as usual is not late.
const TICK: Duration = Duration::from_millis(1);

/// Before so many are known, nothing is late.
const FEWEST: usize = 20;

/// What a vendor's model usually takes, and how many second requests it got.
#[derive(Debug, Default)]
pub(super) struct Hedge {
    /// How many of a hundred requests may be asked twice. 0 is none.
    percent: u64,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// A ring: the oldest is replaced.
    waits: Vec<Duration>,
    asked: u64,
    hedged: u64,
}

impl Hedge {
    pub(super) fn new(percent: u8) -> Self {
        Self { percent: percent.into(), seen: Mutex::default() }
    }

    /// One more request; how long to wait for its first content before asking a second time.
    pub(super) fn late_after(&self) -> Option<Duration> {
        if self.percent == 0 {
            return None;
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.asked += 1;
        if seen.waits.len() < FEWEST {
            return None;
        }
        let mut waits = seen.waits.clone();
        waits.sort_unstable();
        waits.get((waits.len() * 95).div_ceil(100) - 1).map(|usual| *usual + TICK)
    }

    /// Whether a second request may be sent. It counts as sent when it may.
    pub(super) fn may_ask_twice(&self) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let is_allowed = (seen.hedged + 1) * 100 <= seen.asked * self.percent;
        seen.hedged += u64::from(is_allowed);
        is_allowed
    }

    /// What a first request's first content took.
    pub(super) fn took(&self, wait: Duration) {
        if self.percent == 0 {
            return;
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.waits.len() < LOOKED_AT {
            seen.waits.push(wait);
        } else {
            let oldest = usize::try_from(seen.asked).unwrap_or(0) % LOOKED_AT;
            seen.waits[oldest] = wait;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_is_what_is_over_the_usual_and_the_budget_is_kept() {
        let hedge = Hedge::new(5);
        for millis in 1..=20 {
            assert_eq!(hedge.late_after(), None);
            hedge.took(Duration::from_millis(millis));
        }
        assert_eq!(hedge.late_after(), Some(Duration::from_millis(20)));
        assert!(hedge.may_ask_twice());
        assert!(!hedge.may_ask_twice(), "one in twenty");
        for _ in 0..19 {
            hedge.late_after();
        }
        assert!(hedge.may_ask_twice());
        assert_eq!(Hedge::new(0).late_after(), None);
    }
}
