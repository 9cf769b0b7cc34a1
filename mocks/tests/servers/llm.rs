//! A language model that speaks OpenAI's protocol.

use std::time::Duration;

use bargein_mocks::script::LlmScript;
use bargein_mocks::{Mock, Observer, What, serve_llm};
use bargein_net::{World, run_real, run_virtual};
use futures_util::future::{join, join4};
use serde_json::{Value, json};

use crate::client::{Got, Seen, listen, post, send};

const CHAT: &str = "http://llm.mock/v1/chat/completions";

async fn vendor(world: &World, script: Value, seen: &Seen) -> Mock {
    let script = LlmScript::parse(&script).unwrap();
    serve_llm(world, listen(world, "llm.mock:80").await.unwrap(), script, seen.observer())
}

fn ask(stream: bool) -> String {
    json!({ "model": "m-1", "messages": [{ "role": "user", "content": "hi" }], "stream": stream }).to_string()
}

/// Asks once and gives what came, and what the mock told.
fn check(script: Value, body: &str) -> (Got, Vec<String>) {
    let seen = Seen::default();
    let got = run_virtual(7, async |world| {
        let _vendor = vendor(&world, script, &seen).await;
        post(&world, CHAT, "k", body).await
    });
    (got.unwrap(), seen.lines())
}

#[test]
fn tokens_come_at_the_times_of_the_script() {
    let (got, told) = check(json!({ "reply": "我在 here." }), &ask(true));
    assert_eq!(got.status, 200);
    assert_eq!(got.header("content-type"), "text/event-stream; charset=utf-8");
    assert_eq!(got.head_at, 0);
    assert_eq!(got.contents(), [(200, "我".to_owned()), (220, "在".to_owned()), (240, " here.".to_owned())]);
    let frames = got.frames();
    assert_eq!(frames.len(), 6);
    assert_eq!(frames[0].0, 0, "the role comes with the head");
    assert_eq!(frames[5], (240, "[DONE]".to_owned()));
    assert_eq!(got.end, (240, true));
    assert_eq!(told, ["0 #1 request", "200 #1 first token", "240 #1 response"]);
}

#[test]
fn what_is_due_in_the_same_millisecond_comes_in_one_piece() {
    let (got, _) = check(json!({ "reply": "a b c", "per_token": "0ms" }), &ask(true));
    assert_eq!(got.times(), [0, 200]);
}

#[test]
fn a_client_that_goes_away_is_noticed_at_once() {
    for (wait, expected) in [(50, "50 #1 closed by agent"), (230, "230 #1 closed by agent")] {
        let seen = Seen::default();
        run_virtual(7, async |world| {
            let _vendor = vendor(&world, json!({ "reply": "one two three four" }), &seen).await;
            let body = ask(true);
            let call = post(&world, CHAT, "k", &body);
            let _ = world.clock.timeout(Duration::from_millis(wait), call).await;
            world.clock.sleep(Duration::from_secs(5)).await;
        })
        .unwrap();
        assert_eq!(seen.lines().last().map(String::as_str), Some(expected));
    }
}

