//! Ernie on Baidu's Qianfan, version 2: the finish reason `normal`, and a flag on every choice.
//!
//! Wire facts: its SDK (qianfan 0.4.12.3) and reports; `fixtures/wire/ernie/SOURCE.md`.

use serde_json::{Map, Value, json};

use super::openai::{self, Dialect, Part, chat_vendor};
use super::quirk::Quirk;
use super::refusal::{Refusal, Usual, usual};

const DIALECT: Dialect = Dialect {
    paths: &["/v2/chat/completions"],
    model: "ernie-4.5-turbo-32k",
    always: &[Quirk::Q12],
    dress,
    refuse,
    ..openai::DIALECT
};

chat_vendor!("ernie", DIALECT);

/// Every choice has a flag; above 0 it would be blocked.
fn dress(part: Part, chunk: &mut Map<String, Value>) {
    if let Some(Value::Object(choice)) =
        chunk.get_mut("choices").and_then(|choices| choices.pointer_mut("/0"))
    {
        choice.insert("flag".to_owned(), 0.into());
        if part == Part::Whole && choice.get("finish_reason").is_some_and(|reason| reason == "stop") {
            choice.insert("finish_reason".to_owned(), "normal".into());
        }
    }
}

const USUAL: &[Usual] = &[
    usual(400, "invalid_request_error", "invalid_argument", "the request is malformed"),
    usual(401, "invalid_request_error", "invalid_iam_token", "IAM Certification failed"),
    usual(402, "access_denied", "coupon_quota_insufficient", "the balance of the account is not enough"),
    usual(403, "access_denied", "no_permission", "no permission for the model"),
    usual(429, "rate_limit_exceeded", "rpm_rate_limit_exceeded", "Rate limit reached for RPM"),
    usual(500, "internal_error", "internal_error", "Internal error"),
    usual(503, "server_busy", "service_busy", "the service is busy"),
];

fn refuse(refusal: &Refusal) -> (u16, Value) {
    let said = refusal.said(USUAL);
    let error = json!({ "code": said.code, "message": said.message, "type": said.kind });
    (refusal.status, json!({ "error": error, "id": "as-000000mock" }))
}
