//! Every language model, at the address that its client is given: what comes, in whose shape, and how it says no.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use bargein_mocks::script::LlmScript;
use bargein_mocks::serve_llm;
use bargein_net::run_virtual;
use serde_json::{Value, json};

use crate::client::{Got, Seen, listen, post};

/// A request that the vendor takes.
fn question(vendor: &str, stream: bool) -> String {
    let messages = json!([{ "role": "user", "content": "hi" }]);
    match vendor {
        "coze" => {
            let said = json!([{ "role": "user", "type": "question", "content": "hi", "content_type": "text", "id": null }]);
            json!({ "bot_id": "b", "user_id": "u", "stream": stream, "additional_messages": said })
        }
        "dify" => {
            let mode = if stream { "streaming" } else { "blocking" };
            json!({ "query": "hi", "inputs": {}, "response_mode": mode, "user": "u", "files": null })
        }
        "openai_responses" => json!({ "model": "m-1", "input": messages, "stream": stream }),
        _ => json!({ "model": "m-1", "messages": messages, "stream": stream }),
    }
    .to_string()
}

const CHAT: [&str; 10] =
    ["openai", "deepseek", "hunyuan", "ark", "qwen", "stepfun", "ernie", "siliconflow", "lkeap", "minimax"];
const EVENTS: [&str; 3] = ["coze", "dify", "openai_responses"];

/// Where a vendor's client asks, made from the settings that it is given.
fn address(vendor: &str, settings: &Value) -> String {
    let url = settings["url"].as_str().unwrap_or_default();
    match vendor {
        "coze" => format!("{url}/v3/chat?conversation_id="),
        "dify" => format!("{url}/chat-messages"),
        _ => url.to_owned(),
    }
}

/// Asks once and gives what came, and what the mock told.
fn check(vendor: &str, mut script: Value, stream: bool) -> (Got, Vec<String>) {
    script["vendor"] = vendor.into();
    let seen = Seen::default();
    let got = run_virtual(7, async |world| {
        let listener = listen(&world, "llm.mock:80").await.unwrap();
        let mock = serve_llm(&world, listener, LlmScript::parse(&script).unwrap(), seen.observer());
        let address = address(vendor, mock.client_settings());
        post(&world, &address, "k", &question(vendor, stream)).await
    });
    (got.unwrap(), seen.lines())
}

/// The data of all frames of a stream.
fn documents(stream: &str) -> Vec<Value> {
    let data = |line: &str| serde_json::from_str(line.strip_prefix("data:")?.trim()).ok();
    stream.lines().filter_map(data).filter(Value::is_object).collect()
}

/// What is said in a frame, whoever says it.
fn content(frame: &Value) -> Option<&str> {
    let is_delta = frame["type"] == "response.output_text.delta";
    let chat = frame["choices"][0]["delta"]["content"].as_str();
    let bot =
        (frame["type"] == "answer" && frame.get("created_at").is_none()).then(|| frame["content"].as_str());
    let app = frame["answer"].as_str();
    let text =
        chat.or_else(|| bot.flatten()).or(app).or_else(|| frame["delta"].as_str().filter(|_| is_delta));
    text.filter(|text| !text.is_empty())
}

#[test]
fn every_vendors_stream_says_the_reply_token_by_token() {
    for vendor in [&CHAT[..], &EVENTS].concat() {
        let (got, told) = check(vendor, json!({ "reply": "我在 here.", "reasoning": "hm" }), true);
        assert_eq!(got.status, 200, "{vendor}");
        assert_eq!(got.header("content-type"), "text/event-stream; charset=utf-8", "{vendor}");
        let texts = got.pieces.iter().flat_map(|(at, bytes)| {
            let frames = documents(&String::from_utf8_lossy(bytes));
            frames
                .into_iter()
                .filter_map(|frame| Some((*at, content(&frame)?.to_owned())))
                .collect::<Vec<_>>()
        });
        let mut texts: Vec<_> = texts.collect();
        if vendor == "coze" {
            let whole = texts.pop();
            assert_eq!(whole, Some((260, "我在 here.".to_owned())), "the whole message at the end");
        }
        let expected = [(220, "我"), (240, "在"), (260, " here.")].map(|(at, text)| (at, text.to_owned()));
        assert_eq!(texts, expected, "{vendor}");
        assert_eq!(told, ["0 #1 request", "220 #1 first token", "260 #1 response"], "{vendor}");
    }
}

