//! Vendors that fail: before the caller has got anything by a status, after that by an event, never in silence.

use bargein_core::FaultKind;
use bargein_server::End;
use serde_json::{Value, json};

use crate::client::{Got, chat, uncounted};
use crate::raw_vendor::{RawAnswer, serve_raw};
use crate::stage::{Stage, behind, check};

const NO_RETRY: &str = "retries = 0\nfirst_token = \"3s\"\nbetween_tokens = \"2s\"";

/// Asks for a stream; gives what the caller got.
fn stream(script: Value) -> (Got, Vec<bargein_server::Exchange>) {
    check(&behind(1, NO_RETRY), &[script], async |stage| {
        let got = stage.ask(true).await;
        stage.world.clock.sleep(std::time::Duration::from_millis(1)).await;
        (got, stage.told())
    })
}

#[test]
fn a_failure_before_the_first_content_is_a_status() {
    for (script, status, code, at) in [
        (json!({ "status": 429, "retry_after": "7s" }), 429, "rate_limit_exceeded", 0),
        (json!({ "status": 401 }), 401, "invalid_api_key", 0),
        (json!({ "status": 500 }), 500, "", 0),
        (json!({ "status": 503, "body": "<html>busy</html>" }), 503, "unavailable", 0),
        (json!({ "hang": true }), 504, "timeout", 3000),
        (json!({ "first_token": "9s" }), 504, "timeout", 3000),
        (json!({ "keep_alive": "100ms", "first_token": "9s" }), 504, "timeout", 3000),
        (json!({ "cut": "at byte 40 by reset" }), 502, "broken", 0),
        (json!({ "cut": "at byte 400" }), 502, "broken", 200),
        (json!({ "quirk": "Q35" }), 0, "", 0),
        (json!({ "quirk": "Q36" }), 502, "broken", 0),
        (json!({ "quirk": "Q37" }), 502, "broken", 0),
        (json!({ "quirk": "Q42" }), 429, "rate_limit_exceeded", 200),
        (json!({ "quirk": "Q44" }), 502, "broken", 200),
        (json!({ "quirk": "Q46" }), 502, "broken", 0),
    ] {
        let (got, told) = stream(script.clone());
        let (got_status, _, got_code) = got.refusal();
        if status != 0 {
            assert_eq!((got_status, got_code.as_str()), (status, code), "{script}: {}", got.text());
        }
        assert!(got_status >= 400, "{script}: {}", got.text());
        assert_eq!(got.header("content-type"), "application/json", "{script}");
        assert!(!got.json()["error"]["message"].as_str().unwrap().is_empty(), "{script}");
        assert_eq!(got.head_at, at, "{script}");
        assert_eq!((told[0].end, told[0].status), (End::Refused, got_status), "{script}");
        assert!(told[0].fault.is_some(), "{script}");
    }
}

#[test]
fn a_refusal_keeps_the_vendors_words_and_times() {
    let script = json!({ "status": 429, "retry_after": "1500ms" });
    check(&behind(1, NO_RETRY), &[script], async |stage| {
        let straight = stage.straight(&chat("m", true)).await;
        let got = stage.ask(true).await;
        assert_eq!((got.status, got.json()), (straight.status, straight.json()));
        for name in ["retry-after", "retry-after-ms"] {
            assert_eq!(got.header(name), straight.header(name), "{name}");
            assert!(!got.header(name).is_empty(), "{name}");
        }
    });
}

#[test]
fn a_stream_that_breaks_says_so_and_is_never_done() {
    let reply = "one two three four five six seven eight";
    for (script, code, at) in [
        (json!({ "reply": reply, "cut": "at token 3" }), "broken", 240),
        (json!({ "reply": reply, "cut": "at token 3 by reset" }), "broken", 240),
        (json!({ "reply": reply, "stall": "at token 3 for 30s" }), "timeout", 2240),
        (json!({ "reply": reply, "stall": "at token 3 for 30s", "keep_alive": "100ms" }), "timeout", 2240),
        (json!({ "reply": reply, "quirk": "Q09" }), "broken", 0),
        (json!({ "reply": reply, "quirk": "Q38" }), "", 0),
        (json!({ "reply": reply, "quirk": "Q39" }), "", 0),
        (json!({ "reply": reply, "quirk": "Q43" }), "timeout", 0),
        (json!({ "reply": reply, "quirk": "Q45" }), "broken", 0),
    ] {
        let (got, told) = stream(script.clone());
        assert_eq!(got.status, 200, "{script}");
        assert!(got.said().starts_with("one two three"), "{script}: {}", got.text());
        assert!(!got.text().contains("[DONE]"), "{script}: {}", got.text());
        assert!(got.end.1, "the body itself ends in order: {script}");
        let last = got.events().last().unwrap().1.clone();
        let error = serde_json::from_str::<Value>(&last).unwrap()["error"].clone();
        assert!(!error["message"].as_str().unwrap_or_default().is_empty(), "{script}: {}", got.text());
        if !code.is_empty() {
            assert_eq!(error["code"], code, "{script}");
        }
        if at != 0 {
            assert_eq!(got.end.0, at, "{script}");
        }
        assert_eq!(told[0].end, End::Broken, "{script}");
        assert!(told[0].fault.is_some(), "{script}");
    }
}

