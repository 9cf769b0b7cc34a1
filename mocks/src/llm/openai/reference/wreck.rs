//! What mutants do to the frames of a stream.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::frames::{ARGUMENTS, Frame, Framing, Identity, Part, Says, tool_call, usage};
use super::wish::Wish;

/// Breaks the frames as the mutant of this id does; any other id leaves them whole.
pub(super) fn frames(
    mutant: &str,
    frames: &mut Vec<Frame>,
    framing: &mut Framing,
    wish: &Wish,
    id: &Identity,
) {
    match mutant {
        "SSE-01" => insert(frames, Part::Role, Says::Raw(b"one moment please\n\n".to_vec())),
        "SSE-02" => insert(frames, Part::Role, Says::Raw(b"data: {\"id\":\"chatcmpl\n\n".to_vec())),
        "SSE-03" => frames.retain(|frame| frame.part != Part::Done),
        "SSE-05" => each(frames, Part::Done, |frame| frame.says = Says::Raw(b"data: [DONE]\n".to_vec())),
        "SSE-06" => frames.insert(0, Frame { says: Says::Raw(b"\xef\xbb\xbf".to_vec()), ..extra(frames) }),
        "SSE-07" => framing.field = "data:",
        "SSE-08" => framing.line_end = "\r\n",
        "SSE-09" => framing.pretty = true,
        "SSE-10" => framing.field = "event: delta\ndata: ",
        "SSE-11" => chunk(frames, Part::Finish, |chunk| {
            drop(chunk.insert("padding".to_owned(), "x".repeat(70_000).into()));
        }),
        "SSE-12" => torn_characters(frames),
        "SSE-13" => insert(frames, Part::Role, Says::Raw(b": keep-alive\n\n".to_vec())),
        "CHU-01" => {
            every_chunk(frames, |chunk| drop(chunk.insert("object".to_owned(), "chat.completion".into())));
        }
        "CHU-02" => chunk(frames, Part::Role, |chunk| drop(chunk.insert("choices".to_owned(), Value::Null))),
        "CHU-03" => {
            let mut count = 0;
            every_chunk(frames, |chunk| {
                count += 1;
                chunk.insert("id".to_owned(), format!("chatcmpl-{count}").into());
            });
        }
        "CHU-04" => every_chunk(frames, |chunk| drop(chunk.insert("created".to_owned(), 0.into()))),
        "CHU-05" => every_chunk(frames, |chunk| drop(chunk.insert("model".to_owned(), "".into()))),
        "CHU-06" => every_choice(frames, |_, choice| drop(choice.shift_remove("index"))),
        "CHU-07" => every_choice(frames, |part, choice| {
            if part == Part::Finish {
                choice.insert("delta".to_owned(), Value::Null);
            }
        }),
        "CHU-08" => every_delta(frames, |part, delta| {
            if part == Part::Role {
                delta.insert("role".to_owned(), "".into());
            }
        }),
        "CHU-09" => every_delta(frames, |part, delta| {
            if part == Part::Finish {
                delta.insert("content".to_owned(), Value::Null);
            }
        }),
        "CHU-10" => cumulative(frames),
        "CHU-11" => every_choice_of(frames, Part::Finish, |choice, said| {
            choice.insert("message".to_owned(), json!({ "role": "assistant", "content": said }));
        }),
        "CHU-12" => thinking_aloud(frames, id),
        "CHU-13" => insert(frames, Part::Role, Says::Json(id.delta(&json!({ "content": "\n\n" }), None))),
        "END-01" => every_choice(frames, |_, choice| drop(choice.shift_remove("finish_reason"))),
        "END-02" => finish_with(frames, "normal"),
        "END-03" => every_choice(frames, |part, choice| {
            if part != Part::Finish {
                choice.insert("finish_reason".to_owned(), "".into());
            }
        }),
        "END-04" => insert(frames, Part::Finish, Says::Json(id.delta(&json!({ "content": " Bye." }), None))),
        "USE-01" => frames.retain(|frame| frame.part != Part::Usage),
        "USE-02" => chunk(frames, Part::Usage, |chunk| chunk["usage"]["total_tokens"] = 1.into()),
        "USE-03" if !wish.include_usage => {
            let mut chunk = id.chunk(&json!([]));
            chunk["usage"] = usage(wish, frames.len());
            insert(frames, Part::Finish, Says::Json(chunk));
        }
        "USE-04" if wish.include_usage => {
            let so_far = usage(wish, 1);
            every_chunk(frames, |chunk| {
                chunk.entry("usage").or_insert_with(|| so_far.clone());
            });
        }
        "TXT-01" => frames.retain(|frame| frame.part != Part::Content),
        "TXT-02" => every_delta(frames, |_, delta| {
            if let Some(Value::String(text)) = delta.get_mut("content") {
                *text = text.chars().map(|c| if c.is_ascii() { c } else { '\u{fffd}' }).collect();
            }
        }),
        "TXT-03" => lone_surrogates(frames),
        "TOL-01" => every_tool(frames, |call| drop(call.shift_remove("index"))),
        "TOL-02" => every_tool(frames, |call| {
            if call.contains_key("id") {
                call.insert("id".to_owned(), "".into());
            }
        }),
        "TOL-03" => {
            let mut pieces = ARGUMENTS.iter().skip(1).chain([&"\"}"]);
            every_tool(frames, |call| {
                if !call.contains_key("id") {
                    call.insert("function".to_owned(), json!({ "arguments": pieces.next() }));
                }
            });
        }
        "TOL-04" if wish.tool.is_some() => finish_with(frames, "stop"),
        "TOL-05" => {
            let name = wish.tool.clone().unwrap_or_default();
            let whole = tool_call(id, &name, "");
            every_tool(frames, |call| {
                call.insert("id".to_owned(), whole["id"].clone());
                call["function"]["name"] = name.clone().into();
            });
        }
        _ => pace(mutant, frames, wish),
    }
}

