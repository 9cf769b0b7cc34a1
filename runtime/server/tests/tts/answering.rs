//! Good answers: their heads, their audio, and when it comes.

use bargein_server::{End, Source};
use serde_json::json;

use crate::stage::{Setting, rest, with, with_setting};

#[test]
fn audio_leaves_as_it_comes_and_the_header_with_the_first_of_it() {
    with(json!({}), async |stage| {
        let heard = stage.say(json!({ "Text": "我在。" })).await;
        assert_eq!(heard.status, 200);
        assert_eq!(heard.header("content-type"), "audio/wav");
        assert_eq!(heard.header("transfer-encoding"), "chunked");
        assert_eq!(heard.header("cache-control"), "no-store");
        assert_eq!(heard.header("x-accel-buffering"), "no");
        for absent in ["content-length", "content-encoding", "connection"] {
            assert!(!heard.headers.contains_key(absent), "{absent}");
        }
        // The vendor's times to the millisecond: 20 ms of audio each 5 ms, from 150 ms on. The head waits for audio.
        assert_eq!(heard.head_at, 150);
        assert_eq!(heard.times(), (0..33).map(|chunk| 150 + 5 * chunk).collect::<Vec<_>>());
        assert_eq!(heard.end, (310, true));
        assert_eq!(heard.pieces[0].1.len(), 44 + 640);
        let body = heard.body();
        assert_eq!((body.len(), &body[..4], &body[40..44]), (44 + 33 * 640, &b"RIFF"[..], &[0xFF; 4][..]));
    });
}

#[test]
fn every_layout_is_honoured() {
    with(json!({}), async |stage| {
        // 220 ms of audio.
        for (format, rate, channels, content_type, bytes) in [
            ("pcm", 16_000, 1, "audio/L16", 7_040),
            ("pcm", 8_000, 1, "audio/L16", 3_520),
            ("pcm", 24_000, 1, "audio/L16", 10_560),
            ("pcm", 48_000, 2, "audio/L16", 42_240),
            ("wav", 24_000, 2, "audio/wav", 44 + 21_120),
            ("wav", 11_025, 1, "audio/wav", 44 + 4_852),
        ] {
            let ask = json!({ "Text": "嗯", "Format": format, "SampleRate": rate, "Channel": channels });
            let heard = stage.say(ask.clone()).await;
            assert_eq!(heard.header("content-type"), content_type, "{ask}");
            let body = heard.body();
            assert_eq!(body.len(), bytes, "{ask}");
            if format == "wav" {
                assert_eq!(body[24..28], u32::to_le_bytes(rate), "{ask}");
                assert_eq!(body[22..24], u16::to_le_bytes(channels), "{ask}");
            }
            assert!(heard.pieces.iter().all(|(_, piece)| piece.len() % 2 == 0));
        }
        let heard = stage.say(json!({ "Text": "嗯", "Format": "ogg_opus" })).await;
        assert_eq!(heard.header("content-type"), "audio/ogg");
        assert!(heard.body().starts_with(b"OggS"));
        assert!(heard.pieces.len() > 8, "a page leaves when it is full: {:?}", heard.times());
    });
}

#[test]
fn the_vendor_is_told_who_asks() {
    with(json!({}), async |stage| {
        let headers = [
            ("x-task-id", "task"),
            ("x-request-id", "r 1"),
            ("x-user-id", "user"),
            ("x-room-id", "房间-1"),
            ("x-room-id-type", "1"),
        ];
        let heard = stage.ask(json!({ "Text": "嗯" }), &headers).await;
        assert_eq!(heard.header("x-request-id"), "r 1");
        for (name, value) in [("x-task-id", "task"), ("x-request-id", "r 1"), ("x-room-id-type", "1")] {
            assert_eq!(stage.seen.header(0, name), value);
        }
        let heard = stage.ask(json!({ "Text": "嗯" }), &[("x-rquest-id", "misspelt")]).await;
        assert_eq!(heard.header("x-request-id"), "misspelt");
        let heard = stage.say(json!({ "Text": "嗯" })).await;
        assert_eq!(heard.header("x-request-id").len(), 36, "an id of our own");
        assert_eq!(stage.seen.header(2, "x-request-id"), heard.header("x-request-id"));
    });
}

#[test]
fn what_cannot_be_said_is_a_moment_of_silence_and_costs_nothing() {
    with(json!({}), async |stage| {
        for text in ["", " \n ", "……！？", "🎉👍🏽", "\u{0}\u{7}\u{FEFF}\u{200B}"] {
            let heard = stage.say(json!({ "Text": text })).await;
            assert_eq!((heard.status.as_u16(), heard.end.1), (200, true), "{text:?}");
            let body = heard.body();
            assert_eq!(body.len(), 44 + 3_200, "{text:?}");
            assert!(body.starts_with(b"RIFF") && body[44..].iter().all(|byte| *byte == 0));
        }
        assert!(stage.seen.texts().is_empty());
        assert_eq!(stage.told.all()[0].source, Some(Source::Silence));
    });
}

