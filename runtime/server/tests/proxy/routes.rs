//! Names, retries, and the next vendor.

use serde_json::{Value, json};

use crate::client::{chat, request, send};
use crate::stage::{CHAT, behind, check, header};

/// The milliseconds and vendors of the requests.
fn asked(seen: &[String]) -> Vec<&str> {
    seen.iter().filter_map(|line| line.strip_suffix(" request")).collect()
}

#[test]
fn a_model_is_found_by_all_its_names_and_no_other() {
    let config = behind(1, "") + "\n[models.m]\naliases = [\"n\"]\n";
    check(&config, &[json!({})], async |stage| {
        for name in ["m", "n"] {
            assert_eq!(stage.post(&chat(name, true)).await.status, 200);
        }
        let got = stage.post(&chat("o", true)).await;
        assert_eq!(got.refusal(), (404, "invalid_request_error".into(), "model_not_found".into()));
        assert_eq!(got.json()["error"]["param"], "model");
        let get = |path: &str| {
            let uri = format!("http://proxy.localhost/v1/models{path}");
            send(&stage.world, http::Request::get(uri).body(Default::default()).unwrap())
        };
        let list = get("").await.json();
        let ids: Vec<&str> =
            list["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect();
        assert_eq!((list["object"].as_str(), ids), (Some("list"), vec!["m", "n"]));
        assert_eq!(get("/n").await.json()["id"], "n");
        assert_eq!(get("/o").await.status, 404);
    });
}

#[test]
fn what_failed_is_asked_again_with_the_same_id_and_then_the_next_vendor_is() {
    let failing = json!({ "status": 503 });
    check(&behind(2, "retries = 2"), &[failing, json!({ "reply": "here" })], async |stage| {
        let got = stage.ask(true).await;
        assert_eq!((got.status.as_u16(), got.said().as_str()), (200, "here"));
        assert_eq!(asked(&stage.seen()), ["0 vendor0", "100 vendor0", "300 vendor0", "300 vendor1"]);
        let requests: Vec<_> = (0..2).flat_map(|vendor| stage.requests(vendor)).collect();
        let ids: Vec<_> =
            requests.iter().map(|(headers, _)| header(headers, "x-request-id").unwrap()).collect();
        assert!(ids.iter().all(|id| *id == ids[0] && !id.is_empty()), "{ids:?}");
        let counts: Vec<_> =
            requests.iter().map(|(headers, _)| header(headers, "x-stainless-retry-count").unwrap()).collect();
        assert_eq!(counts, ["0", "1", "2", "0"]);
        let told = &stage.told()[0];
        assert_eq!((told.attempts, told.target.as_str()), (4, "vendor1.mock"));
    });
}

#[test]
fn the_next_vendor_is_asked_only_for_what_another_may_do_better() {
    for (failing, vendors) in [
        (json!({ "status": 400 }), &["0 vendor0"][..]),
        (json!({ "status": 422 }), &["0 vendor0"]),
        (json!({ "status": 401 }), &["0 vendor0", "0 vendor1"]),
        (json!({ "status": 429, "code": "insufficient_quota" }), &["0 vendor0", "0 vendor1"]),
        (json!({ "status": 429, "retry_after": "100ms" }), &["0 vendor0", "0 vendor1"]),
        (json!({ "hang": true }), &["0 vendor0", "1100 vendor0", "2100 vendor1"]),
        (json!({ "quirk": "Q42" }), &["0 vendor0", "300 vendor0", "500 vendor1"]),
    ] {
        check(&behind(2, "first_token = \"1s\""), &[failing.clone(), json!({})], async |stage| {
            stage.ask(true).await;
            assert_eq!(asked(&stage.seen()), vendors, "{failing}");
        });
    }
}

#[test]
fn the_last_vendors_time_to_come_again_is_kept_or_told() {
    for (wait, expected) in [("400ms", &["0 vendor0", "400 vendor0"][..]), ("60s", &["0 vendor0"])] {
        let script = json!({ "request 1": { "status": 429, "retry_after": wait } });
        check(&behind(1, ""), &[script], async |stage| {
            let got = stage.ask(true).await;
            assert_eq!(asked(&stage.seen()), expected, "{wait}");
            if expected.len() == 1 {
                assert_eq!((got.status.as_u16(), got.header("retry-after")), (429, "60"));
            } else {
                assert_eq!(got.status, 200);
            }
        });
    }
}

#[test]
fn nothing_is_asked_again_once_the_caller_has_got_something() {
    let script = json!({ "reply": "one two three", "cut": "at token 2 by reset" });
    check(&behind(2, "retries = 3"), &[script, json!({})], async |stage| {
        let got = stage.ask(true).await;
        assert_eq!(got.said(), "one two");
        assert_eq!(asked(&stage.seen()), ["0 vendor0"]);
    });
}

#[test]
fn the_whole_request_has_an_end_too() {
    let config = behind(1, "first_token = \"1s\"\nretries = 9") + "\n[models.m]\ntotal = \"2500ms\"\n";
    check(&config, &[json!({ "hang": true })], async |stage| {
        let got = stage.ask(true).await;
        assert_eq!((got.status.as_u16(), got.end.0), (504, 2500));
    });
    let config = behind(1, "") + "\n[models.m]\ntotal = \"500ms\"\n";
    let long: String = "word ".repeat(100);
    check(&config, &[json!({ "reply": long })], async |stage| {
        let got = stage.ask(true).await;
        assert_eq!((got.status.as_u16(), got.end.0), (200, 500));
        assert!(got.text().contains("\"code\":\"timeout\""), "{}", got.text());
    });
}

#[test]
fn a_vendor_with_an_adapter_speaks_the_same_protocol() {
    let config = "[server]\nlisten = \"proxy.localhost:80\"\n[[models.m.targets]]\nvendor = \"openai\"\n\
                  settings = { url = \"http://vendor0.mock/v1/chat/completions\", key = \"env:V\", model = \"x\" }\n";
    let script = json!({ "key": "sk-V", "reply": "我在 here" });
    check(config, &[script], async |stage| {
        let mut asked = request(CHAT, &chat("m", true));
        asked.headers_mut().insert("x-task-id", "t-1".parse().unwrap());
        let got = send(&stage.world, asked).await;
        assert_eq!((got.status.as_u16(), got.head_at, got.said().as_str()), (200, 200, "我在 here"));
        let events = got.events();
        assert_eq!(events.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [200, 200, 220, 240, 240, 240]);
        assert_eq!(events.last().unwrap().1, "[DONE]");
        let first: Value = serde_json::from_str(&events[0].1).unwrap();
        assert_eq!(
            (first["model"].as_str(), &first["choices"][0]["delta"]["role"]),
            (Some("m"), &json!("assistant"))
        );
        let (headers, body) = &stage.requests(0)[0];
        assert_eq!(
            (header(headers, "x-task-id"), &body["messages"][0]["content"]),
            (Some("t-1"), &json!("hi"))
        );
        let whole = stage.ask(false).await.json();
        assert_eq!(whole["choices"][0]["message"]["content"], "我在 here");
        assert_eq!(whole["object"], "chat.completion");
    });
}

#[test]
fn an_adapters_calls_of_tools_pass_too() {
    let config = "[server]\nlisten = \"proxy.localhost:80\"\n[[models.m.targets]]\nvendor = \"openai\"\n\
                  settings = { url = \"http://vendor0.mock/v1/chat/completions\", model = \"x\" }\n";
    let script =
        json!({ "reply": "", "tool_calls": [{ "name": "weather", "arguments": { "city": "Oslo" } }] });
    check(config, &[script], async |stage| {
        let got = stage.ask(true).await;
        let call =
            got.events().iter().find(|(_, data)| data.contains("tool_calls")).map(|(_, data)| data.clone());
        let call: Value = serde_json::from_str(&call.unwrap_or_else(|| panic!("{}", got.text()))).unwrap();
        assert_eq!(call["choices"][0]["delta"]["tool_calls"][0]["index"], 0);
        assert!(got.text().contains("\"finish_reason\":\"tool_calls\""), "{}", got.text());
        let whole = stage.ask(false).await.json();
        let choice = &whole["choices"][0];
        assert_eq!(choice["finish_reason"], "tool_calls");
        assert_eq!(choice["message"]["tool_calls"][0]["function"]["name"], "weather");
    });
}

#[test]
fn a_late_request_is_asked_a_second_time_within_the_budget() {
    // Request 41 would take far too long; by then the budget has room for one.
    let script = json!({ "first_token": "100ms", "request 41": { "first_token": "5s" }, "request 43": { "first_token": "5s" } });
    check(&behind(1, "hedge_percent = 3"), &[script], async |stage| {
        for _ in 0..40 {
            stage.ask(true).await;
        }
        let began = stage.world.clock.now().as_millis();
        let got = stage.ask(true).await;
        assert_eq!((got.status.as_u16(), got.said().as_str()), (200, "OK."));
        assert_eq!(got.head_at - began, 101 + 100, "more than the usual wait, then the second one's own");
        stage.world.clock.sleep(std::time::Duration::from_millis(1)).await;
        let told = stage.told();
        let told = told.last().unwrap();
        assert_eq!((told.attempts, told.timings.first_content.unwrap().as_millis()), (2, 201));
        let closed = format!("{} vendor0 closed", began + 201);
        assert!(stage.seen().contains(&closed), "the late one is cancelled: {:?}", stage.seen().last());
        // The budget is used up: the next late one is waited for.
        let began = stage.world.clock.now().as_millis();
        assert_eq!(stage.ask(true).await.head_at - began, 5000);
    });
}
