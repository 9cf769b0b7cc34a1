//! Qwen behind the compatible mode of Alibaba's Model Studio.
//!
//! Wire facts: its documents of the compatible mode and its table of errors; `fixtures/wire/qwen/SOURCE.md`.

use serde_json::{Map, Value, json};

use super::openai::{self, Dialect, Part, chat_vendor};
use super::refusal::{Refusal, Usual, usual};

const DIALECT: Dialect = Dialect {
    paths: &["/compatible-mode/v1/chat/completions"],
    model: "qwen-plus",
    dress,
    refuse,
    ..openai::DIALECT
};

chat_vendor!("qwen", DIALECT);

/// The fingerprint is always null; thoughts come with `content: null`.
fn dress(part: Part, chunk: &mut Map<String, Value>) {
    chunk.insert("system_fingerprint".to_owned(), Value::Null);
    if let Some(Value::Object(delta)) =
        chunk.get_mut("choices").and_then(|choices| choices.pointer_mut("/0/delta"))
        && matches!(part, Part::Reasoning | Part::Finish)
    {
        delta.entry("content").or_insert(if part == Part::Finish { "".into() } else { Value::Null });
    }
}

const USUAL: &[Usual] = &[
    usual(
        400,
        "invalid_request_error",
        "invalid_parameter_error",
        "Required parameter is missing or invalid.",
    ),
    usual(401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided. "),
    usual(402, "Arrearage", "Arrearage", "Access denied, please make sure your account is in good standing."),
    usual(404, "invalid_request_error", "model_not_found", "The model does not exist."),
    usual(429, "limit_requests", "limit_requests", "You exceeded your current requests list."),
    usual(500, "internal_error", "internal_error", "An internal error has occured, please try again later."),
    usual(503, "ModelUnavailable", "ModelUnavailable", "Model is unavailable, please try again later."),
];

fn refuse(refusal: &Refusal) -> (u16, Value) {
    let said = refusal.said(USUAL);
    let error =
        json!({ "message": said.message, "type": said.kind, "param": refusal.param, "code": said.code });
    // Who owes money has asked wrongly.
    let status = if refusal.status == 402 { 400 } else { refusal.status };
    (status, json!({ "error": error, "request_id": "a7b6f0c2-0000-9000-8000-000000000000" }))
}
