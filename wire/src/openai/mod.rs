//! The HTTP protocol that OpenAI made and most language models speak, with the deviations of those that nearly do.
//!
//! What we write is strict; what we read is tolerant, and each tolerance names the deviation it is there for, as `Q`
//! and a number: the reports behind them are in `fixtures/wire/openai/SOURCE.md`. Deliberately out: several
//! choices.

pub mod chat;
pub mod responses;

pub use crate::answer::{ApiError, ErrorBody};
