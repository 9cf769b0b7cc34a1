//! Callers that send too much, too slowly, or nonsense.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::stage::{Stage, behind, check};

/// What the proxy answers to raw bytes, and when; `pace` is the pause after each byte.
async fn raw(stage: &Stage, bytes: &[u8], pace: Option<Duration>) -> (String, u64) {
    let mut io = stage.world.network.dial("proxy.localhost:80").await.unwrap();
    match pace {
        None => drop(io.write_all(bytes).await),
        Some(pace) => {
            for byte in bytes {
                if io.write_all(&[*byte]).await.is_err() {
                    break;
                }
                stage.world.clock.sleep(pace).await;
            }
        }
    }
    let mut answer = vec![0; 4096];
    let read = io.read(&mut answer).await.unwrap_or(0);
    (String::from_utf8_lossy(&answer[..read]).into_owned(), stage.world.clock.now().as_millis())
}

fn post(length: usize, body: &str) -> Vec<u8> {
    format!("POST /v1/chat/completions HTTP/1.1\r\nhost: proxy\r\ncontent-length: {length}\r\n\r\n{body}")
        .into()
}

async fn is_alive(stage: &Stage) {
    assert_eq!(stage.ask(true).await.status, 200);
    assert_eq!(stage.state.in_flight.count(), 0);
}

#[test]
fn a_body_that_names_a_hundred_megabytes_is_refused_before_it_comes() {
    check(&behind(1, ""), &[json!({})], async |stage| {
        let (answer, at) = raw(stage, &post(100 << 20, "{"), None).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        assert!(answer.contains("request_too_large"), "{answer}");
        assert_eq!(at, 0);
        is_alive(stage).await;
    });
}

#[test]
fn a_body_that_does_not_say_how_long_it_is_is_cut_off_at_the_limit() {
    let config = behind(1, "").replace("[server]", "[server]\nbody_limit = \"64KiB\"");
    check(&config, &[json!({})], async |stage| {
        let head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: proxy\r\ntransfer-encoding: chunked\r\n\r\n";
        let chunk = [&b"1000\r\n"[..], &[b' '; 4096], b"\r\n"].concat();
        let (answer, _) = raw(stage, &[head.to_vec(), chunk.repeat(17)].concat(), None).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        is_alive(stage).await;
    });
}

#[test]
fn a_body_that_comes_a_byte_a_second_is_not_waited_for() {
    check(&behind(1, ""), &[json!({})], async |stage| {
        let mut io = stage.world.network.dial("proxy.localhost:80").await.unwrap();
        io.write_all(&post(1000, "{")).await.unwrap();
        let mut answer = vec![0; 4096];
        let trickle = async {
            loop {
                stage.world.clock.sleep(Duration::from_secs(1)).await;
                // What was answered before the end can still be read after it.
                let _ = io.write_all(b" ").await;
                let poll = stage.world.clock.timeout(Duration::from_millis(1), io.read(&mut answer)).await;
                if let Ok(Ok(1..)) = poll {
                    return;
                }
            }
        };
        trickle.await;
        assert!(String::from_utf8_lossy(&answer).starts_with("HTTP/1.1 408 "));
        assert_eq!(stage.world.clock.now().as_millis() / 1000, 10);
        drop(io);
        is_alive(stage).await;
    });
}

#[test]
fn a_caller_who_reads_nothing_stops_the_vendor_and_is_closed_in_the_end() {
    let long = "word ".repeat(30_000);
    let script = json!({ "request 1": { "reply": long, "per_token": "1ms", "first_token": "0ms" } });
    check(&behind(1, ""), &[script], async |stage| {
        let mut io = stage.world.network.dial("proxy.localhost:80").await.unwrap();
        let body = crate::client::chat("m", true).to_string();
        io.write_all(&post(body.len(), &body)).await.unwrap();
        stage.world.clock.sleep(Duration::from_secs(5)).await;
        assert_eq!(stage.state.in_flight.count(), 1);
        // The vendor could not send it all: nobody takes it.
        assert!(!stage.seen().iter().any(|line| line.contains("response")), "{:?}", stage.seen());
        stage.world.clock.sleep(Duration::from_secs(60)).await;
        assert_eq!(stage.state.in_flight.count(), 0);
        assert!(stage.seen().iter().any(|line| line.contains("closed")), "{:?}", stage.seen());
        is_alive(stage).await;
    });
}

#[test]
fn what_is_no_request_is_told_what_is_missing() {
    check(&behind(1, ""), &[json!({})], async |stage| {
        for (body, says) in [
            ("", "JSON object"),
            ("{}", "`model`"),
            ("{\"model\":\"m\"}", "`messages`"),
            ("[1]", "JSON object"),
            ("{\"model\":\"m\",\"messages\":[],\"stream\":1}", "`stream`"),
        ] {
            let (answer, _) = raw(stage, &post(body.len(), body), None).await;
            assert!(answer.starts_with("HTTP/1.1 400 "), "{body}: {answer}");
            assert!(answer.contains(says) && answer.contains("invalid_request_error"), "{body}: {answer}");
        }
        let (answer, _) = raw(stage, b"GET /v1/nothing HTTP/1.1\r\nhost: proxy\r\n\r\n", None).await;
        assert!(
            answer.starts_with("HTTP/1.1 404 ") && answer.contains("Invalid URL (GET /v1/nothing)"),
            "{answer}"
        );
        let (answer, _) = raw(stage, b"GET /v1/chat/completions HTTP/1.1\r\nhost: proxy\r\n\r\n", None).await;
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
        is_alive(stage).await;
    });
}
