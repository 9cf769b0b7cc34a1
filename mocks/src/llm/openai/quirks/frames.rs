//! Quirks in the JSON of single frames, and frames that should not be there.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::llm::openai::ask::Ask;
use crate::llm::openai::chunk::{self, chunk};
use crate::llm::openai::stream::{ChatStream, Frame, Part, Says, finish_reason, usage, with_usage_so_far};
use crate::llm::quirk::Quirk;
use crate::script::LlmBehaviour;

pub(super) fn change(quirk: Quirk, stream: &mut ChatStream, ask: &Ask, does: &LlmBehaviour) {
    match quirk {
        Quirk::Q01 => with_usage(stream, ask, does),
        Quirk::Q02 => {
            with_usage(stream, ask, does);
            each(stream, Part::Usage, |chunk| drop(chunk.shift_remove("choices")));
        }
        Quirk::Q03 => {
            let first = json!({
                "id": "", "object": "", "created": 0, "model": "", "choices": [],
                "prompt_filter_results": [{ "prompt_index": 0, "content_filter_results": {} }],
            });
            let head = stream.frames.first().map_or(Duration::ZERO, |frame| frame.after);
            stream.frames.insert(0, extra(head, Says::Json(first)));
        }
        Quirk::Q04 => {
            let mut nothing = chunk(ask, &json!({}), None);
            nothing["choices"] = Value::Null;
            insert_after_first(stream, Part::Content, Says::Json(nothing));
        }
        Quirk::Q05 => with_usage_so_far(&mut stream.frames, usage(ask, does)),
        Quirk::Q10 => each_choice(stream, |part, choice| {
            if part != Part::Finish {
                choice.insert("finish_reason".to_owned(), "".into());
            }
        }),
        Quirk::Q11 => each_choice(stream, |_, choice| drop(choice.shift_remove("finish_reason"))),
        Quirk::Q12 => each_choice(stream, |part, choice| {
            if part == Part::Finish {
                choice.insert("finish_reason".to_owned(), "normal".into());
            }
        }),
        Quirk::Q13 => each_choice(stream, |_, choice| {
            if let Some(Value::Object(delta)) = choice.get_mut("delta") {
                delta.insert("role".to_owned(), "".into());
            }
        }),
        Quirk::Q14 => each_choice(stream, |part, choice| {
            if part == Part::Finish {
                choice.insert("delta".to_owned(), Value::Null);
            }
        }),
        Quirk::Q15 => {
            let nothing = chunk(ask, &json!({ "role": "assistant", "content": null }), None);
            insert_after_first(stream, Part::Content, Says::Json(nothing));
        }
        Quirk::Q17 => cumulative(stream),
        Quirk::Q18 => thinking_aloud(stream, ask),
        Quirk::Q19 => only_reasoning(stream),
        Quirk::Q20 => each_tool_call(stream, |_, call| drop(call.shift_remove("index"))),
        Quirk::Q21 => whole_tool_calls(stream, ask, does),
        Quirk::Q22 => each_tool_call(stream, |index, call| {
            call.insert("id".to_owned(), chunk::tool_id(ask, index).into());
        }),
        Quirk::Q23 => {
            whole_tool_calls(stream, ask, does);
            each_tool_call(stream, |index, call| {
                if let (Some(Value::Object(function)), Some(scripted)) =
                    (call.get_mut("function"), does.tool_calls.get(index))
                {
                    function.insert("arguments".to_owned(), Value::Object(scripted.arguments.clone()));
                }
            });
        }
        Quirk::Q24 => {
            insert_after_first(stream, Part::Role, Says::Raw(": keep-alive\n\n".into()));
            insert_after_first(stream, Part::Content, Says::Raw(": OPENROUTER PROCESSING\n\n".into()));
        }
        Quirk::Q25 => insert_after_first(stream, Part::Role, Says::Text(": PROCESSING".to_owned())),
        Quirk::Q27 => stream.framing.field = "data:",
        Quirk::Q28 => stream.framing.line_end = "\r\n",
        Quirk::Q29 => stream.framing.pretty = true,
        Quirk::Q34 => {
            insert_after_first(stream, Part::Role, Says::Raw("event: ping\n\n".into()));
            let with_data = "event: ping\ndata: {\"type\":\"ping\"}\n\n";
            insert_after_first(stream, Part::Content, Says::Raw(with_data.into()));
        }
        Quirk::Q48 => unlike_the_request(stream, ask),
        Quirk::Q49 => each_chunk(stream, |_, chunk| {
            chunk.insert("obfuscation".to_owned(), "aBcD".into());
            chunk.insert("search_info".to_owned(), json!({ "search_results": [] }));
            chunk.insert("extend_fields".to_owned(), json!({ "trace_id": "t-1" }));
        }),
        Quirk::Q50 => {
            with_usage(stream, ask, does);
            each_chunk(stream, |_, chunk| chunk.values_mut().for_each(numbers_as_text));
        }
        Quirk::Q51 => {
            let space = chunk(ask, &json!({ "content": "\n\n" }), None);
            insert_after_first(stream, Part::Role, Says::Json(space));
        }
        Quirk::Q53 => {
            let mut long = chunk(ask, &json!({}), None);
            long["obfuscation"] = "x".repeat(1024 * 1024).into();
            insert_after_first(stream, Part::Content, Says::Json(long));
        }
        Quirk::Q54 => lone_surrogates(stream, ask),
        _ => {}
    }
}

