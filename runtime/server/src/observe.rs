//! What became of every request, told once to everybody who wants to know: the access log, the metrics.

use std::sync::Arc;
use std::time::Duration;

use bargein_core::FaultKind;

use crate::tts_server::Source;

/// Who is told. Called at the end of a request, from the task that answered it: it must not block.
pub trait Observe: Send + Sync {
    /// A request is over.
    fn saw(&self, exchange: &Exchange);
}

/// A request and what became of it. Never a body, a key or a text.
#[derive(Clone, PartialEq, Debug)]
pub struct Exchange {
    /// The path that was asked for, without its query.
    pub path: &'static str,
    /// The client's name.
    pub client: Arc<str>,
    /// The request's id: the caller's own, or ours.
    pub request_id: String,
    /// What `traceparent` said; empty when nothing did.
    pub trace: String,
    /// The model or voice that was asked for; empty when none was.
    pub route: String,
    /// The vendor that answered: its host, or the id of its adapter; empty when none was asked.
    pub target: String,
    /// The status that was answered; 499 when the caller went away before.
    pub status: u16,
    /// How it ended.
    pub end: End,
    /// What failed, if something did.
    pub fault: Option<FaultKind>,
    /// How often vendors were asked.
    pub attempts: u32,
    /// When what happened.
    pub timings: Timings,
    /// Tokens of the request, as the vendor counted.
    pub tokens_in: Option<u64>,
    /// Tokens of the answer, as the vendor counted.
    pub tokens_out: Option<u64>,
    /// Characters to be said. Synthesis only.
    pub characters: u64,
    /// Where the audio came from. Synthesis only; `None` when there was none.
    pub source: Option<Source>,
    /// Bytes of the answer's body.
    pub bytes: u64,
}

/// How a request ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum End {
    /// It was answered whole.
    Whole,
    /// It was refused, by us or by the vendor, with a status.
    Refused,
    /// The answer broke off in its middle.
    Broken,
    /// The caller went away: every barge-in is such an end.
    CallerGone,
}

impl End {
    /// The word for this end in logs and metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Refused => "refused",
            Self::Broken => "broken",
            Self::CallerGone => "caller_gone",
        }
    }
}

/// When what happened, from the arrival of the request's head. `None` where it did not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Timings {
    /// The connection to the vendor was there; at once when one was kept.
    pub connected: Option<Duration>,
    /// The request to the vendor was written.
    pub written: Option<Duration>,
    /// The vendor's status and headers came.
    pub headers: Option<Duration>,
    /// The first event, or the first byte of a body, came.
    pub first_event: Option<Duration>,
    /// The first content came: text, reasoning, a tool call, audio.
    pub first_content: Option<Duration>,
    /// The largest gap between two events.
    pub largest_gap: Option<Duration>,
    /// The last byte was handed on, or the request ended otherwise.
    pub total: Duration,
    /// What we ourselves added before the first content: all of it that was not waiting for the vendor or the caller.
    pub own: Option<Duration>,
}
