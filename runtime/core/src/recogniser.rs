//! The recogniser stream of a session: opened at the start, reopened when it ends, given up when that cannot help.

use std::time::Duration;

use crate::command::Command;
use crate::config::AsrRules;
use crate::fault::{FaultKind, VendorFault};
use crate::ids::AsrCallId;
use crate::outbox::Outbox;
use crate::time::Time;

/// The longest wait between two attempts to reconnect.
const LONGEST_WAIT: Duration = Duration::from_secs(8);

/// The stream's life.
#[derive(Debug)]
pub(crate) struct Recogniser {
    rules: AsrRules,
    phase: Phase,
    failures: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Opening {
        call: AsrCallId,
        since: Time,
    },
    Open {
        call: AsrCallId,
        since: Time,
    },
    Waiting {
        until: Time,
    },
    /// Closed for good.
    Closed,
}

impl Recogniser {
    /// Opens the first stream.
    pub(crate) fn open(rules: AsrRules, now: Time, out: &mut Outbox) -> Self {
        let mut recogniser = Self { rules, phase: Phase::Closed, failures: 0 };
        recogniser.attempt(now, out);
        recogniser
    }

    fn attempt(&mut self, now: Time, out: &mut Outbox) {
        let call = out.next_asr_call();
        self.phase = Phase::Opening { call, since: now };
        out.send(Command::OpenAsr(call));
    }

    /// Whether events of this call count.
    pub(crate) fn is_live(&self, which: AsrCallId) -> bool {
        matches!(self.phase, Phase::Opening { call, .. } | Phase::Open { call, .. } if call == which)
    }

    pub(crate) fn on_ready(&mut self, now: Time) {
        if let Phase::Opening { call, .. } = self.phase {
            self.phase = Phase::Open { call, since: now };
        }
    }

    /// The vendor ended the stream without a fault: a new one is opened at once, unless this one hardly lived.
    pub(crate) fn on_closed(&mut self, now: Time, out: &mut Outbox) {
        if self.has_lived(now) {
            self.attempt(now, out);
        } else {
            self.phase = Phase::Waiting { until: now + self.rules.reconnect };
        }
    }

    /// Whether the stream was ready long enough to be more than another failed attempt.
    fn has_lived(&self, now: Time) -> bool {
        matches!(self.phase, Phase::Open { since, .. } if now.since(since) > self.rules.reconnect)
    }

    /// The stream failed. Wrong keys and empty accounts do not heal by asking again.
    pub(crate) fn on_failed(&mut self, now: Time, fault: &VendorFault) {
        if !fault.kind.is_retryable() {
            self.phase = Phase::Closed;
            return;
        }
        if self.has_lived(now) {
            self.failures = 0;
        }
        let doubled = self.rules.reconnect.saturating_mul(1 << self.failures.min(10)).min(LONGEST_WAIT);
        let asked = fault.retry_after.unwrap_or_default().min(LONGEST_WAIT);
        self.failures += 1;
        self.phase = Phase::Waiting { until: now + doubled.max(asked) };
    }

    pub(crate) fn deadline(&self) -> Option<Time> {
        match self.phase {
            Phase::Opening { since, .. } => Some(since + self.rules.ready_timeout),
            Phase::Waiting { until } => Some(until),
            Phase::Open { .. } | Phase::Closed => None,
        }
    }

    /// Acts when the deadline has come; a fault is one to tell.
    pub(crate) fn on_time(&mut self, now: Time, out: &mut Outbox) -> Option<VendorFault> {
        if self.deadline().is_none_or(|at| at > now) {
            return None;
        }
        if let Phase::Opening { call, .. } = self.phase {
            out.send(Command::CloseAsr(call));
            let fault = VendorFault::new(FaultKind::Timeout, "the recogniser did not become ready in time");
            self.on_failed(now, &fault);
            return Some(fault);
        }
        self.attempt(now, out);
        None
    }

    /// Ends the stream for good.
    pub(crate) fn close(&mut self, out: &mut Outbox) {
        if let Phase::Opening { call, .. } | Phase::Open { call, .. } = self.phase {
            out.send(Command::CloseAsr(call));
        }
        self.phase = Phase::Closed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_stream_is_reopened_later_and_later_but_not_with_a_wrong_key() {
        let mut out = Outbox::default();
        let mut recogniser = Recogniser::open(AsrRules::default(), Time::ZERO, &mut out);
        let mut now = Time::ZERO;
        let mut waits = Vec::new();
        for _ in 0..6 {
            recogniser.on_failed(now, &VendorFault::new(FaultKind::Unavailable, "scripted"));
            let next = recogniser.deadline().unwrap();
            waits.push(next.since(now).as_millis());
            now = next;
            assert_eq!(recogniser.on_time(now, &mut out), None);
            // Being ready is not enough.
            recogniser.on_ready(now);
        }
        assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000, 8_000]);
        recogniser.on_failed(now, &VendorFault::new(FaultKind::Auth, "scripted"));
        assert_eq!(recogniser.deadline(), None);
    }
}
