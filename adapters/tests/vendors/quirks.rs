//! The hall of quirks: what broke real clients of chat completions, each by its id, and what ours makes of it.
//!
//! Where a stream of the report is in `fixtures/wire/openai/quirks/`, it is those bytes that are sent.

use std::fs;
use std::path::PathBuf;

use bargein_adapters::registry;
use bargein_core::{FaultKind, LlmEvent, ToolCall};
use bargein_net::run_virtual;
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::ms;
use crate::openai::{SSE, call};
use crate::server::{Step, chunk, end, head, serve, whole};
use crate::with_times;

/// What became of an answer.
#[derive(PartialEq, Debug)]
struct Outcome {
    text: String,
    calls: Vec<ToolCall>,
    /// The kind of the fault and the beginning of its words; `None` when the answer is whole.
    fault: Option<(FaultKind, String)>,
    /// When it was over.
    at: u64,
}

/// Asks once. Every answer ends by itself.
fn ask(settings: &Value, script: Vec<Step>) -> Outcome {
    let mut all = json!({ "url": "http://llm.test/chat", "model": "m-1" });
    all.as_object_mut().expect("an object").extend(settings.as_object().expect("an object").clone());
    let events = run_virtual(1, async |world| {
        let _saw = serve(&world, "llm.test", [script]).await;
        let model = registry::llm("openai", &world, all).expect("good settings");
        with_times(&world.clock, model.start(call(false))).await
    });
    let events = events.expect("no task left");
    let at = events.last().map(|(at, _)| *at).unwrap_or_default();
    let mut outcome = Outcome { text: String::new(), calls: Vec::new(), fault: None, at };
    for (_, event) in events {
        match event {
            LlmEvent::Delta(text) => outcome.text += &text,
            LlmEvent::ToolCall(call) => outcome.calls.push(call),
            LlmEvent::Failed(fault) => outcome.fault = Some((fault.kind, fault.message)),
            LlmEvent::Responding | LlmEvent::Meta(_) | LlmEvent::Finished => {}
        }
    }
    outcome
}

/// The streams of the reports whose names begin with this id.
fn reports(id: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/wire/openai/quirks");
    let files = fs::read_dir(folder).expect("the folder of quirks").flatten().map(|entry| entry.path());
    let mut named: Vec<_> = files
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(id)))
        .collect();
    named.sort();
    named.iter().map(|path| fs::read(path).expect("a file")).collect()
}

/// A stream sent in one piece.
fn at_once(stream: &[u8]) -> Vec<Step> {
    vec![head("200 OK", SSE), chunk(stream), end()]
}

/// A stream sent in pieces that are cut wherever `cut` says.
fn in_pieces(stream: &[u8], cut: impl Fn(u8, u8) -> bool) -> Vec<Step> {
    let pieces = stream.chunk_by(|before, after| !cut(*before, *after)).map(chunk);
    [head("200 OK", SSE)].into_iter().chain(pieces).chain([end()]).collect()
}

fn frame(delta: &Value, finish: &Value) -> String {
    format!("data: {}\n\n", json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }] }))
}

fn delta(text: &str) -> String {
    frame(&json!({ "content": text }), &Value::Null)
}

fn stop() -> String {
    frame(&json!({}), &json!("stop"))
}

const DONE: &str = "data: [DONE]\n\n";
const JSON: &str = "Content-Type: application/json\r\n";

fn said(text: &str) -> Outcome {
    Outcome { text: text.to_owned(), calls: Vec::new(), fault: None, at: 0 }
}

fn failed(text: &str, kind: FaultKind, words: &str) -> Outcome {
    Outcome { fault: Some((kind, words.to_owned())), ..said(text) }
}

fn called(calls: &[(&str, &str, &str)]) -> Outcome {
    let call = |(id, name, arguments): &(&str, &str, &str)| ToolCall {
        id: (*id).into(),
        name: (*name).into(),
        arguments: (*arguments).into(),
    };
    Outcome { calls: calls.iter().map(call).collect(), ..said("") }
}

/// A stream that calls tools with these deltas.
fn tools(deltas: &[Value]) -> Vec<Step> {
    let calls: String =
        deltas.iter().map(|call| frame(&json!({ "tool_calls": [call] }), &Value::Null)).collect();
    at_once((calls + &frame(&json!({}), &json!("tool_calls")) + DONE).as_bytes())
}

