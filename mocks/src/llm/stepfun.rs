//! StepFun: on every chunk the usage so far, an empty role and, until the end, an empty finish reason.
//!
//! Wire facts: its API reference; `fixtures/wire/stepfun/SOURCE.md`.

use serde_json::{Value, json};

use super::openai::{self, Dialect, chat_vendor};
use super::quirk::Quirk;
use super::refusal::{Refusal, Usual, usual};

const DIALECT: Dialect = Dialect {
    paths: &["/v1/chat/completions"],
    model: "step-2-mini",
    always: &[Quirk::Q05, Quirk::Q10, Quirk::Q13],
    request_id: "x-trace-id",
    refuse,
    ..openai::DIALECT
};

chat_vendor!("stepfun", DIALECT);

const USUAL: &[Usual] = &[
    usual(400, "request_params_invalid", "request_params_invalid", "The request parameters are invalid."),
    usual(401, "invalid_api_key", "invalid_api_key", "Incorrect API key provided"),
    usual(402, "quota_exceeded", "quota_exceeded", "You exceeded your current quota"),
    usual(404, "model_not_found", "model_not_found", "The model does not exist"),
    usual(429, "request_limited", "request_limited", "You have reached your request limit"),
    usual(
        451,
        "censorship_blocked",
        "censorship_blocked",
        "The content you provided or machine outputted is blocked.",
    ),
    usual(500, "internal_error", "internal_error", "Internal server error"),
    usual(503, "engine_overloaded", "engine_overloaded", "The engine is currently overloaded"),
];

fn refuse(refusal: &Refusal) -> (u16, Value) {
    let said = refusal.said(USUAL);
    (refusal.status, json!({ "error": { "message": said.message, "type": said.kind, "code": said.code } }))
}
