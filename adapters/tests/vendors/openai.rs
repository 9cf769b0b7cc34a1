//! Chat completions.

use std::sync::Arc;

use bargein_adapters::OnWritten;
use bargein_adapters::llm::{Llm, LlmCall};
use bargein_adapters::registry;
use bargein_core::{FaultKind, LlmEvent, LlmRequest, Message, RequestId, Role, RoundId, VendorFault};
use bargein_net::{LinkFaults, World, run_real, run_virtual};
use futures_util::StreamExt;
use serde_json::{Value, json};
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::server::{Saw, Step, chunk, end, head, serve, whole};
use crate::{identity, ms, with, with_times};

pub(crate) const SSE: &str = "text/event-stream; charset=utf-8";

pub(crate) fn call(proactive: bool) -> LlmCall {
    let message = |role, content: &str| Message { role, content: content.into() };
    LlmCall {
        request: LlmRequest {
            round: RoundId(1),
            request: RequestId(1),
            attempt: 1,
            messages: vec![message(Role::System, "Be brief."), message(Role::User, "你好")],
            proactive,
        },
        request_id: "request-1".into(),
        session: identity(),
        written: OnWritten::default(),
    }
}

fn settings(more: &Value) -> Value {
    with(json!({ "url": "http://llm.test/v1/chat/completions", "key": "sk-1", "model": "m-1" }), more)
}

fn model(world: &World, more: &Value) -> Arc<dyn Llm> {
    registry::llm("openai", world, settings(more)).expect("good settings")
}

fn delta(text: &str) -> Step {
    chunk(format!(
        r#"data: {{"choices":[{{"index":0,"delta":{{"content":{}}},"finish_reason":null}}]}}{}"#,
        json!(text),
        "\n\n"
    ))
}

fn stop() -> Step {
    chunk("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n")
}

fn done() -> Step {
    chunk("data: [DONE]\n\n")
}

fn fault(kind: FaultKind, code: &str, message: &str) -> LlmEvent {
    LlmEvent::Failed(VendorFault::new(kind, message).with_code(code))
}

fn said(text: &str) -> LlmEvent {
    LlmEvent::Delta(text.into())
}

#[track_caller]
fn check(script: Vec<Step>, expected: &[(u64, LlmEvent)]) {
    let events = run_virtual(1, async |world| {
        let _saw = serve(&world, "llm.test", [script]).await;
        with_times(&world.clock, model(&world, &json!({})).start(call(false))).await
    });
    assert_eq!(events.expect("no task left"), expected);
}

#[test]
fn the_request_is_what_the_manual_says_and_nothing_more() {
    let request = run_virtual(1, async |world| {
        let mut saw = serve(&world, "llm.test", [vec![head("200 OK", SSE), stop(), done(), end()]]).await;
        let extra = json!({ "extra": { "temperature": 0.5, "model": "m-2", "metainfo": { "a": 1 } } });
        let _events: Vec<_> = model(&world, &extra).start(call(true)).collect().await;
        assert_eq!(saw.recv().await, Some(Saw::Connection));
        let Some(Saw::Request(request)) = saw.recv().await else { panic!("no request") };
        request
    })
    .expect("no task left");
    assert_eq!(request.line, "POST /v1/chat/completions HTTP/1.1");
    for (name, value) in [
        ("host", "llm.test"),
        ("authorization", "Bearer sk-1"),
        ("content-type", "application/json"),
        ("accept-encoding", "identity"),
        ("x-task-id", "task-1"),
        ("x-request-id", "request-1"),
        ("x-rquest-id", "request-1"),
        ("x-sdk-app-id", "1400000001"),
        ("x-user-id", "小明"),
        ("x-room-id", "42"),
        ("x-room-id-type", "0"),
        ("x-invoke-llm", "1"),
    ] {
        assert_eq!(request.header(name), Some(value), "{name}");
    }
    let body = r#"{"model":"m-2","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"你好"}],"stream":true,"temperature":0.5,"metainfo":{"a":1}}"#;
    assert_eq!(request.body, body);
}

#[test]
fn deltas_come_as_they_arrive() {
    check(
        vec![
            Step::Wait(ms(200)),
            head("200 OK", SSE),
            Step::Wait(ms(50)),
            delta("你"),
            Step::Wait(ms(20)),
            delta("好"),
            stop(),
            done(),
            end(),
        ],
        &[(200, LlmEvent::Responding), (250, said("你")), (270, said("好")), (270, LlmEvent::Finished)],
    );
}

