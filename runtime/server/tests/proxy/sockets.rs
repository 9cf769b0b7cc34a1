//! Over sockets, where the system's own delays show: what is written leaves at once, and nothing is lost in a crowd.

use std::io;
use std::time::Duration;

use bargein_mocks::script::LlmScript;
use bargein_mocks::{Mock, Observer, serve_llm};
use bargein_net::{Io, ServerHandle, World, run_real};
use bargein_server::config::Config;
use bargein_server::{ServerState, open};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::client::chat;
use crate::stage::Secrets;

struct Served {
    vendor: Mock,
    server: ServerHandle,
}

async fn serve(world: &World, script: &Value) -> Served {
    let listener = world.network.listen("127.0.0.1:0").await.unwrap();
    let vendor = serve_llm(world, listener, LlmScript::parse(script).unwrap(), Observer::nobody());
    let url = format!("http://{}/v1/chat/completions", vendor.authority());
    let config = format!("[server]\nlisten = \"127.0.0.1:0\"\n[[models.m.targets]]\nurl = \"{url}\"\n");
    let state = ServerState::new(world, Config::read(&config, &Secrets).unwrap(), Vec::new()).unwrap();
    let listener = world.network.listen("127.0.0.1:0").await.unwrap();
    Served { vendor, server: open(listener, &state) }
}

/// Asks over a connection; gives how long the first content took, and the whole answer.
async fn ask(world: &World, io: &mut Io) -> io::Result<(Duration, String)> {
    let body = chat("m", true).to_string();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: proxy\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let began = world.clock.now();
    // Two writes on purpose: a client that sends head and body apart must not wait for an acknowledgement either.
    io.write_all(head.as_bytes()).await?;
    io.write_all(body.as_bytes()).await?;
    let (mut got, mut first) = (Vec::new(), None);
    while !got.ends_with(b"\r\n0\r\n\r\n") {
        if io.read_buf(&mut got).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        first.get_or_insert_with(|| world.clock.now().since(began));
    }
    Ok((first.unwrap_or_default(), String::from_utf8_lossy(&got).into_owned()))
}

#[test]
fn a_kept_connection_does_not_wait_for_an_acknowledgement() {
    run_real(1, async |world: World| {
        let served =
            serve(&world, &json!({ "reply": "one two", "first_token": "0ms", "per_token": "0ms" })).await;
        let mut io = world.network.dial(served.server.authority()).await.unwrap();
        let mut firsts = Vec::new();
        for _ in 0..30 {
            let (first, answer) = ask(&world, &mut io).await.unwrap();
            assert!(answer.contains("[DONE]"), "{answer}");
            firsts.push(first);
        }
        // Delayed acknowledgements cost 40 ms each time; a machine that is busy costs that now and then.
        firsts.sort_unstable();
        assert!(firsts[15] < Duration::from_millis(25), "{firsts:?}");
        assert!(served.vendor.connections() <= 2, "{}", served.vendor.connections());
    })
    .unwrap();
}

#[test]
fn a_crowd_of_streams_loses_nothing_and_mixes_nothing_up() {
    run_real(1, async |world: World| {
        let reply: Vec<String> = (0..40).map(|number| format!("w{number}")).collect();
        let script = json!({ "reply": reply.join(" "), "first_token": "20ms", "per_token": "5ms" });
        let served = serve(&world, &script).await;
        let asking = (0..200).map(async |_| {
            let mut io = world.network.dial(served.server.authority()).await?;
            ask(&world, &mut io).await
        });
        for answer in futures_util::future::join_all(asking).await {
            let (_, answer) = answer.unwrap();
            let places: Vec<_> =
                reply.iter().map(|word| answer.find(&format!("{word}\"")).unwrap()).collect();
            assert!(places.is_sorted(), "{answer}");
            assert!(answer.contains("[DONE]"), "{answer}");
        }
    })
    .unwrap();
}

#[test]
fn who_hangs_up_frees_the_vendor_in_milliseconds() {
    run_real(1, async |world: World| {
        for script in [
            json!({ "after": "20s" }),
            json!({ "first_token": "20s" }),
            json!({ "reply": "one two three", "first_token": "1ms", "stall": "at token 1 for ever" }),
        ] {
            let served = serve(&world, &script).await;
            let mut io = world.network.dial(served.server.authority()).await.unwrap();
            let asking = ask(&world, &mut io);
            assert!(world.clock.timeout(Duration::from_millis(150), asking).await.is_err(), "{script}");
            // The spare connection stays; that of the request goes.
            let before = served.vendor.connections();
            assert!(before >= 1, "{script}");
            drop(io);
            let began = world.clock.now();
            while served.vendor.connections() >= before {
                world.clock.sleep(Duration::from_millis(1)).await;
                assert!(world.clock.now().since(began) < Duration::from_millis(500), "{script}: not closed");
            }
        }
    })
    .unwrap();
}