/// The names of the members of an object.
fn members(value: &Value) -> BTreeSet<String> {
    value.as_object().into_iter().flat_map(|members| members.keys().cloned()).collect()
}

fn fixture(path: &str) -> String {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/wire").join(path);
    fs::read_to_string(&file).unwrap_or_default()
}

#[test]
fn chunks_have_the_members_of_the_vendors_own() {
    // Members that one service writes and not another behind the same name, or a model and not another.
    let optional = [
        "logprobs",
        "system_fingerprint",
        "usage",
        "search_info",
        "reasoning_content",
        "role",
        "created",
        "finish_reason",
    ];
    let differ = |ours: &Value, theirs: &Value| -> Vec<String> {
        let (ours, theirs) = (members(ours), members(theirs));
        let differ = ours.symmetric_difference(&theirs).cloned();
        differ.filter(|name| !optional.contains(&name.as_str())).collect()
    };
    for vendor in ["deepseek", "hunyuan", "ark", "qwen", "stepfun", "ernie", "siliconflow", "minimax"] {
        let (got, _) = check(vendor, json!({ "reply": "a" }), true);
        let (ours, theirs) = (documents(&got.text()), documents(&fixture(&format!("{vendor}/stream.sse"))));
        let first = |frames: &[Value]| frames.iter().find(|frame| content(frame).is_some()).cloned().unwrap();
        let (ours, theirs) = (first(&ours), first(&theirs));
        let none: [String; 0] = [];
        assert_eq!(differ(&ours, &theirs), none, "{vendor}: {ours} and {theirs}");
        let choice = |frame: &Value| frame["choices"][0].clone();
        assert_eq!(differ(&choice(&ours), &choice(&theirs)), none, "{vendor}");
        let delta = |frame: &Value| frame["choices"][0]["delta"].clone();
        assert_eq!(differ(&delta(&ours), &delta(&theirs)), none, "{vendor}");
    }
    for vendor in EVENTS {
        let (got, _) = check(vendor, json!({ "reply": "a" }), true);
        let theirs = documents(&fixture(&format!("{vendor}/stream.sse")));
        for frame in theirs {
            let kind = |frame: &Value| {
                ["event", "status", "type"].map(|name| frame[name].as_str().unwrap_or_default().to_owned())
            };
            let same = documents(&got.text()).into_iter().find(|ours| kind(ours) == kind(&frame));
            let ours = same.unwrap_or_else(|| panic!("{vendor}: no event like {frame}"));
            let missing: Vec<_> = members(&frame).difference(&members(&ours)).cloned().collect();
            // One only while it works, the other only when it is done.
            let missing: Vec<_> = missing.into_iter().filter(|name| name != "completed_at").collect();
            assert!(missing.is_empty(), "{vendor}: {missing:?} of {frame} in {ours}");
        }
    }
}

