//! One question to the model: its attempts, its three timeouts, its end.
//!
//! Knows nothing of what the answer is for. Only the content of the current attempt comes out; a retry happens only
//! before the first content, with the same request id.

use crate::command::{Command, LlmRequest};
use crate::config::LlmRules;
use crate::fault::{FaultKind, VendorFault};
use crate::ids::LlmCallId;
use crate::input::LlmEvent;
use crate::outbox::Outbox;
use crate::retry::RetryRule;
use crate::time::Time;

/// A question under way.
#[derive(Debug)]
pub(crate) struct Asking {
    rules: LlmRules,
    request: LlmRequest,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    /// The next attempt begins then.
    Waiting { until: Time },
    /// An attempt is in flight.
    Asked { call: LlmCallId, since: Time, content: Option<Time> },
    /// Over, one way or the other.
    Over,
}

/// What came of an event or a deadline.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Status and headers of a good answer.
    Responding,
    /// Content.
    Text(String),
    /// A metadata object.
    Meta(String),
    /// The answer is whole.
    Whole,
    /// There will be no more answer.
    Fault(VendorFault),
}

impl Asking {
    /// Asks now.
    pub(crate) fn start(rules: LlmRules, request: LlmRequest, now: Time, out: &mut Outbox) -> Self {
        let mut asking = Self { rules, request, phase: Phase::Over };
        asking.attempt(now, out);
        asking
    }

    fn attempt(&mut self, now: Time, out: &mut Outbox) {
        let call = out.next_llm_call();
        self.phase = Phase::Asked { call, since: now, content: None };
        out.send(Command::StartLlm(call, self.request.clone()));
    }

    pub(crate) fn deadline(&self) -> Option<Time> {
        match self.phase {
            Phase::Waiting { until } => Some(until),
            Phase::Asked { since, content, .. } => {
                let total = since + self.rules.total_timeout;
                let next = match content {
                    None => since + self.rules.first_token_timeout,
                    Some(last) => last + self.rules.stall_timeout,
                };
                Some(next.min(total))
            }
            Phase::Over => None,
        }
    }

    /// Acts when the deadline has come.
    pub(crate) fn on_time(&mut self, now: Time, out: &mut Outbox) -> Option<Answer> {
        if self.deadline().is_none_or(|at| at > now) {
            return None;
        }
        match self.phase {
            Phase::Waiting { .. } => {
                self.attempt(now, out);
                None
            }
            Phase::Asked { call, content, .. } => {
                out.send(Command::CancelLlm(call));
                let what = if content.is_some() { "the answer stalled" } else { "no content in time" };
                self.on_fault(now, VendorFault::new(FaultKind::Timeout, what))
            }
            Phase::Over => None,
        }
    }

    /// Takes an event of any LLM call; those of other attempts die here.
    pub(crate) fn on_event(&mut self, now: Time, from: LlmCallId, event: LlmEvent) -> Option<Answer> {
        let Phase::Asked { call, ref mut content, .. } = self.phase else { return None };
        if call != from {
            return None;
        }
        match event {
            LlmEvent::Responding => Some(Answer::Responding),
            // Blank text before the first word is no answer yet: the wait for the first token goes on.
            LlmEvent::Delta(text) if text.is_empty() || (content.is_none() && text.trim().is_empty()) => None,
            LlmEvent::Delta(text) => {
                *content = Some(now);
                Some(Answer::Text(text))
            }
            LlmEvent::Meta(json) => Some(Answer::Meta(json)),
            LlmEvent::Finished if content.is_none() => {
                self.on_fault(now, VendorFault::new(FaultKind::Broken, "the answer holds no content"))
            }
            LlmEvent::Finished => {
                self.phase = Phase::Over;
                Some(Answer::Whole)
            }
            LlmEvent::Failed(fault) => self.on_fault(now, fault),
        }
    }

    fn on_fault(&mut self, now: Time, fault: VendorFault) -> Option<Answer> {
        let untouched = matches!(self.phase, Phase::Asked { content: None, .. });
        let rule = RetryRule {
            retries: self.rules.retries,
            backoff: self.rules.backoff,
            max_retry_after: self.rules.max_retry_after,
        };
        let wait = rule.wait_after(self.request.attempt, &fault).filter(|_| untouched);
        if let Some(wait) = wait {
            self.request.attempt += 1;
            self.phase = Phase::Waiting { until: now + wait };
            return None;
        }
        self.phase = Phase::Over;
        Some(Answer::Fault(fault))
    }

    /// Closes the call, if one is open.
    pub(crate) fn cancel(&mut self, out: &mut Outbox) {
        if let Phase::Asked { call, .. } = self.phase {
            out.send(Command::CancelLlm(call));
        }
        self.phase = Phase::Over;
    }
}