/// What mutants do to the times.
fn pace(mutant: &str, frames: &mut [Frame], wish: &Wish) {
    let last = frames.last().map(|frame| frame.after).unwrap_or_default();
    let first = frames.first().map(|frame| frame.after).unwrap_or_default();
    match mutant {
        "FLW-01" => frames.iter_mut().for_each(|frame| frame.after = last),
        "FLW-02" => {
            // Ten frames wait for each other.
            for batch in frames.chunks_mut(10) {
                let leaves = batch.last().map(|frame| frame.after).unwrap_or_default();
                batch.iter_mut().for_each(|frame| frame.after = leaves);
            }
        }
        "FLW-03" => later(frames, Duration::from_secs(9)),
        "FLW-04" => later(frames, Duration::from_millis(700)),
        "FLW-05" => {
            let middle = frames.len() / 2;
            later(frames.get_mut(middle..).unwrap_or_default(), Duration::from_millis(1_500));
        }
        "FLW-06" => frames.iter_mut().for_each(|frame| frame.after = first + (frame.after - first) * 14),
        "FLW-07" => each(frames, Part::Done, |frame| frame.after += Duration::from_millis(900)),
        "FLW-08" => later(
            frames,
            Duration::from_micros(50).saturating_mul(u32::try_from(wish.prompt_bytes).unwrap_or(u32::MAX)),
        ),
        _ => {}
    }
}

fn later(frames: &mut [Frame], by: Duration) {
    frames.iter_mut().for_each(|frame| frame.after += by);
}

fn extra(frames: &[Frame]) -> Frame {
    let after = frames.first().map(|frame| frame.after).unwrap_or_default();
    Frame { after, part: Part::Extra, says: Says::Raw(Vec::new()) }
}

/// Puts a frame behind the first one of a part.
fn insert(frames: &mut Vec<Frame>, part: Part, says: Says) {
    if let Some(index) = frames.iter().position(|frame| frame.part == part) {
        let after = frames.get(index).map(|frame| frame.after).unwrap_or_default();
        frames.insert(index + 1, Frame { after, part: Part::Extra, says });
    }
}

fn each(frames: &mut [Frame], part: Part, change: impl Fn(&mut Frame)) {
    frames.iter_mut().filter(|frame| frame.part == part).for_each(change);
}

fn every_chunk(frames: &mut [Frame], mut change: impl FnMut(&mut Map<String, Value>)) {
    for frame in frames {
        if let Says::Json(Value::Object(chunk)) = &mut frame.says {
            change(chunk);
        }
    }
}

fn chunk(frames: &mut [Frame], part: Part, change: impl Fn(&mut Map<String, Value>)) {
    each(frames, part, |frame| {
        if let Says::Json(Value::Object(chunk)) = &mut frame.says {
            change(chunk);
        }
    });
}

fn every_choice(frames: &mut [Frame], mut change: impl FnMut(Part, &mut Map<String, Value>)) {
    for frame in frames {
        let part = frame.part;
        if let Says::Json(chunk) = &mut frame.says
            && let Some(Value::Object(choice)) =
                chunk.get_mut("choices").and_then(|choices| choices.get_mut(0))
        {
            change(part, choice);
        }
    }
}

