//! ByteDance's recogniser, against a WebSocket server that plays scripts of frames.

use std::sync::Arc;

use bargein_adapters::asr::{Asr, AsrCall};
use bargein_adapters::registry;
use bargein_core::{AsrEvent, FaultKind};
use bargein_net::{World, run_virtual};
use serde_json::{Value, json};

use crate::microphone::speak;
use crate::websocket::{Heard, Step, frame, serve, upgrade};
use crate::{identity, ms, with_times};

/// Answers of the vendor's document: a sentence so far, two final ones, a text alone.
const TOLD: &str = include_str!("../../../fixtures/wire/bytedance/recognition.jsonl");

/// A frame that a client package makes, by name.
fn theirs(name: &str) -> Vec<u8> {
    let lines = include_str!("../../../fixtures/wire/bytedance/frames.txt").lines();
    let digits = lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).next().expect("a name");
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("digits");
    (0..digits.len()).step_by(2).map(byte).collect()
}

/// An answer: head, optional number, length, payload.
fn answer(flags: u8, number: Option<i32>, payload: &str) -> Step {
    let mut bytes = vec![0x11, 0x90 | flags, 0x10, 0];
    bytes.extend(number.iter().flat_map(|number| number.to_be_bytes()));
    bytes.extend(u32::try_from(payload.len()).expect("short").to_be_bytes());
    bytes.extend(payload.as_bytes());
    Step::Send(frame(0x82, &bytes))
}

fn told(number: usize) -> Step {
    answer(0b0001, Some(1), TOLD.lines().nth(number).expect("three lines"))
}

fn ended() -> Step {
    answer(0b0011, Some(-9), "{}")
}

fn failed(code: u32, words: &str) -> Step {
    let mut bytes = vec![0x11, 0xf0, 0x10, 0];
    bytes.extend(code.to_be_bytes());
    bytes.extend(u32::try_from(words.len()).expect("short").to_be_bytes());
    bytes.extend(words.as_bytes());
    Step::Send(frame(0x82, &bytes))
}