/// A frame that is no part of the script's answer.
fn extra(after: Duration, says: Says) -> Frame {
    Frame { after, part: Part::Extra, token: None, says }
}

fn insert_after_first(stream: &mut ChatStream, part: Part, says: Says) {
    let place = stream.frames.iter().enumerate().find(|(_, frame)| frame.part == part);
    if let Some((at, after)) = place.map(|(at, frame)| (at, frame.after)) {
        stream.frames.insert(at + 1, extra(after, says));
    }
}

/// A chunk with the usage before the end, unless there is one.
pub(super) fn with_usage(stream: &mut ChatStream, ask: &Ask, does: &LlmBehaviour) {
    if stream.frames.iter().any(|frame| frame.part == Part::Usage) {
        return;
    }
    insert_after_first(stream, Part::Finish, Says::Json(chunk::usage_chunk(ask, usage(ask, does))));
    if let Some(finish) = stream.frames.iter().position(|frame| frame.part == Part::Finish)
        && let Some(usage) = stream.frames.get_mut(finish + 1)
    {
        usage.part = Part::Usage;
    }
}

fn cumulative(stream: &mut ChatStream) {
    let mut said = String::new();
    each_choice(stream, |part, choice| {
        if let (Part::Content, Some(content)) =
            (part, choice.get_mut("delta").and_then(|delta| delta.get_mut("content")))
        {
            said.push_str(content.as_str().unwrap_or_default());
            *content = said.clone().into();
        }
    });
}

/// Reasoning as content between tags. The tags come in halves, with the tokens next to them.
fn thinking_aloud(stream: &mut ChatStream, ask: &Ask) {
    let tag = |after, half: &str| extra(after, Says::Json(chunk(ask, &json!({ "content": half }), None)));
    let mut frames = Vec::new();
    let mut open = false;
    for mut frame in std::mem::take(&mut stream.frames) {
        let after = frame.after;
        let is_reasoning = frame.part == Part::Reasoning;
        if is_reasoning && !open {
            frames.extend([tag(after, "<thi"), tag(after, "nk>")]);
        } else if !is_reasoning && open {
            frames.extend([tag(after, "</th"), tag(after, "ink>")]);
        } else if frame.part == Part::Content && !frames.iter().any(|frame| frame.part == Part::Extra) {
            // Without any reasoning in the script: some of ours.
            frames.extend(["<thi", "nk>", "Let me think.", "</th", "ink>"].map(|half| tag(after, half)));
        }
        open = is_reasoning;
        if is_reasoning && let Some(delta) = delta(&mut frame) {
            *delta = json!({ "content": delta.get("reasoning_content") });
        }
        frames.push(frame);
    }
    stream.frames = frames;
}

fn only_reasoning(stream: &mut ChatStream) {
    for frame in stream.frames.iter_mut().filter(|frame| frame.part == Part::Content) {
        frame.part = Part::Reasoning;
        if let Some(delta) = delta(frame) {
            *delta = json!({ "content": null, "reasoning_content": delta.get("content") });
        }
    }
}

