//! A few of the promises over real sockets, where time is the machine's.

use std::time::Duration;

use bargein_net::{World, run_real};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::stage::{Setting, Stage, rest};

fn on_sockets(script: Value, test: impl AsyncFnOnce(Stage)) {
    let run = async |world: World| {
        let setting = Setting { script, ..Setting::default() };
        test(Stage::open(&world, "127.0.0.1:0", "127.0.0.1:0", setting).await).await;
    };
    run_real(7, run).unwrap();
}

/// Waits until it holds; how many milliseconds that took.
async fn until(stage: &Stage, condition: impl Fn() -> bool) -> u64 {
    let began = stage.now();
    while !condition() {
        assert!(stage.now() - began < 5_000, "not within five seconds");
        stage.world.clock.sleep(Duration::from_millis(1)).await;
    }
    stage.now() - began
}

#[test]
fn audio_comes_whole_and_the_connection_is_kept() {
    on_sockets(json!({ "first_audio": "20ms", "speed": "100x" }), async |stage| {
        let mut io = stage.raw(&json!({ "Text": "我在。" })).await;
        let more = crate::stage::request(&json!({ "Text": "我在。" }), "Connection: close\r\n");
        io.write_all(more.as_bytes()).await.unwrap();
        let mut all = Vec::new();
        io.read_to_end(&mut all).await.unwrap();
        let dates = String::from_utf8_lossy(&all).matches("\r\ndate: ").count();
        assert_eq!(dates, 2, "on the machine answers have a date");
        assert!(all.len() > 2 * (44 + 33 * 640) && all.ends_with(b"0\r\n\r\n"));
    });
}

#[test]
fn who_hangs_up_stops_the_vendor_at_once() {
    on_sockets(json!({ "first_audio": "300ms", "speed": "1x" }), async |stage| {
        for pause in [50, 450] {
            let before = stage.seen.hung_up().len();
            let io = stage.raw(&json!({ "Text": "一段很长很长的话，说也说不完。" })).await;
            stage.world.clock.sleep(Duration::from_millis(pause)).await;
            drop(io);
            // 5 ms on an idle machine; a loaded one is given more.
            let took = until(&stage, || stage.seen.hung_up().len() > before).await;
            assert!(took < 250, "{took} ms after hanging up at {pause} ms");
            until(&stage, || stage.state.in_flight.count() == 0).await;
        }
    });
}

#[test]
fn who_closes_his_side_is_answered() {
    on_sockets(json!({ "first_audio": "2s" }), async |stage| {
        let mut io = stage.raw(&json!({ "Text": "我在。" })).await;
        io.shutdown().await.unwrap();
        let told = rest(&stage.world, &mut io).await;
        assert!(told.starts_with("HTTP/1.1 400 ") && told.contains("CLIENT_CLOSED"), "{told}");
    });
}
