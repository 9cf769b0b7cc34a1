//! `/v1/audio/speech`.

use http::Method;
use serde_json::{Value, json};

use crate::stage::{Heard, Setting, Stage, with, with_setting};

const AUTHORISED: (&str, &str) = ("authorization", "Bearer sk-test");

async fn ask(stage: &Stage, body: Value) -> Heard {
    stage.send(Method::POST, "/v1/audio/speech", &[AUTHORISED], body.to_string()).await
}

fn events(heard: &Heard) -> Vec<Value> {
    let text = String::from_utf8(heard.body()).unwrap();
    text.split_terminator("\n\n").map(|event| serde_json::from_str(&event[6..]).unwrap()).collect()
}

#[test]
fn a_text_is_spoken_in_what_was_asked_for() {
    with(json!({}), async |stage| {
        // 220 ms at 24 kHz.
        for (more, content_type, bytes) in [
            (json!({}), "audio/wav", 44 + 10_560),
            (json!({ "response_format": "wav", "speed": 1.0 }), "audio/wav", 44 + 10_560),
            (json!({ "response_format": "pcm" }), "audio/pcm", 10_560),
            (json!({ "response_format": "opus" }), "audio/ogg", 0),
            (json!({ "voice": { "id": "bob" }, "instructions": "softly" }), "audio/wav", 44 + 10_560),
        ] {
            let mut body = json!({ "model": "tts-1", "voice": "anna", "input": "嗯" });
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let heard = ask(&stage, body.clone()).await;
            assert_eq!((heard.status.as_u16(), heard.header("content-type")), (200, content_type), "{body}");
            assert_eq!(heard.header("transfer-encoding"), "chunked");
            assert!(heard.end.1 && (bytes == 0 || heard.body().len() == bytes), "{body}");
        }
        assert_eq!(stage.told.all()[0].path, "/v1/audio/speech");
    });
}

#[test]
fn a_voice_may_be_named_as_the_model() {
    with(json!({}), async |stage| {
        let heard = ask(&stage, json!({ "model": "anna", "voice": "alloy", "input": "嗯" })).await;
        assert_eq!(heard.status, 200);
        let heard = ask(&stage, json!({ "model": "tts-1", "voice": "alloy", "input": "嗯" })).await;
        let body: Value = serde_json::from_slice(&heard.body()).unwrap();
        assert_eq!((heard.status.as_u16(), &body["error"]["code"]), (404, &json!("model_not_found")));
        assert_eq!(body["error"]["param"], "voice");
    });
}

#[test]
fn audio_comes_as_events_when_they_are_asked_for() {
    with(json!({}), async |stage| {
        let body = json!({ "model": "m", "voice": "anna", "input": "嗯", "response_format": "pcm", "stream_format": "sse" });
        let heard = ask(&stage, body).await;
        assert_eq!((heard.header("content-type"), heard.head_at), ("text/event-stream", 150));
        let events = events(&heard);
        let (done, deltas) = events.split_last().unwrap();
        assert_eq!(done["type"], "speech.audio.done");
        let audio = deltas.iter().map(|event| {
            assert_eq!(event["type"], "speech.audio.delta");
            base64::Engine::decode(
                &base64::engine::general_purpose::STANDARD,
                event["audio"].as_str().unwrap(),
            )
            .unwrap()
        });
        assert_eq!(audio.collect::<Vec<_>>().concat().len(), 10_560);
    });
    with(json!({ "cut": "at chunk 5 by reset" }), async |stage| {
        let body = json!({ "model": "m", "voice": "anna", "input": "我在。", "stream_format": "sse" });
        let heard = ask(&stage, body).await;
        let events = events(&heard);
        let last = events.last().unwrap();
        assert_eq!((&last["type"], &last["error"]["code"]), (&json!("error"), &json!("broken")), "{last}");
        assert!(events.iter().all(|event| event["type"] != "speech.audio.done"), "no false end");
        assert_eq!(stage.told.all()[0].end, bargein_server::End::Broken);
    });
}

#[test]
fn what_cannot_be_made_is_refused_in_the_shape_its_clients_know() {
    with(json!({}), async |stage| {
        let good = json!({ "model": "m", "voice": "anna", "input": "嗯" });
        for (more, status, param, code) in [
            (json!({ "response_format": "mp3" }), 400, json!("response_format"), json!("unsupported_value")),
            (json!({ "stream_format": "x" }), 400, json!("stream_format"), json!("unsupported_value")),
            (json!({ "speed": 2 }), 400, json!("speed"), json!("unsupported_value")),
            (json!({ "input": null }), 400, json!("input"), Value::Null),
            (json!({ "input": "好".repeat(5_001) }), 400, json!("input"), json!("string_above_max_length")),
            (json!({ "voice": 3 }), 400, Value::Null, Value::Null),
        ] {
            let mut body = good.clone();
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let heard = ask(&stage, body).await;
            let error = serde_json::from_slice::<Value>(&heard.body()).unwrap()["error"].clone();
            assert_eq!(
                (heard.status.as_u16(), &error["param"], &error["code"]),
                (status, &param, &code),
                "{more}"
            );
            assert!(error["message"].as_str().unwrap().starts_with("Expected"), "{error}");
        }
        let heard = stage.send(Method::POST, "/v1/audio/speech", &[], good.to_string()).await;
        assert_eq!(heard.status, 401);
        let heard = stage.send(Method::GET, "/v1/audio/speech", &[AUTHORISED], "").await;
        assert_eq!(heard.status, 405);
        assert!(stage.seen.texts().is_empty());
    });
    let setting = Setting { script: json!({ "status": 429 }), target: "retries = 0", ..Setting::default() };
    with_setting(setting, async |stage| {
        let heard = ask(&stage, json!({ "model": "m", "voice": "anna", "input": "嗯" })).await;
        let error = serde_json::from_slice::<Value>(&heard.body()).unwrap()["error"].clone();
        assert_eq!((heard.status.as_u16(), &error["code"]), (429, &json!("rate_limit_exceeded")));
    });
}

#[test]
fn a_retry_with_the_same_id_is_not_paid_twice() {
    with(json!({}), async |stage| {
        let body = json!({ "model": "m", "voice": "anna", "input": "嗯" }).to_string();
        let headers = [AUTHORISED, ("x-request-id", "r")];
        let first = stage.send(Method::POST, "/v1/audio/speech", &headers, body.clone()).await;
        let second = stage.send(Method::POST, "/v1/audio/speech", &headers, body).await;
        assert_eq!((first.body(), second.header("x-request-id")), (second.body(), "r"));
        assert_eq!(stage.seen.texts().len(), 1);
    });
}
