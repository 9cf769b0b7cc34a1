//! Language models.

pub mod ark;
pub mod deepseek;
pub mod ernie;
pub mod hunyuan;
pub mod lkeap;
pub mod minimax;
pub mod openai;
pub mod qwen;
pub mod siliconflow;
pub mod stepfun;

use std::sync::Arc;

use bargein_core::{LlmEvent, LlmRequest};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

use crate::{OnWritten, SessionIdentity};

/// A client of a language model.
pub trait Llm: Send + Sync {
    /// Asks. Nothing is sent before the stream is polled.
    ///
    /// The stream is [`LlmEvent::Responding`], deltas and metadata, calls of tools, and one last [`LlmEvent::Finished`] or
    /// [`LlmEvent::Failed`]; a call that fails at once is only the last. How long to wait is the caller's business.
    fn start(&self, call: LlmCall) -> BoxStream<'static, LlmEvent>;

    /// Makes a connection for the next call, so that it pays no handshake. Sends no request, says nothing when it fails,
    /// and is cancelled by dropping it. Worth it when the user begins to speak: a barge-in closed the last connection.
    /// A client without connections of its own has nothing to do, the default.
    fn warm(&self) -> BoxFuture<'static, ()> {
        std::future::ready(()).boxed()
    }
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
