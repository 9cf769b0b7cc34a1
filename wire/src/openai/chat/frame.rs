//! What one frame of an answer says, in whatever shape.

use serde_json::{Value, json};

use super::request::text_of;
use crate::answer::json::number;

/// Why an answer ended. Vendors invent words (Q12); the sense is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum FinishReason {
    /// It was said. Also for words that are not known.
    Stop,
    /// It was cut at the limit of tokens.
    Length,
    /// The vendor's censor stepped in.
    ContentFilter,
    /// The model wants a tool called.
    ToolCalls,
    /// The vendor had nothing left to compute it with.
    Overloaded,
    /// The vendor gave up.
    Aborted,
}

impl FinishReason {
    /// Reads a vendor's word; `None` for the empty one, which says that the answer goes on (Q10).
    fn read(word: &str) -> Option<Self> {
        Some(match word {
            "" => return None,
            "length" | "max_tokens" => Self::Length,
            "content_filter" | "sensitive" => Self::ContentFilter,
            "tool_calls" | "function_call" => Self::ToolCalls,
            "insufficient_system_resource" => Self::Overloaded,
            "abort" | "error" => Self::Aborted,
            _ => Self::Stop,
        })
    }
}

/// What an answer cost, in tokens.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Usage {
    /// Of the question.
    pub prompt_tokens: u64,
    /// Of the answer, reasoning included.
    pub completion_tokens: u64,
    /// Of both.
    pub total_tokens: u64,
}

impl Usage {
    /// Reads the member `usage`; null and other non-objects are none.
    fn read(usage: &Value) -> Option<Self> {
        let count = |name: &str| number(&usage[name]).unwrap_or(0);
        usage.is_object().then(|| Self {
            prompt_tokens: count("prompt_tokens"),
            completion_tokens: count("completion_tokens"),
            total_tokens: count("total_tokens"),
        })
    }

    pub(super) fn document(self) -> Value {
        json!({
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.total_tokens,
        })
    }
}

/// What one frame says. A frame that says nothing (Q03, Q04, Q34) is a `Frame` of nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Frame {
    /// More text.
    pub(super) delta: Option<String>,
    /// All of the text (Q16), or a document that is no stream.
    pub(super) whole: Option<String>,
    /// Whether there is reasoning, in any of its three members.
    pub(super) reasoning: bool,
    /// Whether the member `finish_reason` stands there, be it null.
    pub(super) names_finish: bool,
    pub(super) finish: Option<FinishReason>,
    pub(super) usage: Option<Usage>,
    /// The product's custom message for the room, as JSON text.
    pub(super) meta: Option<String>,
    /// More of the calls of tools.
    pub(super) calls: Vec<Value>,
    /// All calls of tools: of a document, or of a last frame that repeats everything (Q16).
    pub(super) whole_calls: Vec<Value>,
}

impl Frame {
    /// Reads what is known and ignores the rest: wrong names, ids and times (Q48), unknown members (Q49), roles (Q13),
    /// choices but the first.
    pub(super) fn read(document: &Value) -> Self {
        let choices = document["choices"].as_array().map(Vec::as_slice).unwrap_or_default();
        let first = choices.iter().find(|choice| number(&choice["index"]).unwrap_or(0) == 0);
        let choice = first.unwrap_or(&Value::Null);
        let (delta, message) = (&choice["delta"], &choice["message"]);
        let meta = [&document["metainfo"], &message["metainfo"]].into_iter().find(|meta| meta.is_object());
        Self {
            // What a tool of the vendor's own gave is no answer: MiniMax shows the results of its search so.
            delta: text_of(&delta["content"]).filter(|text| !text.is_empty() && delta["role"] != "tool"),
            whole: text_of(&message["content"]),
            reasoning: is_reasoning(delta) || is_reasoning(message),
            names_finish: choice.get("finish_reason").is_some(),
            finish: choice["finish_reason"].as_str().and_then(FinishReason::read),
            usage: Usage::read(&document["usage"]),
            meta: meta.map(Value::to_string),
            calls: calls_of(delta),
            whole_calls: calls_of(message),
        }
    }
}

/// The calls of tools that something said holds, in the form of today and in the deprecated one.
fn calls_of(said: &Value) -> Vec<Value> {
    [&said["tool_calls"], &said["function_call"]]
        .into_iter()
        .filter(|calls| !calls.is_null())
        .cloned()
        .collect()
}

fn is_reasoning(said: &Value) -> bool {
    let texts = [&said["reasoning_content"], &said["reasoning"], &said["reasoning_details"][0]["text"]];
    texts.into_iter().any(|text| text.as_str().is_some_and(|text| !text.is_empty()))
}
