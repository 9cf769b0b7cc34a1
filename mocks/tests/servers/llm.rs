//! A language model that speaks OpenAI's protocol.

use std::time::Duration;

use bargein_mocks::script::LlmScript;
use bargein_mocks::{Mock, serve_llm};
use bargein_net::{World, run_virtual};
use serde_json::{Value, json};

use crate::client::{Got, Seen, listen, post};

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
