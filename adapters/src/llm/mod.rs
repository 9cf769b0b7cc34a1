//! Language models.

pub mod openai;

use std::sync::Arc;

use bargein_core::{LlmEvent, LlmRequest};
use futures_util::stream::BoxStream;

use crate::{OnWritten, SessionIdentity};

/// A client of a language model.
pub trait Llm: Send + Sync {
    /// Asks. Nothing is sent before the stream is polled.
    ///
    /// The stream is [`LlmEvent::Responding`], deltas and metadata, and one last [`LlmEvent::Finished`] or
    /// [`LlmEvent::Failed`]; a call that fails at once is only the last. How long to wait is the caller's business.
    fn start(&self, call: LlmCall) -> BoxStream<'static, LlmEvent>;
}

/// One attempt of one request.
#[derive(Clone, Debug)]
pub struct LlmCall {
    /// What to ask.
    pub request: LlmRequest,
    /// The request's name on the wire: the same over its retries.
    pub request_id: String,
    /// Who asks.
    pub session: Arc<SessionIdentity>,
    /// Who is told that the request has been written.
    pub written: OnWritten,
}
