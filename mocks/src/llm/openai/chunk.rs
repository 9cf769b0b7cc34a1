//! The JSON of an answer: the chunks of a stream, and the whole completion.

use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::stream::Part;
use crate::script::{ToolCall, Usage};

/// A chunk with one choice. Members stand in the order of the vendor's examples.
pub(super) fn chunk(ask: &Ask, delta: &Value, finish_reason: Option<&str>) -> Value {
    json!({
        "id": ask.id(),
        "object": "chat.completion.chunk",
        "created": ask.created,
        "model": ask.model,
        "system_fingerprint": "fp_mock",
        "choices": [{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason }],
    })
}

/// The chunk of a stream that carries the usage and no choice.
pub(super) fn usage_chunk(ask: &Ask, usage: Usage) -> Value {
    json!({
        "id": ask.id(),
        "object": "chat.completion.chunk",
        "created": ask.created,
        "model": ask.model,
        "system_fingerprint": "fp_mock",
        "choices": [],
        "usage": usage_json(usage),
    })
}

/// A metadata object between the chunks of a stream; it has neither `object` nor `choices`.
pub(super) fn meta_chunk(ask: &Ask, meta: &Map<String, Value>) -> Value {
    json!({ "id": ask.id(), "type": "meta.info", "created": ask.created, "metainfo": meta })
}

/// An answer that is not a stream.
pub(super) fn completion(ask: &Ask, message: &Value, finish_reason: &str, usage: Usage) -> Value {
    let mut document = json!({
        "id": ask.id(),
        "object": "chat.completion",
        "created": ask.created,
        "model": ask.model,
        "system_fingerprint": "fp_mock",
        "choices": [{ "index": 0, "message": message, "logprobs": null, "finish_reason": finish_reason }],
        "usage": usage_json(usage),
    });
    if let Value::Object(members) = &mut document {
        (ask.dialect.dress)(Part::Whole, members);
    }
    document
}

/// Usage as all vendors of this protocol write it.
pub(super) fn usage_json(usage: Usage) -> Value {
    json!({
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
    })
}

/// How many deltas a call of a tool is sent in.
pub(super) const DELTAS_OF_A_CALL: usize = 3;

/// The deltas of one tool call: the name first, then the text of the arguments in two halves.
pub(super) fn tool_deltas(ask: &Ask, index: usize, call: &ToolCall) -> [Value; DELTAS_OF_A_CALL] {
    let arguments = arguments(call);
    let half = arguments.char_indices().nth(arguments.chars().count() / 2).map_or(0, |(at, _)| at);
    let (first, second) = arguments.split_at(half);
    let named = json!({
        "index": index, "id": tool_id(ask, index), "type": "function", "function": { "name": call.name, "arguments": "" }
    });
    let more = |part: &str| json!({ "index": index, "function": { "arguments": part } });
    [named, more(first), more(second)].map(|call| json!({ "tool_calls": [call] }))
}

/// A whole tool call, as a message carries it.
pub(super) fn whole_tool_call(ask: &Ask, index: usize, call: &ToolCall) -> Value {
    json!({
        "id": tool_id(ask, index), "type": "function", "function": { "name": call.name, "arguments": arguments(call) }
    })
}

pub(super) fn tool_id(ask: &Ask, index: usize) -> String {
    format!("call_mock_{}_{}", ask.number, index + 1)
}

fn arguments(call: &ToolCall) -> String {
    Value::Object(call.arguments.clone()).to_string()
}