#[test]
fn vendors_that_end_in_their_own_way_end_as_they_should() {
    let reply = "one two three four";
    for (quirk, at) in [("Q07", 0), ("Q08", 1260), ("Q11", 0), ("Q12", 0), ("Q32", 0), ("Q52", 0), ("Q06", 0)]
    {
        let (got, told) = stream(json!({ "reply": reply, "quirk": quirk }));
        assert!(got.said().starts_with(reply), "{quirk}: {}", got.text());
        assert!(!got.text().contains("\"error\""), "{quirk}: {}", got.text());
        assert_eq!(told[0].end, End::Whole, "{quirk}");
        if at != 0 {
            assert_eq!(got.end.0, at, "{quirk}");
        }
    }
}

#[test]
fn every_other_peculiarity_passes_as_it_came() {
    for quirk in [
        "Q01", "Q02", "Q03", "Q04", "Q05", "Q10", "Q13", "Q14", "Q15", "Q16", "Q17", "Q18", "Q19", "Q24",
        "Q25", "Q27", "Q28", "Q29", "Q30", "Q31", "Q33", "Q34", "Q48", "Q49", "Q50", "Q51", "Q53", "Q54",
    ] {
        let script = json!({ "reply": "one two 三四 🙂 five", "reasoning": "hm", "quirk": quirk });
        check(&behind(1, ""), &[script], async |stage: &Stage| {
            let straight = stage.straight(&chat("m", true)).await;
            let got = stage.ask(true).await;
            // The second half of the last line end is nothing that anybody waits for.
            let same = |got: &Got| uncounted(got.text().trim_end_matches(['\r', '\n']));
            assert_eq!(same(&got), same(&straight), "{quirk}");
            // Every piece is whole events, but for a line that is longer than a read.
            let is_whole = |piece: &[u8]| {
                [&b"\n\n"[..], b"\n\r", b"\r", b"\r\n", b"\n"].iter().any(|end| piece.ends_with(end))
            };
            assert!(
                quirk == "Q53" || got.pieces.iter().all(|(_, piece)| is_whole(piece)),
                "{quirk}: {:?}",
                got.pieces
            );
        });
    }
}

#[test]
fn a_vendor_that_is_not_there_is_said() {
    check(&behind(1, NO_RETRY), &[], async |stage| {
        for stream in [true, false] {
            let got = stage.ask(stream).await;
            assert_eq!(got.refusal(), (502, "server_error".into(), "unavailable".into()));
            assert!(got.text().contains("no connection to the vendor"), "{}", got.text());
        }
        assert_eq!(stage.told()[0].fault, Some(FaultKind::Unavailable));
    });
}

/// What the caller gets from a vendor that writes these bytes.
fn raw(answer: RawAnswer, stream: bool) -> Got {
    check(&behind(1, NO_RETRY), &[], async |stage| {
        serve_raw(&stage.world, "vendor0.mock:80", answer).await;
        let got = stage.ask(stream).await;
        // The server lives.
        let health = http::Request::get("http://proxy.localhost/healthz").body(Default::default()).unwrap();
        assert_eq!(crate::client::send(&stage.world, health).await.text(), "ok\n");
        got
    })
}

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
const FIRST: &str =
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":null}]}\n\n";

fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

#[test]
fn a_vendor_whose_headers_never_end_is_cut_off() {
    let endless = RawAnswer {
        head: b"HTTP/1.1 200 OK\r\n".to_vec(),
        repeat: b"x-more: aaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".to_vec(),
        times: usize::MAX,
    };
    let got = raw(endless, true);
    assert_eq!(got.refusal().0, 502, "{}", got.text());
}

#[test]
fn a_line_of_ten_megabytes_ends_the_stream_and_holds_no_memory() {
    let line = chunk(&vec![b'x'; 64 * 1024]);
    let before =
        RawAnswer { head: [HEAD.as_bytes(), &chunk(b"data: ")].concat(), repeat: line.clone(), times: 160 };
    let got = raw(before, true);
    assert_eq!(got.refusal().0, 502, "{}", got.text());
    let head = [HEAD.as_bytes(), &chunk(FIRST.as_bytes()), &chunk(b"data: ")].concat();
    let got = raw(RawAnswer { head, repeat: line, times: 160 }, true);
    assert_eq!((got.status.as_u16(), got.said().as_str()), (200, "Hi"));
    assert!(got.text().contains("events of at most 4194304 bytes"), "{}", got.text());
}

#[test]
fn text_that_is_no_text_passes_as_it_came() {
    let odd = b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\xff\xfeb\"},\"finish_reason\":\"stop\"}]}\n\n";
    let done = chunk(b"data: [DONE]\n\n");
    let head = [HEAD.as_bytes(), &chunk(FIRST.as_bytes()), &chunk(odd), &done, b"0\r\n\r\n"].concat();
    let got = raw(RawAnswer { head, repeat: Vec::new(), times: 0 }, true);
    let bytes: Vec<u8> = got.pieces.iter().flat_map(|(_, bytes)| bytes.to_vec()).collect();
    assert_eq!(bytes, [FIRST.as_bytes(), odd, b"data: [DONE]\n\n"].concat());
}

#[test]
fn what_is_no_http_is_a_broken_vendor() {
    for nonsense in
        [&b"\x16\x03\x01\x02\x00"[..], b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\n\xff\xff: a\r\n\r\n"]
    {
        let got = raw(RawAnswer { head: nonsense.to_vec(), repeat: Vec::new(), times: 0 }, true);
        assert_eq!(
            got.refusal(),
            (502, "server_error".into(), "broken".into()),
            "{nonsense:?}: {}",
            got.text()
        );
    }
}
