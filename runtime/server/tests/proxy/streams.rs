//! A stream through the proxy is the stream, at its times.

use bargein_server::End;
use serde_json::json;

use crate::client::{chat, request, send, uncounted};
use crate::stage::{CHAT, behind, check, header};

#[test]
fn a_stream_passes_event_by_event_as_it_came_and_when_it_came() {
    for script in [
        json!({ "reply": "我在 here, what now?" }),
        json!({ "reply": "ok", "reasoning": "let me think", "usage": { "prompt_tokens": 7, "completion_tokens": 3 } }),
        json!({ "reply": "", "tool_calls": [{ "name": "weather", "arguments": { "city": "北京" } }] }),
        json!({ "reply": "a b", "meta": [{ "mood": "good" }], "keep_alive": "30ms" }),
    ] {
        check(&behind(1, ""), std::slice::from_ref(&script), async |stage| {
            let mut body = chat("m", true);
            body["stream_options"] = json!({ "include_usage": true });
            let straight = stage.straight(&body).await;
            let began = stage.world.clock.now().as_millis();
            let got = stage.post(&body).await;
            assert_eq!(got.status, 200);
            assert_eq!(uncounted(&got.text()), uncounted(&straight.text()));
            assert_eq!(got.end, (straight.end.0 + began, true), "{script}");
            // What came before the first content leaves with it; all else when it came.
            let first = got.head_at - began;
            let times = |pieces: &[(u64, bytes::Bytes)], since: u64| {
                let mut times: Vec<u64> = pieces.iter().map(|(at, _)| (at - since).max(first)).collect();
                times.dedup();
                times
            };
            assert_eq!(times(&got.pieces, began), times(&straight.pieces, 0), "{script}");
        });
    }
}

#[test]
fn the_head_is_held_until_there_is_something_to_use() {
    check(&behind(1, ""), &[json!({ "reply": "one two", "first_token": "300ms" })], async |stage| {
        let got = stage.ask(true).await;
        assert_eq!((got.status.as_u16(), got.head_at), (200, 300));
        assert_eq!(got.header("content-type"), "text/event-stream; charset=utf-8");
        assert_eq!(got.header("cache-control"), "no-cache");
        assert_eq!(got.header("x-accel-buffering"), "no");
        assert_eq!(got.said(), "one two");
        let told = &stage.told()[0];
        assert_eq!((told.end, told.status, told.attempts, told.route.as_str()), (End::Whole, 200, 1, "m"));
        let millis = |at: Option<std::time::Duration>| at.map(|at| at.as_millis());
        let timings = told.timings;
        assert_eq!(millis(timings.connected), Some(0));
        assert_eq!(millis(timings.written), Some(0));
        assert_eq!(millis(timings.headers), Some(0));
        assert_eq!(millis(timings.first_event), Some(0));
        assert_eq!(millis(timings.first_content), Some(300));
        assert_eq!(millis(timings.largest_gap), Some(300));
        assert_eq!(timings.total.as_millis(), 320);
        assert_eq!(millis(timings.own), Some(0));
        let timing = got.header("server-timing");
        assert!(timing.contains("content;dur=300.000") && timing.ends_with("own;dur=0.000"), "{timing}");
    });
}

#[test]
fn what_is_not_the_proxys_reaches_the_vendor_as_it_was() {
    let config = behind(1, "model = \"vendors-own\"\nkey = \"env:VENDOR\"");
    check(&config, &[json!({ "key": "sk-VENDOR" })], async |stage| {
        let mut body = chat("m", true);
        body["enable_thinking"] = json!(false);
        body["metainfo"] = json!({ "x": [1, 2.50, "三"] });
        let mut asked = request(CHAT, &body);
        for (name, value) in [
            ("authorization", "Bearer caller"),
            ("x-task-id", "task-1"),
            ("x-rquest-id", "r-77"),
            ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
            ("cookie", "a=b"),
            ("x-stainless-lang", "python"),
            ("accept-encoding", "gzip"),
        ] {
            asked.headers_mut().insert(name, value.parse().unwrap());
        }
        let got = send(&stage.world, asked).await;
        assert_eq!(got.status, 200, "{}", got.text());
        assert_eq!(got.header("x-request-id"), "req_mock_1", "the vendor's own id goes on");
        let (headers, seen) = &stage.requests(0)[0];
        body["model"] = json!("vendors-own");
        assert_eq!(*seen, body);
        assert_eq!(header(headers, "x-request-id"), Some("r-77"));
        assert_eq!(header(headers, "x-task-id"), Some("task-1"));
        assert!(header(headers, "traceparent").is_some());
        assert_eq!(header(headers, "accept-encoding"), Some("identity"));
        assert_eq!(header(headers, "host"), Some("vendor0.mock"));
        assert_eq!(header(headers, "cookie"), None);
        assert_eq!(header(headers, "x-stainless-lang"), None);
        assert_eq!(header(headers, "x-stainless-retry-count"), Some("0"));
        let told = &stage.told()[0];
        assert_eq!(told.request_id, "r-77");
        assert!(told.trace.starts_with("00-0af7"));
    });
}

#[test]
fn a_connection_serves_again_when_the_answer_was_read_to_its_end() {
    check(&behind(1, ""), &[json!({})], async |stage| {
        for _ in 0..5 {
            assert_eq!(stage.ask(true).await.status, 200);
            assert_eq!(stage.ask(false).await.status, 200);
        }
        // The spare from the start was enough for all of them; another one took its place.
        assert_eq!(stage.vendors[0].connections(), 2);
    });
}

#[test]
fn a_vendor_that_answers_with_a_document_is_made_a_stream() {
    let script = json!({ "reply": "all at once", "answer": "json", "tool_calls": [{ "name": "f" }] });
    check(&behind(1, ""), &[script], async |stage| {
        let got = stage.ask(true).await;
        assert_eq!((got.status.as_u16(), got.said().as_str()), (200, "all at once"));
        let events = got.events();
        assert_eq!(events.last().unwrap().1, "[DONE]");
        let first: serde_json::Value = serde_json::from_str(&events[0].1).unwrap();
        assert_eq!(first["object"], "chat.completion.chunk");
        assert_eq!(first["choices"][0]["delta"]["tool_calls"][0]["index"], 0);
        assert!(events[1].1.contains("\"finish_reason\":\"tool_calls\""), "{events:?}");
    });
}
