//! MiniMax: `chatcompletion_v2`. Every failure has status 200 and a `base_resp`; a stream ends with the whole answer once
//! more, and without `[DONE]`.
//!
//! Wire facts: its API reference and reports; `fixtures/wire/minimax/SOURCE.md`. Its OpenAI path answers the same.

use serde_json::{Map, Value, json};

use super::openai::{self, Dialect, Part, chat_vendor};
use super::quirk::Quirk;
use super::refusal::{Refusal, Usual, usual};

const DIALECT: Dialect = Dialect {
    paths: &["/v1/text/chatcompletion_v2", "/v1/chat/completions"],
    model: "MiniMax-M2.5",
    always: &[Quirk::Q16],
    request_id: "trace-id",
    dress,
    refuse,
    ..openai::DIALECT
};

chat_vendor!("minimax", DIALECT);

/// Every delta has a name, every chunk its judgement of what was said and a usage that is 0 until the end.
fn dress(part: Part, chunk: &mut Map<String, Value>) {
    chunk.shift_remove("system_fingerprint");
    let place = if part == Part::Whole { "/0/message" } else { "/0/delta" };
    if let Some(Value::Object(said)) = chunk.get_mut("choices").and_then(|choices| choices.pointer_mut(place))
    {
        said.shift_remove("refusal");
        said.entry("role").or_insert_with(|| "assistant".into());
        said.insert("name".to_owned(), "MiniMax AI".into());
        said.insert("audio_content".to_owned(), "".into());
    }
    match chunk.get_mut("usage") {
        Some(Value::Object(usage)) => drop(usage.insert("total_characters".to_owned(), 0.into())),
        _ => drop(chunk.insert("usage".to_owned(), json!({ "total_tokens": 0, "total_characters": 0 }))),
    }
    judge(chunk);
    if part == Part::Whole {
        chunk.insert("base_resp".to_owned(), json!({ "status_code": 0, "status_msg": "" }));
    }
}

fn judge(chunk: &mut Map<String, Value>) {
    chunk.insert("input_sensitive".to_owned(), false.into());
    chunk.insert("output_sensitive".to_owned(), false.into());
    for member in ["input_sensitive_type", "output_sensitive_type", "output_sensitive_int"] {
        chunk.insert(member.to_owned(), 0.into());
    }
}

const USUAL: &[Usual] = &[
    usual(400, "", "2013", "invalid params"),
    usual(
        401,
        "",
        "1004",
        "login fail: Please carry the API secret key in the 'Authorization' field of the request header",
    ),
    usual(402, "", "1008", "insufficient balance"),
    usual(403, "", "2061", "your current token plan not support model"),
    usual(429, "", "1002", "rate limit exceeded(RPM)"),
    usual(500, "", "1000", "unknown error"),
    usual(503, "", "1024", "internal error"),
    usual(504, "", "1001", "request timeout, please try again later."),
];

fn refuse(refusal: &Refusal) -> (u16, Value) {
    let said = refusal.said(USUAL);
    let code = said.code.and_then(|code| code.parse::<u64>().ok()).unwrap_or(1000);
    let mut body = Map::new();
    body.insert("id".to_owned(), "0637e813000000000000000000000000".into());
    body.insert("choices".to_owned(), Value::Null);
    body.insert("usage".to_owned(), json!({ "total_tokens": 0, "total_characters": 0 }));
    judge(&mut body);
    body.insert("base_resp".to_owned(), json!({ "status_code": code, "status_msg": said.message }));
    (200, body.into())
}
