//! Vendors and callers that keep no rule: what the other side sees, and that the server lives.

use std::time::Duration;

use bargein_net::{Io, World};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::stage::{Setting, Stage, request, rest, with, with_setting};

/// What a vendor writes, whatever it is asked.
#[derive(Clone)]
enum Writes {
    /// This, and then nothing more; the connection stays.
    Once(Vec<u8>),
    /// The first, and then the second without end.
    Endless(&'static [u8], Vec<u8>),
}

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: audio/L16\r\ntransfer-encoding: chunked\r\n\r\n";

async fn write(mut io: Io, writes: Writes) -> std::io::Result<()> {
    let mut asked = [0; 4096];
    let _ = io.read(&mut asked).await?;
    match writes {
        Writes::Once(bytes) => io.write_all(&bytes).await?,
        Writes::Endless(first, again) => {
            io.write_all(first).await?;
            loop {
                io.write_all(&again).await?;
            }
        }
    }
    // Until the other side has enough of it.
    let _ = io.read(&mut asked).await?;
    Ok(())
}

/// Puts a vendor without rules in the place of the mock.
async fn replace_vendor(stage: &mut Stage, writes: Writes) {
    drop(stage.vendor.take());
    // Its tasks end at their next turn.
    stage.world.clock.sleep(Duration::from_millis(1)).await;
    let mut listener = stage.world.network.listen("tts.mock:80").await.unwrap();
    let world: World = stage.world.clone();
    let vendor = async move {
        let tasks = world.tasks.clone();
        loop {
            tokio::select! {
                biased;
                () = tasks.stopping() => return,
                io = listener.accept() => {
                    let (writes, stopping) = (writes.clone(), tasks.stopping());
                    let io = io.unwrap();
                    tasks.spawn("raw answer", async move {
                        tokio::select! {
                            biased;
                            () = stopping => {}
                            // A server that has enough hangs up.
                            _ = write(io, writes) => {}
                        }
                    }).detach();
                }
            }
        }
    };
    stage.world.tasks.spawn("raw vendor", vendor).detach();
}

#[test]
fn a_vendor_without_rules_is_a_refusal_or_a_broken_answer_and_the_server_lives() {
    let chunk =
        |length: usize| [format!("{length:x}\r\n").into_bytes(), vec![1; length], b"\r\n".to_vec()].concat();
    let ends = |bytes: Vec<u8>| [HEAD, &bytes, b"0\r\n\r\n"].concat();
    for (name, writes, status, whole, by) in [
        (
            "headers without end",
            Writes::Endless(b"HTTP/1.1 200 OK\r\n", b"x-a: b\r\n".to_vec()),
            502,
            true,
            0,
        ),
        (
            "a header of 10 MB",
            Writes::Once([b"HTTP/1.1 200 OK\r\nx: ".to_vec(), vec![b'a'; 10 << 20]].concat()),
            502,
            true,
            0,
        ),
        ("no HTTP at all", Writes::Once(b"\xff\xfe\x00\r\n\r\n".to_vec()), 502, true, 0),
        (
            "a failure of invalid UTF-8",
            Writes::Once(
                b"HTTP/1.1 500 No\r\ncontent-type: application/json\r\ncontent-length: 3\r\n\r\n\xff\xff\xff"
                    .to_vec(),
            ),
            502,
            true,
            0,
        ),
        (
            "a failure without end",
            Writes::Endless(
                b"HTTP/1.1 500 No\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
                chunk(1_000),
            ),
            502,
            true,
            0,
        ),
        ("a head and no more", Writes::Once(HEAD.to_vec()), 504, true, 5_000),
        ("an end without audio", Writes::Once(ends(Vec::new())), 502, true, 0),
        ("half a sample", Writes::Once(ends(chunk(1))), 502, true, 0),
        ("10 MB in one chunk", Writes::Once(ends(chunk(10 << 20))), 200, true, 0),
        ("a broken chunk", Writes::Once([HEAD, &chunk(640), b"zz\r\n"].concat()), 200, false, 0),
        ("an end in the middle of a sample", Writes::Once(ends(chunk(641))), 200, true, 0),
    ] {
        let setting = Setting { target: "retries = 0", ..Setting::default() };
        with_setting(setting, async |mut stage| {
            replace_vendor(&mut stage, writes).await;
            let began = stage.now();
            let heard = stage.say(json!({ "Text": "我在。", "Format": "pcm" })).await;
            assert_eq!(
                (heard.status.as_u16(), (heard.end.0 - began, heard.end.1)),
                (status, (by, whole)),
                "{name}"
            );
            assert!(status != 200 || heard.body().len() % 2 == 0, "{name}: whole samples");
            assert_eq!(stage.say(json!({ "Text": "" })).await.status, 200, "{name}: the server lives");
            assert_eq!(stage.state.in_flight.count(), 0, "{name}");
        });
    }
}

#[test]
fn audio_without_end_ends_with_the_time_of_its_voice() {
    let chunk = [b"280\r\n".as_slice(), &[1; 640], b"\r\n"].concat();
    with(json!({}), async |mut stage| {
        replace_vendor(&mut stage, Writes::Endless(HEAD, chunk)).await;
        let mut io = stage.raw(&json!({ "Text": "我在。", "Format": "pcm" })).await;
        // A caller at the pace of speech, for ten minutes and a little more.
        let began = stage.now();
        let mut second = vec![0; 32_000];
        while io.read(&mut second).await.is_ok_and(|read| read > 0) {
            stage.world.clock.sleep(Duration::from_millis(500)).await;
            assert!(stage.now() - began < 700_000, "still speaking");
        }
        assert!(stage.now() - began >= 600_000);
        assert_eq!(stage.state.in_flight.count(), 0);
    });
}

#[test]
fn a_caller_that_reads_a_byte_a_second_holds_little_and_nobody_up() {
    with(json!({ "speed": "1000x" }), async |stage| {
        let mut slow = stage.raw(&json!({ "Text": "很长的一句话。".repeat(100), "Format": "pcm" })).await;
        let mut byte = [0];
        for _ in 0..25 {
            slow.read_exact(&mut byte).await.unwrap();
            stage.world.clock.sleep(Duration::from_secs(1)).await;
        }
        assert_eq!(stage.state.in_flight.count(), 1, "it reads");
        assert!(
            stage.seen.texts().len() <= 4,
            "what is not heard is not asked for: {}",
            stage.seen.texts().len()
        );
        let heard = stage.say(json!({ "Text": "嗯" })).await;
        assert!(heard.end.1);
    });
}

#[test]
fn a_caller_that_sends_a_hundred_megabytes_is_refused_before_it_has() {
    with(json!({}), async |stage| {
        let head = "POST /api/v1/tts/stream HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer sk-test\r\n";
        let mut io = stage.world.network.dial(stage.server.authority()).await.unwrap();
        io.write_all(format!("{head}Content-Length: 104857600\r\n\r\n").as_bytes()).await.unwrap();
        let told = rest(&stage.world, &mut io).await;
        assert!(told.starts_with("HTTP/1.1 413 ") && told.contains("BODY_TOO_LARGE"), "{told}");
        let mut io = stage.world.network.dial(stage.server.authority()).await.unwrap();
        io.write_all(format!("{head}Transfer-Encoding: chunked\r\n\r\n").as_bytes()).await.unwrap();
        let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
        let mut sent = 0;
        while sent < 1_600 && io.write_all(&chunk).await.is_ok() {
            sent += 1;
        }
        assert!(sent < 40, "{sent} chunks of 64 KiB were taken");
        assert_eq!(stage.say(json!({ "Text": "嗯" })).await.status, 200);
    });
}

#[test]
fn a_caller_that_vanishes_in_the_middle_of_its_request_leaves_nothing() {
    with(json!({}), async |stage| {
        let whole = request(&json!({ "Text": "我在。" }), "");
        for length in [1, 20, whole.len() / 2, whole.len() - 1, whole.len()] {
            let mut io = stage.world.network.dial(stage.server.authority()).await.unwrap();
            io.write_all(&whole.as_bytes()[..length]).await.unwrap();
            drop(io);
            stage.world.clock.sleep(Duration::from_millis(60)).await;
            assert_eq!(stage.state.in_flight.count(), 0, "after {length} bytes");
            assert_eq!(stage.server.connections(), 0, "after {length} bytes");
        }
    });
}
