//! Callers that go away: every barge-in is one.

use std::time::Duration;

use bargein_server::End;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::stage::{Setting, rest, with, with_setting};

const MS: Duration = Duration::from_millis(1);

#[test]
fn who_hangs_up_at_any_moment_stops_the_vendor_in_that_moment() {
    // Before the head, with the first audio, in the middle.
    for at in [0, 40, 149, 150, 151, 400] {
        with(json!({ "first_audio": "150ms", "speed": "1x" }), async move |stage| {
            let io = stage.raw(&json!({ "Text": "一段很长很长的话，说也说不完。" })).await;
            stage.world.clock.sleep(MS * at).await;
            drop(io);
            stage.world.clock.sleep(MS * 5).await;
            match at {
                0 => assert!(stage.seen.texts().is_empty(), "gone before anything was asked"),
                at => assert_eq!(stage.seen.hung_up(), [u64::from(at)].as_slice(), "hung up at {at} ms"),
            }
            assert_eq!(stage.state.in_flight.count(), 0);
            let told = stage.told.all();
            assert_eq!((told.len(), told[0].end, told[0].status), (1, End::CallerGone, 499));
            let again = stage.say(json!({ "Text": "嗯" })).await;
            assert_eq!(again.head_at, u64::from(at) + 5 + 150, "the next one is not slower");
        });
    }
}

#[test]
fn a_hundred_cuts_leave_nothing_behind() {
    with_setting(Setting { client: "concurrent = 1", ..Setting::default() }, async |stage| {
        for at in 0..100 {
            let io = stage.raw(&json!({ "Text": "一段很长的话，说也说不完。" })).await;
            stage.world.clock.sleep(MS * (at * 7 % 300)).await;
            drop(io);
            stage.world.clock.sleep(MS).await;
        }
        assert_eq!(stage.state.in_flight.count(), 0);
        assert_eq!(stage.say(json!({ "Text": "嗯" })).await.status, 200, "the slot of the client is free");
    });
}

#[test]
fn who_closes_his_side_before_the_audio_is_told_so_and_costs_nothing_more() {
    with(json!({}), async |stage| {
        let mut io = stage.raw(&json!({ "Text": "你好，世界！" })).await;
        io.shutdown().await.unwrap();
        let told = rest(&stage.world, &mut io).await;
        assert!(told.starts_with("HTTP/1.1 400 ") && told.contains("CLIENT_CLOSED"), "{told}");
        assert_eq!(stage.now(), 0);
        stage.world.clock.sleep(MS * 5).await;
        assert!(stage.seen.texts().is_empty() || stage.seen.hung_up() == [0]);
        let mut io = stage.raw(&json!({ "Text": "你好，世界！" })).await;
        stage.world.clock.sleep(MS * 60).await;
        io.shutdown().await.unwrap();
        assert!(rest(&stage.world, &mut io).await.contains("CLIENT_CLOSED"));
        assert_eq!(stage.seen.hung_up().last(), Some(&65));
    });
}

#[test]
fn who_closes_his_side_in_the_middle_of_the_audio_gets_no_false_end() {
    with(json!({ "speed": "1x" }), async |stage| {
        let mut io = stage.raw(&json!({ "Text": "你好，世界！" })).await;
        let mut some = [0; 1_000];
        io.read_exact(&mut some).await.unwrap();
        let at = stage.now();
        io.shutdown().await.unwrap();
        let more = rest(&stage.world, &mut io).await;
        assert!(!more.ends_with("0\r\n\r\n"));
        assert_eq!((stage.now(), stage.seen.hung_up()), (at, vec![at]));
    });
}
