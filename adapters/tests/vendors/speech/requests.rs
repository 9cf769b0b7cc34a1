//! What is sent, held to what the official clients send.

use bargein_net::run_virtual;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::table::{Row, TABLE};
use super::{TEXT, call, synthesiser};
use crate::server::{Request, Saw, end, head, serve};

fn sent(row: &Row) -> Request {
    run_virtual(1, async |world| {
        let mut saw = serve(&world, "tts.test", [vec![head("200 OK", row.content_type), end()]]).await;
        let _items: Vec<_> = synthesiser(&world, row).start(call()).collect().await;
        assert_eq!(saw.recv().await, Some(Saw::Connection));
        match saw.recv().await {
            Some(Saw::Request(request)) => Some(request),
            _ => None,
        }
    })
    .expect("no task left")
    .expect("a request")
}

/// Headers whose values are of the moment, or name the client.
const OF_THE_MOMENT: &[&str] = &[
    "host",
    "user-agent",
    "x-cartesia-client",
    "x-tc-requestclient",
    "x-tc-language",
    "x-tc-timestamp",
    "x-api-request-id",
];

/// Members that are names of the moment.
const IDS: &[&str] = &["/SessionId", "/user/uid"];

#[test]
fn a_request_is_the_official_clients() {
    for row in TABLE.iter().filter(|row| !row.request.is_empty()) {
        let captured: Value = serde_json::from_str(row.request).expect("JSON");
        let request = sent(row);
        let target = captured["target"].as_str().expect("a target");
        assert_eq!(request.line, format!("POST {target} HTTP/1.1"), "{}", row.name());
        for (name, value) in captured["headers"].as_object().expect("headers") {
            if OF_THE_MOMENT.contains(&name.as_str()) {
                continue;
            }
            let got = request.header(name).unwrap_or_else(|| panic!("{}: no {name}", row.name()));
            match name.as_str() {
                // The signature is of the moment; its vector is tested where it is made.
                "authorization" if got.starts_with("TC3") => {
                    assert!(got.contains(" Credential=AKIDexample/2025-01-01/tts/tc3_request, "), "{got}");
                }
                _ => assert_eq!(Some(got), value.as_str(), "{} {name}", row.name()),
            }
        }
        match serde_json::from_str::<Value>(&request.body) {
            Ok(body) => assert_within(row, "", &body, &captured["body"]),
            Err(_) => assert_eq!(request.body, TEXT_AS_SSML, "{}", row.name()),
        }
    }
}

/// As captured, without the namespace that is needed for styles only.
const TEXT_AS_SSML: &str = r#"<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="zh-CN"><voice name="zh-CN-XiaoxiaoNeural">你好，世界。</voice></speak>"#;

/// Every member of ours stands in the captured body with the same value.
#[track_caller]
fn assert_within(row: &Row, place: &str, ours: &Value, theirs: &Value) {
    match ours {
        Value::Object(members) => {
            for (name, value) in members {
                let place = format!("{place}/{name}");
                if !row.ours.contains(&place.as_str()) && !IDS.contains(&place.as_str()) {
                    assert_within(row, &place, value, &theirs[name]);
                }
            }
        }
        Value::Number(number) => assert_eq!(number.as_f64(), theirs.as_f64(), "{} {place}", row.name()),
        _ => assert_eq!(ours, theirs, "{} {place}", row.name()),
    }
}

#[test]
fn the_first_generation_is_asked_as_its_document_says() {
    let row = TABLE.iter().find(|row| row.interface == "v1").expect("a row");
    let request = sent(row);
    assert_eq!(request.line, "POST /api/v1/tts HTTP/1.1");
    // With a semicolon and without a space.
    assert_eq!(request.header("authorization"), Some("Bearer;token-1"));
    let body: Value = serde_json::from_str(&request.body).expect("JSON");
    assert_eq!(
        body,
        json!({
            "app": { "appid": "app-1", "token": "token-1", "cluster": "volcano_tts" },
            "user": { "uid": "小明" },
            "audio": { "voice_type": "zh_female_wanwanxiaohe_moon_bigtts", "encoding": "pcm", "rate": 16_000 },
            "request": { "reqid": "request-1-1", "text": TEXT, "operation": "query" },
        })
    );
}
