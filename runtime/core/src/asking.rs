//! One question to the model: its attempts, its three timeouts, its end.
//!
//! Knows nothing of what the answer is for. Only the content of the current attempt comes out; a retry happens only
//! before the first content, metadata or tool call, with the same request id. A model that never stops is stopped by
//! [`LlmRules::total_timeout`] or after 64 KiB of text, whichever comes first.

use crate::command::{Command, LlmRequest};
use crate::config::LlmRules;
use crate::fault::{FaultKind, VendorFault};
use crate::ids::LlmCallId;
use crate::input::{LlmEvent, ToolCall};
use crate::outbox::Outbox;
use crate::retry::RetryRule;
use crate::time::Time;

/// The longest answer, in bytes: more than an hour of speech. What would exceed it is not taken.
const MOST_TEXT: usize = 1 << 16;

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
    Asked(Attempt),
    /// Over, one way or the other.
    Over,
}

/// A call to the model and what came of it so far.
#[derive(Debug, Clone, Copy)]
struct Attempt {
    call: LlmCallId,
    since: Time,
    /// When the last content came.
    content: Option<Time>,
    /// How many bytes of content came.
    bytes: usize,
    /// Whether metadata or the call of a tool came.
    has_extras: bool,
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
    /// A tool that the model wants called.
    ToolCall(ToolCall),
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
        self.phase = Phase::Asked(Attempt { call, since: now, content: None, bytes: 0, has_extras: false });
        out.send(Command::StartLlm(call, self.request.clone()));
    }

    pub(crate) fn deadline(&self) -> Option<Time> {
        match self.phase {
            Phase::Waiting { until } => Some(until),
            Phase::Asked(Attempt { since, content, .. }) => {
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
            Phase::Asked(Attempt { call, since, content, .. }) => {
                out.send(Command::CancelLlm(call));
                let what = match content {
                    None => "no content in time",
                    Some(_) if now >= since + self.rules.total_timeout => "the answer took too long",
                    Some(_) => "the answer stalled",
                };
                self.on_fault(now, VendorFault::new(FaultKind::Timeout, what))
            }
            Phase::Over => None,
        }
    }

    /// Takes an event of any LLM call; those of other attempts die here.
    pub(crate) fn on_event(
        &mut self,
        now: Time,
        from: LlmCallId,
        event: LlmEvent,
        out: &mut Outbox,
    ) -> Option<Answer> {
        let Phase::Asked(attempt) = &mut self.phase else { return None };
        if attempt.call != from {
            return None;
        }
        match event {
            LlmEvent::Responding => Some(Answer::Responding),
            // Blank text before the first word is no answer yet: the wait for the first token goes on.
            LlmEvent::Delta(text)
                if text.is_empty() || attempt.content.is_none() && text.trim().is_empty() =>
            {
                None
            }
            LlmEvent::Delta(text) => {
                attempt.content = Some(now);
                attempt.bytes += text.len();
                if attempt.bytes > MOST_TEXT {
                    out.send(Command::CancelLlm(from));
                    let what = format!("the answer is longer than {MOST_TEXT} bytes");
                    return self.on_fault(now, VendorFault::new(FaultKind::Broken, what));
                }
                Some(Answer::Text(text))
            }
            LlmEvent::Meta(json) => {
                attempt.has_extras = true;
                Some(Answer::Meta(json))
            }
            LlmEvent::ToolCall(call) => {
                attempt.has_extras = true;
                Some(Answer::ToolCall(call))
            }
            LlmEvent::Finished if !attempt.is_used() => {
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
        let is_used = matches!(&self.phase, Phase::Asked(attempt) if attempt.is_used());
        let rule = RetryRule {
            retries: self.rules.retries,
            backoff: self.rules.backoff,
            max_retry_after: self.rules.max_retry_after,
        };
        let wait = rule.wait_after(self.request.attempt, &fault).filter(|_| !is_used);
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
        if let Phase::Asked(Attempt { call, .. }) = self.phase {
            out.send(Command::CancelLlm(call));
        }
        self.phase = Phase::Over;
    }
}

impl Attempt {
    /// Whether anything of the answer has gone on to the reply, so that asking again would repeat it.
    const fn is_used(&self) -> bool {
        self.content.is_some() || self.has_extras
    }
}
