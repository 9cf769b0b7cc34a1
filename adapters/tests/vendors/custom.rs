//! The custom TTS protocol.

use std::sync::Arc;
use std::time::Duration;

use bargein_adapters::OnWritten;
use bargein_adapters::registry;
use bargein_adapters::tts::{Format, Tts, TtsCall, TtsItem};
use bargein_core::{FaultKind, RequestId, RoundId, TtsRequest, VendorFault};
use bargein_net::{World, run_real, run_virtual};
use bytes::Bytes;
use futures_util::StreamExt;
use serde_json::{Value, json};
use wiremock::matchers::{body_json, header, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::server::{Saw, Step, chunk, end, head, serve, whole};
use crate::{identity, ms, with, with_times};

/// 16 kHz, mono, length not known.
const HEADER: &[u8] = include_bytes!("../../../fixtures/wire/custom/header-16k-mono-unknown.wav");

fn call() -> TtsCall {
    TtsCall {
        request: TtsRequest {
            round: RoundId(1),
            request: RequestId(1),
            attempt: 1,
            text: "你好。".into(),
            read_ahead: Duration::from_secs(3),
            stall_timeout: Duration::from_secs(5),
        },
        request_id: "request-1".into(),
        session: identity(),
        written: OnWritten::default(),
    }
}

fn synthesiser(world: &World, more: &Value) -> Arc<dyn Tts> {
    let settings = with(json!({ "url": "http://tts.test/stream-audio", "key": "key-1" }), more);
    registry::tts("custom", world, settings).expect("good settings")
}

fn audio(samples: &'static [u8]) -> TtsItem {
    TtsItem::Audio(Bytes::from_static(samples), Format { rate: 16_000 })
}

fn broken(message: &str) -> TtsItem {
    TtsItem::Failed(VendorFault::new(FaultKind::Broken, message))
}

#[track_caller]
fn check(more: &Value, script: Vec<Step>, expected: &[(u64, TtsItem)]) {
    let items = run_virtual(1, async |world| {
        let _saw = serve(&world, "tts.test", [script]).await;
        with_times(&world.clock, synthesiser(&world, more).start(call())).await
    });
    assert_eq!(items.expect("no task left"), expected);
}

fn pcm(chunks: &[&[u8]]) -> Vec<Step> {
    [vec![head("200 OK", "audio/L16")], chunks.iter().map(chunk).collect(), vec![end()]].concat()
}

fn wav(chunks: &[&[u8]]) -> Vec<Step> {
    [vec![head("200 OK", "audio/wav")], chunks.iter().map(chunk).collect(), vec![end()]].concat()
}

#[test]
fn the_request_is_the_manuals() {
    let request = run_virtual(1, async |world| {
        let mut saw = serve(&world, "tts.test", [pcm(&[b"ab"])]).await;
        let _items: Vec<_> = synthesiser(&world, &json!({ "format": "pcm" })).start(call()).collect().await;
        assert_eq!(saw.recv().await, Some(Saw::Connection));
        let Some(Saw::Request(request)) = saw.recv().await else { panic!("no request") };
        request
    })
    .expect("no task left");
    assert_eq!(request.line, "POST /stream-audio HTTP/1.1");
    for (name, value) in [
        ("content-type", "application/json;charset=UTF-8"),
        ("authorization", "Bearer key-1"),
        ("x-task-id", "task-1"),
        ("x-request-id", "request-1"),
        ("x-rquest-id", "request-1"),
        ("x-sdk-app-id", "1400000001"),
        ("x-user-id", "小明"),
        ("x-room-id", "42"),
        ("x-room-id-type", "0"),
    ] {
        assert_eq!(request.header(name), Some(value), "{name}");
    }
    assert_eq!(request.body, r#"{"Text":"你好。","Format":"pcm","SampleRate":16000,"Channel":1}"#);
}

#[test]
fn audio_comes_as_it_arrives() {
    let script = vec![
        Step::Wait(ms(100)),
        head("200 OK", "audio/wav"),
        Step::Wait(ms(50)),
        chunk(HEADER),
        Step::Wait(ms(10)),
        chunk(b"1234"),
        Step::Wait(ms(20)),
        chunk(b"567"),
        Step::Wait(ms(20)),
        chunk(b"8"),
        end(),
    ];
    let expected = [
        (100, TtsItem::Responding),
        (160, audio(b"1234")),
        (180, audio(b"56")),
        (200, audio(b"78")),
        (200, TtsItem::Finished),
    ];
    check(&json!({}), script, &expected);
}

#[test]
fn bodies_of_every_shape_give_whole_mono_samples() {
    let good =
        |samples: &'static [u8]| [(0, TtsItem::Responding), (0, audio(samples)), (0, TtsItem::Finished)];
    let pcm_settings = json!({ "format": "pcm" });
    // Half a sample at the end is dropped.
    check(&pcm_settings, pcm(&[b"12345"]), &good(b"1234"));
    // Two channels become one: 1 and 3 come to 2.
    check(&json!({ "format": "pcm", "channels": 2 }), pcm(&[&[1, 0, 3, 0]]), &good(&[2, 0]));
    check(&json!({ "format": "pcm", "big_endian": true }), pcm(&[&[1, 2]]), &good(&[2, 1]));
    // What the header says is believed.
    let mut stereo = HEADER.to_vec();
    (stereo[22], stereo[24], stereo[25]) = (2, 0xC0, 0x5D);
    check(
        &json!({}),
        wav(&[&stereo, &[1, 0, 3, 0]]),
        &[
            (0, TtsItem::Responding),
            (0, TtsItem::Audio(Bytes::from_static(&[2, 0]), Format { rate: 24_000 })),
            (0, TtsItem::Finished),
        ],
    );
    check(
        &json!({ "match_header": true }),
        wav(&[&stereo, &[1, 0, 3, 0]]),
        &[
            (0, TtsItem::Responding),
            (0, broken("expected a WAV of 16000 Hz and 1 channels, got 24000 Hz and 2")),
        ],
    );
    // A header for every chunk, the first after half a sample.
    check(
        &json!({}),
        wav(&[&[HEADER, b"123"].concat(), &[HEADER, b"45"].concat()]),
        &[(0, TtsItem::Responding), (0, audio(b"12")), (0, audio(b"45")), (0, TtsItem::Finished)],
    );
    // The end could have been the beginning of a header.
    check(
        &json!({}),
        wav(&[HEADER, b"12RI"]),
        &[(0, TtsItem::Responding), (0, audio(b"12")), (0, audio(b"RI")), (0, TtsItem::Finished)],
    );
}

#[test]
fn an_answer_without_audio_is_a_fault() {
    let none = |message: &str| [(0, TtsItem::Responding), (0, broken(message))];
    check(&json!({}), wav(&[HEADER]), &none("expected audio, got none"));
    check(&json!({ "format": "pcm" }), pcm(&[]), &none("expected audio, got none"));
    check(&json!({ "format": "pcm" }), pcm(&[b"1"]), &none("expected audio, got none"));
    check(
        &json!({}),
        wav(&[b"RIFF"]),
        &none("expected a header and samples, got the end of the stream after 4 bytes"),
    );
    check(
        &json!({}),
        wav(&[b"no wav at all"]),
        &none("expected `RIFF` and `WAVE` at the beginning, got `no wav at al`"),
    );
}

#[test]
fn a_body_that_breaks_leaves_its_audio_and_a_fault() {
    let script =
        vec![head("200 OK", "audio/wav"), chunk(HEADER), chunk(b"1234"), Step::Wait(ms(30)), Step::Close];
    let message =
        "the connection broke: error reading a body from connection: unexpected EOF during chunk size line";
    check(&json!({}), script, &[(0, TtsItem::Responding), (0, audio(b"1234")), (30, broken(message))]);
}

#[test]
fn heads_that_break_the_protocol_are_faults_and_refusals_say_why() {
    let wav_type = "Content-Type: audio/wav\r\n";
    check(
        &json!({}),
        vec![whole("200 OK", wav_type, "RIFF")],
        &[(0, broken("expected `Transfer-Encoding: chunked`, got no such header"))],
    );
    let refused = |kind, code: &str, message: &str, wait| {
        let fault = VendorFault::new(kind, message).with_code(code);
        [(0, TtsItem::Failed(VendorFault { retry_after: wait, ..fault }))]
    };
    let json = "Content-Type: application/json\r\n";
    let manual = include_str!("../../../fixtures/wire/custom/error.json");
    check(
        &json!({}),
        vec![whole("200 OK", json, manual)],
        &refused(FaultKind::Unavailable, "ERROR_CODE", "A description of the error", None),
    );
    check(
        &json!({}),
        vec![whole(
            "429 Too Many Requests",
            &format!("{json}Retry-After: 1\r\n"),
            r#"{"error":{"code":"RATE_LIMITED","message":"slow"}}"#,
        )],
        &refused(FaultKind::RateLimited, "RATE_LIMITED", "slow", Some(ms(1000))),
    );
    check(
        &json!({}),
        vec![whole(
            "401 Unauthorized",
            json,
            r#"{"error":{"code":"AUTH_FAILED","message":"key-1 is wrong"}}"#,
        )],
        &refused(FaultKind::Auth, "AUTH_FAILED", "***** is wrong", None),
    );
    check(
        &json!({}),
        vec![whole("502 Bad Gateway", wav_type, "")],
        &refused(
            FaultKind::Unavailable,
            "502",
            "expected audio, got the status 502 Bad Gateway without a word",
            None,
        ),
    );
}

#[test]
fn dropping_the_stream_closes_the_connection_at_once() {
    run_virtual(1, async |world| {
        let script = vec![head("200 OK", "audio/wav"), chunk(HEADER), chunk(b"1234"), Step::Hold];
        let mut saw = serve(&world, "tts.test", [script]).await;
        let mut stream = synthesiser(&world, &json!({})).start(call());
        assert_eq!(stream.next().await, Some(TtsItem::Responding));
        assert_eq!(stream.next().await, Some(audio(b"1234")));
        world.clock.sleep(ms(70)).await;
        let at = world.clock.now();
        drop(stream);
        saw.recv().await;
        saw.recv().await;
        assert_eq!(saw.recv().await, Some(Saw::ClosedByClient(at)));
    })
    .expect("no task left");
}

#[test]
fn a_connection_whose_audio_was_read_to_its_end_serves_again() {
    run_virtual(1, async |world| {
        let mut saw = serve(&world, "tts.test", [wav(&[HEADER, b"12"]), wav(&[HEADER, b"34"])]).await;
        let synthesiser = synthesiser(&world, &json!({}));
        let _first: Vec<_> = synthesiser.start(call()).collect().await;
        let _second: Vec<_> = synthesiser.start(call()).collect().await;
        assert!(matches!(saw.recv().await, Some(Saw::Connection)));
        assert!(matches!(saw.recv().await, Some(Saw::Request(_))));
        assert!(matches!(saw.recv().await, Some(Saw::Request(_))));
    })
    .expect("no task left");
}

#[test]
fn a_stream_that_is_not_polled_is_not_read() {
    run_virtual(1, async |world| {
        // More than all buffers between the two hold.
        let megabyte = vec![7; 1 << 20];
        let script =
            [vec![head("200 OK", "audio/L16")], vec![chunk(&megabyte); 8], vec![end(), Step::Hold]].concat();
        let mut saw = serve(&world, "tts.test", [script]).await;
        let mut stream = synthesiser(&world, &json!({ "format": "pcm" })).start(call());
        stream.next().await;
        stream.next().await;
        saw.recv().await;
        saw.recv().await;
        world.clock.sleep(ms(60_000)).await;
        assert!(saw.try_recv().is_err(), "the server must still be writing");
    })
    .expect("no task left");
}

#[test]
fn settings_that_are_wrong_are_refused_with_their_place() {
    run_virtual(1, async |world| {
        for (settings, path, message) in [
            (
                json!({ "url": "ftp://a/" }),
                "url",
                "expected an address that begins with http:// or https://, got `ftp://a/`",
            ),
            (
                json!({ "url": "http://a/", "format": "mp3" }),
                "format",
                "unknown variant `mp3`, expected `wav` or `pcm`",
            ),
            (
                json!({ "url": "http://a/", "sample_rate": 4000 }),
                "sample_rate",
                "expected 8000 to 48000 samples a second, got 4000",
            ),
            (json!({ "url": "http://a/", "channels": 3 }), "channels", "expected 1 or 2 channels, got 3"),
        ] {
            let error = registry::tts("custom", &world, settings).map(|_| ()).expect_err("wrong settings");
            let expected = registry::OpenError::Settings { path: path.into(), message: message.into() };
            assert_eq!(error, expected);
        }
    })
    .expect("no task left");
}

#[test]
fn a_server_of_others_is_understood_over_sockets() {
    run_real(1, async |world| {
        let server = MockServer::start().await;
        let expected = json!({ "Text": "你好。", "Format": "wav", "SampleRate": 16000, "Channel": 1 });
        // This server knows no chunks: only a lenient client takes its answer.
        Mock::given(method("POST"))
            .and(header("authorization", "Bearer key-1"))
            .and(body_json(expected))
            .respond_with(ResponseTemplate::new(200).set_body_raw([HEADER, b"1234"].concat(), "audio/x-wav"))
            .mount(&server)
            .await;
        let lenient = synthesiser(&world, &json!({ "url": server.uri(), "lenient": true }));
        let items: Vec<_> = lenient.start(call()).collect().await;
        assert_eq!(items, [TtsItem::Responding, audio(b"1234"), TtsItem::Finished]);
        let strict = synthesiser(&world, &json!({ "url": server.uri() }));
        let items: Vec<_> = strict.start(call()).collect().await;
        assert_eq!(items, [broken("expected `Transfer-Encoding: chunked`, got no such header")]);
    })
    .expect("no task left");
}