/// What is sent for a quirk, and what becomes of it.
fn cases(id: &str) -> Vec<(Value, Vec<Step>, Outcome)> {
    let plain = json!({});
    let by_report = |expected: fn() -> Outcome| -> Vec<(Value, Vec<Step>, Outcome)> {
        reports(id).iter().map(|stream| (json!({}), at_once(stream), expected())).collect()
    };
    let one = |script: Vec<Step>, expected: Outcome| vec![(json!({}), script, expected)];
    let function = |name: &str, arguments: Value| json!({ "name": name, "arguments": arguments });
    let broken = FaultKind::Broken;
    match id {
        "Q06" => one(
            vec![
                head("200 OK", SSE),
                chunk(delta("Hi there") + &stop()),
                Step::Wait(ms(500)),
                chunk("data: {\"choices\":[],\"usage\":{\"total_tokens\":3}}\n\n".to_owned() + DONE),
                end(),
            ],
            Outcome { at: 500, ..said("Hi there") },
        ),
        "Q08" => one(
            vec![head("200 OK", SSE), chunk(delta("Hi there") + &stop()), Step::Hold],
            Outcome { at: 1000, ..said("Hi there") },
        ),
        "Q09" => by_report(|| failed("Hi there", FaultKind::Broken, "expected a finish_reason or [DONE]")),
        "Q12" => {
            let outcomes = [
                failed("Hi there", broken, "the vendor gave the answer up"),
                failed("Hi there", FaultKind::Unavailable, "the vendor had no resources"),
                said("Hi there"),
                said("Hi there"),
            ];
            let streams = reports(id).into_iter().map(|stream| at_once(&stream));
            streams.zip(outcomes).map(|(script, outcome)| (json!({}), script, outcome)).collect()
        }
        "Q17" => {
            let streams = reports(id);
            let cumulative = json!({ "cumulative": true });
            streams.iter().map(|stream| (cumulative.clone(), at_once(stream), said("Hi there"))).collect()
        }
        "Q19" => by_report(|| failed("", FaultKind::Broken, "expected an answer, got only reasoning")),
        "Q20" => one(
            tools(&[
                json!({ "id": "a", "type": "function", "function": function("f", json!("")) }),
                json!({ "index": null, "function": { "arguments": "{\"x\":1}" } }),
                json!({ "id": "b", "type": "function", "function": function("g", json!("{}")) }),
            ]),
            called(&[("a", "f", "{\"x\":1}"), ("b", "g", "{}")]),
        ),
        "Q21" => one(
            tools(&[
                json!({ "index": 0, "id": "a", "function": function("f", json!("{\"x\":1}")) }),
                json!({ "index": 1, "id": "b", "function": { "arguments": "{}" } }),
                json!({ "index": 1, "function": { "name": "g" } }),
            ]),
            called(&[("a", "f", "{\"x\":1}"), ("b", "g", "{}")]),
        ),
        "Q22" => one(
            tools(&[
                json!({ "index": 0, "id": "a", "function": function("f", json!("")) }),
                json!({ "index": 0, "id": "a", "function": { "arguments": "{\"x\"" } }),
                json!({ "index": 0, "id": "", "function": { "arguments": ":1}" } }),
            ]),
            called(&[("a", "f", "{\"x\":1}")]),
        ),
        "Q23" => one(
            tools(&[json!({ "index": 0, "id": "a", "function": function("f", json!({ "x": 1 })) })]),
            called(&[("a", "f", "{\"x\":1}")]),
        ),
        "Q26" => {
            let body = r#"{"choices":[{"message":{"content":"Hi there"},"finish_reason":"stop"}]}"#;
            let script = vec![
                head("200 OK", "application/json"),
                chunk("\n\n"),
                Step::Wait(ms(20)),
                chunk("\n"),
                chunk(body),
                end(),
            ];
            vec![(json!({ "stream": false }), script, Outcome { at: 20, ..said("Hi there") })]
        }
        "Q28" => {
            let streams = reports(id);
            let cut = |before, after| before == b'\r' && after == b'\n';
            streams.iter().map(|stream| (json!({}), in_pieces(stream, cut), said("Hi there"))).collect()
        }
        "Q30" => {
            let streams = reports(id);
            let cut = |before: u8, after: u8| before >= 0x80 && after >= 0x80;
            streams.iter().map(|stream| (json!({}), in_pieces(stream, cut), said("你好，🙂世界"))).collect()
        }
        "Q31" => {
            let stream = delta("你好，🙂") + &delta("世界") + &stop() + DONE;
            one(in_pieces(stream.as_bytes(), |_, _| true), said("你好，🙂世界"))
        }
        "Q35" => {
            let body = r#"{"error":{"message":"Rate limit reached","type":"requests","code":"rate_limit_exceeded"}}"#;
            one(vec![whole("200 OK", JSON, body)], failed("", FaultKind::RateLimited, "Rate limit reached"))
        }
        "Q36" => {
            let page = "<html><h1>502 Bad Gateway</h1></html>";
            let words = "expected an event stream or JSON, got `<html><h1>502 Bad Gateway</h1></html>` (status 200, text/html)";
            one(vec![whole("200 OK", "Content-Type: text/html\r\n", page)], failed("", broken, words))
        }
        "Q37" => {
            one(vec![whole("200 OK", "", "")], failed("", broken, "expected an answer, got an empty body"))
        }
        "Q38" => by_report(|| failed("Hi there", FaultKind::Unavailable, "The server had an error")),
        "Q39" => {
            let outcomes = [
                failed("", FaultKind::RateLimited, "rate limit exceeded(RPM)"),
                failed("Hi there", FaultKind::Unavailable, "Model service overloaded."),
            ];
            let streams = reports(id).into_iter().map(|stream| at_once(&stream));
            streams.zip(outcomes).map(|(script, outcome)| (json!({}), script, outcome)).collect()
        }
        "Q40" => [r#"{"detail":"Not Found"}"#, r#"{"message":"Not Found"}"#, r#""Not Found""#, "Not Found"]
            .map(|body| {
                (json!({}), vec![whole("404 Gone", "", body)], failed("", FaultKind::BadRequest, "Not Found"))
            })
            .into(),
        "Q41" => one(
            vec![whole("500 Oops", "Content-Type: text/event-stream\r\n", "")],
            failed("", FaultKind::Unavailable, "expected an answer, got the status 500"),
        ),
        "Q42" => by_report(|| failed("", FaultKind::RateLimited, "Rate limit reached for requests")),
        "Q44" => one(
            vec![head("200 OK", SSE), Step::Wait(ms(80)), Step::Close],
            Outcome { at: 80, ..failed("", broken, "the connection broke: ") },
        ),
        "Q45" => one(
            vec![head("200 OK", SSE), chunk(delta("Hi")), Step::Close],
            failed("Hi", broken, "the connection broke: "),
        ),
        "Q46" => one(
            vec![whole("200 OK", "Content-Type: text/event-stream\r\nContent-Encoding: gzip\r\n", "?")],
            failed("", broken, "expected no Content-Encoding, got gzip"),
        ),
        "Q47" => {
            vec![(
                plain,
                at_once(&reports(id).concat()),
                failed(&"again ".repeat(99), broken, "expected an answer that goes on"),
            )]
        }
        "Q53" => {
            let long = |bytes: usize| {
                let padded = json!({ "choices": [], "obfuscation": "x".repeat(bytes) });
                at_once(
                    format!("{}data: {padded}\n\n{}{}{DONE}", delta("Hi"), delta(" there"), stop())
                        .as_bytes(),
                )
            };
            vec![
                (json!({}), long(1_000_000), said("Hi there")),
                (json!({}), long(1 << 20), failed("Hi", broken, "expected lines of at most 1048576 bytes")),
            ]
        }
        "Q54" => by_report(|| said("Hi 🙂")),
        _ => by_report(|| said("Hi there")),
    }
}

#[test]
fn every_quirk_is_met_as_the_hall_of_quirks_wants_it() {
    for number in (1..=54).filter(|number| *number != 43) {
        let id = format!("Q{number:02}");
        let cases = cases(&id);
        assert!(!cases.is_empty(), "{id}: nothing is sent");
        for (index, (settings, script, expected)) in cases.into_iter().enumerate() {
            let mut outcome = ask(&settings, script);
            if let (Some((_, words)), Some((_, expected))) = (&mut outcome.fault, &expected.fault)
                && words.starts_with(expected.as_str())
            {
                expected.clone_into(words);
            }
            assert_eq!(outcome, expected, "{id}, case {index}");
        }
    }
}

/// Only comments for ever (Q43): they are neither words nor an end, so that the conversation's limit on the wait between two
/// words is what ends the call.
#[test]
fn comments_are_no_content() {
    run_virtual(1, async |world| {
        let comments = (0..90).flat_map(|_| [Step::Wait(ms(1_000)), chunk(": keep-alive\n\n")]);
        let script =
            [head("200 OK", SSE), chunk(delta("Hi"))].into_iter().chain(comments).chain([Step::Hold]);
        let _saw = serve(&world, "llm.test", [script.collect()]).await;
        let settings = json!({ "url": "http://llm.test/chat", "model": "m-1" });
        let model = registry::llm("openai", &world, settings).expect("good settings");
        let mut stream = model.start(call(false));
        assert_eq!(stream.next().await, Some(LlmEvent::Responding));
        assert_eq!(stream.next().await, Some(LlmEvent::Delta("Hi".into())));
        assert!(world.clock.timeout(ms(60_000), stream.next()).await.is_err());
    })
    .expect("no task left");
}