#[test]
fn what_ends_an_answer_and_when() {
    let whole_answer =
        |end_at| vec![(0, LlmEvent::Responding), (0, said("Hi")), (end_at, LlmEvent::Finished)];
    let opening = || vec![head("200 OK", SSE), delta("Hi")];
    let with = |steps: Vec<Step>| [opening(), steps].concat();
    // The last frame, and the connection stays open: the short wait for its end.
    check(with(vec![stop(), done(), Step::Hold]), &whole_answer(10));
    // No last frame, and the connection stays open: the grace.
    check(with(vec![stop(), Step::Hold]), &whole_answer(1000));
    // Usage does not prolong the grace.
    let usage = || chunk("data: {\"choices\":[],\"usage\":{\"total_tokens\":3}}\n\n");
    check(with(vec![stop(), Step::Wait(ms(600)), usage(), Step::Hold]), &whole_answer(1000));
    // No last frame, and the stream ends.
    check(with(vec![stop(), Step::Wait(ms(5)), end()]), &whole_answer(5));
    // A break after the finish reason.
    check(with(vec![stop(), Step::Close]), &whole_answer(0));
    // The last frame has no blank line.
    let last = chunk("data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}");
    check(with(vec![last, end()]), &whole_answer(0));
}

#[test]
fn an_answer_that_is_cut_is_broken_and_what_was_said_stands() {
    let cut = |fault: LlmEvent| vec![(0, LlmEvent::Responding), (0, said("Hi")), (0, fault)];
    check(
        vec![head("200 OK", SSE), delta("Hi"), end()],
        &cut(fault(
            FaultKind::Broken,
            "",
            "expected a finish_reason or [DONE] before the end of the stream, got neither",
        )),
    );
    check(
        vec![head("200 OK", SSE), delta("Hi"), Step::Close],
        &cut(fault(
            FaultKind::Broken,
            "",
            "the connection broke: error reading a body from connection: unexpected EOF during chunk size line",
        )),
    );
    let error = r#"data: {"error":{"message":"Rate limit reached for sk-1","type":"requests","code":"rate_limit_exceeded"}}"#;
    check(
        vec![head("200 OK", SSE), delta("Hi"), chunk(format!("{error}\n\n")), end()],
        &cut(fault(FaultKind::RateLimited, "rate_limit_exceeded", "Rate limit reached for *****")),
    );
    let resources =
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"insufficient_system_resource\"}]}\n\n";
    check(
        vec![head("200 OK", SSE), delta("Hi"), chunk(resources), done(), end()],
        &cut(fault(FaultKind::Unavailable, "overloaded", "the vendor had no resources to end the answer")),
    );
}

