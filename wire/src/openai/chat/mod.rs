//! Chat completions: the request, the answer as one document or as a stream of chunks.
//!
//! A client writes [`Request`] and reads with [`Answer`]; a server reads [`Request`] and writes with [`Chunks`].

mod answer;
mod chunks;
mod frame;
mod request;

pub use crate::answer::{AnswerError, Said, ToolCall};
pub use answer::Answer;
pub use chunks::{Chunks, DONE};
pub use frame::{FinishReason, Usage};
pub use request::{Message, Request, StreamOptions};
