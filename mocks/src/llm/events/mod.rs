//! Models whose answers are events of their own: what they share behind their protocols.
//!
//! A vendor says what its events look like ([`Speaks`]); when they come, what goes wrong with them, who is let in, and who is
//! told, is the same for all.

mod server;
mod stream;

pub(super) use server::router;

use http::Method;
use serde_json::Value;

use super::refusal::Refusal;
use crate::answer::Answer;
use crate::script::{LlmBehaviour, ToolCall, Usage};

/// What a request asks for, as far as a mock cares.
pub(super) struct Asked {
    /// Which request this is, counted from 1.
    pub(super) number: u64,
    /// When it arrived, in Unix seconds.
    pub(super) created: u64,
    /// Whether the answer shall be a stream.
    pub(super) stream: bool,
    /// Bytes of text in the question and what came before it.
    pub(super) prompt_bytes: u64,
    /// What the answer has to say again: a model, a bot, a conversation.
    pub(super) about: Value,
}

/// How one vendor speaks. Events are whole frames, with their blank line.
pub(super) trait Speaks: Send + Sync + 'static {
    /// Whether a path is where questions are asked.
    fn is_question(&self, path: &str) -> bool;

    /// What is answered to a request that is no question, such as the cancelling of an answer. Scripts do not count it.
    fn aside(&self, method: &Method, path: &str, body: &Value) -> Option<Answer>;

    /// Reads a question. `query` is the address's.
    ///
    /// # Errors
    /// What is wrong with it.
    fn read(&self, number: u64, created: u64, query: &str, body: &Value) -> Result<Asked, Refusal>;

    /// What comes with the head.
    fn opening(&self, asked: &Asked) -> Vec<String>;

    /// A token of the reasoning; `None` when this vendor does not tell any.
    fn reasoning(&self, asked: &Asked, token: &str) -> Option<String>;

    /// A token of the reply.
    fn content(&self, asked: &Asked, token: &str) -> String;

    /// A call of a tool.
    fn tool(&self, asked: &Asked, index: usize, call: &ToolCall) -> Vec<String>;

    /// What comes after the last token.
    fn closing(&self, asked: &Asked, does: &LlmBehaviour, usage: Usage) -> Vec<String>;

    /// The answer as one document, for who asked for no stream; `None` when this vendor has none.
    fn whole(&self, asked: &Asked, does: &LlmBehaviour, usage: Usage) -> Option<Value>;

    /// How the vendor says no: the status that is really sent, and the body.
    fn refuse(&self, refusal: &Refusal) -> (u16, Value);

    /// How it says no when it has begun to answer.
    fn failure(&self, refusal: &Refusal) -> String;
}

/// The name of a call of a tool.
pub(super) fn tool_id(asked: &Asked, index: usize) -> String {
    format!("call_mock_{}_{}", asked.number, index + 1)
}

/// The arguments of a call of a tool, as text.
pub(super) fn arguments(call: &ToolCall) -> String {
    Value::Object(call.arguments.clone()).to_string()
}
