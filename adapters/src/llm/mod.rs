//! Language models.

mod answer_body;
pub mod ark;
pub mod coze;
pub mod deepseek;
pub mod dify;
pub mod ernie;
pub mod hunyuan;
pub mod lkeap;
pub mod minimax;
pub mod openai;
pub mod openai_responses;
pub mod qwen;
pub mod siliconflow;
pub mod stepfun;

use std::future::Future;
use std::sync::Arc;

use async_stream::try_stream;
use bargein_core::{LlmEvent, LlmRequest, ToolCall, VendorFault};
use bargein_wire::units::Secret;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, Stream, StreamExt as _};

use self::answer_body::{AnswerBody, Reading};
use crate::fault::redacted;
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

/// The events of one call: what `ask` brings, read to its end. The key is never told.
fn events<R: Reading + 'static>(
    key: Secret,
    ask: impl Future<Output = Result<AnswerBody<R>, VendorFault>> + Send + 'static,
) -> BoxStream<'static, LlmEvent> {
    let told = move |event: Result<LlmEvent, VendorFault>| {
        event.unwrap_or_else(|fault| LlmEvent::Failed(redacted(fault, &key)))
    };
    told_by(ask).map(told).boxed()
}

fn told_by<R: Reading>(
    ask: impl Future<Output = Result<AnswerBody<R>, VendorFault>>,
) -> impl Stream<Item = Result<LlmEvent, VendorFault>> {
    try_stream! {
        let mut answer = ask.await?;
        yield LlmEvent::Responding;
        while let Some(said) = answer.next().await? {
            if !said.text.is_empty() {
                yield LlmEvent::Delta(said.text);
            }
            if let Some(meta) = said.meta {
                yield LlmEvent::Meta(meta);
            }
        }
        for call in answer.into_calls() {
            yield LlmEvent::ToolCall(call);
        }
        yield LlmEvent::Finished;
    }
}

/// Calls of tools in the conversation's words.
fn called<'a>(calls: impl Iterator<Item = &'a bargein_wire::answer::ToolCall>) -> Vec<ToolCall> {
    let call = |call: &bargein_wire::answer::ToolCall| ToolCall {
        id: call.id.clone(),
        name: call.name.clone(),
        arguments: call.arguments.clone(),
    };
    calls.map(call).collect()
}
