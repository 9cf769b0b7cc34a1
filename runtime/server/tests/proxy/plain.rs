//! Requests that want no stream.

use bargein_server::End;
use serde_json::json;

use crate::client::{chat, uncounted};
use crate::stage::{behind, check};

#[test]
fn a_whole_answer_is_the_vendors_own() {
    for script in [
        json!({ "reply": "我在。" }),
        json!({ "reply": "", "tool_calls": [{ "name": "f", "arguments": { "a": 1 } }] }),
        json!({ "reply": "x", "quirk": "Q26" }),
    ] {
        check(&behind(1, ""), std::slice::from_ref(&script), async |stage| {
            let straight = stage.straight(&chat("m", false)).await;
            let got = stage.ask(false).await;
            assert_eq!(uncounted(&got.text()), uncounted(&straight.text()), "{script}");
            assert_eq!(got.status, straight.status, "{script}");
            assert_eq!(got.header("content-type"), straight.header("content-type"));
            let told = &stage.told()[0];
            assert_eq!((told.end, told.status), (End::Whole, 200));
        });
    }
}

#[test]
fn a_failure_under_a_good_status_becomes_a_status() {
    let failing = r#"{"base_resp":{"status_code":1004,"status_msg":"authentication failed"}}"#;
    check(&behind(1, ""), &[json!({ "status": 200, "body": failing })], async |stage| {
        for stream in [false, true] {
            let got = stage.ask(stream).await;
            assert_eq!(got.refusal(), (401, "invalid_request_error".into(), "1004".into()), "{}", got.text());
        }
    });
}
