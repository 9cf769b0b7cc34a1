//! Speech synthesisers over HTTP, asked by the requests that the vendors' official clients sent.

use bargein_mocks::script::TtsScript;
use bargein_mocks::{What, serve_tts};
use bargein_net::{http_client, run_virtual};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};

use crate::client::{Seen, listen};

/// An interface: vendor, captured request, how its answer holds audio, samples a second.
type Interface = (&'static str, &'static str, fn(&Answer) -> Vec<u8>, u32);

macro_rules! request {
    ($path:literal) => {
        include_str!(concat!("../../../fixtures/wire/", $path, ".request.json"))
    };
}

const INTERFACES: &[Interface] = &[
    ("openai", request!("openai/speech/pcm"), bare, 24_000),
    ("openai", request!("openai/speech/sse"), |answer| events(answer, "/audio"), 24_000),
    ("stepfun", request!("stepfun/speech/pcm"), bare, 16_000),
    ("elevenlabs", request!("elevenlabs/speech/stream"), bare, 16_000),
    (
        "elevenlabs",
        request!("elevenlabs/speech/with_timestamps"),
        |answer| lines(answer, "/audio_base64"),
        16_000,
    ),
    ("cartesia", request!("cartesia/speech/bytes"), bare, 16_000),
    ("cartesia", request!("cartesia/speech/sse"), |answer| events(answer, "/data"), 16_000),
    ("minimax", request!("minimax/speech/stream"), hex_events, 16_000),
    ("azure", request!("azure/speech/rest"), bare, 16_000),
    ("tencent", request!("tencent/speech/text_to_voice"), |answer| lines(answer, "/Response/Audio"), 16_000),
    ("bytedance", request!("bytedance/speech/unidirectional"), |answer| lines(answer, "/data"), 16_000),
];

/// The body is the samples.
fn bare(answer: &Answer) -> Vec<u8> {
    answer.body.clone()
}

fn of_base64(messages: impl Iterator<Item = Value>, pointer: &str) -> Vec<u8> {
    let audio =
        |message: Value| message.pointer(pointer)?.as_str().map(|text| STANDARD.decode(text).unwrap());
    messages.filter_map(audio).flatten().collect()
}

fn data(body: &str) -> impl Iterator<Item = Value> + use<> {
    let data: Vec<_> =
        body.lines().filter_map(|line| line.strip_prefix("data: ")).map(str::to_owned).collect();
    data.into_iter().map(|data| serde_json::from_str(&data).unwrap())
}

fn events(answer: &Answer, pointer: &str) -> Vec<u8> {
    of_base64(data(&answer.text()), pointer)
}

fn lines(answer: &Answer, pointer: &str) -> Vec<u8> {
    of_base64(answer.text().lines().map(|line| serde_json::from_str(line).unwrap()), pointer)
}

fn hex_events(answer: &Answer) -> Vec<u8> {
    let audio =
        data(&answer.text()).map(|event| event["data"]["audio"].as_str().unwrap_or_default().to_owned());
    audio.flat_map(|hex| bargein_wire::hex::decode(&hex).unwrap()).collect()
}

