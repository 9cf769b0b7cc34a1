//! Vendors that speak chat completions in their own way, each held to its own bytes in `fixtures/wire/<vendor>/`.

use std::fs;
use std::path::PathBuf;

use bargein_adapters::registry;
use bargein_core::{FaultKind, LlmEvent, ToolCall};
use bargein_net::run_virtual;
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::openai::{SSE, call};
use crate::server::{Request, Saw, Step, chunk, end, head, serve, whole};

/// What a vendor's client asks an endpoint that answers with these bytes, and what it says.
fn ask(vendor: &str, more: &Value, script: Vec<Step>) -> (Request, Vec<LlmEvent>) {
    run_virtual(1, async |world| {
        let mut saw = serve(&world, "llm.test", [script]).await;
        let mut settings = json!({ "url": "http://llm.test/chat", "key": "sk-1", "model": "m-1" });
        settings.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let model = registry::llm(vendor, &world, settings).expect("good settings");
        let events = model.start(call(false)).collect().await;
        saw.recv().await;
        let Some(Saw::Request(request)) = saw.recv().await else { panic!("no request") };
        (request, events)
    })
    .expect("no task left")
}

fn fixture(path: &str) -> String {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/wire").join(path);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Everything that is said, as one text, and the last event.
fn said(events: &[LlmEvent]) -> (String, Option<&LlmEvent>) {
    let text = |event: &LlmEvent| if let LlmEvent::Delta(text) = event { Some(text.clone()) } else { None };
    (events.iter().filter_map(text).collect(), events.last())
}

#[test]
fn every_vendors_own_stream_is_read() {
    for (file, text) in [
        ("deepseek/stream.sse", "Hello! How can I assist you today?"),
        ("hunyuan/stream.sse", "为您找到"),
        ("ark/stream.sse", "You✧"),
        ("qwen/stream.sse", "I am a large language model from Alibaba Cloud. My name is Qwen."),
        ("stepfun/stream.sse", "您好！阶"),
        ("ernie/stream.sse", "Hello!"),
        ("siliconflow/stream.sse", "你好"),
        ("minimax/stream.sse", "hello there"),
        ("minimax/search.sse", "hello there"),
    ] {
        let vendor = file.split('/').next().unwrap_or_default();
        let stream = fixture(file);
        let (_, events) = ask(vendor, &json!({}), vec![head("200 OK", SSE), chunk(&stream), end()]);
        assert_eq!(said(&events), (text.to_owned(), Some(&LlmEvent::Finished)), "{file}");
        // Byte by byte, and with the connection left open behind the last frame.
        let steps = stream.bytes().map(|byte| chunk([byte])).chain([Step::Hold]);
        let (_, events) = ask(vendor, &json!({}), [head("200 OK", SSE)].into_iter().chain(steps).collect());
        assert_eq!(said(&events), (text.to_owned(), Some(&LlmEvent::Finished)), "{file} byte by byte");
    }
}

#[test]
fn a_call_of_a_tool_is_told_whole_before_the_end() {
    let stream = fixture("qwen/tool_call.sse");
    let (_, events) = ask("qwen", &json!({}), vec![head("200 OK", SSE), chunk(stream), end()]);
    let call = ToolCall {
        id: "call_30fb8bdcce274fbfbb8bd4".into(),
        name: "execute_redis_command".into(),
        arguments: r#"{"command": "KEYS *"}"#.into(),
    };
    assert_eq!(events, [LlmEvent::Responding, LlmEvent::ToolCall(call), LlmEvent::Finished]);
}

#[test]
fn a_call_of_a_tool_that_is_cut_is_not_told() {
    let stream = fixture("qwen/tool_call.sse");
    let cut = stream.split_inclusive("\n\n").take(2).collect::<String>();
    let (_, events) = ask("qwen", &json!({}), vec![head("200 OK", SSE), chunk(cut), end()]);
    let [LlmEvent::Responding, LlmEvent::Failed(fault)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(fault.kind, FaultKind::Broken);
}

#[test]
fn models_are_kept_from_thinking_in_each_vendors_way() {
    let answer = || vec![whole("200 OK", "", r#"{"choices":[{"message":{"content":"Hi"}}]}"#)];
    let member = |vendor: &str, settings: Value| {
        let (request, _) = ask(vendor, &settings, answer());
        let body: Value = serde_json::from_str(&request.body).expect("JSON");
        ["thinking", "enable_thinking"].map(|name| body.get(name).cloned().unwrap_or_default())
    };
    let disabled = json!({ "type": "disabled" });
    for (vendor, expected) in [
        ("openai", [Value::Null, Value::Null]),
        ("deepseek", [disabled.clone(), Value::Null]),
        ("ark", [disabled, Value::Null]),
        ("qwen", [Value::Null, json!(false)]),
        ("siliconflow", [Value::Null, Value::Null]),
    ] {
        assert_eq!(member(vendor, json!({})), expected, "{vendor}");
        assert_eq!(member(vendor, json!({ "thinking": true })), [Value::Null, Value::Null], "{vendor}");
    }
    let wanted = json!({ "extra": { "enable_thinking": true } });
    assert_eq!(member("qwen", wanted), [Value::Null, json!(true)], "the settings' members win");
}

#[test]
fn requests_are_named_where_the_vendor_wants_it() {
    let answer = || vec![whole("200 OK", "", r#"{"choices":[{"message":{"content":"Hi"}}]}"#)];
    for (vendor, named) in [("openai", true), ("ark", true), ("deepseek", false), ("ernie", false)] {
        let (request, _) = ask(vendor, &json!({}), answer());
        assert_eq!(request.header("x-client-request-id"), named.then_some("request-1"), "{vendor}");
        assert_eq!(request.header("authorization"), Some("Bearer sk-1"), "{vendor}");
    }
}

/// What becomes of an answer with this status and body.
fn fault(vendor: &str, status: u16, body: &str) -> (FaultKind, String, String) {
    let headers = "Content-Type: application/json\r\n";
    let (_, events) = ask(vendor, &json!({}), vec![whole(&format!("{status} Said"), headers, body)]);
    let Some(LlmEvent::Failed(fault)) = events.last() else { panic!("{vendor} {body}: {events:?}") };
    (fault.kind, fault.code.clone(), fault.message.clone())
}

#[test]
fn every_vendors_own_failures_are_told_by_kind_code_and_words() {
    for file in ["ernie/errors.jsonl", "siliconflow/errors.jsonl", "minimax/errors.jsonl"] {
        let vendor = file.split('/').next().unwrap_or_default();
        for line in fixture(file).lines() {
            let case: Value = serde_json::from_str(line).expect("JSON");
            let status =
                case["status"].as_u64().and_then(|status| u16::try_from(status).ok()).expect("a status");
            let (kind, code, message) = fault(vendor, status, &case["body"].to_string());
            assert_eq!(
                (Some(kind.word()), Some(code.as_str())),
                (case["kind"].as_str(), case["code"].as_str()),
                "{line}"
            );
            assert!(line.contains(&message.replace('"', "\\\"")), "{line}: {message}");
        }
    }
}

#[test]
fn a_vendors_codes_decide_where_its_status_misleads() {
    let error = |code: &str| json!({ "error": { "code": code, "message": "m", "type": "t" } }).to_string();
    for (vendor, status, code, kind) in [
        ("deepseek", 402, "invalid_request_error", FaultKind::Quota),
        ("deepseek", 422, "invalid_request_error", FaultKind::BadRequest),
        ("hunyuan", 400, "ResourceUnavailable.InArrears", FaultKind::Quota),
        ("hunyuan", 500, "FailedOperation.EngineRequestTimeout", FaultKind::Timeout),
        ("hunyuan", 429, "FailedOperation.EngineServerLimitExceeded", FaultKind::RateLimited),
        ("ark", 429, "RateLimitExceeded.EndpointRPMExceeded", FaultKind::RateLimited),
        ("ark", 429, "ServerOverloaded", FaultKind::Unavailable),
        ("ark", 429, "SetLimitExceeded", FaultKind::Quota),
        ("ark", 403, "AccountOverdueError", FaultKind::Quota),
        ("ark", 401, "AuthenticationError", FaultKind::Auth),
        ("ark", 404, "ModelNotOpen", FaultKind::BadRequest),
        ("qwen", 400, "Arrearage", FaultKind::Quota),
        ("qwen", 400, "data_inspection_failed", FaultKind::BadRequest),
        ("qwen", 429, "limit_requests", FaultKind::RateLimited),
        ("stepfun", 451, "censorship_blocked", FaultKind::BadRequest),
        ("stepfun", 429, "engine_overloaded", FaultKind::Unavailable),
        ("stepfun", 402, "quota_exceeded", FaultKind::Quota),
        ("ernie", 401, "invalid_iam_token", FaultKind::Auth),
        ("lkeap", 429, "LimitExceeded", FaultKind::RateLimited),
        ("lkeap", 400, "ResourceUnavailable.InArrears", FaultKind::Quota),
    ] {
        assert_eq!(
            fault(vendor, status, &error(code)),
            (kind, code.to_owned(), "m".to_owned()),
            "{vendor} {code}"
        );
    }
    let native = fixture("hunyuan/native_error.json");
    assert_eq!(
        fault("hunyuan", 200, &native),
        (FaultKind::BadRequest, "InvalidParameterValue.Model".to_owned(), "模型不存在".to_owned())
    );
}

#[test]
fn without_an_address_the_vendors_own_is_asked() {
    for (vendor, host) in [
        ("openai", "api.openai.com"),
        ("deepseek", "api.deepseek.com"),
        ("hunyuan", "api.hunyuan.cloud.tencent.com"),
        ("ark", "ark.cn-beijing.volces.com"),
        ("qwen", "dashscope.aliyuncs.com"),
        ("stepfun", "api.stepfun.com"),
        ("ernie", "qianfan.baidubce.com"),
        ("siliconflow", "api.siliconflow.cn"),
        ("lkeap", "api.lkeap.cloud.tencent.com"),
        ("minimax", "api.minimaxi.com"),
    ] {
        run_virtual(1, async |world| {
            let mut saw = serve(&world, &format!("{host}:443"), [vec![Step::Close]]).await;
            let model = registry::llm(vendor, &world, json!({ "model": "m-1" })).expect("good settings");
            let _failed: Vec<_> = model.start(call(false)).collect().await;
            assert_eq!(saw.recv().await, Some(Saw::Connection));
            let Some(Saw::Request(request)) = saw.recv().await else { panic!("no request") };
            assert_eq!(request.header("host"), Some(host), "{vendor}");
        })
        .expect("no task left");
    }
}

#[test]
fn a_warm_client_pays_no_handshake_for_the_next_call() {
    run_virtual(1, async |world| {
        let script = vec![whole("200 OK", "", r#"{"choices":[{"message":{"content":"Hi"}}]}"#)];
        let mut saw = serve(&world, "llm.test", [script]).await;
        let settings = json!({ "url": "http://llm.test/chat", "model": "m-1" });
        let model = registry::llm("openai", &world, settings).expect("good settings");
        model.warm().await;
        model.warm().await;
        assert_eq!(saw.recv().await, Some(Saw::Connection));
        assert!(saw.try_recv().is_err(), "nothing was asked, and one connection is enough");
        let _events: Vec<_> = model.start(call(false)).collect().await;
        assert!(matches!(saw.recv().await, Some(Saw::Request(_))), "over the connection that was there");
    })
    .expect("no task left");
}