#[test]
fn the_vendor_gets_the_text_without_what_is_not_said() {
    with(json!({}), async |stage| {
        stage.say(json!({ "Text": "**好**的👍🏽，\u{0}开始" })).await;
        stage.say(json!({ "Text": "a < b && c > \"d\" \u{1F600}" })).await;
        assert_eq!(stage.seen.texts(), ["好的， 开始", "a < b && c > \"d\""]);
    });
}

#[test]
fn a_voice_can_be_named_in_the_address() {
    with(json!({}), async |stage| {
        let ask = json!({ "Text": "嗯" }).to_string();
        for (path, status) in [
            ("/api/v1/tts/stream?voice=anna", 200),
            ("/api/v1/tts/stream?x=1&voice=bob", 200),
            ("/api/v1/tts/stream?voice=%61nna", 200),
            ("/api/v1/tts/stream?voice=", 200),
            ("/api/v1/tts/stream?voice=nobody", 404),
        ] {
            let headers = [("authorization", "bearer  sk-test")];
            let heard = stage.send(http::Method::POST, path, &headers, ask.clone()).await;
            assert_eq!(heard.status, status, "{path}");
            assert!(status == 200 || heard.code() == "VOICE_NOT_FOUND");
        }
    });
}

#[test]
fn every_request_is_told_of_once_with_its_times() {
    with(json!({}), async |stage| {
        stage.ask(json!({ "Text": "我在。", "Format": "pcm" }), &[("x-request-id", "r")]).await;
        stage.say(json!({ "Text": 1 })).await;
        let told = stage.told.all();
        assert_eq!(told.len(), 2);
        let good = &told[0];
        assert_eq!(
            (good.path, &*good.client, &*good.route, &*good.target),
            ("/api/v1/tts/stream", "one", "anna", "custom")
        );
        assert_eq!((good.status, good.end, good.source), (200, End::Whole, Some(Source::Vendor)));
        assert_eq!((good.characters, good.bytes, good.attempts, &*good.request_id), (3, 21_120, 1, "r"));
        let millis = |time: Option<std::time::Duration>| time.map(|time| time.as_millis());
        assert_eq!(millis(good.timings.first_content), Some(150));
        assert_eq!(millis(good.timings.largest_gap), Some(5));
        assert_eq!((good.timings.total.as_millis(), millis(good.timings.own)), (310, Some(0)));
        assert_eq!((told[1].status, told[1].end, told[1].attempts), (400, End::Refused, 0));
    });
}

#[test]
fn what_was_said_is_counted() {
    with(json!({}), async |stage| {
        stage.ask(json!({ "Text": "我在。" }), &[("x-request-id", "r")]).await;
        stage.ask(json!({ "Text": "我在。" }), &[("x-request-id", "r")]).await;
        let heard = stage.send(http::Method::GET, "/metrics", &[], "").await;
        let text = String::from_utf8(heard.body()).unwrap();
        for line in [
            r#"bargein_time_to_first_audio_seconds_bucket{le="0.15",door="/api/v1/tts/stream",route="anna",target="custom"} 1"#,
            r#"bargein_audio_total{source="vendor"} 1"#,
            r#"bargein_audio_total{source="retry"} 1"#,
            r#"bargein_requests_total{door="/api/v1/tts/stream",status="200",end="whole"} 2"#,
            "bargein_in_flight 0",
        ] {
            assert!(text.contains(line), "expected {line} in\n{text}");
        }
    });
}

#[test]
fn a_connection_is_kept_for_further_requests_after_errors_too() {
    with(json!({}), async |stage| {
        let mut io = stage.raw(&json!({ "Text": "嗯", "Format": "flac" })).await;
        let more = [
            crate::stage::request(&json!({ "Text": "嗯" }), ""),
            crate::stage::request(&json!({ "Text": "嗯" }), "Connection: close\r\n"),
        ];
        for request in more {
            tokio::io::AsyncWriteExt::write_all(&mut io, request.as_bytes()).await.unwrap();
        }
        let all = rest(&stage.world, &mut io).await;
        let statuses: Vec<_> = all.match_indices("HTTP/1.1 ").map(|(at, _)| &all[at + 9..at + 12]).collect();
        assert_eq!(statuses, ["400", "200", "200"]);
        assert!(all.ends_with("0\r\n\r\n"));
    });
}

#[test]
fn more_is_answered_beside_one_who_does_not_read() {
    let setting = Setting { script: json!({ "speed": "1000x" }), ..Setting::default() };
    with_setting(setting, async |stage| {
        let long = json!({ "Text": "很长的一句话".repeat(30) });
        let stuck = futures_util::future::join_all((0..10).map(|_| stage.raw(&long))).await;
        let heard = stage.say(json!({ "Text": "嗯" })).await;
        assert_eq!((heard.head_at, heard.end.1), (150, true));
        assert_eq!(stage.state.in_flight.count(), 10);
        stage.world.clock.sleep(std::time::Duration::from_secs(29)).await;
        assert_eq!(stage.state.in_flight.count(), 10);
        stage.world.clock.sleep(std::time::Duration::from_secs(3)).await;
        assert_eq!(stage.state.in_flight.count(), 0, "no byte taken for 30 s");
        assert_eq!(stage.seen.hung_up().len(), 10, "the vendor is not kept either");
        drop(stuck);
    });
}