fn every_delta(frames: &mut [Frame], mut change: impl FnMut(Part, &mut Map<String, Value>)) {
    every_choice(frames, |part, choice| {
        if let Some(Value::Object(delta)) = choice.get_mut("delta") {
            change(part, delta);
        }
    });
}

fn every_tool(frames: &mut [Frame], mut change: impl FnMut(&mut Map<String, Value>)) {
    every_delta(frames, |_, delta| {
        if let Some(Value::Object(call)) = delta.get_mut("tool_calls").and_then(|calls| calls.get_mut(0)) {
            change(call);
        }
    });
}

/// Changes the choices of a part, knowing all the text that was said.
fn every_choice_of(frames: &mut [Frame], wanted: Part, change: impl Fn(&mut Map<String, Value>, &str)) {
    let mut said = String::new();
    every_delta(frames, |_, delta| {
        said.push_str(delta.get("content").and_then(Value::as_str).unwrap_or_default());
    });
    every_choice(frames, |part, choice| {
        if part == wanted {
            change(choice, &said);
        }
    });
}

fn finish_with(frames: &mut [Frame], reason: &str) {
    every_choice(frames, |part, choice| {
        if part == Part::Finish {
            choice.insert("finish_reason".to_owned(), reason.into());
        }
    });
}

/// Every delta carries all the text so far.
fn cumulative(frames: &mut [Frame]) {
    let mut said = String::new();
    every_delta(frames, |part, delta| {
        if let (Part::Content, Some(Value::String(text))) = (part, delta.get_mut("content")) {
            said.push_str(text);
            text.clone_from(&said);
        }
    });
}

/// Thinking stands in the text, its tags cut over deltas.
fn thinking_aloud(frames: &mut Vec<Frame>, id: &Identity) {
    let Some(at) = frames.iter().position(|frame| frame.part == Part::Content) else { return };
    let after = frames.get(at).map(|frame| frame.after).unwrap_or_default();
    for text in ["</think>\n\n", "The user wants to talk.", "ink>", "<th"] {
        let says = Says::Json(id.delta(&json!({ "content": text }), None));
        frames.insert(at, Frame { after, part: Part::Extra, says });
    }
}

/// The last byte of a character stands in the next delta.
fn torn_characters(frames: &mut [Frame]) {
    let mut torn: Option<u8> = None;
    for frame in frames.iter_mut().filter(|frame| frame.part == Part::Content) {
        let Says::Json(chunk) = &frame.says else { continue };
        let mut bytes = Framing::default().bytes(&Says::Json(chunk.clone()));
        let marker = b"\"content\":\"";
        let Some(start) = bytes.windows(marker.len()).position(|window| window == marker) else { continue };
        let start = start + marker.len();
        if let Some(byte) = torn.take() {
            bytes.insert(start, byte);
        } else if let Some(length) =
            bytes.get(start..).and_then(|text| text.iter().position(|byte| *byte == b'"'))
        {
            let end = start + length;
            if length > 1 && bytes.get(end - 1).is_some_and(|byte| *byte >= 0x80) {
                torn = Some(bytes.remove(end - 1));
            }
        }
        frame.says = Says::Raw(bytes);
    }
}

/// Characters outside the basic plane are escaped in halves, one in each delta.
fn lone_surrogates(frames: &mut Vec<Frame>) {
    let mut changed = Vec::with_capacity(frames.len());
    for frame in frames.drain(..) {
        let text = match &frame.says {
            Says::Json(chunk) => {
                chunk["choices"][0]["delta"]["content"].as_str().unwrap_or_default().to_owned()
            }
            Says::Raw(_) => String::new(),
        };
        let Some(astral) =
            text.chars().find(|c| u32::from(*c) > 0xffff).filter(|_| frame.part == Part::Content)
        else {
            changed.push(frame);
            continue;
        };
        let mut units = [0; 2];
        for unit in astral.encode_utf16(&mut units) {
            let Says::Json(chunk) = &frame.says else { continue };
            let mut half = chunk.clone();
            half["choices"][0]["delta"]["content"] = "HALF".into();
            let line = half.to_string().replace("HALF", &format!("\\u{unit:04x}"));
            changed
                .push(Frame { says: Says::Raw(format!("data: {line}\n\n").into_bytes()), ..frame.clone() });
        }
    }
    *frames = changed;
}