fn recogniser(world: &World, more: &Value) -> Arc<dyn Asr> {
    let mut settings =
        json!({ "url": "ws://asr.test/api/v3/sauc/bigmodel_async", "app_key": "a", "access_key": "secret" });
    settings.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    registry::asr("bytedance", world, settings).expect("good settings")
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

fn interim(sentence: u64, text: &str) -> AsrEvent {
    AsrEvent::Interim { sentence, text: text.into() }
}

fn last(sentence: u64, text: &str) -> AsrEvent {
    AsrEvent::Final { sentence, text: text.into() }
}

#[test]
fn frames_are_those_of_a_client_package() {
    let more = json!({
        "end_window_size": "800ms",
        "hot_words": ["腾讯云"],
        "extra": { "enable_ddc": null },
    });
    let (said, heard) = run(&more, vec![upgrade(), Step::Wait(ms(300)), ended()]);
    assert_eq!(said, [(0, AsrEvent::Ready), (300, AsrEvent::Closed)]);
    let Heard::Opened(target) = &heard[0] else { panic!("expected a request, got {heard:?}") };
    assert_eq!(target, "/api/v3/sauc/bigmodel_async");
    let frames: Vec<_> = heard[1..]
        .iter()
        .filter_map(|heard| if let Heard::Audio(bytes) = heard { Some(bytes.clone()) } else { None })
        .collect();
    let (ours, theirs_whole) = (&frames[0], theirs("request-plain"));
    // Head and number are the same, and so is what is asked, but for the name of the user and what we leave out.
    assert_eq!(ours[..8], theirs_whole[..8]);
    let json = |bytes: &[u8]| serde_json::from_slice::<Value>(&bytes[12..]).expect("JSON");
    let (mut ours, mut wanted) = (json(ours), json(&theirs_whole));
    assert_eq!(ours["user"]["uid"].take(), "小明");
    wanted["user"]["uid"].take();
    assert_eq!(ours["request"].as_object_mut().expect("an object").remove("enable_ddc"), Some(Value::Null));
    assert_eq!(ours, wanted);
    // Audio of 100 ms, numbered on; the last frame is empty and its number below 0.
    // The package writes JSON into the head of audio, which is none.
    let plain = theirs("audio-plain");
    assert_eq!((&frames[1][..2], frames[1][2], &frames[1][3..8]), (&plain[..2], 0, &plain[3..8]));
    assert_eq!(frames[1][8..12], 3200_u32.to_be_bytes());
    assert_eq!(frames[1].len(), 12 + 3200);
    assert_eq!(frames[3][4..12], [[0, 0, 0, 4], 640_u32.to_be_bytes()].concat());
    let end = theirs("audio-last");
    let last = frames.last().expect("frames");
    assert_eq!((last[0], last[1], last[2], last[3]), (end[0], end[1], 0, 0));
    assert_eq!(last[4..], [(-5_i32).to_be_bytes(), [0; 4]].concat());
    assert_eq!(frames.len(), 5);
}

#[test]
fn sentences_that_come_again_are_told_once() {
    let script = vec![
        upgrade(),
        told(2),
        told(0),
        told(1),
        told(1),
        answer(0, None, r#"{"result":{"text":"这是字节跳动，今日头条母公司。再"}}"#),
        answer(0, None, r#"{"result":{"text":"别的"}}"#),
        answer(0b0010, None, ""),
    ];
    let (said, _) = run(&json!({}), script);
    let said: Vec<_> = said.into_iter().map(|(_, event)| event).collect();
    assert_eq!(
        said,
        [
            AsrEvent::Ready,
            interim(0, "这是"),
            interim(0, "这是字节跳动，"),
            last(0, "这是字节跳动，"),
            last(1, "今日头条母公司。"),
            interim(2, "再"),
            AsrEvent::Closed,
        ]
    );
}

#[test]
fn what_goes_wrong_is_one_fault_with_the_services_words() {
    let timeout = r#"{"error":"[Timeout waiting next packet] waiting next packet timeout: 8 seconds"}"#;
    for (step, kind, code, words) in [
        (failed(45_000_081, timeout), FaultKind::Timeout, "45000081", "[Timeout waiting next packet]"),
        (failed(45_000_001, "no model"), FaultKind::BadRequest, "45000001", "no model"),
        (
            failed(45_000_000, "quota exceeded for types: concurrency"),
            FaultKind::RateLimited,
            "45000000",
            "quota exceeded",
        ),
        (failed(45_000_000, "quota exceeded for types: x_lifetime"), FaultKind::Quota, "45000000", "quota"),
        (failed(45_000_030, ""), FaultKind::Auth, "45000030", "the service ended the stream with the code"),
        (failed(55_000_031, "busy"), FaultKind::Unavailable, "55000031", "busy"),
        (failed(7, "key secret is odd"), FaultKind::Broken, "7", "key ***** is odd"),
        (
            Step::Send(frame(0x82, &[0x11])),
            FaultKind::Broken,
            "",
            "expected a message of the service, got `\u{11}`: expected 4 more bytes",
        ),
        (answer(0, None, "{"), FaultKind::Broken, "", "expected a message of the service, got `{`"),
        (Step::Drop, FaultKind::Broken, "", ""),
    ] {
        let (said, _) = run(&json!({}), vec![upgrade(), step]);
        let Some((_, AsrEvent::Failed(fault))) = said.last() else { panic!("no fault: {said:?}") };
        assert_eq!((fault.kind, fault.code.as_str()), (kind, code), "{fault:?}");
        assert!(fault.message.starts_with(words), "{fault:?}");
    }
    let refused =
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 40\r\n\r\n{\"error\":\"requested resource not granted\"";
    let (said, _) = run(&json!({}), vec![Step::Send(format!("{refused}}}").into_bytes())]);
    let [(0, AsrEvent::Ready | AsrEvent::Failed(_)), ..] = &said[..] else { panic!("no fault: {said:?}") };
    let Some((_, AsrEvent::Failed(fault))) = said.last() else { panic!("no fault: {said:?}") };
    assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::Auth, "403"));
}

#[test]
fn settings_that_the_service_would_refuse_are_refused_here() {
    run_virtual(1, async |world| {
        for (settings, expected) in [
            (json!({}), "expected a key, or an app_key with its access_key, got ``"),
            (json!({ "app_key": "a" }), "expected the application's key, got ``"),
            (json!({ "api_key": "k", "end_window_size": "100ms" }), "expected at least 200ms, got `100ms`"),
            (json!({ "api_key": "k", "resource_id": "\n" }), "expected no control characters, got `some`"),
        ] {
            let refused = registry::asr("bytedance", &world, settings).err().expect("a refusal");
            assert!(refused.to_string().starts_with(expected), "{refused}");
        }
    })
    .expect("no task left");
}
