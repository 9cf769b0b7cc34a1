//! Coze, chat version 3: `POST /v3/chat`, and what cancels an answer.
//!
//! Wire facts: the documents of its open platform and its SDK; `fixtures/wire/coze/SOURCE.md`. A failure has status 200. The
//! stream has no comments unless a script wants them: the vendor's Python client raises on them. Out: answers that are
//! fetched later, files, audio.

use std::sync::Arc;

use bargein_wire::units::Secret;
use http::Method;
use serde_json::{Value, json};

use super::events::{Asked, Speaks, arguments, router, tool_id};
use super::refusal::{Refusal, Usual, usual};
use crate::answer::{Answer, Head};
use crate::registry::{Door, LlmRouter, Vendor};
use crate::script::{LlmBehaviour, ToolCall, Usage};

/// The bot that clients are told of. Any id is answered all the same.
const BOT: &str = "7300000000000000001";

/// The vendor.
pub(crate) const VENDOR: Vendor<LlmRouter> = Vendor {
    id: "coze",
    router: |script, ledger| router(script, ledger, Arc::new(Coze)),
    settings: |authority, key: &Secret| json!({ "url": format!("http://{authority}"), "key": key.expose(), "bot_id": BOT }),
    door: Door {
        is_web_socket: false,
        takes: |path| path.starts_with("/v3/chat"),
        client: |authority| format!("base_url = http://{authority}"),
    },
};

struct Coze;

const USUAL: &[Usual] = &[
    usual(400, "", "4000", "Request parameter error."),
    usual(401, "", "4100", "authentication is invalid"),
    usual(402, "", "4028", "The free quota has been used up."),
    usual(403, "", "4101", "The token you entered does not have the required permission."),
    usual(404, "", "4200", "Requested resource does not exist."),
    usual(409, "", "4016", "Conversation occupied: it is answering another chat."),
    usual(429, "", "4013", "Request frequency exceeds the limit. Please try again later."),
    usual(500, "", "5000", "Internal error."),
];

impl Speaks for Coze {
    fn is_question(&self, path: &str) -> bool {
        path == "/v3/chat"
    }

    fn aside(&self, method: &Method, path: &str, body: &Value) -> Option<Answer> {
        if method != Method::POST || path != "/v3/chat/cancel" {
            return None;
        }
        let data = json!({ "id": body["chat_id"], "conversation_id": body["conversation_id"], "status": "canceled" });
        let body = json!({ "code": 0, "msg": "", "data": data });
        Some(Answer::whole(Head::new(200).with("content-type", "application/json"), body.to_string()))
    }

    fn read(&self, number: u64, created: u64, query: &str, body: &Value) -> Result<Asked, Refusal> {
        let wrong = |message: &str| Refusal { message: Some(message.to_owned()), ..Refusal::new(400) };
        for member in ["bot_id", "user_id"] {
            if body[member].as_str().is_none_or(str::is_empty) {
                return Err(wrong(&format!("Request parameter error: expected a text in `{member}`")));
            }
        }
        let messages = body["additional_messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        if messages.len() > 100 {
            return Err(wrong("Request parameter error: expected at most 100 `additional_messages`"));
        }
        let content = |message: &Value| message["content"].as_str().map_or(0, |text| text.len() as u64);
        let named = query.split('&').find_map(|pair| pair.strip_prefix("conversation_id="));
        let conversation = named.filter(|id| !id.is_empty()).map_or_else(|| id(number, 1), str::to_owned);
        Ok(Asked {
            number,
            created,
            stream: body["stream"].as_bool().unwrap_or(false),
            prompt_bytes: messages.iter().map(content).sum(),
            about: json!({ "bot_id": body["bot_id"], "conversation_id": conversation }),
        })
    }

    fn opening(&self, asked: &Asked) -> Vec<String> {
        ["created", "in_progress"].map(|status| chat(asked, status, status, &json!({}))).into()
    }

    fn reasoning(&self, asked: &Asked, token: &str) -> Option<String> {
        let thought = json!({ "content": "", "reasoning_content": token });
        Some(message(asked, "conversation.message.delta", "answer", &thought))
    }

