//! OpenAI's Responses: `POST …/responses`, streamed or not.
//!
//! Wire facts: the API reference and the official SDK; `fixtures/wire/openai_responses/SOURCE.md`. Refusals are those of chat
//! completions. Out: stored responses, the vendor's own tools, audio and images.

use std::sync::Arc;

use bargein_wire::units::Secret;
use http::Method;
use serde_json::{Value, json};

use super::events::{Asked, Speaks, arguments, router, tool_id};
use super::openai;
use super::refusal::Refusal;
use crate::answer::Answer;
use crate::registry::{Door, LlmRouter, Vendor};
use crate::script::{LlmBehaviour, ToolCall, Usage};

/// The vendor.
pub(crate) const VENDOR: Vendor<LlmRouter> = Vendor {
    id: "openai_responses",
    router: |script, ledger| router(script, ledger, Arc::new(Responses)),
    settings: |authority, key: &Secret| {
        let url = format!("http://{authority}/v1/responses");
        json!({ "url": url, "key": key.expose(), "model": "mock-1" })
    },
    door: Door {
        is_web_socket: false,
        takes: |path| path.ends_with("/responses"),
        client: |authority| format!("OPENAI_BASE_URL=http://{authority}/v1"),
    },
};

struct Responses;

impl Speaks for Responses {
    fn is_question(&self, path: &str) -> bool {
        path.ends_with("/responses")
    }

    fn aside(&self, _: &Method, _: &str, _: &Value) -> Option<Answer> {
        None
    }

    fn read(&self, number: u64, created: u64, _: &str, body: &Value) -> Result<Asked, Refusal> {
        let wrong = |param, message: &str| Refusal {
            param: Some(param),
            message: Some(message.to_owned()),
            ..Refusal::new(400)
        };
        let model =
            body["model"].as_str().ok_or_else(|| wrong("model", "Missing required parameter: 'model'."))?;
        let said = |message: &Value| match &message["content"] {
            Value::String(text) => text.len(),
            Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).map(str::len).sum(),
            _ => 0,
        };
        let prompt = match &body["input"] {
            Value::String(text) => text.len(),
            Value::Array(messages) => messages.iter().map(said).sum(),
            _ => return Err(wrong("input", "Missing required parameter: 'input'.")),
        };
        Ok(Asked {
            number,
            created,
            stream: body["stream"].as_bool().unwrap_or(false),
            prompt_bytes: prompt as u64,
            about: json!({ "model": model, "instructions": body["instructions"] }),
        })
    }

    fn opening(&self, asked: &Asked) -> Vec<String> {
        let response = response(asked, "in_progress", &[], None);
        let item = json!({ "id": item_id(asked), "type": "message", "status": "in_progress", "role": "assistant", "content": [] });
        let part = json!({ "type": "output_text", "text": "", "annotations": [] });
        vec![
            event("response.created", 0, &json!({ "response": response })),
            event("response.in_progress", 1, &json!({ "response": response })),
            event("response.output_item.added", 2, &json!({ "output_index": 0, "item": item })),
            event(
                "response.content_part.added",
                3,
                &json!({ "item_id": item_id(asked), "output_index": 0, "content_index": 0, "part": part }),
            ),
        ]
    }

    fn reasoning(&self, asked: &Asked, token: &str) -> Option<String> {
        let place = json!({ "item_id": format!("rs_mock_{}", asked.number), "output_index": 0, "summary_index": 0, "delta": token });
        Some(event("response.reasoning_summary_text.delta", 4, &place))
    }

    fn content(&self, asked: &Asked, token: &str) -> String {
        let place = json!({ "item_id": item_id(asked), "output_index": 0, "content_index": 0, "delta": token, "logprobs": [] });
        event("response.output_text.delta", 4, &place)
    }

    fn tool(&self, asked: &Asked, index: usize, call: &ToolCall) -> Vec<String> {
        let whole = function_call(asked, index, call);
        let mut begun = whole.clone();
        begun["arguments"] = "".into();
        begun["status"] = "in_progress".into();
        let (item, arguments) = (whole["id"].clone(), whole["arguments"].clone());
        let output = index + 1;
        vec![
            event("response.output_item.added", 5, &json!({ "output_index": output, "item": begun })),
            event(
                "response.function_call_arguments.delta",
                6,
                &json!({ "item_id": item, "output_index": output, "delta": arguments }),
            ),
            event(
                "response.function_call_arguments.done",
                7,
                &json!({ "item_id": item, "output_index": output, "arguments": arguments, "name": call.name }),
            ),
            event("response.output_item.done", 8, &json!({ "output_index": output, "item": whole })),
        ]
    }

    fn closing(&self, asked: &Asked, does: &LlmBehaviour, usage: Usage) -> Vec<String> {
        let output = output(asked, does);
        let part = json!({ "type": "output_text", "text": does.reply, "annotations": [], "logprobs": [] });
        let at = |more: Value| {
            let mut place = json!({ "item_id": item_id(asked), "output_index": 0, "content_index": 0 });
            if let (Value::Object(place), Value::Object(more)) = (&mut place, more) {
                place.extend(more);
            }
            place
        };
        vec![
            event("response.output_text.done", 9, &at(json!({ "text": does.reply, "logprobs": [] }))),
            event("response.content_part.done", 10, &at(json!({ "part": part }))),
            event("response.output_item.done", 11, &json!({ "output_index": 0, "item": output[0] })),
            event(
                "response.completed",
                12,
                &json!({ "response": response(asked, "completed", &output, Some(usage)) }),
            ),
        ]
    }

    fn whole(&self, asked: &Asked, does: &LlmBehaviour, usage: Usage) -> Option<Value> {
        Some(response(asked, "completed", &output(asked, does), Some(usage)))
    }

    fn refuse(&self, refusal: &Refusal) -> (u16, Value) {
        (openai::REFERENCE.refuse)(refusal)
    }

    fn failure(&self, refusal: &Refusal) -> String {
        let error = &self.refuse(refusal).1["error"];
        event("error", 9, &json!({ "code": error["type"], "message": error["message"], "param": null }))
    }
}

