//! Volcano Ark, where Doubao lives.
//!
//! Wire facts: its SDK (volcengine-ark-runtime 5.0.54) and its table of errors; `fixtures/wire/ark/SOURCE.md`.

use serde_json::{Map, Value, json};

use super::openai::{self, Dialect, Part, chat_vendor};
use super::refusal::{Refusal, Usual, usual};

const DIALECT: Dialect = Dialect {
    paths: &["/api/v3/chat/completions"],
    model: "doubao-seed-1-6",
    dress,
    refuse,
    ..openai::DIALECT
};

chat_vendor!("ark", DIALECT);

/// Every delta says who speaks; every chunk says at which tier.
fn dress(part: Part, chunk: &mut Map<String, Value>) {
    if let Some(Value::Object(delta)) =
        chunk.get_mut("choices").and_then(|choices| choices.pointer_mut("/0/delta"))
    {
        delta.entry("role").or_insert_with(|| "assistant".into());
        if matches!(part, Part::Finish | Part::Reasoning) {
            delta.entry("content").or_insert_with(|| "".into());
        }
    }
    chunk.shift_remove("system_fingerprint");
    chunk.insert("service_tier".to_owned(), "default".into());
}

const USUAL: &[Usual] = &[
    usual(400, "BadRequest", "InvalidParameter", "A parameter specified in the request is not valid."),
    usual(401, "Unauthorized", "AuthenticationError", "The API key in the request is missing or invalid."),
    usual(
        402,
        "Forbidden",
        "AccountOverdueError",
        "The request failed because your account has an overdue balance.",
    ),
    usual(
        403,
        "Forbidden",
        "AccessDenied",
        "The request failed because you do not have access to the requested resource.",
    ),
    usual(
        404,
        "NotFound",
        "InvalidEndpointOrModel.NotFound",
        "The model or endpoint does not exist or you do not have access to it.",
    ),
    usual(
        429,
        "TooManyRequests",
        "RateLimitExceeded.EndpointRPMExceeded",
        "The Requests Per Minute (RPM) limit of the associated endpoint for your account has been exceeded.",
    ),
    usual(
        500,
        "InternalServerError",
        "InternalServiceError",
        "The service encountered an unexpected internal error.",
    ),
    usual(
        503,
        "TooManyRequests",
        "ServerOverloaded",
        "The service is currently unable to handle additional requests due to server overload.",
    ),
];

fn refuse(refusal: &Refusal) -> (u16, Value) {
    let said = refusal.said(USUAL);
    let message = format!("{} Request id: 021755000000000000000000000000000000", said.message);
    let param = refusal.param.unwrap_or_default();
    let error = json!({ "code": said.code, "message": message, "param": param, "type": said.kind });
    // An account in arrears is forbidden, and an overload is one request too many.
    let status = match refusal.status {
        402 => 403,
        503 => 429,
        status => status,
    };
    (status, json!({ "error": error }))
}
