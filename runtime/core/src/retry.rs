//! Whether and when a vendor is asked again: the same rule for the model and for synthesis.

use std::time::Duration;

use crate::fault::{FaultKind, VendorFault};

/// How often, and how soon.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryRule {
    /// Further attempts after the first.
    pub(crate) retries: u32,
    /// Wait before the first further attempt, doubled for each one after it.
    pub(crate) backoff: Duration,
    /// The longest wait a vendor may ask for.
    pub(crate) max_retry_after: Duration,
}

impl RetryRule {
    /// How long to wait before the next attempt, or `None` when the fault is final.
    ///
    /// `attempt` is the one that failed, from 1. A timeout has already cost its wait, so it is retried at once.
    pub(crate) fn wait_after(&self, attempt: u32, fault: &VendorFault) -> Option<Duration> {
        if attempt > self.retries || !fault.kind.is_retryable() {
            return None;
        }
        match fault.retry_after {
            Some(asked) if asked > self.max_retry_after => None,
            Some(asked) => Some(asked),
            None if fault.kind == FaultKind::Timeout => Some(Duration::ZERO),
            None => Some(self.backoff.saturating_mul(1 << (attempt - 1).min(10))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_retried_only_while_that_can_help() {
        let rule = RetryRule {
            retries: 2,
            backoff: Duration::from_millis(100),
            max_retry_after: Duration::from_secs(1),
        };
        let asked = |millis| Some(Duration::from_millis(millis));
        let cases = [
            (1, FaultKind::Timeout, None, asked(0)),
            (1, FaultKind::Unavailable, None, asked(100)),
            (2, FaultKind::Broken, None, asked(200)),
            (3, FaultKind::Unavailable, None, None),
            (1, FaultKind::RateLimited, asked(700), asked(700)),
            (1, FaultKind::RateLimited, asked(1_001), None),
            (1, FaultKind::Auth, None, None),
            (1, FaultKind::Quota, asked(1), None),
            (1, FaultKind::BadRequest, None, None),
        ];
        for (attempt, kind, retry_after, expected) in cases {
            let fault = VendorFault { retry_after, ..VendorFault::new(kind, "scripted") };
            assert_eq!(rule.wait_after(attempt, &fault), expected, "attempt {attempt}, {kind:?}");
        }
    }
}