#[test]
fn a_request_without_stream_gets_one_body_when_the_last_token_is_due() {
    let (got, told) = check(
        json!({ "reply": "我在。", "usage": { "prompt_tokens": 9, "completion_tokens": 3 } }),
        &ask(false),
    );
    assert_eq!((got.status.as_u16(), got.head_at, got.times()), (200, 240, vec![240]));
    assert_eq!(
        got.json(),
        json!({
            "id": "chatcmpl-mock-1", "object": "chat.completion", "created": 1_735_689_600, "model": "m-1",
            "system_fingerprint": "fp_mock",
            "choices": [{
                "index": 0,
                "message": { "role": "assistant", "content": "我在。", "refusal": null },
                "logprobs": null,
                "finish_reason": "stop",
            }],
            "usage": { "prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12 },
        })
    );
    assert_eq!(told, ["0 #1 request", "240 #1 first token", "240 #1 response"]);
}

#[test]
fn the_observer_is_told_the_request_as_it_was_sent() {
    let seen = Seen::default();
    let journal = run_virtual(7, async |world| {
        let vendor = vendor(&world, json!({}), &seen).await;
        post(&world, CHAT, "k", &ask(true)).await;
        post(&world, CHAT, "k", "not json").await;
        vendor.journal()
    })
    .unwrap();
    assert_eq!(journal[0].path, "/v1/chat/completions");
    assert_eq!(journal[0].body["messages"][0]["content"], "hi");
    assert!(journal[0].headers.contains(&("x-request-id".to_owned(), "r-1".to_owned())));
    assert_eq!(journal[1].body, "not json");
    assert_eq!(journal.iter().map(|entry| entry.request).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn what_is_no_chat_request_is_refused_in_the_vendors_shape() {
    let refused = |body: &str| {
        let (got, _) = check(json!({}), body);
        (got.status.as_u16(), got.json()["error"].clone())
    };
    let (status, error) = refused(&json!({ "model": "m-1", "messages": [] }).to_string());
    assert_eq!(status, 400);
    assert_eq!(
        error,
        json!({
            "message": "expected at least one message in `messages`", "type": "invalid_request_error",
            "param": "messages", "code": null,
        })
    );
    assert_eq!(refused("[]").0, 400);
    assert_eq!(refused(&json!({ "messages": [{}] }).to_string()).1["param"], "model");
}

#[test]
fn a_wrong_key_gets_in_nowhere() {
    let script = json!({ "key": "right" });
    let (got, told) = check(script.clone(), &ask(true));
    assert_eq!(got.status, 401);
    assert_eq!(got.json()["error"]["code"], "invalid_api_key");
    assert_eq!(told, ["0 #1 request", "0 #1 response"]);
    run_virtual(7, async |world| {
        let _vendor = vendor(&world, script, &Seen::default()).await;
        let models = "http://llm.mock/v1/models";
        assert_eq!(send(&world, "GET", models, "wrong", "").await.status, 401);
        assert_eq!(send(&world, "GET", models, "right", "").await.status, 200);
        assert_eq!(post(&world, CHAT, "\"right\"", &ask(true)).await.status, 200);
    })
    .unwrap();
}

#[test]
fn the_models_are_listed_without_being_a_request() {
    let seen = Seen::default();
    run_virtual(7, async |world| {
        let _vendor = vendor(&world, json!({}), &seen).await;
        let get = async |path: &str| send(&world, "GET", &format!("http://llm.mock{path}"), "k", "").await;
        let model = json!({ "id": "mock-1", "object": "model", "created": 0, "owned_by": "mock" });
        assert_eq!(get("/v1/models").await.json(), json!({ "object": "list", "data": [model] }));
        assert_eq!(get("/v1/models/mock-1").await.json(), model);
        assert_eq!(get("/v1/models/other").await.json()["error"]["code"], "model_not_found");
        assert_eq!(get("/v1/embeddings").await.status, 404);
    })
    .unwrap();
    assert_eq!(seen.lines(), Vec::<String>::new());
}

#[test]
fn a_rate_is_kept_over_any_stretch_of_time() {
    let status = run_virtual(7, async |world| {
        let _vendor = vendor(&world, json!({ "rate": "2 per minute" }), &Seen::default()).await;
        let mut status = Vec::new();
        for wait in [0, 20_000, 10_000, 29_799, 1] {
            world.clock.sleep(Duration::from_millis(wait)).await;
            let got = post(&world, CHAT, "k", &ask(true)).await;
            status.push((got.status.as_u16(), got.header("retry-after-ms").to_owned()));
        }
        let other = post(&world, CHAT, "another key", &ask(true)).await;
        status.push((other.status.as_u16(), String::new()));
        status
    });
    // An answer takes 200 ms: the requests come at 0, 20.2, 30.4, 60.199 and 60.4 s.
    let expected = [(200, ""), (200, ""), (429, "29600"), (200, ""), (429, "19800"), (200, "")];
    assert_eq!(status.unwrap(), expected.map(|(status, retry_after)| (status, retry_after.to_owned())));
}

#[test]
fn a_request_counts_as_concurrent_until_its_answer_is_over() {
    let status = run_virtual(7, async |world| {
        let _vendor = vendor(&world, json!({ "concurrent": 1 }), &Seen::default()).await;
        let body = ask(true);
        let later = async |millis, key| {
            world.clock.sleep(Duration::from_millis(millis)).await;
            post(&world, CHAT, key, &body).await.status.as_u16()
        };
        let (a, b, c, d) = join4(later(0, "k"), later(100, "k"), later(100, "other"), later(201, "k")).await;
        [a, b, c, d]
    });
    assert_eq!(status.unwrap(), [200, 429, 200, 200]);
}

#[test]
fn a_scripted_refusal_comes_at_its_time_in_the_vendors_shape_or_in_any_other() {
    let (got, told) =
        check(json!({ "status": 429, "after": "80ms", "retry_after": "1.5s", "body": "vendor" }), &ask(true));
    assert_eq!((got.status.as_u16(), got.head_at), (429, 80));
    assert_eq!((got.header("retry-after"), got.header("retry-after-ms")), ("2", "1500"));
    assert_eq!(got.json()["error"]["code"], "rate_limit_exceeded");
    assert_eq!(told, ["0 #1 request", "80 #1 response"]);

    let (got, _) = check(json!({ "status": 429, "code": "insufficient_quota" }), &ask(true));
    assert_eq!(got.json()["error"]["type"], "insufficient_quota");

    let (got, _) = check(json!({ "status": 502, "body": "<html>Bad Gateway</html>" }), &ask(true));
    assert_eq!((got.header("content-type"), got.text().as_str()), ("text/html", "<html>Bad Gateway</html>"));
}

#[test]
fn only_the_requests_of_a_block_are_at_fault() {
    let seen = Seen::default();
    let status = run_virtual(7, async |world| {
        let script = json!({ "reply": "我在。", "request 2..3": { "status": 500 } });
        let _vendor = vendor(&world, script, &seen).await;
        let mut status = Vec::new();
        for _ in 0..4 {
            status.push(post(&world, CHAT, "k", &ask(true)).await.status.as_u16());
        }
        status
    });
    assert_eq!(status.unwrap(), [200, 500, 500, 200]);
}

#[test]
fn a_hanging_request_is_never_answered() {
    let seen = Seen::default();
    run_virtual(7, async |world| {
        let _vendor = vendor(&world, json!({ "hang": true }), &seen).await;
        let body = ask(true);
        let hour = Duration::from_secs(3_600);
        assert!(world.clock.timeout(hour, post(&world, CHAT, "k", &body)).await.is_err());
        world.clock.sleep(hour).await;
    })
    .unwrap();
    assert_eq!(seen.lines(), ["0 #1 request", "3600000 #1 closed by agent"]);
}

#[test]
fn an_answer_that_breaks_off_is_neither_whole_nor_given_up() {
    for (cut, whole) in [("at token 2", true), ("at token 2 by reset", false)] {
        let (got, told) = check(json!({ "reply": "a b c d", "cut": cut }), &ask(true));
        assert_eq!(got.contents().len(), 2);
        assert_eq!(got.end, (220, whole), "{cut}");
        assert_eq!(told, ["0 #1 request", "200 #1 first token"]);
    }
}

#[test]
fn comments_come_while_nothing_else_does() {
    let (got, _) = check(json!({ "first_token": "1s", "keep_alive": "400ms", "reply": "a" }), &ask(true));
    let comments: Vec<_> = got.frames().into_iter().filter(|(_, frame)| frame == ": keep-alive").collect();
    assert_eq!(comments.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [400, 800]);
}

#[test]
fn a_wrong_header_takes_the_right_ones_place() {
    let (got, _) =
        check(json!({ "wrong_header": { "Content-Type": "text/plain", "cache-control": "" } }), &ask(true));
    assert_eq!((got.header("content-type"), got.header("cache-control")), ("text/plain", ""));
}

#[test]
fn usage_metadata_and_tool_calls_are_chunks_of_their_own() {
    let script = json!({
        "reply": "a", "reasoning": "hm", "meta": [{ "emotion": "calm" }],
        "tool_calls": [{ "name": "f", "arguments": { "x": 1 } }],
    });
    let body = json!({
        "model": "m-1", "messages": [{ "role": "user", "content": "hi" }], "stream": true,
        "stream_options": { "include_usage": true },
    });
    let (got, told) = check(script, &body.to_string());
    let frames: Vec<(u64, Value)> = got
        .frames()
        .into_iter()
        .map(|(at, data)| (at, serde_json::from_str(&data).unwrap_or(Value::String(data))))
        .collect();
    let deltas: Vec<_> =
        frames.iter().map(|(at, chunk)| (*at, chunk["choices"][0]["delta"].clone())).collect();
    assert_eq!(deltas[1], (200, json!({ "reasoning_content": "hm" })));
    assert_eq!(
        frames[2],
        (
            220,
            json!({ "id": "chatcmpl-mock-1", "type": "meta.info", "created": 1_735_689_600, "metainfo": { "emotion": "calm" } })
        )
    );
    assert_eq!(deltas[3], (220, json!({ "content": "a" })));
    let call = |call: Value| json!({ "tool_calls": [call] });
    let name = json!({ "name": "f", "arguments": "" });
    assert_eq!(
        deltas[4],
        (240, call(json!({ "index": 0, "id": "call_mock_1_1", "type": "function", "function": name })))
    );
    assert_eq!(deltas[5], (260, call(json!({ "index": 0, "function": { "arguments": "{\"x" } }))));
    assert_eq!(deltas[6], (280, call(json!({ "index": 0, "function": { "arguments": "\":1}" } }))));
    assert_eq!(frames[7].1["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(
        frames[8].1["usage"],
        json!({ "prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3 })
    );
    assert_eq!(frames[9], (280, Value::String("[DONE]".to_owned())));
    assert!(told.contains(&"220 #1 first token".to_owned()));
}

#[test]
fn the_draws_of_a_request_depend_on_its_number_and_the_seed_alone() {
    let times = |seed, script: Value, requests: usize| {
        run_virtual(seed, async |world| {
            let _vendor = vendor(&world, script, &Seen::default()).await;
            let mut got = Got::default();
            for _ in 0..requests {
                world.clock.sleep(Duration::from_secs(60)).await;
                got = post(&world, CHAT, "k", &ask(true)).await;
            }
            got.contents().into_iter().map(|(at, _)| at - got.head_at).collect::<Vec<_>>()
        })
        .unwrap()
    };
    let script = json!({ "reply": "a b c d", "first_token": "normal(200ms, 50ms)", "per_token": "uniform(10ms, 90ms)" });
    let mut first_fails = script.clone();
    first_fails["request 1"] = json!({ "status": 500 });
    assert_eq!(times(7, script.clone(), 2), times(7, first_fails, 2));
    assert_ne!(times(7, script.clone(), 2), times(7, script.clone(), 1));
    assert_ne!(times(7, script.clone(), 1), times(8, script, 1));
}

#[test]
fn a_mock_that_closes_says_of_nobody_that_they_went_away() {
    let seen = Seen::default();
    let got = run_virtual(7, async |world| {
        let vendor = vendor(&world, json!({ "first_token": "10s" }), &seen).await;
        let body = ask(true);
        let closing = async {
            world.clock.sleep(Duration::from_secs(1)).await;
            drop(vendor);
        };
        join(post(&world, CHAT, "k", &body), closing).await.0
    });
    assert_eq!(got.unwrap().end, (1_000, false));
    assert_eq!(seen.lines(), ["0 #1 request"]);
}

#[test]
fn a_mock_that_stops_lets_answers_end() {
    let got = run_virtual(7, async |world| {
        let vendor = vendor(&world, json!({}), &Seen::default()).await;
        let body = ask(true);
        let stopping = async {
            world.clock.sleep(Duration::from_millis(50)).await;
            vendor.stop(Duration::from_secs(5)).await;
            world.clock.now().as_millis()
        };
        join(post(&world, CHAT, "k", &body), stopping).await
    });
    let (got, stopped_at) = got.unwrap();
    assert_eq!((got.end, stopped_at), ((200, true), 200));
}

#[test]
fn bytes_that_a_quirk_sends_apart_come_apart() {
    let (got, _) = check(json!({ "reply": "我", "quirk": "Q30" }), &ask(true));
    let pieces: Vec<_> =
        got.pieces.iter().map(|(at, bytes)| (*at, std::str::from_utf8(bytes).is_ok())).collect();
    assert_eq!(pieces, [(0, true), (200, false), (200, false)]);
}

#[test]
fn a_client_is_told_how_to_be_let_in() {
    run_virtual(7, async |world| {
        let seen = Seen::default();
        let vendor = vendor(&world, json!({ "key": "secret", "reply": "我在。" }), &seen).await;
        let expected =
            json!({ "url": CHAT.replace("mock/", "mock:80/"), "key": "secret", "model": "mock-1" });
        assert_eq!(vendor.client_settings(), &expected);
        post(&world, CHAT, "secret", &ask(true)).await;
        let last = seen.all().pop().unwrap().what;
        assert_eq!(last, What::Response { status: 200, text: "我在。".to_owned() });
    })
    .unwrap();
}

#[test]
fn the_same_answer_comes_over_sockets() {
    let script = json!({ "reply": "我在 here.", "first_token": "20ms", "per_token": "5ms" });
    let (virtually, _) = check(script.clone(), &ask(false));
    let got = run_real(7, async |world| {
        let listener = world.network.listen("127.0.0.1:0").await.unwrap();
        let vendor = serve_llm(&world, listener, LlmScript::parse(&script).unwrap(), Observer::nobody());
        let uri = vendor.client_settings()["url"].as_str().unwrap().to_owned();
        post(&world, &uri, "k", &ask(false)).await
    });
    let got = got.unwrap();
    assert!(got.head_at >= 30);
    assert_eq!(got.json()["choices"], virtually.json()["choices"]);
}
