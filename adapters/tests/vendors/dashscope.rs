//! DashScope's recognisers, against a WebSocket server that plays scripts of frames.

use std::sync::Arc;

use bargein_adapters::asr::{Asr, AsrCall};
use bargein_adapters::registry;
use bargein_core::{AsrEvent, FaultKind};
use bargein_net::{World, run_virtual};
use serde_json::{Value, json};

use crate::microphone::speak;
use crate::websocket::{Heard, Step, serve, text, upgrade};
use crate::{identity, ms, with_times};

/// Messages of the documents: started, a sentence so far, its end, the end of the task, a failure, Gummy's sentence.
const TOLD: &str = include_str!("../../../fixtures/wire/dashscope/recognition.jsonl");

/// What the official client says to run a task and to finish it.
const SAID: &str = include_str!("../../../fixtures/wire/dashscope/uplink.jsonl");

fn told(number: usize) -> Step {
    text(TOLD.lines().nth(number).expect("six lines"))
}

fn recogniser(world: &World, more: &Value) -> Arc<dyn Asr> {
    let mut settings = json!({ "url": "ws://asr.test/api-ws/v1/inference", "api_key": "sk-test" });
    settings.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    registry::asr("dashscope", world, settings).expect("good settings")
}

/// Runs a stream of 11 frames of audio to its end: what it said, and what the server heard.
fn run(more: &Value, script: Vec<Step>) -> (Vec<(u64, AsrEvent)>, Vec<Heard>) {
    let ran = run_virtual(1, async |world| {
        let (_, mut heard) = serve(&world, "asr.test", [script]).await;
        let call = AsrCall { session: identity() };
        let events = recogniser(&world, more).open(call, speak(&world, 11));
        let said = with_times(&world.clock, events).await;
        world.clock.sleep(ms(1)).await;
        (said, std::iter::from_fn(|| heard.try_recv().ok()).map(|(_, heard)| heard).collect())
    });
    ran.expect("no task left")
}

fn texts(heard: &[Heard]) -> Vec<Value> {
    let texts =
        heard.iter().filter_map(|heard| if let Heard::Text(text) = heard { Some(text) } else { None });
    texts.map(|text| serde_json::from_str(text).expect("JSON")).collect()
}

#[test]
fn a_task_is_run_and_finished_as_the_official_client_does() {
    let more = json!({
        "vocabulary_id": "vocab-x",
        "max_sentence_silence": "800ms",
        "language_hints": ["zh"],
        // Left out by the official client when it is not asked for.
        "extra": { "semantic_punctuation_enabled": null },
    });
    let script = vec![upgrade(), Step::Wait(ms(50)), told(0), Step::Wait(ms(200)), told(3)];
    let (said, heard) = run(&more, script);
    assert_eq!(said, [(50, AsrEvent::Ready), (250, AsrEvent::Closed)]);
    let mut ours = texts(&heard);
    let theirs: Vec<Value> = SAID.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let task = ours[0]["header"]["task_id"].clone();
    assert_eq!(task.as_str().map(str::len), Some(32));
    assert_eq!(ours[1]["header"]["task_id"], task);
    for said in &mut ours {
        said["header"]["task_id"] = theirs[0]["header"]["task_id"].clone();
    }
    let parameters = ours[0]["payload"]["parameters"].as_object_mut().expect("parameters");
    assert_eq!(parameters.remove("semantic_punctuation_enabled"), Some(Value::Null));
    assert_eq!(ours, theirs);
    let audio = heard
        .iter()
        .filter_map(|heard| if let Heard::Audio(audio) = heard { Some(audio.len()) } else { None });
    assert_eq!(audio.collect::<Vec<_>>(), [3200, 3200, 640]);
}

