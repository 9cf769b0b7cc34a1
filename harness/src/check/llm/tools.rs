//! Tools: a call in the pieces of a stream, and what a tool answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::chat::{Chat, reply, said};
use super::reply::{Reply, shown};
use crate::check::catalogue::{Check, Entry, Level};
use crate::check::raw::Exchange;
use crate::check::{Context, Judged, Outcome};

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: Entry::new("TOL-01", Level::Must, "each piece of a call says which call it is")
            .rule("a question with one tool that must be called", "`tool_calls[].index` is a number")
            .advice(
                "the pieces of two calls run into each other",
                "the member was left out because there is only one call",
                "send it always",
            ),
        judge: |cx| Box::pin(call(cx, index)),
    },
    Check {
        entry: Entry::new("TOL-02", Level::Must, "the first piece of a call names it")
            .rule("the same", "`id`, `\"type\": \"function\"` and `function.name`")
            .advice(
                "without an id the tool's answer belongs to nothing",
                "the id is made at the end",
                "make the id at the beginning",
            ),
        judge: |cx| Box::pin(call(cx, named)),
    },
    Check {
        entry: Entry::new("TOL-03", Level::Must, "the arguments are JSON in the end")
            .rule("the same", "`function.arguments` are texts that give a JSON object together")
            .advice(
                "a call that cannot be read is a reply that never comes",
                "an object instead of a text, or a stream cut short",
                "send the text of the arguments in pieces",
            ),
        judge: |cx| Box::pin(call(cx, arguments)),
    },
    Check {
        entry: Entry::new("TOL-04", Level::Must, "the end says that a tool is called")
            .rule("the same", "`\"finish_reason\": \"tool_calls\"`")
            .advice(
                "clients take `stop` for the end of the turn and never call",
                "one reason for everything",
                "send `tool_calls`",
            ),
        judge: |cx| Box::pin(call(cx, reason)),
    },
    Check {
        entry: Entry::new("TOL-05", Level::Should, "id and name are sent once")
            .rule("the same", "no `id` or `name` in later pieces")
            .advice(
                "clients that join texts get the name twice",
                "every piece is made from the whole call",
                "send them in the first piece only",
            ),
        judge: |cx| Box::pin(call(cx, sent_once)),
    },
    Check {
        entry: Entry::new("TOL-06", Level::Must, "what a tool answers is taken")
            .rule("the conversation with the call and the tool's answer", "status 200 and a text")
            .advice(
                "the agent falls silent after each call of a tool",
                "an assistant's message without `content` is refused",
                "let `content` be null beside `tool_calls`",
            ),
        judge: |cx| Box::pin(answered(cx)),
    },
];

fn tools() -> Value {
    let city = json!({ "city": { "type": "string", "description": "The name of the city." } });
    let parameters = json!({ "type": "object", "properties": city, "required": ["city"] });
    let function =
        json!({ "name": "get_weather", "description": "The weather in a city.", "parameters": parameters });
    json!([{ "type": "function", "function": function }])
}

/// The answer with the call, fetched once in a run.
///
/// # Errors
/// Tools are refused, or the model did not call.
async fn calling(cx: &Context) -> Result<(Arc<Exchange>, Reply), Outcome> {
    let chat = Chat::new("a question for a tool", "What is the weather in Paris? Use the tool.")
        .with("tools", tools())
        .with("tool_choice", json!({ "type": "function", "function": { "name": "get_weather" } }));
    let exchange = chat.asked_once(cx).await;
    if matches!(exchange.status(), 400 | 404 | 422 | 501) {
        return Err(Outcome::skip(format!("tools are refused: {}", said(&exchange))));
    }
    let reply = reply(&exchange)?;
    if reply.tool_deltas().is_empty() {
        return Err(Outcome::skip("the model did not call the tool"));
    }
    Ok((exchange, reply))
}

async fn call(cx: &Context, judge: fn(&Reply) -> Result<String, String>) -> Judged {
    let (exchange, reply) = calling(cx).await?;
    Ok(match judge(&reply) {
        Ok(seen) => Outcome::pass(seen),
        Err(seen) => cx.broken(seen).with(&exchange),
    })
}

fn index(reply: &Reply) -> Result<String, String> {
    let deltas = reply.tool_deltas();
    match deltas.iter().find(|delta| !delta.get("index").is_some_and(Value::is_u64)) {
        Some(delta) => Err(format!("no `index` in {}", shown(&delta.to_string()))),
        None => Ok(format!("{} pieces", deltas.len())),
    }
}

/// The pieces of each call.
fn by_call(reply: &Reply) -> BTreeMap<u64, Vec<&Value>> {
    let mut calls: BTreeMap<u64, Vec<&Value>> = BTreeMap::new();
    for delta in reply.tool_deltas() {
        let index = delta.get("index").and_then(Value::as_u64).unwrap_or_default();
        calls.entry(index).or_default().push(delta);
    }
    calls
}

fn text_of<'d>(delta: &'d Value, path: &str) -> Option<&'d str> {
    delta.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn named(reply: &Reply) -> Result<String, String> {
    let mut names = Vec::new();
    for pieces in by_call(reply).values() {
        let Some(first) = pieces.first() else { continue };
        let is_named = text_of(first, "/id").is_some() && text_of(first, "/type") == Some("function");
        match text_of(first, "/function/name") {
            Some(name) if is_named => names.push(name.to_owned()),
            _ => return Err(format!("the first piece is {}", shown(&first.to_string()))),
        }
    }
    Ok(names.join(", "))
}

fn arguments(reply: &Reply) -> Result<String, String> {
    let mut all = Vec::new();
    for pieces in by_call(reply).values() {
        let mut text = String::new();
        for piece in pieces {
            match piece.pointer("/function/arguments") {
                Some(Value::String(part)) => text.push_str(part),
                Some(Value::Null) | None => {}
                Some(other) => return Err(format!("`arguments` is {}", shown(&other.to_string()))),
            }
        }
        if !serde_json::from_str::<Value>(&text).is_ok_and(|json| json.is_object()) {
            return Err(format!("the arguments are `{}`", shown(&text)));
        }
        all.push(text);
    }
    Ok(all.join(", "))
}

fn reason(reply: &Reply) -> Result<String, String> {
    match reply.finishes().first() {
        Some((_, reason)) if reason == "tool_calls" => Ok(reason.clone()),
        Some((_, reason)) => Err(format!("`finish_reason` is `{reason}`")),
        None => Err("no `finish_reason`".to_owned()),
    }
}

fn sent_once(reply: &Reply) -> Result<String, String> {
    let again =
        |piece: &&Value| text_of(piece, "/id").is_some() || text_of(piece, "/function/name").is_some();
    let calls = by_call(reply);
    match calls.values().flat_map(|pieces| pieces.iter().skip(1)).find(|piece| again(piece)) {
        Some(piece) => Err(format!("a later piece is {}", shown(&piece.to_string()))),
        None => Ok("in the first piece only".to_owned()),
    }
}

async fn answered(cx: &Context) -> Judged {
    calling(cx).await?;
    let function = json!({ "name": "get_weather", "arguments": "{\"city\": \"Paris\"}" });
    let call = json!([{ "id": "call_1", "type": "function", "function": function }]);
    let messages = json!([
        { "role": "user", "content": "What is the weather in Paris? Use the tool." },
        { "role": "assistant", "content": null, "tool_calls": call },
        { "role": "tool", "tool_call_id": "call_1", "content": "{\"degrees\": 21, \"sky\": \"clear\"}" },
    ]);
    Chat::talk("a tool's answer", messages).with("tools", tools()).taken(cx).await
}
