//! DeepSeek's models on Tencent's LKEAP, in its OpenAI mode.
//!
//! Wire facts: its documents and SDK (tencentcloud-sdk-python-lkeap 3.1.173); `fixtures/wire/lkeap/SOURCE.md`.

use serde_json::{Map, Value, json};

use super::openai::{self, Dialect, Part, chat_vendor};
use super::refusal::{Refusal, Usual, usual};

const DIALECT: Dialect = Dialect { paths: &["/v1/chat/completions"], dress, refuse, ..openai::DIALECT };

chat_vendor!("lkeap", DIALECT);

/// Every delta says who speaks.
fn dress(_: Part, chunk: &mut Map<String, Value>) {
    if let Some(Value::Object(delta)) =
        chunk.get_mut("choices").and_then(|choices| choices.pointer_mut("/0/delta"))
    {
        delta.entry("role").or_insert_with(|| "assistant".into());
    }
}

const USUAL: &[Usual] = &[
    usual(400, "invalid_request_error", "InvalidParameter", "the request has a parameter that is not valid"),
    usual(401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided"),
    usual(402, "runtime_error", "ResourceUnavailable.InArrears", "the account is in arrears"),
    usual(429, "runtime_error", "LimitExceeded", "the number of concurrent requests exceeds the limit"),
    usual(500, "runtime_error", "InternalError", "internal error"),
];

fn refuse(refusal: &Refusal) -> (u16, Value) {
    let said = refusal.said(USUAL);
    let error =
        json!({ "message": said.message, "type": said.kind, "param": refusal.param, "code": said.code });
    (refusal.status, json!({ "error": error }))
}
