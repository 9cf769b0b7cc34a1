//! The reference server, unbroken, met byte by byte.

use std::time::Duration;

use bargein_mocks::reference::{ReferenceScript, serve_reference};
use bargein_mocks::{MUTANT_VENDORS, Reference};
use bargein_net::{Io, World, run_virtual};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Runs a check against an unbroken reference.
fn check(check: impl AsyncFnOnce(&World, &Reference)) {
    run_virtual(1, async |world| {
        let listener = world.network.listen("tts.mock:80").await.unwrap();
        let reference = serve_reference(&world, listener, ReferenceScript::default(), None);
        check(&world, &reference).await;
    })
    .unwrap();
}

/// A request as bytes.
fn request(head: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST /stream-audio HTTP/1.1\r\nHost: tts.mock\r\nAuthorization: Bearer reference-key\r\n\
         {head}Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

async fn dial(world: &World) -> Io {
    world.network.dial("tts.mock:80").await.unwrap()
}

/// Reads what comes until nothing has for a second, and tells whether the connection was closed.
async fn read(world: &World, io: &mut Io) -> (Vec<u8>, bool) {
    let mut all = Vec::new();
    loop {
        match world.clock.timeout(Duration::from_secs(1), io.read_buf(&mut all)).await {
            Ok(Ok(0) | Err(_)) => return (all, true),
            Ok(Ok(_)) => {}
            Err(_) => return (all, false),
        }
    }
}

/// Sends bytes on a connection of its own; gives the status, the whole answer, and whether it was closed.
async fn told(world: &World, bytes: &[u8]) -> (u16, Vec<u8>, bool) {
    let mut io = dial(world).await;
    io.write_all(bytes).await.unwrap();
    let (all, closed) = read(world, &mut io).await;
    let status = String::from_utf8_lossy(&all).split(' ').nth(1).and_then(|word| word.parse().ok());
    (status.unwrap_or_default(), all, closed)
}

#[test]
fn a_text_is_spoken_on_a_connection_that_stays() {
    check(async |world, _| {
        let mut io = dial(world).await;
        for _ in 0..2 {
            let before = world.clock.now();
            io.write_all(&request("X-Request-Id: r-7\r\n", r#"{"Text":"你好","Format":"pcm"}"#))
                .await
                .unwrap();
            let mut first = vec![0; 64 * 1024];
            let count = io.read(&mut first).await.unwrap();
            assert_eq!(world.clock.now().since(before), Duration::from_millis(100));
            let head = String::from_utf8_lossy(&first[..count]).into_owned();
            assert!(head.starts_with("HTTP/1.1 200 OK\r\nDate: Wed, 01 Jan 2025 00:00:0"), "{head}");
            for line in ["X-Request-Id: r-7", "Content-Type: audio/L16", "Transfer-Encoding: chunked"] {
                assert!(head.contains(&format!("\r\n{line}\r\n")), "{line} in {head}");
            }
            assert!(head.contains("\r\n\r\n1900\r\n"), "200 ms of 16 kHz in the first chunk: {head}");
            let (rest, closed) = read(world, &mut io).await;
            assert!(rest.ends_with(b"\r\n0\r\n\r\n") && !closed);
        }
    });
}

#[test]
fn what_is_not_right_is_refused_in_the_protocols_words() {
    let long = format!(r#"{{"Text":"{}"}}"#, "好".repeat(5_001));
    let wrong_key = String::from_utf8(request("", r#"{"Text":"好"}"#)).unwrap();
    let cases: Vec<(&str, Vec<u8>, u16, bool)> = vec![
        ("no text", request("", "{}"), 400, false),
        ("no JSON", request("", "{"), 400, false),
        ("nothing to say", request("", r#"{"Text":"……"}"#), 400, false),
        ("a rate in quotes", request("", r#"{"Text":"好","SampleRate":"16000"}"#), 400, false),
        ("a rate that is not whole", request("", r#"{"Text":"好","SampleRate":16000.5}"#), 400, false),
        ("three channels", request("", r#"{"Text":"好","Channel":3}"#), 400, false),
        ("another format", request("", r#"{"Text":"好","Format":"PCM"}"#), 400, false),
        ("a long text", request("", &long), 413, false),
        ("a wrong key", wrong_key.replace("reference-key", "reference-kez").into_bytes(), 401, false),
        ("a longer key", wrong_key.replace("reference-key", "reference-keys").into_bytes(), 401, false),
        ("another path", wrong_key.replace("/stream-audio", "/nope").into_bytes(), 404, false),
        ("another method", wrong_key.replace("POST", "PUT").into_bytes(), 405, false),
        ("two lengths", request("Content-Length: 3\r\n", r#"{"Text":"好"}"#), 400, true),
        ("length and chunks", request("Transfer-Encoding: chunked\r\n", "{}"), 400, true),
        ("a long body", request("Expect: 100-continue\r\n", &" ".repeat(1_048_577)), 413, true),
        ("no HTTP", b"hello\r\n\r\n".to_vec(), 400, true),
    ];
    check(async |world, _| {
        for (name, bytes, status, closes) in cases {
            let (got, all, closed) = told(world, &bytes).await;
            let text = String::from_utf8_lossy(&all).into_owned();
            assert_eq!((got, closed), (status, closes), "{name}: {text}");
            assert!(text.contains("\r\nContent-Type: application/json\r\n"), "{name}: {text}");
            assert!(text.contains(r#"{"error":{"code":""#), "{name}: {text}");
        }
    });
}

#[test]
fn requests_may_come_in_pieces_in_chunks_and_together() {
    check(async |world, _| {
        let body = r#"{"Text":"好"}"#;
        let whole = told(world, &request("", body)).await.1;
        let mut io = dial(world).await;
        for byte in request("", body) {
            io.write_all(&[byte]).await.unwrap();
            world.clock.sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(read(world, &mut io).await.0.len(), whole.len());
        let chunks = "POST /stream-audio HTTP/1.1\r\nauthorization: bearer  reference-key\r\ntransfer-encoding: chunked\r\n\r\n\
                      4;x=1\r\n{\"Te\r\n8\r\nxt\":\"hi\"\r\n1\r\n}\r\n0\r\nT: x\r\n\r\n";
        let (status, ..) = told(world, chunks.as_bytes()).await;
        assert_eq!(status, 200);
        let both = [request("", body), request("", "{}")].concat();
        let (_, all, closed) = told(world, &both).await;
        let text = String::from_utf8_lossy(&all).into_owned();
        assert_eq!((text.matches("HTTP/1.1 ").count(), closed), (2, false));
        assert!(text.find("HTTP/1.1 200") < text.find("HTTP/1.1 400"));
    });
}

#[test]
fn a_client_that_goes_is_noticed_and_one_that_only_stops_sending_is_not() {
    check(async |world, _| {
        let idle = async || {
            let (_, all, _) = told(world, b"GET /stats HTTP/1.1\r\n\r\n").await;
            String::from_utf8_lossy(&all).contains(r#"{"active":0,"#)
        };
        let long = request("", &format!(r#"{{"Text":"{}"}}"#, "好".repeat(2_000)));
        for resets in [false, true] {
            let mut io = dial(world).await;
            io.write_all(&long).await.unwrap();
            world.clock.sleep(Duration::from_millis(500)).await;
            if resets {
                io.reset();
            } else {
                drop(io);
            }
            world.clock.sleep(Duration::from_millis(50)).await;
            assert!(idle().await, "reset: {resets}");
        }
        let mut io = dial(world).await;
        io.write_all(&request("", r#"{"Text":"好"}"#)).await.unwrap();
        io.shutdown().await.unwrap();
        let (all, closed) = read(world, &mut io).await;
        assert!(all.ends_with(b"\r\n0\r\n\r\n") && closed);
    });
}

#[test]
fn a_reader_that_stops_loses_its_own_stream_alone_and_too_many_texts_are_refused() {
    check(async |world, _| {
        let long = request("", &format!(r#"{{"Text":"{}"}}"#, "好".repeat(2_000)));
        let mut stuck = Vec::new();
        for _ in 0..24 {
            let mut io = dial(world).await;
            io.write_all(&long).await.unwrap();
            stuck.push(io);
        }
        world.clock.sleep(Duration::from_secs(20)).await;
        let (status, all, _) = told(world, &request("", r#"{"Text":"好"}"#)).await;
        assert_eq!(status, 429);
        assert!(String::from_utf8_lossy(&all).contains("\r\nRetry-After: 1\r\n"));
        world.clock.sleep(Duration::from_secs(20)).await;
        assert_eq!(told(world, &request("", r#"{"Text":"好"}"#)).await.0, 200);
        let mut first = stuck.remove(0);
        let (all, closed) = read(world, &mut first).await;
        assert!(closed && !all.ends_with(b"0\r\n\r\n"), "broken off without an end");
    });
}

#[test]
fn the_ids_of_mutants_are_those_of_checks_and_stand_once() {
    for vendor in MUTANT_VENDORS {
        let mut ids: Vec<_> = vendor.mutants.iter().map(|mutant| mutant.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), vendor.mutants.len(), "{}", vendor.id);
        for mutant in vendor.mutants {
            assert!(!mutant.breaks.is_empty() && !mutant.followers.contains(&mutant.id), "{}", mutant.id);
        }
    }
}
