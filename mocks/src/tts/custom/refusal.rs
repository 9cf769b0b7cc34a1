//! How this protocol says no.

use bargein_wire::custom_tts::{ERROR_TYPE, ErrorBody};
use bargein_wire::units::Dur;

use crate::answer::{Answer, Head};

/// A refusal in the protocol's shape.
pub(super) struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The code; `None`: the usual one of the status.
    pub code: Option<String>,
    /// In place of the usual words of the status.
    pub message: Option<String>,
    /// When to come again.
    pub retry_after: Option<Dur>,
}

impl Refusal {
    pub(super) const fn new(status: u16) -> Self {
        Self { status, code: None, message: None, retry_after: None }
    }

    pub(super) fn answer(&self) -> Answer {
        let (code, words) = usual(self.status);
        let body =
            ErrorBody::new(self.code.as_deref().unwrap_or(code), self.message.as_deref().unwrap_or(words));
        let mut head = Head::new(self.status).with("content-type", ERROR_TYPE);
        if let Some(retry_after) = self.retry_after {
            head.set("retry-after", retry_after.get().as_millis().div_ceil(1000).to_string());
        }
        // The body is plain text values: writing it cannot fail.
        Answer::whole(head, serde_json::to_vec(&body).unwrap_or_default())
    }
}

/// Code and words of an error by its status, as the protocol suggests them.
const fn usual(status: u16) -> (&'static str, &'static str) {
    match status {
        401 | 403 => ("AUTH_FAILED", "the key is wrong or missing"),
        413 => ("TEXT_TOO_LONG", "the text is too long"),
        429 => ("RATE_LIMITED", "too many requests"),
        500.. => ("INTERNAL", "the synthesis failed"),
        _ => ("INVALID_ARGUMENT", "the request is not valid"),
    }
}