/// Each call of a tool in one chunk, which comes when its last delta would have.
fn whole_tool_calls(stream: &mut ChatStream, ask: &Ask, does: &LlmBehaviour) {
    let mut deltas = 0;
    stream.frames.retain_mut(|frame| {
        if frame.part != Part::Tool {
            return true;
        }
        let index = deltas / chunk::DELTAS_OF_A_CALL;
        deltas += 1;
        let Some(call) = does.tool_calls.get(index) else { return false };
        let mut whole = chunk::whole_tool_call(ask, index, call);
        whole["index"] = index.into();
        frame.says = Says::Json(chunk(ask, &json!({ "tool_calls": [whole] }), None));
        deltas % chunk::DELTAS_OF_A_CALL == 0
    });
}

/// The chunks' ids change, their model is another, their time is a fraction.
fn unlike_the_request(stream: &mut ChatStream, ask: &Ask) {
    let mut count = 0;
    each_chunk(stream, |_, chunk| {
        let id = if count == 0 { String::new() } else { format!("{}-{count}", ask.id()) };
        count += 1;
        chunk.insert("id".to_owned(), id.into());
        chunk.insert("created".to_owned(), json!(0.5));
        chunk.insert("model".to_owned(), format!("{}-20250101-preview", ask.model).into());
    });
}

fn numbers_as_text(value: &mut Value) {
    match value {
        Value::Number(number) => *value = number.to_string().into(),
        Value::Array(list) => list.iter_mut().for_each(numbers_as_text),
        Value::Object(members) => members.values_mut().for_each(numbers_as_text),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// 😀 after the reply, its two surrogates in two chunks. No JSON value can say that, so it is written as text.
fn lone_surrogates(stream: &mut ChatStream, ask: &Ask) {
    let last = stream.frames.iter().enumerate().rfind(|(_, frame)| frame.part == Part::Content);
    let Some((at, after)) = last.map(|(at, frame)| (at, frame.after)) else { return };
    let halves = ["\\ud83d", "\\ude00"].map(|escape| {
        let chunk = chunk(ask, &json!({ "content": "HALF" }), None).to_string();
        extra(after, Says::Text(chunk.replace("HALF", escape)))
    });
    stream.frames.splice(at + 1..at + 1, halves);
}

fn delta(frame: &mut Frame) -> Option<&mut Value> {
    match &mut frame.says {
        Says::Json(json) => json.pointer_mut("/choices/0/delta"),
        Says::Text(_) | Says::Raw(_) => None,
    }
}

/// Calls `change` for every chunk, metadata left out.
fn each_chunk(stream: &mut ChatStream, mut change: impl FnMut(Part, &mut Map<String, Value>)) {
    for frame in &mut stream.frames {
        if let (Says::Json(Value::Object(chunk)), true) = (&mut frame.says, frame.part != Part::Meta) {
            change(frame.part, chunk);
        }
    }
}

fn each(stream: &mut ChatStream, part: Part, mut change: impl FnMut(&mut Map<String, Value>)) {
    each_chunk(stream, |its, chunk| {
        if its == part {
            change(chunk);
        }
    });
}

fn each_choice(stream: &mut ChatStream, mut change: impl FnMut(Part, &mut Map<String, Value>)) {
    each_chunk(stream, |part, chunk| {
        if let Some(Value::Object(choice)) = chunk.get_mut("choices").and_then(|choices| choices.get_mut(0)) {
            change(part, choice);
        }
    });
}

fn each_tool_call(stream: &mut ChatStream, mut change: impl FnMut(usize, &mut Map<String, Value>)) {
    each_choice(stream, |_, choice| {
        let calls = choice.get_mut("delta").and_then(|delta| delta.get_mut("tool_calls"));
        if let Some(Value::Object(call)) = calls.and_then(|calls| calls.get_mut(0)) {
            let index = call.get("index").and_then(Value::as_u64).unwrap_or_default();
            change(usize::try_from(index).unwrap_or(usize::MAX), call);
        }
    });
}

/// The last frame of MiniMax's own endpoint: the whole answer once more.
pub(super) fn whole_completion(ask: &Ask, does: &LlmBehaviour) -> Value {
    let message = json!({ "role": "assistant", "content": does.reply });
    let mut whole = chunk::completion(ask, &message, finish_reason(does), usage(ask, does));
    whole["base_resp"] = json!({ "status_code": 0, "status_msg": "" });
    whole
}