fn item_id(asked: &Asked) -> String {
    format!("msg_mock_{}", asked.number)
}

fn function_call(asked: &Asked, index: usize, call: &ToolCall) -> Value {
    json!({
        "id": format!("fc_mock_{}_{}", asked.number, index + 1),
        "type": "function_call",
        "status": "completed",
        "arguments": arguments(call),
        "call_id": tool_id(asked, index),
        "name": call.name,
    })
}

/// What the whole answer holds: the message, then the calls of tools.
fn output(asked: &Asked, does: &LlmBehaviour) -> Vec<Value> {
    let part = json!({ "type": "output_text", "text": does.reply, "annotations": [], "logprobs": [] });
    let message = json!({ "id": item_id(asked), "type": "message", "status": "completed", "role": "assistant", "content": [part] });
    let calls = does.tool_calls.iter().enumerate().map(|(index, call)| function_call(asked, index, call));
    [message].into_iter().chain(calls).collect()
}

fn response(asked: &Asked, status: &str, output: &[Value], usage: Option<Usage>) -> Value {
    let usage = usage.map(|usage| {
        json!({
            "input_tokens": usage.prompt_tokens,
            "input_tokens_details": { "cached_tokens": 0 },
            "output_tokens": usage.completion_tokens,
            "output_tokens_details": { "reasoning_tokens": 0 },
            "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        })
    });
    json!({
        "id": format!("resp_mock_{}", asked.number),
        "object": "response",
        "created_at": asked.created,
        "status": status,
        "error": null,
        "incomplete_details": null,
        "instructions": asked.about["instructions"],
        "max_output_tokens": null,
        "model": asked.about["model"],
        "output": output,
        "parallel_tool_calls": true,
        "previous_response_id": null,
        "reasoning": { "effort": null, "summary": null },
        "store": false,
        "temperature": 1.0,
        "text": { "format": { "type": "text" } },
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": usage,
        "metadata": {},
    })
}

fn event(name: &str, sequence: u64, more: &Value) -> String {
    let mut data = json!({ "type": name, "sequence_number": sequence });
    if let (Value::Object(data), Value::Object(more)) = (&mut data, more) {
        data.extend(more.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    format!("event: {name}\ndata: {data}\n\n")
}