#[test]
fn a_document_serves_as_a_stream() {
    let body = r#"{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Hi","metainfo":{"a":1}},"finish_reason":"stop"}]}"#;
    check(
        vec![whole("200 OK", "Content-Type: application/json\r\n", body)],
        &[
            (0, LlmEvent::Responding),
            (0, said("Hi")),
            (0, LlmEvent::Meta(r#"{"a":1}"#.into())),
            (0, LlmEvent::Finished),
        ],
    );
}

#[test]
fn a_document_is_waited_for_through_white_space() {
    let body = r#"{"choices":[{"message":{"content":"Hi"}}]}"#;
    check(
        vec![
            head("200 OK", "application/json"),
            chunk("\n"),
            Step::Wait(ms(20)),
            chunk("\n"),
            chunk(format!("\u{feff}{body}")),
            end(),
        ],
        &[(0, LlmEvent::Responding), (20, said("Hi")), (20, LlmEvent::Finished)],
    );
}

#[test]
fn bodies_that_are_no_answer_say_what_they_are() {
    let failed =
        |kind, code: &str, message: &str| vec![(0, LlmEvent::Responding), (0, fault(kind, code, message))];
    let json = "Content-Type: application/json\r\n";
    for (headers, body, kind, code, message) in [
        (
            json,
            r#"{"base_resp":{"status_code":1002,"status_msg":"rate limit"}}"#,
            FaultKind::RateLimited,
            "1002",
            "rate limit",
        ),
        (json, r#"{"error_code":336501,"error_msg":"rpm"}"#, FaultKind::RateLimited, "336501", "rpm"),
        (json, "\"Invalid token\"", FaultKind::Broken, "", "expected a JSON object, got `\"Invalid token\"`"),
        (
            json,
            r#"{"ok":true}"#,
            FaultKind::Broken,
            "",
            r#"expected a member `choices` or `error`, got `{"ok":true}`"#,
        ),
        (
            "Content-Type: text/html\r\n",
            "<html>Bad Gateway</html>",
            FaultKind::Broken,
            "",
            "expected an event stream or JSON, got `<html>Bad Gateway</html>` (status 200, text/html)",
        ),
        (
            "",
            "upstream is busy",
            FaultKind::Broken,
            "",
            "expected an event stream or JSON, got `upstream is busy` (status 200, no content type)",
        ),
        (
            "Content-Type: text/event-stream\r\n",
            "",
            FaultKind::Broken,
            "",
            "expected an answer, got an empty body (status 200, text/event-stream)",
        ),
        (
            "Content-Type: text/event-stream\r\n",
            ": keep-alive\n\n",
            FaultKind::Broken,
            "",
            "expected an event stream or JSON, got `: keep-alive` (status 200, text/event-stream)",
        ),
    ] {
        check(vec![whole("200 OK", headers, body)], &failed(kind, code, message));
    }
}

#[test]
fn refusals_carry_kind_code_words_and_wait() {
    for (status, headers, body, kind, code, message, wait) in [
        (
            "429 Too Many Requests",
            "Retry-After: 1\r\n",
            r#"{"error":{"message":"slow","code":"rate_limit_exceeded"}}"#,
            FaultKind::RateLimited,
            "rate_limit_exceeded",
            "slow",
            Some(ms(1000)),
        ),
        (
            "429 Too Many Requests",
            "Retry-After: Wed, 01 Jan 2025 00:00:03 GMT\r\n",
            "",
            FaultKind::RateLimited,
            "429",
            "expected an answer, got the status 429 Too Many Requests without a word",
            Some(ms(3000)),
        ),
        (
            "503 Service Unavailable",
            "retry-after-ms: 250\r\n",
            "busy",
            FaultKind::Unavailable,
            "503",
            "busy",
            Some(ms(250)),
        ),
        (
            "401 Unauthorized",
            "",
            r#"{"error":{"message":"Incorrect API key provided: sk-1","code":"invalid_api_key"}}"#,
            FaultKind::Auth,
            "invalid_api_key",
            "Incorrect API key provided: *****",
            None,
        ),
        (
            "302 Found",
            "Location: /login\r\n",
            "",
            FaultKind::Broken,
            "302",
            "expected an answer, got the status 302 Found without a word",
            None,
        ),
    ] {
        let fault = VendorFault { retry_after: wait, ..VendorFault::new(kind, message).with_code(code) };
        check(vec![whole(status, headers, body)], &[(0, LlmEvent::Failed(fault))]);
    }
}

#[test]
fn no_connection_is_a_fault_at_once() {
    let events = run_virtual(1, async |world| {
        with_times(&world.clock, model(&world, &json!({})).start(call(false))).await
    })
    .expect("no task left");
    let [(0, LlmEvent::Failed(fault))] = events.as_slice() else {
        panic!("expected a fault, got {events:?}")
    };
    assert_eq!(fault.kind, FaultKind::Unavailable);
    assert!(fault.message.starts_with("no connection: "), "{}", fault.message);

    let events = run_virtual(1, async |world| {
        let _saw = serve(&world, "llm.test", [vec![Step::Close]]).await;
        with_times(&world.clock, model(&world, &json!({})).start(call(false))).await
    })
    .expect("no task left");
    let [(0, LlmEvent::Failed(fault))] = events.as_slice() else {
        panic!("expected a fault, got {events:?}")
    };
    assert_eq!(fault.kind, FaultKind::Broken);
}

#[test]
fn a_connection_that_does_not_come_is_given_up() {
    let events = run_virtual(1, async |world| {
        let _saw = serve(&world, "llm.test", [vec![Step::Hold]]).await;
        world.network.fault("llm.test", LinkFaults { latency: ms(10_000), ..LinkFaults::default() });
        with_times(&world.clock, model(&world, &json!({})).start(call(false))).await
    })
    .expect("no task left");
    let [(5000, LlmEvent::Failed(fault))] = events.as_slice() else {
        panic!("expected a fault after five seconds, got {events:?}")
    };
    assert_eq!(fault.kind, FaultKind::Timeout);
}

#[test]
fn settings_change_the_request_and_the_reading() {
    let events = run_virtual(1, async |world| {
        let script = vec![head("200 OK", SSE), delta("Hi"), delta("Hi there"), stop(), done(), end()];
        let mut saw = serve(&world, "llm.test", [script]).await;
        let model = model(&world, &json!({ "stream": false, "cumulative": true, "key": "" }));
        let events: Vec<_> = model.start(call(false)).collect().await;
        saw.recv().await;
        let Some(Saw::Request(request)) = saw.recv().await else { panic!("no request") };
        assert!(request.body.ends_with(r#""stream":false}"#), "{}", request.body);
        assert_eq!((request.header("authorization"), request.header("x-invoke-llm")), (None, None));
        events
    });
    assert_eq!(
        events.expect("no task left"),
        [LlmEvent::Responding, said("Hi"), said(" there"), LlmEvent::Finished]
    );
}

#[test]
fn an_answer_that_is_compressed_is_refused() {
    let headers = "Content-Type: text/event-stream\r\nContent-Encoding: gzip\r\n";
    check(
        vec![whole("200 OK", headers, "?")],
        &[(0, fault(FaultKind::Broken, "", "expected no Content-Encoding, got gzip"))],
    );
}

#[test]
fn dropping_the_stream_closes_the_connection_at_once() {
    run_virtual(1, async |world| {
        let script = vec![head("200 OK", SSE), delta("Hi"), Step::Hold];
        let mut saw = serve(&world, "llm.test", [script, vec![Step::Hold]]).await;
        let model = model(&world, &json!({}));

        let mut stream = model.start(call(false));
        stream.next().await;
        stream.next().await;
        world.clock.sleep(ms(70)).await;
        let at = world.clock.now();
        drop(stream);
        saw.recv().await;
        saw.recv().await;
        assert_eq!(saw.recv().await, Some(Saw::ClosedByClient(at)), "while the answer came");

        let mut stream = model.start(call(false));
        let waited = world.clock.timeout(ms(300), stream.next()).await;
        assert!(waited.is_err());
        let at = world.clock.now();
        drop(stream);
        saw.recv().await;
        saw.recv().await;
        assert_eq!(saw.recv().await, Some(Saw::ClosedByClient(at)), "before the head");
    })
    .expect("no task left");
}

#[test]
fn a_connection_whose_answer_was_read_to_its_end_serves_again() {
    run_virtual(1, async |world| {
        let script = || vec![head("200 OK", SSE), delta("Hi"), stop(), done(), end()];
        let mut saw = serve(&world, "llm.test", [script(), script()]).await;
        let model = model(&world, &json!({}));
        let _first: Vec<_> = model.start(call(false)).collect().await;
        let _second: Vec<_> = model.start(call(false)).collect().await;
        assert!(matches!(saw.recv().await, Some(Saw::Connection)));
        assert!(matches!(saw.recv().await, Some(Saw::Request(_))));
        assert!(matches!(saw.recv().await, Some(Saw::Request(_))));
    })
    .expect("no task left");
}

#[test]
fn settings_that_are_wrong_are_refused_with_their_place() {
    run_virtual(1, async |world| {
        for (vendor, settings, path, message) in [
            ("openai", json!({ "url": "http://a/", "model": 3 }), Some("model"), "invalid type: integer `3`, expected a string"),
            ("openai", settings(&json!({ "modle": "x" })), Some("modle"), "unknown field `modle`, expected one of `url`, `key`, `model`, `stream`, `cumulative`, `thinking`, `extra`"),
            ("openai", settings(&json!({ "url": "llm.test" })), Some("url"), "expected an address that begins with http:// or https://, got `llm.test`"),
        ] {
            let error = registry::llm(vendor, &world, settings).map(|_| ()).expect_err("wrong settings");
            assert_eq!(error.to_string(), message);
            let registry::OpenError::Settings { path: got, .. } = error else {
                assert_eq!(path, None);
                continue;
            };
            assert_eq!(Some(got.as_str()), path);
        }
        let error = registry::llm("nobody", &world, json!({})).map(|_| ()).expect_err("no such vendor");
        assert!(error.to_string().starts_with("expected one of the vendors `openai`, "), "{error}");
    })
    .expect("no task left");
}

#[test]
fn a_server_of_others_is_understood_over_sockets() {
    run_real(1, async |world| {
        let server = MockServer::start().await;
        let stream = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"},\"finish_reason\":null}]}\n\n\
                      data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
        let expected = json!({
            "model": "m-1",
            "messages": [{ "role": "system", "content": "Be brief." }, { "role": "user", "content": "你好" }],
            "stream": true,
        });
        Mock::given(method("POST"))
            .and(path("/v1/chat/completions"))
            .and(header("authorization", "Bearer sk-1"))
            .and(header("x-request-id", "request-1"))
            .and(body_json(expected))
            .respond_with(ResponseTemplate::new(200).set_body_raw(stream, SSE))
            .expect(1)
            .mount(&server)
            .await;
        let model = model(&world, &json!({ "url": format!("{}/v1/chat/completions", server.uri()) }));
        let events: Vec<_> = model.start(call(false)).collect().await;
        assert_eq!(events, [LlmEvent::Responding, said("Hi"), LlmEvent::Finished]);

        server.reset().await;
        let refusal = ResponseTemplate::new(429)
            .insert_header("retry-after", "2")
            .set_body_json(json!({ "error": { "message": "slow", "code": "rate_limit_exceeded" } }));
        Mock::given(method("POST")).respond_with(refusal).mount(&server).await;
        let events: Vec<_> = model.start(call(false)).collect().await;
        let fault = VendorFault::new(FaultKind::RateLimited, "slow").with_code("rate_limit_exceeded");
        assert_eq!(events, [LlmEvent::Failed(VendorFault { retry_after: Some(ms(2000)), ..fault })]);
    })
    .expect("no task left");
}
