//! What an answer of a language model comes to, whoever gives it: text, calls of tools, failures.
//!
//! Each vendor's own frames are read in that vendor's module.

mod error;
pub(crate) mod json;
mod spoken;
mod thinking;
mod tools;

pub use error::{ApiError, ErrorBody};
pub(crate) use spoken::Spoken;
pub use tools::ToolCall;
pub(crate) use tools::ToolCalls;

/// What a frame adds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Said {
    /// Text to speak, without reasoning. Empty when there is none; never begins the answer with white space.
    pub text: String,
    /// A metadata object for the room, as JSON text.
    pub meta: Option<String>,
}

/// The answer is not to be had, or not whole. What was said before stands.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// The vendor says so.
    #[error(transparent)]
    Vendor(ApiError),
    /// A frame that is no JSON object.
    #[error("expected a JSON object, got `{0}`")]
    Unreadable(String),
    /// A document without an answer.
    #[error("expected a member `choices` or `error`, got `{0}`")]
    NoChoices(String),
    /// The stream ended before the answer (Q09).
    #[error("expected a finish_reason or [DONE] before the end of the stream, got neither")]
    Truncated,
    /// The stream ended before this, which ends an answer.
    #[error("expected {0} before the end of the stream, got none")]
    Cut(&'static str),
    /// The model thought and said nothing (Q19).
    #[error("expected an answer, got only reasoning")]
    OnlyReasoning,
    /// More calls of tools, or longer ones, than any honest answer holds.
    #[error("expected at most 64 calls of tools with 1 MiB of arguments, got more")]
    TooManyCalls,
    /// The model says the same for ever (Q47).
    #[error("expected an answer that goes on, got `{0}` 100 times in a row")]
    Looping(String),
}
