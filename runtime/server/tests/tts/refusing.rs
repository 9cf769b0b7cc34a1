//! Requests that are refused: the shape of the answer, its status and its code.

use http::Method;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use crate::stage::{Setting, rest, with, with_setting};

const PATH: &str = "/api/v1/tts/stream";
const AUTHORISED: (&str, &str) = ("authorization", "Bearer sk-test");

#[test]
fn a_wrong_request_is_refused_in_the_shape_of_the_protocol() {
    with(json!({}), async |stage| {
        for (body, status, code) in [
            ("{}", 400, "INVALID_ARGUMENT"),
            ("", 400, "INVALID_ARGUMENT"),
            ("[]", 400, "INVALID_ARGUMENT"),
            ("null", 400, "INVALID_ARGUMENT"),
            ("{\"Text\":", 400, "INVALID_ARGUMENT"),
            (r#"{"text":"hi"}"#, 400, "INVALID_ARGUMENT"),
            (r#"{"Text":"hi","Format":"mp3"}"#, 400, "INVALID_ARGUMENT"),
            (r#"{"Text":"hi","SampleRate":"16000"}"#, 400, "INVALID_ARGUMENT"),
            (&json!({ "Text": "好".repeat(5_001) }).to_string(), 413, "TEXT_TOO_LONG"),
            (&"x".repeat((1 << 20) + 1), 413, "BODY_TOO_LARGE"),
        ] {
            let heard = stage.send(Method::POST, PATH, &[AUTHORISED], body.to_owned()).await;
            let short: String = body.chars().take(40).collect();
            assert_eq!((heard.status.as_u16(), heard.code().as_str()), (status, code), "{short}");
            assert!(!heard.header("x-request-id").is_empty());
        }
        assert!(stage.seen.texts().is_empty(), "no vendor was asked");
    });
}

#[test]
fn other_methods_paths_and_types_are_refused() {
    with(json!({}), async |stage| {
        let ask = json!({ "Text": "嗯" }).to_string();
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::OPTIONS] {
            let heard = stage.send(method, PATH, &[AUTHORISED], "").await;
            assert_eq!((heard.status.as_u16(), heard.code().as_str()), (405, "METHOD_NOT_ALLOWED"));
            assert_eq!(heard.header("allow"), "POST");
        }
        for path in ["/api/v1/tts/stream/nope", "/api/v1/tts/nope"] {
            let heard = stage.send(Method::POST, path, &[AUTHORISED], ask.clone()).await;
            assert_eq!((heard.status.as_u16(), heard.code().as_str()), (404, "NOT_FOUND"));
        }
        let typed = [AUTHORISED, ("content-type", "text/plain")];
        let heard = stage.send(Method::POST, PATH, &typed, ask.clone()).await;
        assert_eq!((heard.status.as_u16(), heard.code().as_str()), (415, "UNSUPPORTED_MEDIA_TYPE"));
        let heard = stage.send(Method::POST, PATH, &[AUTHORISED], ask).await;
        assert_eq!(heard.status, 200, "no type at all");
    });
}

#[test]
fn only_who_has_a_key_is_heard() {
    with(json!({}), async |stage| {
        let ask = json!({ "Text": "嗯" }).to_string();
        for (value, status) in [
            (None, 401),
            (Some("Bearer"), 401),
            (Some("Bearer "), 401),
            (Some("Bearer sk-tes"), 401),
            (Some("Bearer sk-testx"), 401),
            (Some("Basic sk-test"), 401),
            (Some("Bearer sk-test"), 200),
            (Some("bearer  sk-test"), 200),
            (Some("Bearer \"sk-test\""), 200),
        ] {
            let headers: Vec<_> = value.map(|value| ("authorization", value)).into_iter().collect();
            let heard = stage.send(Method::POST, PATH, &headers, ask.clone()).await;
            assert_eq!(heard.status, status, "{value:?}");
            if status == 401 {
                assert_eq!(heard.code(), "AUTH_FAILED");
                assert!(!String::from_utf8_lossy(&heard.body()).contains("sk-test"));
            }
        }
        assert_eq!(stage.seen.texts().len(), 3);
    });
}

#[test]
fn a_client_over_its_limit_is_told_when_to_come_again() {
    let setting = Setting { client: "concurrent = 1", ..Setting::default() };
    with_setting(setting, async |stage| {
        let later = async {
            stage.world.clock.sleep(std::time::Duration::from_millis(10)).await;
            stage.say(json!({ "Text": "啊" })).await
        };
        let (first, second) = tokio::join!(stage.say(json!({ "Text": "嗯" })), later);
        assert_eq!(first.status, 200);
        assert_eq!((second.status.as_u16(), second.code().as_str()), (429, "RATE_LIMITED"));
        assert_eq!((second.head_at, second.header("retry-after")), (10, "1"));
        assert_eq!(stage.say(json!({ "Text": "嗯" })).await.status, 200);
    });
    let setting = Setting { client: "rate = \"1 per 10s\"", ..Setting::default() };
    with_setting(setting, async |stage| {
        assert_eq!(stage.say(json!({ "Text": "嗯" })).await.status, 200);
        let second = stage.say(json!({ "Text": "嗯" })).await;
        assert_eq!((second.status.as_u16(), second.header("retry-after")), (429, "10"));
    });
}

#[test]
fn a_request_that_does_not_come_is_not_waited_for() {
    with(json!({}), async |stage| {
        for head in [
            "POST /api/v1/tts/stream HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer sk-test\r\nContent-Length: 90\r\n\r\n{",
            "POST /api/v1/tts/stream HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer sk-test\r\nTransfer-Encoding: chunked\r\n\r\n",
        ] {
            let began = stage.now();
            let mut io = stage.world.network.dial(stage.server.authority()).await.unwrap();
            io.write_all(head.as_bytes()).await.unwrap();
            let told = rest(&stage.world, &mut io).await;
            assert!(told.starts_with("HTTP/1.1 408 ") && told.contains("REQUEST_TIMEOUT"), "{told}");
            assert_eq!(stage.now() - began, 3_000);
        }
        let differing =
            "POST /api/v1/tts/stream HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}";
        let mut io = stage.world.network.dial(stage.server.authority()).await.unwrap();
        io.write_all(differing.as_bytes()).await.unwrap();
        assert!(rest(&stage.world, &mut io).await.starts_with("HTTP/1.1 400 "));
        assert_eq!(stage.say(json!({ "Text": "嗯" })).await.status, 200, "the server lives");
    });
}

#[test]
fn a_body_may_come_in_any_pieces() {
    with(json!({}), async |stage| {
        let request = crate::stage::request(&json!({ "Text": "嗯" }), "Connection: close\r\n");
        let whole = {
            let mut io = stage.world.network.dial(stage.server.authority()).await.unwrap();
            io.write_all(request.as_bytes()).await.unwrap();
            rest(&stage.world, &mut io).await
        };
        let mut io = stage.world.network.dial(stage.server.authority()).await.unwrap();
        for byte in request.as_bytes() {
            io.write_all(&[*byte]).await.unwrap();
            stage.world.clock.sleep(std::time::Duration::from_millis(3)).await;
        }
        let bytewise = rest(&stage.world, &mut io).await;
        // A tone of another pitch, in the same chunks.
        let sizes = |answer: &str| answer.matches("\r\n280\r\n").count();
        assert_eq!((sizes(&bytewise), sizes(&whole)), (10, 10));
        let chunked = "POST /api/v1/tts/stream HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer sk-test\r\n\
                       Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"Tex\r\n9\r\nt\":\"hey\"}\r\n0\r\n\r\n";
        let mut io = stage.world.network.dial(stage.server.authority()).await.unwrap();
        io.write_all(chunked.as_bytes()).await.unwrap();
        assert!(rest(&stage.world, &mut io).await.starts_with("HTTP/1.1 200 "));
        assert_eq!(stage.seen.texts().last().unwrap(), "hey");
    });
}
