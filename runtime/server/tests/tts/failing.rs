//! Vendors that fail: before the first audio a refusal, after it a broken connection.

use bargein_core::FaultKind;
use bargein_server::End;
use serde_json::{Value, json};

use crate::stage::{Setting, Stage, with, with_setting};

fn check(script: &Value, status: u16, code: &str, at: u64) {
    let setting = Setting { script: script.clone(), target: "retries = 0", ..Setting::default() };
    with_setting(setting, async |stage| {
        let heard = stage.say(json!({ "Text": "我在。" })).await;
        assert_eq!(
            (heard.status.as_u16(), heard.code().as_str(), heard.head_at),
            (status, code, at),
            "{script}"
        );
        assert!(stage.told.all()[0].fault.is_some());
        assert_eq!(stage.say(json!({ "Text": "" })).await.status, 200, "the server lives");
    });
}

#[test]
fn a_vendor_that_fails_before_it_speaks_is_a_refusal_with_a_status() {
    for (script, status, code, at) in [
        (json!({ "status": 500, "after": "80ms" }), 502, "VENDOR_FAILED", 80),
        (json!({ "status": 503 }), 502, "VENDOR_FAILED", 0),
        (json!({ "status": 401 }), 502, "VENDOR_FAILED", 0),
        (json!({ "status": 429 }), 429, "RATE_LIMITED", 0),
        (json!({ "status": 400 }), 400, "INVALID_ARGUMENT", 0),
        (json!({ "cut": "at byte 0 by reset" }), 502, "VENDOR_FAILED", 0),
        (json!({ "cut": "at byte 0" }), 502, "VENDOR_FAILED", 0),
        (json!({ "first_audio": "9s" }), 504, "VENDOR_TIMEOUT", 5_000),
        (json!({ "wrong_header": { "content-type": "text/html" } }), 502, "VENDOR_FAILED", 0),
    ] {
        check(&script, status, code, at);
    }
}

#[test]
fn a_vendor_that_is_not_there_is_a_refusal_with_a_status() {
    with(json!({}), async |mut stage: Stage| {
        drop(stage.vendor.take());
        let heard = stage.say(json!({ "Text": "我在。" })).await;
        assert_eq!((heard.status.as_u16(), heard.code().as_str()), (502, "VENDOR_FAILED"));
        assert_eq!(stage.told.all()[0].attempts, 2);
    });
}

#[test]
fn a_vendor_that_fails_after_it_spoke_breaks_the_connection_without_an_end() {
    for (script, at) in
        [(json!({ "cut": "at chunk 5 by reset" }), 170), (json!({ "stall": "at chunk 5 for ever" }), 5_170)]
    {
        with(script.clone(), async |stage| {
            let heard = stage.say(json!({ "Text": "我在。" })).await;
            assert_eq!((heard.status.as_u16(), heard.end), (200, (at, false)), "{script}");
            assert_eq!(heard.body().len(), 44 + 5 * 640, "all that came, and nothing else");
            let told = &stage.told.all()[0];
            assert_eq!((told.end, told.attempts), (End::Broken, 1), "not asked again: it has been heard");
            assert_eq!(stage.say(json!({ "Text": "" })).await.status, 200, "the server lives");
        });
    }
}

#[test]
fn what_failed_before_it_spoke_is_asked_again_with_the_same_id() {
    with(json!({ "request 1": { "status": 503, "after": "20ms" } }), async |stage| {
        let heard = stage.ask(json!({ "Text": "我在。" }), &[("x-request-id", "r")]).await;
        assert_eq!((heard.status.as_u16(), heard.head_at), (200, 170));
        assert_eq!(
            (stage.seen.header(0, "x-request-id"), stage.seen.header(1, "x-request-id")),
            ("r".into(), "r".into())
        );
        assert_eq!((stage.told.all()[0].attempts, stage.told.all()[0].fault), (2, None));
    });
}

#[test]
fn the_next_target_is_tried_when_one_does_not_speak() {
    let second = "retries = 0\n[[voices.anna.targets]]\nvendor = \"custom\"\n\
                  settings = { url = \"http://tts.mock/stream-audio\" }";
    for (script, asked, at) in [
        (json!({ "request 1": { "status": 401 } }), 2, 150),
        (json!({ "request 1": { "status": 500, "after": "30ms" } }), 2, 180),
        (json!({ "request 1": { "first_audio": "20s" } }), 2, 5_150),
    ] {
        let setting = Setting { script: script.clone(), target: second, ..Setting::default() };
        with_setting(setting, async |stage| {
            let heard = stage.say(json!({ "Text": "我在。" })).await;
            assert_eq!((heard.status.as_u16(), heard.head_at), (200, at), "{script}");
            assert_eq!(stage.seen.texts().len(), asked);
        });
    }
    let setting = Setting { script: json!({ "status": 400 }), target: second, ..Setting::default() };
    with_setting(setting, async |stage| {
        assert_eq!(stage.say(json!({ "Text": "我在。" })).await.code(), "INVALID_ARGUMENT");
        assert_eq!(stage.seen.texts().len(), 1, "a wrong request is wrong everywhere");
        assert_eq!(stage.told.all()[0].fault, Some(FaultKind::BadRequest));
    });
}

#[test]
fn a_key_of_the_vendor_is_never_in_a_message() {
    let setting = Setting { script: json!({ "key": "sk-other", "status": 500 }), ..Setting::default() };
    with_setting(setting, async |stage| {
        let heard = stage.say(json!({ "Text": "我在。" })).await;
        assert!(!String::from_utf8_lossy(&heard.body()).contains("sk-"));
    });
}