    fn content(&self, asked: &Asked, token: &str) -> String {
        message(asked, "conversation.message.delta", "answer", &json!({ "content": token }))
    }

    fn tool(&self, _: &Asked, _: usize, _: &ToolCall) -> Vec<String> {
        // All of them come with the event that ends the answer.
        Vec::new()
    }

    fn closing(&self, asked: &Asked, does: &LlmBehaviour, usage: Usage) -> Vec<String> {
        let mut events = Vec::new();
        if !does.reply.is_empty() {
            let whole = json!({ "content": does.reply, "reasoning_content": does.reasoning });
            events.push(message(asked, "conversation.message.completed", "answer", &whole));
        }
        if does.tool_calls.is_empty() {
            let finish = json!({ "msg_type": "generate_answer_finish", "data": "{\"finish_reason\":0,\"FinData\":\"\"}" });
            let verbose = json!({ "content": finish.to_string() });
            events.push(message(asked, "conversation.message.completed", "verbose", &verbose));
            let (input, output) = (usage.prompt_tokens, usage.completion_tokens);
            let usage =
                json!({ "token_count": input + output, "output_count": output, "input_count": input });
            events.push(chat(asked, "completed", "completed", &json!({ "usage": usage })));
        } else {
            let call = |(index, call): (usize, &ToolCall)| {
                let function = json!({ "name": call.name, "arguments": arguments(call) });
                json!({ "id": tool_id(asked, index), "type": "function", "function": function })
            };
            let calls: Vec<_> = does.tool_calls.iter().enumerate().map(call).collect();
            let action =
                json!({ "type": "submit_tool_outputs", "submit_tool_outputs": { "tool_calls": calls } });
            events.push(chat(
                asked,
                "requires_action",
                "requires_action",
                &json!({ "required_action": action }),
            ));
        }
        events.push("event:done\ndata:\"[DONE]\"\n\n".to_owned());
        events
    }

    fn whole(&self, _: &Asked, _: &LlmBehaviour, _: Usage) -> Option<Value> {
        None
    }

    fn refuse(&self, refusal: &Refusal) -> (u16, Value) {
        let said = refusal.said(USUAL);
        let code = said.code.and_then(|code| code.parse::<u64>().ok()).unwrap_or(5000);
        let detail = json!({ "logid": "20250101000000000000000000000000" });
        (200, json!({ "code": code, "msg": said.message, "detail": detail }))
    }

    fn failure(&self, refusal: &Refusal) -> String {
        let said = refusal.said(USUAL);
        let code = said.code.and_then(|code| code.parse::<u64>().ok()).unwrap_or(5000);
        format!("event:error\ndata:{}\n\n", json!({ "code": code, "msg": said.message }))
    }
}

/// An id as this vendor has them: digits as text.
fn id(number: u64, what: u64) -> String {
    format!("74000000{number:010}{what}")
}

/// An event about the answer as a whole.
fn chat(asked: &Asked, event: &str, status: &str, more: &Value) -> String {
    let mut data = json!({
        "id": id(asked.number, 2),
        "conversation_id": asked.about["conversation_id"],
        "bot_id": asked.about["bot_id"],
        "created_at": asked.created,
        "last_error": { "code": 0, "msg": "" },
        "status": status,
        "usage": { "token_count": 0, "output_count": 0, "input_count": 0 },
        "section_id": asked.about["conversation_id"],
    });
    extend(&mut data, more);
    format!("event:conversation.chat.{event}\ndata:{data}\n\n")
}

/// An event about a message.
fn message(asked: &Asked, event: &str, kind: &str, more: &Value) -> String {
    let mut data = json!({
        "id": id(asked.number, 3),
        "conversation_id": asked.about["conversation_id"],
        "bot_id": asked.about["bot_id"],
        "role": "assistant",
        "type": kind,
        "content": "",
        "content_type": "text",
        "chat_id": id(asked.number, 2),
        "section_id": asked.about["conversation_id"],
    });
    extend(&mut data, more);
    format!("event:{event}\ndata:{data}\n\n")
}

fn extend(data: &mut Value, more: &Value) {
    if let (Value::Object(data), Value::Object(more)) = (data, more) {
        data.extend(
            more.iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| (key.clone(), value.clone())),
        );
    }
}
