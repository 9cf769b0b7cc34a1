//! A vendor's failure as a value: reported to users, counted, scripted in mocks. Never a Rust error of the core.

use std::time::Duration;

/// Which of the three vendors of a session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VendorRole {
    /// Speech recognition.
    Asr,
    /// The language model.
    Llm,
    /// Speech synthesis.
    Tts,
}

impl VendorRole {
    /// The word for this role in messages, configuration and scenarios.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Asr => "asr",
            Self::Llm => "llm",
            Self::Tts => "tts",
        }
    }
}

/// What kind of failure it was; what every vendor's own codes are mapped to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Nothing came in time: connect, first byte, or between bytes.
    Timeout,
    /// Too many requests or streams; `retry_after` may say when to come back.
    RateLimited,
    /// The key is wrong, missing or not allowed to do this.
    Auth,
    /// The account has nothing left. Never retried.
    Quota,
    /// The request itself is at fault. Never retried.
    BadRequest,
    /// The vendor is down, overloaded, or refused the connection.
    Unavailable,
    /// The answer is not what the protocol promises, or ended before its end.
    Broken,
}

impl FaultKind {
    /// The word for this kind in messages, configuration and scenarios.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::RateLimited => "rate_limited",
            Self::Auth => "auth",
            Self::Quota => "quota",
            Self::BadRequest => "bad_request",
            Self::Unavailable => "unavailable",
            Self::Broken => "broken",
        }
    }

    /// Whether asking again may help, as long as nothing of the answer was used.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::Timeout | Self::RateLimited | Self::Unavailable | Self::Broken)
    }
}

/// One failure of one vendor call.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct VendorFault {
    /// The kind all policy is decided by.
    pub kind: FaultKind,
    /// The vendor's own code, HTTP status or close code, as text; empty when it gave none.
    pub code: String,
    /// The vendor's own words, or ours when it said nothing. At most 500 characters, no secrets.
    pub message: String,
    /// How long the vendor asked us to wait before the next attempt.
    pub retry_after: Option<Duration>,
}

impl VendorFault {
    /// A fault without a vendor's code.
    #[must_use]
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, code: String::new(), message: message.into(), retry_after: None }
    }

    /// The same fault with the vendor's code.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code = code.into();
        self
    }
}
