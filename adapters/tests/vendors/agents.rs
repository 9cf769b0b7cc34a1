//! Vendors whose answers are events of their own, each held to its bytes in `fixtures/wire/<vendor>/`.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use bargein_adapters::llm::Llm;
use bargein_adapters::registry;
use bargein_core::{FaultKind, LlmEvent, ToolCall, VendorFault};
use bargein_net::{World, run_virtual};
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::ms;
use crate::openai::{SSE, call};
use crate::server::{Request, Saw, Step, chunk, end, head, serve, whole};

fn fixture(path: &str) -> String {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/wire").join(path);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn settings(vendor: &str) -> Value {
    match vendor {
        "coze" => json!({ "url": "http://llm.test", "key": "sk-1", "bot_id": "bot-1" }),
        "dify" => json!({ "url": "http://llm.test/v1/", "key": "sk-1" }),
        _ => json!({ "url": "http://llm.test/v1/responses", "key": "sk-1", "model": "m-1" }),
    }
}

fn model(world: &World, vendor: &str, more: &Value) -> Arc<dyn Llm> {
    let mut settings = settings(vendor);
    settings.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    registry::llm(vendor, world, settings).expect("good settings")
}

/// What a client asks an endpoint that answers with these steps, and what it says.
fn ask(vendor: &str, more: &Value, script: Vec<Step>) -> (Request, Vec<LlmEvent>) {
    run_virtual(1, async |world| {
        let mut saw = serve(&world, "llm.test", [script]).await;
        let events = model(&world, vendor, more).start(call(false)).collect().await;
        saw.recv().await;
        let Some(Saw::Request(request)) = saw.recv().await else { panic!("no request") };
        (request, events)
    })
    .expect("no task left")
}

fn said(events: &[LlmEvent]) -> (String, Option<&LlmEvent>) {
    let text = |event: &LlmEvent| if let LlmEvent::Delta(text) = event { Some(text.clone()) } else { None };
    (events.iter().filter_map(text).collect(), events.last())
}

fn fault(kind: FaultKind, code: &str, message: &str) -> LlmEvent {
    LlmEvent::Failed(VendorFault::new(kind, message).with_code(code))
}

#[test]
fn requests_are_what_the_documents_say() {
    let json_of = |request: &Request| -> Value { serde_json::from_str(&request.body).expect("JSON") };
    let stream = |file: &str| vec![head("200 OK", SSE), chunk(fixture(file)), end()];

    let (request, _) = ask("coze", &json!({ "prompt_variable": "prompt" }), stream("coze/stream.sse"));
    assert_eq!(request.line, "POST /v3/chat HTTP/1.1");
    assert_eq!(request.header("authorization"), Some("Bearer sk-1"));
    let question = json!({ "role": "user", "type": "question", "content": "你好", "content_type": "text" });
    let expected = json!({
        "bot_id": "bot-1", "user_id": "小明", "stream": true, "auto_save_history": true,
        "additional_messages": [question], "custom_variables": { "prompt": "Be brief." },
    });
    assert_eq!(json_of(&request), expected);

    let more = json!({ "inputs": { "city": "Berlin" }, "prompt_input": "prompt", "user": "u-1" });
    let (request, _) = ask("dify", &more, stream("dify/stream.sse"));
    assert_eq!(request.line, "POST /v1/chat-messages HTTP/1.1");
    let expected = json!({
        "query": "你好", "inputs": { "city": "Berlin", "prompt": "Be brief." }, "response_mode": "streaming",
        "user": "u-1", "conversation_id": "", "auto_generate_name": false,
    });
    assert_eq!(json_of(&request), expected);

    let more = json!({ "extra": { "temperature": 0.5 } });
    let (request, _) = ask("openai_responses", &more, stream("openai_responses/stream.sse"));
    assert_eq!(request.line, "POST /v1/responses HTTP/1.1");
    let input = json!([{ "role": "system", "content": "Be brief." }, { "role": "user", "content": "你好" }]);
    let expected =
        json!({ "model": "m-1", "input": input, "stream": true, "store": false, "temperature": 0.5 });
    assert_eq!(json_of(&request), expected);
}

