//! What was said before is put before the next question.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Got, request, send};
use crate::stage::{CHAT, Stage, behind, check};

fn remembering(keys: &str) -> String {
    behind(1, "") + "[models.m.context]\n" + keys
}

fn asked(
    messages: &Value,
    session: &[(&str, &str)],
    stream: bool,
) -> http::Request<http_body_util::Full<bytes::Bytes>> {
    let mut asked = request(CHAT, &json!({ "model": "m", "messages": messages, "stream": stream }));
    for (name, value) in session {
        let name: http::HeaderName = name.parse().unwrap();
        asked.headers_mut().insert(name, value.parse().unwrap());
    }
    asked
}

const SESSION: &[(&str, &str)] = &[("x-task-id", "t"), ("x-room-id", "r"), ("x-user-id", "u")];

async fn ask(stage: &Stage, question: &str, session: &[(&str, &str)]) -> Got {
    send(&stage.world, asked(&json!([{ "role": "user", "content": question }]), session, true)).await
}

/// What the vendor was asked: role and content of each message, by request.
fn seen(stage: &Stage) -> Vec<Vec<String>> {
    let line = |message: &Value| {
        format!("{}: {}", message["role"].as_str().unwrap(), message["content"].as_str().unwrap())
    };
    let lines = |body: &Value| body["messages"].as_array().unwrap().iter().map(line).collect();
    stage.requests(0).iter().map(|(_, body)| lines(body)).collect()
}

#[test]
fn rounds_of_a_session_are_put_before_its_next_question() {
    let config = remembering("rounds = 2\nsystem_prompt = \"Be brief.\"");
    check(&config, &[json!({ "reply": "Yes." })], async |stage| {
        for question in ["one", "two", "three"] {
            assert_eq!(ask(stage, question, SESSION).await.status, 200);
        }
        // Another user of the same room is another session.
        ask(stage, "four", &[("x-task-id", "t"), ("x-room-id", "r"), ("x-user-id", "v")]).await;
        // Without the headers there is no session.
        ask(stage, "five", &[]).await;
        ask(stage, "six", SESSION).await;
        let seen = seen(stage);
        assert_eq!(seen[0], ["system: Be brief.", "user: one"]);
        assert_eq!(seen[1], ["system: Be brief.", "user: one", "assistant: Yes.", "user: two"]);
        assert_eq!(seen[3], ["system: Be brief.", "user: four"]);
        assert_eq!(seen[4], ["user: five"]);
        let window = ["user: two", "assistant: Yes.", "user: three", "assistant: Yes."];
        assert_eq!(seen[5], [&["system: Be brief."], &window[..], &["user: six"]].concat());
    });
}

#[test]
fn what_a_barge_in_cut_off_is_remembered_as_cut() {
    let config = remembering("");
    check(&config, &[json!({ "reply": "one two three four five six" })], async |stage| {
        let barged_in =
            stage.world.clock.timeout(Duration::from_millis(250), ask(stage, "count", SESSION)).await;
        assert!(barged_in.is_err());
        // At once: the vendor's end of it may not even have been seen.
        ask(stage, "stop", SESSION).await;
        let early = stage.world.clock.timeout(Duration::from_millis(50), ask(stage, "quick", SESSION)).await;
        assert!(early.is_err());
        ask(stage, "last", SESSION).await;
        let seen = seen(stage);
        assert_eq!(seen[1], ["user: count", "assistant: one two three…", "user: stop"]);
        // Of what was cut before its first word, the question alone remains.
        assert_eq!(seen[3][4..], ["user: quick", "user: last"]);
    });
}

#[test]
fn a_failed_question_and_a_retry_leave_one_round() {
    let config = remembering("");
    let script = json!({ "reply": "Yes.", "request 1": { "status": 400 }, "request 2": { "cut": "at token 1 by reset" } });
    check(&config, &[script], async |stage| {
        ask(stage, "refused", SESSION).await;
        let again = [SESSION, &[("x-request-id", "r-1")]].concat();
        ask(stage, "asked", &again).await;
        ask(stage, "asked", &again).await;
        ask(stage, "next", SESSION).await;
        let seen = seen(stage);
        assert_eq!(seen[2], ["user: asked"]);
        assert_eq!(seen[3], ["user: asked", "assistant: Yes.", "user: next"]);
    });
}

#[test]
fn a_caller_with_rounds_of_its_own_is_passed_on_as_it_is() {
    check(&remembering(""), &[json!({ "reply": "Yes." })], async |stage| {
        ask(stage, "one", SESSION).await;
        let own = json!([
            { "role": "system", "content": "Own." },
            { "role": "user", "content": "a" },
            { "role": "assistant", "content": "b" },
            { "role": "user", "content": "c" },
        ]);
        send(&stage.world, asked(&own, SESSION, false)).await;
        assert_eq!(stage.requests(0)[1].1["messages"], own);
    });
}

#[test]
fn sessions_are_forgotten_when_they_are_silent_or_too_many() {
    let config = remembering("idle = \"1m\"\nsessions = 2");
    check(&config, &[json!({ "reply": "Yes." })], async |stage| {
        let session = |name| vec![("x-task-id", name)];
        ask(stage, "a1", &session("a")).await;
        ask(stage, "b1", &session("b")).await;
        ask(stage, "c1", &session("c")).await;
        ask(stage, "a2", &session("a")).await;
        ask(stage, "c2", &session("c")).await;
        stage.world.clock.sleep(Duration::from_secs(61)).await;
        ask(stage, "c3", &session("c")).await;
        let seen = seen(stage);
        assert_eq!(seen[3], ["user: a2"]);
        assert_eq!(seen[4], ["user: c1", "assistant: Yes.", "user: c2"]);
        assert_eq!(seen[5], ["user: c3"]);
    });
}

#[test]
fn whole_answers_are_remembered_too() {
    check(&remembering(""), &[json!({ "reply": "Yes." })], async |stage| {
        let question = json!([{ "role": "user", "content": "one" }]);
        send(&stage.world, asked(&question, SESSION, false)).await;
        ask(stage, "two", SESSION).await;
        assert_eq!(seen(stage)[1], ["user: one", "assistant: Yes.", "user: two"]);
    });
}
