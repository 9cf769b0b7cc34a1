//! The same request again: heard again, and paid once.

use std::time::Duration;

use bargein_server::Source;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;

use crate::stage::{Setting, request, with, with_setting};

const ID: &[(&str, &str)] = &[("x-request-id", "r-1")];

fn ask(text: &str) -> Value {
    json!({ "Text": text, "Format": "pcm" })
}

#[test]
fn a_retry_of_a_finished_request_is_answered_at_once_from_what_was_said() {
    with(json!({}), async |stage| {
        let first = stage.ask(ask("我在。"), ID).await;
        let began = stage.now();
        let second = stage.ask(ask("我在。"), ID).await;
        assert_eq!(second.head_at, began);
        assert_eq!(second.body(), first.body());
        assert_eq!(stage.seen.texts().len(), 1, "paid once");
        assert_eq!(stage.told.all()[1].source, Some(Source::Retry));
        stage.world.clock.sleep(Duration::from_secs(31)).await;
        let third = stage.ask(ask("我在。"), ID).await;
        assert_eq!((third.status.as_u16(), stage.seen.texts().len()), (200, 2), "not fresh any more");
    });
}

#[test]
fn what_differs_in_anything_is_another_request() {
    with(json!({}), async |stage| {
        stage.ask(ask("我在。"), ID).await;
        stage.ask(ask("你在。"), ID).await;
        stage.ask(json!({ "Text": "我在。", "Format": "wav" }), ID).await;
        stage.ask(json!({ "Text": "我在。", "Format": "pcm", "SampleRate": 8000 }), ID).await;
        stage.ask(ask("我在。"), &[("x-request-id", "r-2")]).await;
        stage.say(ask("我在。")).await;
        assert_eq!(stage.seen.texts(), ["我在。", "你在。", "我在。", "我在。", "我在。", "我在。"]);
    });
}

#[test]
fn two_at_once_hear_the_same_whole_audio_and_the_vendor_speaks_once() {
    with(json!({}), async |stage| {
        let later = async {
            stage.world.clock.sleep(Duration::from_millis(200)).await;
            stage.ask(ask("我在。"), ID).await
        };
        let (first, second, third) =
            tokio::join!(stage.ask(ask("我在。"), ID), stage.ask(ask("我在。"), ID), later);
        assert_eq!((first.head_at, second.head_at, third.head_at), (150, 150, 200));
        assert_eq!(first.body().len(), 21_120);
        assert!(first.body() == second.body() && first.body() == third.body());
        assert_eq!((first.end, third.end), ((310, true), (310, true)));
        assert_eq!(stage.seen.texts().len(), 1);
    });
}

#[test]
fn who_was_first_may_go_and_the_vendor_stops_with_the_last() {
    with(json!({ "speed": "1x" }), async |stage| {
        let dial = async |at: u64| {
            stage.world.clock.sleep(Duration::from_millis(at)).await;
            let mut io = stage.world.network.dial(stage.server.authority()).await.unwrap();
            let ask = request(&ask("一段很长很长的话，说也说不完。"), "X-Request-Id: r\r\n");
            tokio::io::AsyncWriteExt::write_all(&mut io, ask.as_bytes()).await.unwrap();
            io
        };
        let first = dial(0).await;
        let mut second = dial(300).await;
        stage.world.clock.sleep(Duration::from_millis(100)).await;
        drop(first);
        let mut some = vec![0; 16_000];
        second.read_exact(&mut some).await.unwrap();
        assert!(stage.seen.hung_up().is_empty(), "somebody listens");
        let at = stage.now();
        drop(second);
        stage.world.clock.sleep(Duration::from_millis(5)).await;
        assert_eq!((stage.seen.texts().len(), stage.seen.hung_up()), (1, vec![at]));
    });
}

#[test]
fn a_retry_after_a_cut_hears_the_whole_audio_from_the_start() {
    with(json!({}), async |stage| {
        let mut io = stage.world.network.dial(stage.server.authority()).await.unwrap();
        let head = request(&ask("我在。"), "X-Request-Id: r-1\r\n");
        tokio::io::AsyncWriteExt::write_all(&mut io, head.as_bytes()).await.unwrap();
        io.read_exact(&mut [0; 800]).await.unwrap();
        drop(io);
        stage.world.clock.sleep(Duration::from_millis(1)).await;
        let again = stage.ask(ask("我在。"), ID).await;
        assert_eq!((again.body().len(), again.end.1), (21_120, true));
    });
}

#[test]
fn a_failure_is_not_kept() {
    with(json!({ "request 1": { "status": 400 } }), async |stage| {
        assert_eq!(stage.ask(ask("我在。"), ID).await.code(), "INVALID_ARGUMENT");
        assert_eq!(stage.ask(ask("我在。"), ID).await.status, 200);
    });
}

#[test]
fn audio_that_is_too_much_to_hold_is_said_to_all_who_came_in_time() {
    let setting = Setting { config: "[speech]\nretry_memory = \"8KiB\"", ..Setting::default() };
    with_setting(setting, async |stage| {
        let (first, second) = tokio::join!(stage.ask(ask("我在。"), ID), stage.ask(ask("我在。"), ID));
        assert_eq!(first.body().len(), 21_120);
        assert_eq!(first.body(), second.body());
        assert_eq!(stage.seen.texts().len(), 1);
        stage.ask(ask("我在。"), ID).await;
        assert_eq!(stage.seen.texts().len(), 2, "it was not kept");
    });
}

#[test]
fn the_cache_is_off_until_it_is_given_room() {
    with(json!({}), async |stage| {
        stage.say(ask("我在。")).await;
        stage.say(ask("我在。")).await;
        assert_eq!(stage.seen.texts().len(), 2);
    });
    let setting = Setting { config: "[speech]\ncache = \"30KiB\"", ..Setting::default() };
    with_setting(setting, async |stage| {
        let first = stage.say(ask("我在。")).await;
        let began = stage.now();
        let second = stage.ask(ask("我在。"), ID).await;
        assert_eq!((second.head_at, second.body()), (began, first.body()));
        assert_eq!(stage.told.all()[1].source, Some(Source::Cache));
        // 21,120 bytes of one text, 14,080 of the other: there is room for one.
        stage.say(ask("你好")).await;
        stage.say(ask("我在。")).await;
        assert_eq!(stage.seen.texts(), ["我在。", "你好", "我在。"]);
    });
}
