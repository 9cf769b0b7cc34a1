//! A speech synthesiser that speaks the custom protocol.

use std::time::Duration;

use bargein_mocks::script::TtsScript;
use bargein_mocks::{Mock, What, serve_tts};
use bargein_net::{World, run_virtual};
use serde_json::{Value, json};

use crate::client::{Got, Seen, listen, post};

const SPEAK: &str = "http://tts.mock/api/v1/tts/stream";

async fn vendor(world: &World, script: Value, seen: &Seen) -> Mock {
    let read =
        |file: &str| std::fs::read(format!("{}/../fixtures/speech/{file}", env!("CARGO_MANIFEST_DIR")));
    let script = TtsScript::parse(&script, read).unwrap();
    serve_tts(world, listen(world, "tts.mock:80").await.unwrap(), script, seen.observer())
}

fn check(script: Value, body: &Value) -> (Got, Vec<String>) {
    let seen = Seen::default();
    let got = run_virtual(7, async |world| {
        let _vendor = vendor(&world, script, &seen).await;
        post(&world, SPEAK, "k", &body.to_string()).await
    });
    (got.unwrap(), seen.lines())
}

#[test]
fn audio_comes_at_the_times_of_the_script() {
    let (got, told) = check(json!({}), &json!({ "Text": "我在。", "Format": "pcm" }));
    assert_eq!(got.status, 200);
    assert_eq!(got.header("content-type"), "audio/L16");
    assert_eq!(got.header("transfer-encoding"), "chunked");
    assert_eq!(got.head_at, 0);
    // Three characters of 220 ms: 33 chunks of 20 ms, each after a quarter of its length.
    assert_eq!(got.times(), (0..33).map(|chunk| 150 + 5 * chunk).collect::<Vec<_>>());
    assert!(got.pieces.iter().all(|(_, bytes)| bytes.len() == 640));
    assert_eq!(got.end, (310, true));
    assert_eq!(told, ["0 #1 request", "150 #1 first audio", "310 #1 response"]);
}

#[test]
fn a_wav_header_leaves_with_the_head_and_names_no_length() {
    let (got, told) = check(json!({}), &json!({ "Text": "嗯" }));
    assert_eq!(got.header("content-type"), "audio/wav");
    assert_eq!(got.times()[..2], [0, 150]);
    let body = got.body();
    let (header, audio) = body.split_at(44);
    let expected = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data\xff\xff\xff\xff";
    assert_eq!(header, expected);
    assert_eq!(audio.len(), 7_040);
    assert_eq!(told[1], "150 #1 first audio");
}

#[test]
fn speed_and_chunk_place_every_piece() {
    let pcm = json!({ "Text": "嗯", "Format": "pcm" });
    // 220 ms of audio are 7,040 bytes.
    for (script, times, sizes) in [
        (json!({ "speed": "1x", "chunk": "100ms" }), vec![150, 250, 350], vec![3_200, 3_200, 640]),
        (
            json!({ "speed": "0.5x", "chunk": "100ms", "first_audio": "0ms" }),
            vec![0, 200, 400],
            vec![3_200, 3_200, 640],
        ),
        (json!({ "speed": "1000x" }), vec![150], vec![7_040]),
        (json!({ "speed": "4x", "chunk": "3001B" }), vec![150, 173, 197], vec![3_001, 3_001, 1_038]),
        (
            json!({ "speed": "1x", "chunk": "200ms", "seconds_per_char": "500ms" }),
            vec![150, 350, 550],
            vec![6_400, 6_400, 3_200],
        ),
    ] {
        let (got, _) = check(script.clone(), &pcm);
        assert_eq!(got.times(), times, "{script}");
        assert_eq!(got.pieces.iter().map(|(_, bytes)| bytes.len()).collect::<Vec<_>>(), sizes, "{script}");
    }
}

#[test]
fn the_audio_is_as_the_request_wants_it() {
    for (text, rate, channels, bytes) in [
        ("你好", 16_000, 1, 440 * 32),
        ("hi there.", 16_000, 1, 540 * 32),
        ("你好 hi", 8_000, 1, 620 * 16),
        ("嗯", 24_000, 2, 220 * 96),
    ] {
        let body = json!({ "Text": text, "Format": "pcm", "SampleRate": rate, "Channel": channels });
        assert_eq!(check(json!({}), &body).0.body().len(), bytes, "{body}");
    }
}