#[test]
fn every_vendor_says_no_in_its_own_way() {
    for (vendor, status, code, sent, place, said) in [
        ("openai", 429, None, 429, "/error/code", "rate_limit_exceeded"),
        ("deepseek", 402, None, 402, "/error/message", "Insufficient Balance"),
        ("deepseek", 422, None, 422, "/error/type", "invalid_request_error"),
        ("hunyuan", 429, None, 429, "/error/code", "FailedOperation.EngineServerLimitExceeded"),
        ("ark", 429, None, 429, "/error/code", "RateLimitExceeded.EndpointRPMExceeded"),
        ("ark", 402, None, 403, "/error/code", "AccountOverdueError"),
        ("ark", 503, None, 429, "/error/code", "ServerOverloaded"),
        ("qwen", 402, None, 400, "/error/code", "Arrearage"),
        ("qwen", 429, Some("limit_burst_rate"), 429, "/error/code", "limit_burst_rate"),
        ("stepfun", 451, None, 451, "/error/code", "censorship_blocked"),
        ("ernie", 401, None, 401, "/error/code", "invalid_iam_token"),
        ("siliconflow", 401, None, 401, "", "Invalid token"),
        ("siliconflow", 503, None, 503, "/message", "Model service overloaded. Please try again later."),
        ("lkeap", 429, None, 429, "/error/code", "LimitExceeded"),
        ("minimax", 429, None, 200, "/base_resp/status_msg", "rate limit exceeded(RPM)"),
        ("coze", 401, None, 200, "/msg", "authentication is invalid"),
        ("dify", 429, None, 429, "/code", "too_many_requests"),
        ("openai_responses", 401, None, 401, "/error/code", "invalid_api_key"),
    ] {
        let mut script = json!({ "status": status, "body": "vendor" });
        if let Some(code) = code {
            script["code"] = Value::from(code);
        }
        let (got, _) = check(vendor, script, true);
        let body = got.json();
        assert_eq!(
            (got.status.as_u16(), body.pointer(place)),
            (sent, Some(&said.into())),
            "{vendor}: {body}"
        );
    }
    for (vendor, code, place) in [
        ("minimax", 1039, "/base_resp/status_code"),
        ("coze", 4016, "/code"),
        ("siliconflow", 20012, "/code"),
    ] {
        let (got, _) = check(vendor, json!({ "status": 429, "code": code, "body": "vendor" }), true);
        assert_eq!(got.json().pointer(place), Some(&code.into()), "{vendor}");
    }
}

#[test]
fn a_wrong_key_is_refused_by_every_vendor() {
    for vendor in [&CHAT[..], &EVENTS].concat() {
        let (got, told) = check(vendor, json!({ "key": "right" }), true);
        let (refused, _) = check(vendor, json!({ "status": 401, "body": "vendor" }), true);
        assert_eq!((got.status, got.text()), (refused.status, refused.text()), "{vendor}");
        assert_eq!(told, ["0 #1 request", "0 #1 response"], "{vendor}");
    }
}

#[test]
fn what_is_not_asked_as_the_vendor_wants_it_is_refused() {
    run_virtual(7, async |world| {
        let cases = [
            ("coze", "/v3/chat", json!({ "user_id": "u" }), 200, "bot_id"),
            ("coze", "/v3/chats", json!({}), 200, "Invalid URL"),
            ("dify", "/v1/chat-messages", json!({ "query": "hi", "user": "u" }), 400, "inputs is required"),
            (
                "dify",
                "/v1/chat-messages",
                json!({ "query": "hi", "inputs": {} }),
                400,
                "user must be provided",
            ),
            ("openai_responses", "/v1/responses", json!({ "model": "m" }), 400, "input"),
            ("ark", "/v1/chat/completions", json!({}), 404, "Invalid URL"),
            ("qwen", "/v1/chat/completions", json!({}), 404, "Invalid URL"),
        ];
        for (index, (vendor, path, body, status, says)) in cases.into_iter().enumerate() {
            let name = format!("llm{index}.mock:80");
            let script = LlmScript::parse(&json!({ "vendor": vendor })).unwrap();
            let _mock =
                serve_llm(&world, listen(&world, &name).await.unwrap(), script, Seen::default().observer());
            let got = post(&world, &format!("http://{name}{path}"), "k", &body.to_string()).await;
            assert_eq!(got.status.as_u16(), status, "{vendor}");
            assert!(got.text().contains(says), "{vendor}: {}", got.text());
        }
    })
    .unwrap();
}

#[test]
fn the_end_of_an_answer_that_is_not_wanted_is_taken_and_not_counted() {
    for (vendor, path, place, said) in [
        ("coze", "/v3/chat/cancel", "/data/status", "canceled"),
        ("dify", "/v1/chat-messages/00000000-0000-4000-8003-000000000001/stop", "/result", "success"),
    ] {
        let seen = Seen::default();
        run_virtual(7, async |world| {
            let script = LlmScript::parse(&json!({ "vendor": vendor })).unwrap();
            let listener = listen(&world, "llm.mock:80").await.unwrap();
            let _mock = serve_llm(&world, listener, script, seen.observer());
            let body = json!({ "conversation_id": "1", "chat_id": "2", "user": "u" });
            let got = post(&world, &format!("http://llm.mock{path}"), "k", &body.to_string()).await;
            assert_eq!(
                (got.status.as_u16(), got.json().pointer(place)),
                (200, Some(&said.into())),
                "{vendor}"
            );
        })
        .unwrap();
        assert_eq!(seen.lines(), Vec::<String>::new(), "{vendor}");
    }
}

