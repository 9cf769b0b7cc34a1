//! What the model answers, byte by byte and millisecond by millisecond.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde_json::{Value, json};

use super::ask::Ask;
use super::dialect::REFERENCE;
use super::model::answer;
use crate::answer::Does;
use crate::llm::quirk::Quirk;
use crate::script::LlmScript;

/// A request, and what comes back: a line for the head and one for each action, at most `most`.
fn written(script: &Value, body: &Value, most: usize) -> String {
    let script = LlmScript::parse(script).unwrap();
    let ask = Ask::read(1, 1_735_689_600, body, &REFERENCE).unwrap();
    let answer = answer(&ask, script.request(1), &mut ChaCha8Rng::seed_from_u64(7));
    let mut lines = vec![match answer.head.after {
        Some(after) => format!("{} status {}", after.as_millis(), answer.head.status),
        None => "never".to_owned(),
    }];
    let usual = ["cache-control", "x-request-id"];
    let headers = answer.head.headers.iter().filter(|(name, _)| !usual.contains(&name.as_str()));
    lines.extend(headers.map(|(name, value)| format!("  {name}: {value}")));
    for action in answer.body.take(most) {
        let does = match &action.does {
            Does::Send { bytes, .. } => shown(bytes),
            other => format!("{other:?}"),
        };
        let after = action.after.as_millis();
        lines.push(if action.does == Does::Hold { does } else { format!("{after} {does}") });
    }
    lines.join("\n")
}

/// The bytes as text, without what all chunks have in common; what is no text as escapes.
fn shown(bytes: &[u8]) -> String {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => format!("{text:?}").replace("\\\"", "\""),
        Err(_) => format!("b\"{}\"", bytes.escape_ascii()),
    };
    let text = text
        .replace(r#""id":"chatcmpl-mock-1","object":"chat.completion.chunk","created":1735689600,"model":"m-1","system_fingerprint":"fp_mock","#, "…")
        .replace(r#""logprobs":null,"#, "…");
    match text.char_indices().nth(700) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], bytes.len()),
        None => text,
    }
}

fn chat(stream: bool) -> Value {
    json!({ "model": "m-1", "messages": [{ "role": "user", "content": "hello" }], "stream": stream })
}

#[test]
fn each_quirk_shows_what_it_says() {
    let mut shown = String::new();
    for quirk in Quirk::all() {
        let mut script = json!({ "reply": "我 am", "quirk": quirk.id(), "first_token": "100ms" });
        if quirk.is_of_tool_calls() {
            script["tool_calls"] = json!([{ "name": "weather", "arguments": { "city": "Berlin" } }]);
        }
        let most = if quirk == Quirk::Q31 { 12 } else { 16 };
        let answer = written(&script, &chat(quirk != Quirk::Q26), most);
        let plain = {
            script["quirk"] = json!([]);
            written(&script, &chat(quirk != Quirk::Q26), most)
        };
        assert_ne!(answer, plain, "{quirk}");
        shown.push_str(&format!("{quirk} {}\n{answer}\n\n", quirk.about()));
    }
    insta::assert_snapshot!(shown);
}
