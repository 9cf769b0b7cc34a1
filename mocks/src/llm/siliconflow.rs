//! SiliconFlow: refusals without an `error` member, and a bare text for a wrong key.
//!
//! Wire facts: its page of error codes; `fixtures/wire/siliconflow/SOURCE.md`.

use serde_json::{Value, json};

use super::openai::{self, Dialect, chat_vendor};
use super::quirk::Quirk;
use super::refusal::{Refusal, Usual, usual};

const DIALECT: Dialect = Dialect {
    paths: &["/v1/chat/completions"],
    model: "THUDM/GLM-4-9B-0414",
    always: &[Quirk::Q05],
    request_id: "x-siliconcloud-trace-id",
    refuse,
    ..openai::DIALECT
};

chat_vendor!("siliconflow", DIALECT);

const USUAL: &[Usual] = &[
    usual(400, "", "20012", "Model does not exist. Please check it carefully."),
    usual(401, "", "", "Invalid token"),
    usual(402, "", "30001", "Sorry, your account balance is insufficient"),
    usual(403, "", "30003", "Model disabled."),
    usual(429, "", "", "Request was rejected due to rate limiting. Details: TPM limit reached."),
    usual(500, "", "50000", "Unknown error."),
    usual(503, "", "50505", "Model service overloaded. Please try again later."),
];

fn refuse(refusal: &Refusal) -> (u16, Value) {
    let said = refusal.said(USUAL);
    if refusal.status == 401 {
        return (401, said.message.into());
    }
    let status = if refusal.status == 402 { 403 } else { refusal.status };
    // Codes are numbers, unless a script wants another.
    let code = said.code.map(|code| code.parse::<u64>().map_or_else(|_| code.into(), Value::from));
    (status, json!({ "code": code, "message": said.message, "data": null }))
}
