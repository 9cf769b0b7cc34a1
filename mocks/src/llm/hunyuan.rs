//! Tencent's Hunyuan in its OpenAI mode: a note on every chunk, and the usage so far.
//!
//! Wire facts: its documents of the compatible interface, its SDK's table of errors; `fixtures/wire/hunyuan/SOURCE.md`.

use serde_json::{Map, Value, json};

use super::openai::{self, Dialect, Part, chat_vendor};
use super::quirk::Quirk;
use super::refusal::{Refusal, Usual, usual};

const DIALECT: Dialect = Dialect {
    paths: &["/v1/chat/completions", "/openai/v1/chat/completions"],
    model: "hunyuan-turbos-latest",
    always: &[Quirk::Q05],
    dress,
    refuse,
    ..openai::DIALECT
};

chat_vendor!("hunyuan", DIALECT);

/// Every delta says who speaks, and every chunk whose words these are not.
fn dress(part: Part, chunk: &mut Map<String, Value>) {
    if let Some(Value::Object(delta)) =
        chunk.get_mut("choices").and_then(|choices| choices.pointer_mut("/0/delta"))
        && part != Part::Finish
    {
        delta.shift_insert(0, "role".to_owned(), "assistant".into());
    }
    chunk.insert("note".to_owned(), "以上内容为AI生成，不代表开发者立场，请勿删除或修改本标记".into());
}

const USUAL: &[Usual] = &[
    usual(400, "invalid_request_error", "InvalidParameter", "参数错误。"),
    usual(401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided"),
    usual(
        402,
        "runtime_error",
        "FailedOperation.ResourcePackExhausted",
        "资源包余量已用尽，请购买资源包或开通后付费。",
    ),
    usual(429, "runtime_error", "FailedOperation.EngineServerLimitExceeded", "引擎层请求超过限额。"),
    usual(500, "runtime_error", "FailedOperation.EngineServerError", "引擎层内部错误。"),
    usual(504, "runtime_error", "FailedOperation.EngineRequestTimeout", "引擎层请求超时。"),
];

fn refuse(refusal: &Refusal) -> (u16, Value) {
    let said = refusal.said(USUAL);
    let error =
        json!({ "message": said.message, "type": said.kind, "param": refusal.param, "code": said.code });
    (refusal.status, json!({ "error": error }))
}