#[test]
fn a_recording_is_heard_as_it_is() {
    let body = json!({ "Text": "嗯", "Format": "pcm" });
    let (got, _) = check(json!({ "voice": "speech zh-mm.wav" }), &body);
    let file = format!("{}/../fixtures/speech/zh-mm.wav", env!("CARGO_MANIFEST_DIR"));
    let samples: Vec<i16> =
        hound::WavReader::open(file).unwrap().into_samples().map(Result::unwrap).take(3_520).collect();
    let heard: Vec<i16> = got.body().chunks(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
    assert_eq!(heard, samples);
}

#[test]
fn what_cannot_be_said_is_refused_as_json() {
    for (body, message) in [
        (json!({}), "missing field `Text`"),
        (json!({ "text": "a" }), "missing field `Text`"),
        (json!({ "Text": " " }), "expected something to say in `Text`"),
        (json!({ "Text": "a", "Format": "mp3" }), "expected the format wav or pcm, got mp3"),
        (json!({ "Text": "a", "SampleRate": 11 }), "expected a sample rate of 8000..=48000, got 11"),
        (json!({ "Text": "a", "Channel": 3 }), "expected 1 or 2 channels, got 3"),
    ] {
        let (got, told) = check(json!({}), &body);
        assert_eq!((got.status.as_u16(), got.header("content-type")), (400, "application/json"));
        assert_eq!(got.json(), json!({ "error": { "code": "INVALID_ARGUMENT", "message": message } }));
        assert_eq!(told, ["0 #1 request", "0 #1 response"]);
    }
}

#[test]
fn keys_limits_and_scripted_refusals_are_refused_with_the_protocols_codes() {
    let body = json!({ "Text": "嗯" });
    for (script, status, code) in [
        (json!({ "key": "other" }), 401, "AUTH_FAILED"),
        (json!({ "concurrent": 0 }), 429, "RATE_LIMITED"),
        (json!({ "status": 413 }), 413, "TEXT_TOO_LONG"),
        (json!({ "status": 503 }), 503, "INTERNAL"),
        (json!({ "status": 500, "code": "E42" }), 500, "E42"),
    ] {
        let (got, _) = check(script, &body);
        assert_eq!((got.status.as_u16(), got.json()["error"]["code"].as_str()), (status, Some(code)));
    }
    let (got, _) = check(json!({ "status": 429, "retry_after": "300ms" }), &body);
    assert_eq!(got.header("retry-after"), "1");
}

#[test]
fn audio_breaks_stalls_and_loses_bytes_where_the_script_says() {
    let body = json!({ "Text": "嗯嗯", "Format": "pcm" });
    let faulty = |fault: Value| {
        let mut script = json!({ "chunk": "110ms", "speed": "1x" });
        script.as_object_mut().unwrap().extend(fault.as_object().unwrap().clone());
        check(script, &body).0
    };
    let got = faulty(json!({ "cut": "at chunk 2" }));
    assert_eq!((got.times(), got.end), (vec![150, 260], (260, true)));
    let got = faulty(json!({ "cut": "at byte 4000 by reset" }));
    assert_eq!((got.body().len(), got.end), (4_000, (260, false)));
    let got = faulty(json!({ "stall": "at chunk 1 for 3s" }));
    assert_eq!(got.times(), [150, 3_260, 3_370, 3_480]);
    let got = faulty(json!({ "malformed": "at chunk 3" }));
    assert_eq!(
        got.pieces.iter().map(|(_, bytes)| bytes.len()).collect::<Vec<_>>(),
        [3_520, 3_520, 3_519, 3_520]
    );
    let got = faulty(json!({ "wrong_header": { "content-type": "text/html" }, "after": "40ms" }));
    assert_eq!((got.header("content-type"), got.head_at), ("text/html", 40));
}

#[test]
fn an_agent_that_stops_listening_is_noticed_at_once() {
    let seen = Seen::default();
    run_virtual(7, async |world| {
        let _vendor = vendor(&world, json!({ "speed": "1x" }), &seen).await;
        let body = json!({ "Text": "讲一个很长很长的故事" }).to_string();
        let call = post(&world, SPEAK, "k", &body);
        let _ = world.clock.timeout(Duration::from_millis(1_000), call).await;
        world.clock.sleep(Duration::from_secs(5)).await;
    })
    .unwrap();
    assert_eq!(seen.lines(), ["0 #1 request", "150 #1 first audio", "1000 #1 closed by agent"]);
}

#[test]
fn other_methods_are_not_allowed_and_not_counted() {
    let seen = Seen::default();
    run_virtual(7, async |world| {
        let _vendor = vendor(&world, json!({}), &seen).await;
        assert_eq!(crate::client::send(&world, "GET", SPEAK, "k", "").await.status, 405);
    })
    .unwrap();
    assert!(seen.lines().is_empty());
}

#[test]
fn the_observer_is_told_what_is_said_and_for_how_long() {
    let seen = Seen::default();
    run_virtual(7, async |world| {
        let vendor = vendor(&world, json!({}), &seen).await;
        assert_eq!(vendor.client_settings(), &json!({ "url": "http://tts.mock:80/stream-audio", "key": "" }));
        post(&world, SPEAK, "k", &json!({ "Text": "你好 hi" }).to_string()).await;
    })
    .unwrap();
    let what: Vec<_> = seen.all().into_iter().map(|observation| observation.what).collect();
    assert!(matches!(&what[0], What::Request { text: Some(text), .. } if text == "你好 hi"));
    assert_eq!(what[1], What::FirstAudio { speech: Duration::from_millis(620) });
    assert_eq!(what[2], What::Response { status: 200, text: String::new() });
}
