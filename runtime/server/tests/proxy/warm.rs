//! Connections at hand: the first request pays for none.

use std::time::Duration;

use bargein_net::LinkFaults;
use serde_json::json;

use crate::stage::{behind, check};

/// A quarter of a second to connect, which is two ways; a way is as long for all else.
fn far() -> LinkFaults {
    LinkFaults { latency: Duration::from_millis(125), ..LinkFaults::default() }
}

#[test]
fn a_spare_connection_waits_from_the_start_and_right_after_every_barge_in() {
    check(&behind(1, ""), &[json!({ "first_token": "100ms" })], async |stage| {
        let clock = &stage.world.clock;
        stage.world.network.fault("vendor0.mock:80", far());
        // The one of the start came over a good link: it is closed by its age, and the next one takes a while.
        clock.sleep(Duration::from_secs(26)).await;
        for _ in 0..3 {
            let began = clock.now().as_millis();
            let got = stage.ask(true).await;
            // There, the first token, back; and nothing to connect.
            assert_eq!(got.head_at - began, 125 + 100 + 125);
            assert!(clock.timeout(Duration::from_millis(300), stage.ask(true)).await.is_err());
        }
        clock.sleep(Duration::from_millis(1)).await;
        let connected: Vec<_> =
            stage.told().iter().map(|told| told.timings.connected.unwrap().as_millis()).collect();
        assert_eq!(connected, [0; 6]);
    });
}