#[test]
fn answers_are_told_as_they_come() {
    for (file, text) in [
        ("coze/stream.sse", "20星期三。"),
        ("coze/verbose.sse", "AllFiles"),
        ("dify/stream.sse", "I'm glad to meet you"),
        ("openai_responses/stream.sse", "Hi there! How can I assist you today?"),
    ] {
        let vendor = file.split('/').next().unwrap_or_default();
        let (_, events) = ask(vendor, &json!({}), vec![head("200 OK", SSE), chunk(fixture(file)), end()]);
        assert_eq!(events.first(), Some(&LlmEvent::Responding), "{file}");
        assert_eq!(said(&events), (text.to_owned(), Some(&LlmEvent::Finished)), "{file}");
        // Byte by byte, and with the connection left open behind the last event.
        let steps = fixture(file).into_bytes().into_iter().map(|byte| chunk([byte]));
        let steps = [head("200 OK", SSE)].into_iter().chain(steps).chain([chunk("\n\n"), Step::Hold]);
        let (_, events) = ask(vendor, &json!({}), steps.collect());
        assert_eq!(said(&events), (text.to_owned(), Some(&LlmEvent::Finished)), "{file} byte by byte");
    }
    let document = vec![whole("200 OK", "", &fixture("dify/blocking.json"))];
    let (request, events) = ask("dify", &json!({ "stream": false }), document);
    assert!(request.body.contains(r#""response_mode":"blocking""#));
    let text = "iPhone 13 Pro Max specs are listed here:...".to_owned();
    assert_eq!(said(&events), (text, Some(&LlmEvent::Finished)));
}

#[test]
fn calls_of_tools_are_told_whole() {
    for (file, id, name, arguments) in [
        (
            "coze/requires_action.sse",
            "BUJJF0dAQ0NAEBVeQkVKEV5HFURFXhFCEhFeFxdHShcSQEtFSxY=",
            "local_data_assistant",
            r#"{"order_name": "xx"}"#,
        ),
        ("openai_responses/tool_call.sse", "call_QT9", "read_file", r#"{"path":"src/lib.rs"}"#),
    ] {
        let vendor = file.split('/').next().unwrap_or_default();
        let (_, events) = ask(vendor, &json!({}), vec![head("200 OK", SSE), chunk(fixture(file)), end()]);
        let call = ToolCall { id: id.into(), name: name.into(), arguments: arguments.into() };
        assert_eq!(events, [LlmEvent::Responding, LlmEvent::ToolCall(call), LlmEvent::Finished], "{file}");
    }
}

#[test]
fn failures_within_a_stream_are_told_by_kind_code_and_words() {
    for (file, expected) in [
        ("coze/failed.sse", fault(FaultKind::Unavailable, "5000", "event interval error")),
        ("coze/error.sse", fault(FaultKind::Unavailable, "", "a failure without a word")),
        (
            "dify/error.sse",
            fault(
                FaultKind::Unavailable,
                "completion_request_error",
                "[openai] Rate Limit Error, you have reached the rate limit",
            ),
        ),
        (
            "openai_responses/failed.sse",
            fault(FaultKind::Unavailable, "server_error", "The model failed to generate a response."),
        ),
        (
            "openai_responses/error.sse",
            fault(FaultKind::Unavailable, "ERR_SOMETHING", "Something went wrong"),
        ),
    ] {
        let vendor = file.split('/').next().unwrap_or_default();
        let (_, events) = ask(vendor, &json!({}), vec![head("200 OK", SSE), chunk(fixture(file)), end()]);
        assert_eq!(events.last(), Some(&expected), "{file}");
    }
}

#[test]
fn refusals_are_told_by_kind_code_and_words() {
    for file in ["coze/errors.jsonl", "dify/errors.jsonl"] {
        let vendor = file.split('/').next().unwrap_or_default();
        for line in fixture(file).lines() {
            let case: Value = serde_json::from_str(line).expect("JSON");
            let status = case["status"].as_u64().unwrap_or(200);
            let headers = "Content-Type: application/json\r\nRetry-After: 2\r\n";
            let answer = whole(&format!("{status} Said"), headers, &case["body"].to_string());
            let (_, events) = ask(vendor, &json!({}), vec![answer]);
            let Some(LlmEvent::Failed(fault)) = events.last() else { panic!("{line}: {events:?}") };
            let expected = (case["kind"].as_str(), case["code"].as_str());
            assert_eq!((Some(fault.kind.word()), Some(fault.code.as_str())), expected, "{line}");
            assert!(line.contains(&fault.message), "{line}: {}", fault.message);
            assert_eq!(fault.retry_after, (status != 200).then_some(ms(2000)), "{line}");
        }
    }
    let body = r#"{"error":{"message":"slow","type":"requests","code":"rate_limit_exceeded"}}"#;
    let (_, events) = ask("openai_responses", &json!({}), vec![whole("429 Slow", "", body)]);
    assert_eq!(events, [fault(FaultKind::RateLimited, "rate_limit_exceeded", "slow")]);
}

#[test]
fn bodies_that_are_no_answer_say_what_they_are() {
    for vendor in ["coze", "dify", "openai_responses"] {
        for (body, message) in [
            ("<html>Bad Gateway</html>", "expected an event stream or JSON, got `<html>Bad Gateway</html>`"),
            ("", "expected an answer, got an empty body"),
            (r#"{"ok":true}"#, "expected a member `choices` or `error`, got `{\"ok\":true}`"),
        ] {
            let (_, events) = ask(vendor, &json!({}), vec![whole("200 OK", "", body)]);
            let Some(LlmEvent::Failed(fault)) = events.last() else { panic!("{events:?}") };
            assert_eq!(fault.kind, FaultKind::Broken, "{vendor} {body}");
            assert!(fault.message.starts_with(message), "{vendor}: {}", fault.message);
        }
    }
}

#[test]
fn a_stream_that_is_cut_is_broken_and_what_was_said_stands() {
    for (file, event) in [
        ("coze/stream.sse", "conversation.message.completed"),
        ("dify/stream.sse", "message_end"),
        ("openai_responses/stream.sse", "response.output_text.done"),
    ] {
        let vendor = file.split('/').next().unwrap_or_default();
        let stream = fixture(file);
        // In the midst of the event.
        let cut = stream.find(event).map(|at| at + 20).unwrap_or_default();
        let begun = chunk(stream.get(..cut).unwrap_or_default());
        let (_, events) = ask(vendor, &json!({}), vec![head("200 OK", SSE), begun, end()]);
        let (text, last) = said(&events);
        assert!(!text.is_empty(), "{file}");
        let Some(LlmEvent::Failed(fault)) = last else { panic!("{file}: {events:?}") };
        assert_eq!(fault.kind, FaultKind::Broken, "{file}: {fault:?}");
    }
}

#[test]
fn an_answer_that_is_given_up_is_cancelled_at_the_vendor() {
    let begun = |file: &str, events: usize| {
        let stream = fixture(file);
        let begun: String = stream.split_inclusive("\n\n").take(events).collect();
        vec![head("200 OK", SSE), chunk(begun), Step::Hold]
    };
    for (vendor, script, line, body) in [
        (
            "coze",
            begun("coze/stream.sse", 3),
            "POST /v3/chat/cancel HTTP/1.1",
            json!({ "conversation_id": "7381473525342978089", "chat_id": "7382159487131697202" }),
        ),
        (
            "dify",
            begun("dify/replace.sse", 1),
            "POST /v1/chat-messages/900bbd43-dc0b-4383-a372-aa6e6c414227/stop HTTP/1.1",
            json!({ "user": "小明" }),
        ),
    ] {
        run_virtual(1, async |world| {
            let goodbye = vec![whole("200 OK", "", "{}")];
            let mut saw = serve(&world, "llm.test", [script, goodbye]).await;
            let mut stream = model(&world, vendor, &json!({})).start(call(false));
            while !matches!(stream.next().await, Some(LlmEvent::Delta(_))) {}
            world.clock.sleep(ms(70)).await;
            let at = world.clock.now();
            drop(stream);
            let mut closed = None;
            let mut told = None;
            while closed.is_none() || told.is_none() {
                match saw.recv().await.expect("a server at work") {
                    Saw::ClosedByClient(when) => closed = Some(when),
                    Saw::Request(request) if request.line == line => told = Some(request),
                    Saw::Request(_) | Saw::Connection => {}
                }
            }
            assert_eq!(closed, Some(at), "{vendor}: at once");
            let told = told.expect("a farewell");
            assert_eq!(serde_json::from_str::<Value>(&told.body).ok(), Some(body), "{vendor}");
            assert_eq!(told.header("authorization"), Some("Bearer sk-1"));
        })
        .expect("no task left");
    }
}

#[test]
fn an_answer_that_was_read_to_its_end_is_not_cancelled() {
    for file in ["coze/stream.sse", "dify/replace.sse", "coze/failed.sse"] {
        let vendor = file.split('/').next().unwrap_or_default();
        run_virtual(1, async |world| {
            let script = vec![head("200 OK", SSE), chunk(fixture(file)), end()];
            let mut saw = serve(&world, "llm.test", [script]).await;
            let _events: Vec<_> = model(&world, vendor, &json!({})).start(call(false)).collect().await;
            world.clock.sleep(ms(5_000)).await;
            saw.recv().await;
            saw.recv().await;
            assert!(saw.try_recv().is_err(), "{file}: nothing more was asked");
        })
        .expect("no task left");
    }
}

#[test]
fn a_conversation_that_the_vendor_keeps_goes_on() {
    run_virtual(1, async |world| {
        let answer = || vec![head("200 OK", SSE), chunk(fixture("dify/stream.sse")), end()];
        let mut saw = serve(&world, "llm.test", [answer(), answer()]).await;
        let model = model(&world, "dify", &json!({}));
        let mut conversations = Vec::new();
        for _ in 0..2 {
            let _events: Vec<_> = model.start(call(false)).collect().await;
            loop {
                if let Saw::Request(request) = saw.recv().await.expect("a server at work") {
                    let body: Value = serde_json::from_str(&request.body).expect("JSON");
                    conversations.push(body["conversation_id"].as_str().unwrap_or_default().to_owned());
                    break;
                }
            }
        }
        assert_eq!(conversations, ["", "45701982-8118-4bc5-8e9b-64562b4555f2"]);
    })
    .expect("no task left");
}

#[test]
fn a_response_that_the_censor_emptied_is_a_fault_and_one_that_was_cut_short_is_not() {
    let incomplete = |text: &str, reason: &str| {
        let delta = format!(
            "data: {}\n\n",
            json!({ "type": "response.output_text.delta", "item_id": "m", "delta": text })
        );
        let details = json!({ "reason": reason });
        let response = json!({ "status": "incomplete", "error": null, "incomplete_details": details });
        let end = format!("data: {}\n\n", json!({ "type": "response.incomplete", "response": response }));
        vec![head("200 OK", SSE), chunk(delta + &end), end_of_chunks()]
    };
    let last = |script: Vec<Step>| ask("openai_responses", &json!({}), script).1.pop();
    assert_eq!(last(incomplete("Hi", "max_output_tokens")), Some(LlmEvent::Finished));
    assert_eq!(last(incomplete("Hi", "content_filter")), Some(LlmEvent::Finished));
    let Some(LlmEvent::Failed(fault)) = last(incomplete("", "content_filter")) else { panic!("no fault") };
    assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::BadRequest, "content_filter"));
}

fn end_of_chunks() -> Step {
    end()
}