#[test]
fn sentences_are_counted_and_signs_of_life_passed_over() {
    let alive = r#"{"header":{"event":"result-generated"},"payload":{"output":{"sentence":{"text":"","heartbeat":true,"end_time":9}}}}"#;
    let newer = r#"{"header":{"event":"result-generated"},"payload":{"output":{"sentence":{"text":"好。","sentence_end":true}}}}"#;
    let script =
        vec![upgrade(), told(0), text(alive), told(1), told(2), told(1), text(newer), told(5), told(3)];
    let (said, _) = run(&json!({}), script);
    let said: Vec<_> = said.into_iter().map(|(_, event)| event).collect();
    let interim = |sentence| AsrEvent::Interim { sentence, text: "好，我知道了".into() };
    let last = |sentence, text: &str| AsrEvent::Final { sentence, text: text.into() };
    assert_eq!(
        said,
        [
            AsrEvent::Ready,
            interim(0),
            last(0, "好，我知道了。"),
            interim(1),
            last(1, "好。"),
            last(2, "你好。"),
            AsrEvent::Closed,
        ]
    );
}

#[test]
fn gummy_is_asked_in_its_own_words() {
    let (_, heard) = run(&json!({ "model": "gummy-realtime-v1" }), vec![upgrade(), told(0), told(3)]);
    let expected = json!({
        "format": "pcm",
        "sample_rate": 16_000,
        "transcription_enabled": true,
        "max_end_silence": 300,
    });
    assert_eq!(texts(&heard)[0]["payload"]["parameters"], expected);
}

#[test]
fn what_goes_wrong_is_one_fault_with_the_services_words() {
    let failed = |code: &str| {
        text(&format!(
            r#"{{"header":{{"event":"task-failed","error_code":"{code}","error_message":"no"}},"payload":{{}}}}"#
        ))
    };
    let refused = |status: &str, body: &str| {
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        Step::Send(head.into_bytes())
    };
    for (step, kind, code, words) in [
        (told(4), FaultKind::Timeout, Some("CLIENT_ERROR"), "request timeout after 23 seconds."),
        (failed("Throttling.RateQuota"), FaultKind::RateLimited, Some("Throttling.RateQuota"), "no"),
        (failed("Arrearage"), FaultKind::Quota, Some("Arrearage"), "no"),
        (failed("InvalidParameter"), FaultKind::BadRequest, Some("InvalidParameter"), "no"),
        (failed("InvalidApiKey"), FaultKind::Auth, Some("InvalidApiKey"), "no"),
        (failed("InternalError"), FaultKind::Unavailable, Some("InternalError"), "no"),
        (failed("Mystery"), FaultKind::Unavailable, Some("Mystery"), "no"),
        (text("{\"header"), FaultKind::Broken, None, "expected a message of the service, got `{\"header`"),
        (Step::Drop, FaultKind::Broken, None, ""),
    ] {
        let (said, _) = run(&json!({}), vec![upgrade(), told(0), step]);
        let Some((_, AsrEvent::Failed(fault))) = said.last() else { panic!("no fault: {said:?}") };
        assert_eq!((fault.kind, fault.code.as_str()), (kind, code.unwrap_or_default()), "{fault:?}");
        assert!(fault.message.starts_with(words), "{fault:?}");
    }
    let body = r#"{"code":"InvalidApiKey","message":"Invalid API-key provided: sk-test.","request_id":"1"}"#;
    for (status, body, kind, code, words) in [
        ("401 Unauthorized", body, FaultKind::Auth, "InvalidApiKey", "Invalid API-key provided: *****."),
        ("503 Busy", "", FaultKind::Unavailable, "503", "expected an upgrade to a WebSocket"),
    ] {
        let (said, _) = run(&json!({}), vec![refused(status, body)]);
        let [(0, AsrEvent::Failed(fault))] = &said[..] else { panic!("no fault: {said:?}") };
        assert_eq!((fault.kind, fault.code.as_str()), (kind, code), "{fault:?}");
        assert!(fault.message.starts_with(words), "{fault:?}");
    }
}

#[test]
fn settings_that_the_service_would_refuse_are_refused_here() {
    run_virtual(1, async |world| {
        for (settings, expected) in [
            (json!({ "api_key": "" }), "expected a key, got ``"),
            (json!({ "api_key": "k", "max_sentence_silence": "100ms" }), "expected 200ms to 6s, got `100ms`"),
            (json!({ "api_key": "k", "model": "" }), "expected the name of a model, got ``"),
            (json!({ "api_key": "k", "url": "http://a" }), "expected an address that begins with ws://"),
        ] {
            let refused = registry::asr("dashscope", &world, settings).err().expect("a refusal");
            assert!(refused.to_string().starts_with(expected), "{refused}");
        }
    })
    .expect("no task left");
}