#[test]
fn calls_of_tools_are_told_as_the_vendor_tells_them() {
    let script =
        json!({ "reply": "", "tool_calls": [{ "name": "weather", "arguments": { "city": "北京" } }] });
    for (vendor, place) in [
        ("coze", "/required_action/submit_tool_outputs/tool_calls/0/function/arguments"),
        ("openai_responses", "/item/arguments"),
    ] {
        let (got, _) = check(vendor, script.clone(), true);
        let told = documents(&got.text()).into_iter().filter_map(|frame| frame.pointer(place).cloned());
        let told: Vec<_> = told.filter(|arguments| arguments != "").collect();
        assert_eq!(told, [Value::from(r#"{"city":"北京"}"#)], "{vendor}");
    }
    let (got, _) = check("dify", script, true);
    let thought = documents(&got.text()).into_iter().find(|frame| frame["event"] == "agent_thought").unwrap();
    assert_eq!(
        (&thought["tool"], &thought["tool_input"]),
        (&json!("weather"), &json!(r#"{"weather":{"city":"北京"}}"#))
    );
}

#[test]
fn an_answer_without_a_stream_is_one_document() {
    for (vendor, place) in [
        ("dify", "/answer"),
        ("openai_responses", "/output/0/content/0/text"),
        ("ernie", "/choices/0/message/content"),
    ] {
        let (got, told) = check(vendor, json!({ "reply": "我在。" }), false);
        assert_eq!((got.head_at, got.json().pointer(place)), (240, Some(&"我在。".into())), "{vendor}");
        assert_eq!(told, ["0 #1 request", "240 #1 first token", "240 #1 response"], "{vendor}");
    }
    let (got, _) = check("coze", json!({}), false);
    assert!(got.text().contains("expected a request for a stream"), "{}", got.text());
}

#[test]
fn quirks_of_any_stream_are_shown_and_those_of_chunks_are_refused_with_words() {
    for vendor in EVENTS {
        for (quirk, holds) in [
            ("Q24", ": keep-alive\n\n"),
            ("Q33", "\u{feff}"),
            ("Q36", "<html>"),
            ("Q38", "error"),
            ("Q40", r#"{"detail":"The request is not valid."}"#),
        ] {
            let (got, _) = check(vendor, json!({ "reply": "a b c d", "quirk": quirk }), true);
            assert!(got.text().contains(holds), "{vendor} {quirk}: {}", got.text());
        }
        let (got, told) = check(vendor, json!({ "reply": "a b c d", "quirk": "Q45" }), true);
        assert_eq!((got.end, told.len()), ((240, false), 2), "{vendor}");
        let (got, _) = check(vendor, json!({ "quirk": "Q17" }), true);
        assert!(got.text().contains("expected a quirk of any stream of events, got Q17"), "{}", got.text());
    }
}

#[test]
fn faults_of_a_script_strike_every_vendor() {
    for vendor in [&CHAT[..], &EVENTS].concat() {
        let (got, told) = check(vendor, json!({ "reply": "a b c d", "cut": "at token 2 by reset" }), true);
        assert_eq!(
            (got.end, told),
            ((220, false), vec!["0 #1 request".to_owned(), "200 #1 first token".to_owned()]),
            "{vendor}"
        );
        let (got, _) = check(vendor, json!({ "reply": "a b", "malformed": "at token 1" }), true);
        let whole = check(vendor, json!({ "reply": "a b" }), true).0;
        assert!(documents(&got.text()).len() < documents(&whole.text()).len(), "{vendor}: {}", got.text());
        let (got, _) =
            check(vendor, json!({ "reply": "a", "first_token": "1s", "keep_alive": "400ms" }), true);
        assert_eq!(got.text().matches(": keep-alive").count(), 2, "{vendor}");
    }
}
