//! DeepSeek: chat completions with `reasoning_content`, and usage on the last chunk whether asked for or not.
//!
//! Wire facts: its API reference and its table of errors; `fixtures/wire/deepseek/SOURCE.md`. That it sends comments
//! while it is busy is the script's `keep_alive`.

use serde_json::{Map, Value, json};

use super::openai::{self, Dialect, Part, UsageIn, chat_vendor};
use super::refusal::{Refusal, Usual, usual};

const DIALECT: Dialect = Dialect {
    paths: &["/v1/chat/completions", "/chat/completions"],
    model: "deepseek-chat",
    usage: UsageIn::LastChunk,
    request_id: "x-ds-trace-id",
    dress,
    refuse,
    ..openai::DIALECT
};

chat_vendor!("deepseek", DIALECT);

/// Thoughts come with `content: null`, words with `reasoning_content: null`; usage says what the cache gave.
fn dress(part: Part, chunk: &mut Map<String, Value>) {
    if let Some(delta) = chunk.get_mut("choices").and_then(|choices| choices.pointer_mut("/0/delta")) {
        match (part, delta["reasoning_content"].take(), delta["content"].take()) {
            (Part::Reasoning, thought, _) => {
                *delta = json!({ "content": null, "reasoning_content": thought });
            }
            (Part::Content, _, words) => *delta = json!({ "content": words, "reasoning_content": null }),
            (Part::Role, ..) => {
                *delta = json!({ "role": "assistant", "content": null, "reasoning_content": "" });
            }
            (Part::Finish, ..) => *delta = json!({ "content": "", "reasoning_content": null }),
            _ => {
                if let Some(members) = delta.as_object_mut() {
                    members.retain(|_, value| !value.is_null());
                }
            }
        }
    }
    if let Some(Value::Object(usage)) = chunk.get_mut("usage") {
        let prompt = usage.get("prompt_tokens").cloned().unwrap_or_default();
        usage.insert("prompt_cache_hit_tokens".to_owned(), 0.into());
        usage.insert("prompt_cache_miss_tokens".to_owned(), prompt);
    }
}

const USUAL: &[Usual] = &[
    usual(400, "invalid_request_error", "invalid_request_error", "Invalid request body format."),
    usual(401, "authentication_error", "invalid_request_error", "Authentication Fails (no such user)"),
    usual(402, "unknown_error", "invalid_request_error", "Insufficient Balance"),
    usual(422, "invalid_request_error", "invalid_request_error", "Your request contains invalid parameters."),
    usual(429, "rate_limit_error", "rate_limit_reached", "Rate Limit Reached"),
    usual(500, "server_error", "internal_server_error", "Our server encounters an issue."),
    usual(503, "server_error", "service_unavailable", "The server is overloaded due to high traffic."),
];

fn refuse(refusal: &Refusal) -> (u16, Value) {
    let said = refusal.said(USUAL);
    let error =
        json!({ "message": said.message, "type": said.kind, "param": refusal.param, "code": said.code });
    (refusal.status, json!({ "error": error }))
}
