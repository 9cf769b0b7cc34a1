//! The caller goes away, as at every barge-in: the vendor sees it in the same millisecond, whatever was going on, and
//! the client's slot is free.

use std::time::Duration;

use bargein_server::End;
use serde_json::json;

use crate::client::chat;
use crate::stage::{behind, check};

const CLIENT: &str = "[clients.one]\nkey = \"env:ONE\"\nconcurrent = 1\n";

/// Goes away so long after the question.
#[track_caller]
fn goes_away(script: serde_json::Value, stream: bool, after: u64, told_status: u16) {
    check(&(behind(1, "") + CLIENT), &[script], async |stage| {
        let ask = || {
            let mut asked = crate::client::request(crate::stage::CHAT, &chat("m", stream));
            asked.headers_mut().insert("authorization", "Bearer sk-ONE".parse().unwrap());
            crate::client::send(&stage.world, asked)
        };
        let clock = &stage.world.clock;
        assert!(clock.timeout(Duration::from_millis(after), ask()).await.is_err(), "it was answered before");
        // Whatever is to be done about it needs no time.
        clock.sleep(Duration::ZERO).await;
        clock.sleep(Duration::from_millis(1)).await;
        let closed = format!("{after} vendor0 closed");
        assert!(stage.seen().contains(&closed), "expected {closed:?} in {:?}", stage.seen());
        let told = &stage.told()[0];
        assert_eq!((told.end, told.status), (End::CallerGone, told_status));
        assert_eq!(told.timings.total.as_millis(), u128::from(after));
        assert_eq!(stage.state.in_flight.count(), 0);
        // The one slot of the client is free again.
        let again = clock.timeout(Duration::from_secs(20), ask()).await;
        assert_ne!(again.map(|got| got.status.as_u16()), Ok(429));
    });
}

#[test]
fn before_the_head_of_the_answer() {
    goes_away(json!({ "after": "300ms" }), true, 120, 499);
}

#[test]
fn before_the_first_token() {
    goes_away(json!({ "first_token": "300ms" }), true, 120, 499);
}

#[test]
fn in_the_middle_of_a_stream() {
    goes_away(json!({ "reply": "one two three four five six" }), true, 250, 200);
}

#[test]
fn while_the_vendor_has_stalled() {
    goes_away(json!({ "reply": "one two three", "stall": "at token 2 for ever" }), true, 700, 200);
}

#[test]
fn during_a_request_without_a_stream() {
    goes_away(json!({ "reply": "one two three" }), false, 100, 499);
}

#[test]
fn during_the_pause_before_asking_again() {
    check(&behind(1, ""), &[json!({ "request 1": { "status": 503, "retry_after": "2s" } })], async |stage| {
        let clock = &stage.world.clock;
        assert!(clock.timeout(Duration::from_millis(900), stage.ask(true)).await.is_err());
        clock.sleep(Duration::from_secs(5)).await;
        assert_eq!(stage.requests(0).len(), 1, "nobody asks for one who has gone");
        assert_eq!(stage.told()[0].end, End::CallerGone);
    });
}
