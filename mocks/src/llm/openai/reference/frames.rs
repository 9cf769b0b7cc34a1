//! A streamed answer as frames in time, before it becomes bytes: what most mutants change.

use std::time::Duration;

use serde_json::{Value, json};

use super::script::{MODEL, ModelScript, answer};
use super::wish::Wish;

/// One frame of a stream.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Frame {
    /// Since the request arrived.
    pub after: Duration,
    pub part: Part,
    pub says: Says,
}

/// The part of an answer that a frame is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    Role,
    Content,
    Tool,
    Finish,
    Usage,
    Done,
    /// A mutant's own.
    Extra,
}

/// What a frame says.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Says {
    /// JSON behind `data: `.
    Json(Value),
    /// These bytes and nothing else.
    Raw(Vec<u8>),
}

/// How frames become bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Framing {
    /// What stands before a data line's text.
    pub field: &'static str,
    /// The end of a line.
    pub line_end: &'static str,
    /// Whether JSON is spread over lines.
    pub pretty: bool,
}

impl Default for Framing {
    fn default() -> Self {
        Self { field: "data: ", line_end: "\n", pretty: false }
    }
}

/// The identity of an answer.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) id: String,
    pub(super) created: u64,
}

impl Identity {
    /// A chunk with these choices.
    pub(super) fn chunk(&self, choices: &Value) -> Value {
        json!({
            "id": self.id, "object": "chat.completion.chunk", "created": self.created, "model": MODEL,
            "choices": choices,
        })
    }

    /// A chunk with one choice.
    pub(super) fn delta(&self, delta: &Value, finish_reason: Option<&str>) -> Value {
        self.chunk(&json!([{ "index": 0, "delta": delta, "finish_reason": finish_reason }]))
    }
}

/// What an answer cost.
pub(super) fn usage(wish: &Wish, tokens: usize) -> Value {
    let prompt = wish.prompt_bytes.div_ceil(4).max(1);
    json!({ "prompt_tokens": prompt, "completion_tokens": tokens, "total_tokens": prompt + tokens })
}

/// The arguments of a tool's call, in the pieces that the deltas carry.
pub(super) const ARGUMENTS: [&str; 3] = ["{\"city\":", " \"Pa", "ris\"}"];

/// The name and id of a tool's call.
pub(super) fn tool_call(id: &Identity, name: &str, arguments: &str) -> Value {
    let function = json!({ "name": name, "arguments": arguments });
    json!({ "index": 0, "id": format!("call_{}", id.id), "type": "function", "function": function })
}

/// The frames of an answer without a fault.
pub(super) fn frames(wish: &Wish, script: &ModelScript, id: &Identity) -> Vec<Frame> {
    let first = script.first_token;
    let frame = |after, part, json| Frame { after, part, says: Says::Json(json) };
    let mut frames =
        vec![frame(first, Part::Role, id.delta(&json!({ "role": "assistant", "content": "" }), None))];
    let mut at = first;
    let (said, reason) = if let Some(name) = &wish.tool {
        let call = tool_call(id, name, "");
        frames.push(frame(at, Part::Tool, id.delta(&json!({ "tool_calls": [call] }), None)));
        for piece in ARGUMENTS {
            at += script.gap;
            let more = json!({ "index": 0, "function": { "arguments": piece } });
            frames.push(frame(at, Part::Tool, id.delta(&json!({ "tool_calls": [more] }), None)));
        }
        (ARGUMENTS.len() + 1, "tool_calls")
    } else {
        let (tokens, reason) = answer(wish);
        for (index, token) in tokens.iter().enumerate() {
            at = first + script.gap.saturating_mul(u32::try_from(index).unwrap_or(u32::MAX));
            frames.push(frame(at, Part::Content, id.delta(&json!({ "content": token }), None)));
        }
        (tokens.len(), reason)
    };
    frames.push(frame(at, Part::Finish, id.delta(&json!({}), Some(reason))));
    if wish.include_usage {
        let mut chunk = id.chunk(&json!([]));
        chunk["usage"] = usage(wish, said);
        frames.push(frame(at, Part::Usage, chunk));
    }
    frames.push(Frame { after: at, part: Part::Done, says: Says::Raw(b"data: [DONE]\n\n".to_vec()) });
    frames
}

impl Framing {
    /// The bytes of a frame.
    pub(super) fn bytes(self, says: &Says) -> Vec<u8> {
        let text = match says {
            Says::Raw(bytes) => return bytes.clone(),
            Says::Json(json) if self.pretty => format!("{json:#}"),
            Says::Json(json) => json.to_string(),
        };
        let mut lines = String::with_capacity(text.len() + 16);
        for line in text.split('\n') {
            lines.extend([self.field, line, self.line_end]);
        }
        lines.push_str(self.line_end);
        lines.into_bytes()
    }
}