struct Answer {
    status: StatusCode,
    content_type: String,
    retry_after: Option<String>,
    body: Vec<u8>,
    is_whole: bool,
    told: Vec<String>,
    text: Option<String>,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Sends a captured request to the vendor under this script.
fn ask(vendor: &str, captured: &str, script: Value) -> Answer {
    let captured: Value = serde_json::from_str(captured).unwrap();
    let mut script = script;
    script.as_object_mut().unwrap().insert("vendor".into(), vendor.into());
    let script = TtsScript::parse(&script, |_| unreachable!()).unwrap();
    let seen = Seen::default();
    let mut answer = run_virtual(7, async |world| {
        let _mock = serve_tts(&world, listen(&world, "tts.mock:80").await.unwrap(), script, seen.observer());
        let mut request = Request::post(format!("http://tts.mock{}", captured["target"].as_str().unwrap()));
        for (name, value) in captured["headers"].as_object().unwrap() {
            request = request.header(name, value.as_str().unwrap());
        }
        if captured["headers"]["user-agent"].is_null() {
            request = request.header("user-agent", "test");
        }
        let body = captured["raw"].as_str().map(str::to_owned);
        let body = body.or_else(|| captured["body"].as_str().map(str::to_owned));
        let body = body.unwrap_or_else(|| captured["body"].to_string());
        let response =
            http_client(&world).request(request.body(Full::new(Bytes::from(body))).unwrap()).await.unwrap();
        let header =
            |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (content_type, retry_after) = (header("content-type").unwrap_or_default(), header("retry-after"));
        let status = response.status();
        let (mut body, mut bytes) = (response.into_body(), Vec::new());
        let is_whole = loop {
            match body.frame().await {
                None => break true,
                Some(Err(_)) => break false,
                Some(Ok(frame)) => bytes.extend(frame.into_data().unwrap_or_default()),
            }
        };
        Answer { status, content_type, retry_after, body: bytes, is_whole, told: Vec::new(), text: None }
    })
    .unwrap();
    answer.told = seen.lines();
    answer.text = seen.all().into_iter().find_map(|observation| match observation.what {
        What::Request { text, .. } => text,
        _ => None,
    });
    answer
}

/// The audio of the text, as the protocol without any frames gives it.
fn reference(rate: u32) -> Vec<u8> {
    let request = json!({
        "target": "/stream-audio",
        "headers": {},
        "body": { "Text": "你好，世界。", "Format": "pcm", "SampleRate": rate },
    });
    ask("custom", &request.to_string(), json!({})).body
}

#[test]
fn the_official_clients_requests_get_the_scripted_audio_to_the_byte() {
    for (vendor, request, decode, rate) in INTERFACES {
        let answer = ask(vendor, request, json!({}));
        assert_eq!((answer.status.as_u16(), answer.is_whole), (200, true), "{vendor}: {}", answer.text());
        assert_eq!(decode(&answer), reference(*rate), "{vendor}");
        assert_eq!(answer.told.len(), 3, "{vendor}: {:?}", answer.told);
        assert_eq!(answer.told[0], "0 #1 request");
        let text = answer.text.clone().unwrap_or_default();
        assert!(text.contains("你好，世界。"), "{vendor}: {text}");
        // What some clients insist on: bare samples say that they are audio.
        let kinds = ["audio/", "text/event-stream", "application/json"];
        assert!(
            kinds.iter().any(|kind| answer.content_type.starts_with(kind)),
            "{vendor}: {}",
            answer.content_type
        );
    }
}

#[test]
fn pieces_come_at_the_times_of_the_script() {
    for (vendor, request, ..) in INTERFACES {
        let whole = matches!(*vendor, "tencent");
        let told = ask(vendor, request, json!({ "speed": "1x", "first_audio": "80ms" })).told;
        // Six characters of 220 ms in pieces of 20 ms: the last leaves after 1,300 ms.
        let first = if whole { 1_380 } else { 80 };
        assert_eq!(told[1..], [format!("{first} #1 first audio"), "1380 #1 response".to_owned()], "{vendor}");
    }
}

#[test]
fn keys_limits_and_refusals_are_told_in_each_vendors_manner() {
    // Vendor, where its code stands, status and code of: a wrong key, a rate, no quota, its own trouble.
    type Told = (u16, &'static str);
    type Row = (&'static str, &'static str, [Told; 4]);
    let table: [Row; 8] = [
        (
            "openai",
            "/error/code",
            [
                (401, "invalid_api_key"),
                (429, "rate_limit_exceeded"),
                (429, "insufficient_quota"),
                (500, "server_error"),
            ],
        ),
        (
            "stepfun",
            "/error/code",
            [
                (401, "invalid_api_key"),
                (429, "rate_limit_exceeded"),
                (429, "insufficient_quota"),
                (500, "server_error"),
            ],
        ),
        (
            "elevenlabs",
            "/detail/status",
            [
                (401, "invalid_api_key"),
                (429, "too_many_concurrent_requests"),
                (401, "quota_exceeded"),
                (500, "internal_error"),
            ],
        ),
        (
            "cartesia",
            "/error_code",
            [
                (401, "unauthorized"),
                (429, "concurrency_limited"),
                (402, "quota_exceeded"),
                (500, "internal_error"),
            ],
        ),
        ("minimax", "/base_resp/status_code", [(200, "1004"), (200, "1002"), (200, "1008"), (200, "1000")]),
        ("azure", "/error/code", [(401, "401"), (429, "429"), (402, ""), (500, "")]),
        (
            "tencent",
            "/Response/Error/Code",
            [
                (200, "AuthFailure.SignatureFailure"),
                (200, "RequestLimitExceeded"),
                (200, "UnsupportedOperation.PkgExhausted"),
                (200, "InternalError.InternalError"),
            ],
        ),
        ("bytedance", "/code", [(401, "3001"), (200, "3003"), (200, "3001"), (200, "3031")]),
    ];
    for (vendor, pointer, expected) in table {
        let (_, request, ..) = INTERFACES.iter().find(|(id, ..)| *id == vendor).unwrap();
        let scripts = [
            json!({ "key": "another" }),
            json!({ "concurrent": 0 }),
            json!({ "status": 402 }),
            json!({ "status": 500, "retry_after": "300ms" }),
        ];
        for (script, (status, code)) in scripts.into_iter().zip(expected) {
            let answer = ask(vendor, request, script.clone());
            let body: Value = serde_json::from_str(&answer.text()).unwrap_or_default();
            let told = match body.pointer(pointer) {
                Some(Value::String(code)) => code.clone(),
                Some(number) => number.to_string(),
                None => String::new(),
            };
            assert_eq!(
                (answer.status.as_u16(), told.as_str()),
                (status, code),
                "{vendor} {script}: {}",
                answer.text()
            );
            assert_eq!(answer.retry_after.is_some(), script["retry_after"].is_string(), "{vendor} {script}");
        }
    }
}

#[test]
fn only_the_key_of_the_script_is_let_in() {
    for (vendor, request, ..) in INTERFACES {
        let key = match *vendor {
            "openai" | "stepfun" => "sk-example",
            "elevenlabs" => "xi-example",
            "cartesia" => "sk_car_example",
            "minimax" => "mm-example",
            "azure" => "az-example",
            // The one that signed.
            "tencent" => "SKexample",
            _ => "token-1",
        };
        let answer = ask(vendor, request, json!({ "key": key }));
        assert_eq!(answer.told.len(), 3, "{vendor}: {}", answer.text());
    }
}

#[test]
fn answers_break_stall_and_lose_bytes_where_the_script_says() {
    for (vendor, request, decode, rate) in INTERFACES.iter().filter(|(vendor, ..)| *vendor != "tencent") {
        let answer = ask(vendor, request, json!({ "cut": "at chunk 3 by reset" }));
        assert!(!answer.is_whole, "{vendor}");
        let bytes_of_three = 3 * usize::try_from(rate / 50 * 2).unwrap();
        assert_eq!(decode(&answer), reference(*rate)[..bytes_of_three], "{vendor}");
        let answer = ask(vendor, request, json!({ "malformed": "at chunk 2" }));
        assert!(answer.is_whole, "{vendor}");
        let told = ask(vendor, request, json!({ "stall": "at chunk 2 for 3s", "speed": "4x" })).told;
        assert_eq!(told[2], "3475 #1 response", "{vendor}");
    }
}

#[test]
fn the_last_event_repeats_all_audio_unless_it_is_asked_not_to() {
    let captured: Value = serde_json::from_str(request!("minimax/speech/stream")).unwrap();
    let mut naive = captured.clone();
    naive["body"].as_object_mut().unwrap().remove("stream_options");
    let answer = ask("minimax", &naive.to_string(), json!({}));
    assert_eq!(hex_events(&answer), [reference(16_000), reference(16_000)].concat());
    let mut whole = captured;
    whole["body"]["stream"] = false.into();
    let answer = ask("minimax", &whole.to_string(), json!({}));
    let document: Value = serde_json::from_str(&answer.text()).unwrap();
    assert_eq!(document["data"]["audio"], bargein_wire::hex::encode(&reference(16_000)));
}

#[test]
fn the_first_generation_answers_in_one_document() {
    let request = json!({
        "target": "/api/v1/tts",
        "headers": { "authorization": "Bearer;token-1" },
        "body": {
            "app": { "appid": "a", "token": "x", "cluster": "volcano_tts" },
            "user": { "uid": "u" },
            "audio": { "voice_type": "v", "encoding": "pcm", "rate": 16_000 },
            "request": { "reqid": "r", "text": "你好，世界。", "operation": "query" },
        },
    });
    let answer = ask("bytedance", &request.to_string(), json!({ "key": "token-1" }));
    let document: Value = serde_json::from_str(&answer.text()).unwrap();
    assert_eq!((document["code"].as_i64(), document["sequence"].as_i64()), (Some(3000), Some(-1)));
    assert_eq!(document["addition"]["duration"], "1320");
    assert_eq!(STANDARD.decode(document["data"].as_str().unwrap()).unwrap(), reference(16_000));
}

#[test]
fn what_cannot_be_said_is_refused() {
    for (vendor, request, change) in [
        ("openai", request!("openai/speech/pcm"), ("/body/response_format", json!("mp3"))),
        ("openai", request!("openai/speech/pcm"), ("/body/voice", json!(null))),
        ("openai", request!("openai/speech/pcm"), ("/body/input", json!("a".repeat(4097)))),
        ("stepfun", request!("stepfun/speech/pcm"), ("/body/sample_rate", json!(11_025))),
        (
            "elevenlabs",
            request!("elevenlabs/speech/stream"),
            ("/target", json!("/v1/text-to-speech/v/stream")),
        ),
        ("cartesia", request!("cartesia/speech/bytes"), ("/body/output_format/encoding", json!("pcm_f32le"))),
        ("cartesia", request!("cartesia/speech/bytes"), ("/headers/cartesia-version", json!(""))),
        ("azure", request!("azure/speech/rest"), ("/headers/x-microsoft-outputformat", json!("mp3"))),
        ("azure", request!("azure/speech/rest"), ("/body", json!("<speak><voice>R&D</voice></speak>"))),
    ] {
        let mut captured: Value = serde_json::from_str(request).unwrap();
        *captured.pointer_mut(change.0).unwrap() = change.1.clone();
        let answer = ask(vendor, &captured.to_string(), json!({}));
        assert_eq!(answer.status.as_u16(), 400, "{vendor} {change:?}: {}", answer.text());
    }
}
