//! Dify: `POST …/chat-messages`, streamed or not, and what stops an answer.
//!
//! Wire facts: the documents in `langgenius/dify`; `fixtures/wire/dify/SOURCE.md`. The end of a stream is an event, and there is no
//! `[DONE]`. Out: workflows, files, audio, the lists of conversations.

use std::sync::Arc;

use bargein_wire::units::Secret;
use http::Method;
use serde_json::{Value, json};

use super::events::{Asked, Speaks, router};
use super::refusal::{Refusal, Usual, usual};
use crate::answer::{Answer, Head};
use crate::registry::{Door, LlmRouter, Vendor};
use crate::script::{LlmBehaviour, ToolCall, Usage};

/// The vendor.
pub(crate) const VENDOR: Vendor<LlmRouter> = Vendor {
    id: "dify",
    router: |script, ledger| router(script, ledger, Arc::new(Dify)),
    settings: |authority, key: &Secret| json!({ "url": format!("http://{authority}/v1"), "key": key.expose() }),
    door: Door {
        is_web_socket: false,
        takes: |path| path.contains("/chat-messages"),
        client: |authority| format!("base_url = http://{authority}/v1"),
    },
};

struct Dify;

const USUAL: &[Usual] = &[
    usual(400, "", "invalid_param", "The request has a parameter that is not valid."),
    usual(401, "", "unauthorized", "Access token is invalid"),
    usual(402, "", "provider_quota_exceeded", "Your quota for the hosted provider has been exhausted."),
    usual(404, "", "not_found", "Conversation Not Exists."),
    usual(429, "", "too_many_requests", "Too many requests. Please try again later."),
    usual(500, "", "internal_server_error", "The server encountered an internal error."),
];

impl Speaks for Dify {
    fn is_question(&self, path: &str) -> bool {
        path.ends_with("/chat-messages")
    }

    fn aside(&self, method: &Method, path: &str, _: &Value) -> Option<Answer> {
        let stops = method == Method::POST && path.contains("/chat-messages/") && path.ends_with("/stop");
        let head = Head::new(200).with("content-type", "application/json");
        stops.then(|| Answer::whole(head, json!({ "result": "success" }).to_string()))
    }

    fn read(&self, number: u64, created: u64, _: &str, body: &Value) -> Result<Asked, Refusal> {
        let wrong = |message: &str| Refusal { message: Some(message.to_owned()), ..Refusal::new(400) };
        if !body["inputs"].is_object() {
            return Err(wrong("inputs is required in input form"));
        }
        let query = body["query"].as_str().ok_or_else(|| wrong("query is required"))?;
        if body["user"].as_str().is_none_or(str::is_empty) {
            return Err(wrong("Arg user must be provided."));
        }
        let named = body["conversation_id"].as_str().filter(|id| !id.is_empty());
        let conversation = named.map_or_else(|| uuid(number, 1), str::to_owned);
        Ok(Asked {
            number,
            created,
            stream: body["response_mode"] == "streaming",
            prompt_bytes: query.len() as u64,
            about: json!({ "conversation_id": conversation }),
        })
    }

    fn opening(&self, _: &Asked) -> Vec<String> {
        Vec::new()
    }

    fn reasoning(&self, asked: &Asked, token: &str) -> Option<String> {
        // An application shows its model's thoughts as the model writes them: as an agent's.
        let thought = json!({ "id": uuid(asked.number, 4), "position": 1, "thought": token, "observation": "", "tool": "" });
        Some(event(asked, "agent_thought", &thought))
    }

    fn content(&self, asked: &Asked, token: &str) -> String {
        event(asked, "message", &json!({ "id": uuid(asked.number, 2), "answer": token }))
    }

    fn tool(&self, asked: &Asked, index: usize, call: &ToolCall) -> Vec<String> {
        // An application calls its tools itself, and shows that it did.
        let input = json!({ (call.name.as_str()): call.arguments });
        let thought = json!({
            "id": uuid(asked.number, 4), "position": index + 1, "thought": "", "observation": "",
            "tool": call.name, "tool_input": input.to_string(),
        });
        vec![event(asked, "agent_thought", &thought)]
    }

    fn closing(&self, asked: &Asked, _: &LlmBehaviour, usage: Usage) -> Vec<String> {
        let end = json!({ "id": uuid(asked.number, 2), "metadata": metadata(usage) });
        vec![event(asked, "message_end", &end)]
    }

    fn whole(&self, asked: &Asked, does: &LlmBehaviour, usage: Usage) -> Option<Value> {
        Some(json!({
            "event": "message",
            "task_id": uuid(asked.number, 3),
            "id": uuid(asked.number, 2),
            "message_id": uuid(asked.number, 2),
            "conversation_id": asked.about["conversation_id"],
            "mode": "chat",
            "answer": does.reply,
            "metadata": metadata(usage),
            "created_at": asked.created,
        }))
    }

    fn refuse(&self, refusal: &Refusal) -> (u16, Value) {
        let said = refusal.said(USUAL);
        // Whoever has no money left has asked wrongly.
        let status = if refusal.status == 402 { 400 } else { refusal.status };
        (status, json!({ "code": said.code, "message": said.message, "status": status }))
    }

    fn failure(&self, refusal: &Refusal) -> String {
        let said = refusal.said(USUAL);
        let error = json!({
            "event": "error", "task_id": uuid(1, 3), "message_id": uuid(1, 2),
            "status": refusal.status, "code": said.code, "message": said.message,
        });
        format!("data: {error}\n\n")
    }
}

/// An id as this vendor has them, the same in every run.
fn uuid(number: u64, what: u64) -> String {
    format!("00000000-0000-4000-800{what}-{number:012}")
}

fn event(asked: &Asked, event: &str, more: &Value) -> String {
    let mut data = json!({
        "event": event,
        "task_id": uuid(asked.number, 3),
        "message_id": uuid(asked.number, 2),
        "conversation_id": asked.about["conversation_id"],
        "created_at": asked.created,
    });
    if let (Value::Object(data), Value::Object(more)) = (&mut data, more) {
        data.extend(more.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    format!("data: {data}\n\n")
}

fn metadata(usage: Usage) -> Value {
    json!({
        "usage": {
            "prompt_tokens": usage.prompt_tokens,
            "prompt_unit_price": "0.001",
            "prompt_price_unit": "0.001",
            "prompt_price": "0.0000000",
            "completion_tokens": usage.completion_tokens,
            "completion_unit_price": "0.002",
            "completion_price_unit": "0.001",
            "completion_price": "0.0000000",
            "total_tokens": usage.prompt_tokens + usage.completion_tokens,
            "total_price": "0.0000000",
            "currency": "USD",
            "latency": 0.5,
        },
        "retriever_resources": [],
    })
}
