//! Scripts as the harness hands them over, and what is said of wrong ones.

use std::io;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;

fn no_files(_: &str) -> io::Result<Vec<u8>> {
    Err(io::ErrorKind::NotFound.into())
}

#[test]
fn a_script_without_keys_is_the_vendors_plain_behaviour() {
    let script = LlmScript::parse(&json!({})).unwrap();
    assert_eq!(script.vendor(), "openai");
    assert_eq!(script.request(1), &Request::default());
    assert_eq!(script.limits(), &Limits::default());
    let behaviour = &script.request(1).does;
    assert_eq!(behaviour.first_token, Delay::from_millis(200));
    assert_eq!(behaviour.per_token, Delay::from_millis(20));
}

#[test]
fn a_block_overrides_the_plain_keys_one_by_one() {
    let script = LlmScript::parse(&json!({
        "vendor": "openai",
        "key": "secret",
        "rate": "20 per minute",
        "concurrent": 3,
        "reply": "plain",
        "first_token": "100ms",
        "request 2": { "reply": "second" },
        "request 3..4": { "status": 429, "retry_after": "1s", "after": "80ms" },
        "request 6..": { "first_token": "normal(300ms, 50ms)" },
    }))
    .unwrap();
    let reply = |number| script.request(number).does.reply.as_str();
    let status = |number| script.request(number).faults.status;
    assert_eq!([1, 2, 3, 6].map(reply), ["plain", "second", "plain", "plain"]);
    assert_eq!([2, 3, 4, 5].map(status), [None, Some(429), Some(429), None]);
    assert_eq!(script.request(2).does.first_token, Delay::from_millis(100));
    let drawn = Delay::Normal { mean: Duration::from_millis(300), deviation: Duration::from_millis(50) };
    assert_eq!(script.request(1_000).does.first_token, drawn);
    assert_eq!(script.limits().concurrent, Some(3));
    assert_eq!(script.key().expose(), "secret");
}

#[test]
fn a_block_takes_a_plain_fault_back_or_changes_its_details() {
    let script = LlmScript::parse(&json!({
        "status": 429, "retry_after": "1s", "body": "vendor", "code": "insufficient_quota",
        "request 2": { "status": 200 },
        "request 3": { "retry_after": "2s" },
    }))
    .unwrap();
    assert_eq!([1, 2, 3].map(|number| script.request(number).faults.refuses()), [true, false, true]);
    assert_eq!(script.request(3).faults.retry_after, Some("2s".parse().unwrap()));
}

#[test]
fn every_role_reads_its_keys() {
    LlmScript::parse(&json!({
        "reply": "a", "first_token": "uniform(1ms, 2ms)", "per_token": ["20ms", "30ms"], "tokens_by": "word",
        "usage": { "prompt_tokens": 1, "completion_tokens": 2 }, "reasoning": "hm", "answer": "json",
        "tool_calls": [{ "name": "f", "arguments": { "a": 1 } }, { "name": "g" }], "meta": [{ "emotion": "calm" }],
        "keep_alive": "1s", "quirk": ["Q05", "Q20"], "status": 200, "after": "5ms", "hang": false,
        "cut": "at token 12 by reset", "stall": "at token 5 for 3s", "malformed": "at token 2",
        "wrong_header": { "content-type": "text/plain", "x-request-id": "" },
    }))
    .unwrap();
    TtsScript::parse(
        &json!({
            "first_audio": "150ms", "speed": "1.5x", "chunk": "641B", "seconds_per_char": "200ms",
            "seconds_per_latin_char": "50ms", "voice": "tone", "cut": "at chunk 3", "status": 500, "body": "<html>", "code": 7,
        }),
        no_files,
    )
    .unwrap();
    AsrScript::parse(&json!({
        "silence": "500ms", "interim_every": "100ms", "final_after": "50ms", "hears": "noise", "code": 4006,
        "stall": "at result 2 for ever", "cut": "at 700ms by reset",
    }))
    .unwrap();
}

/// Parses a wrong LLM script and compares path and words of the error.
fn check(script: &Value, path: &[&str], words: &str) {
    let error = LlmScript::parse(script).unwrap_err();
    assert_eq!(
        (error.path.iter().map(String::as_str).collect::<Vec<_>>(), error.problem.to_string().as_str()),
        (path.to_vec(), words)
    );
}

#[test]
fn an_error_names_the_keys_that_lead_to_it_and_what_was_expected() {
    check(&json!([]), &[], "expected a map of keys, got []");
    let error = LlmScript::parse(&json!({ "vendor": "acme" })).unwrap_err().problem.to_string();
    assert!(error.starts_with("unknown vendor `acme`; known in this role: openai, "), "{error}");
    check(&json!({ "reply": 5 }), &["reply"], "invalid type: integer `5`, expected a string");
    check(
        &json!({ "request 2": { "usage": { "prompt_tokens": "x", "completion_tokens": 1 } } }),
        &["request 2", "usage", "prompt_tokens"],
        "invalid type: string \"x\", expected u64",
    );
    check(
        &json!({ "tool_calls": [{ "name": "f" }, { "nam": "g" }] }),
        &["tool_calls", "1", "nam"],
        "unknown field `nam`, expected `name` or `arguments`",
    );
    check(
        &json!({ "first_token": "200" }),
        &["first_token"],
        "expected a duration such as `20ms`, or `normal(20ms, 5ms)`, `lognormal(20ms, 5ms)`, `uniform(10ms, 30ms)`, got `200`",
    );
    check(&json!({ "status": 42 }), &["status"], "expected an HTTP status of 200 to 599, got 42");
    check(&json!({ "code": "x" }), &["code"], "expected a `status` beside it, got `x` alone");
    check(&json!({ "retry_after": "1s" }), &["retry_after"], "expected a `status` beside it, got none");
    check(&json!({ "body": "vendor" }), &["body"], "expected a `status` beside it, got none");
    check(&json!({ "quirk": "Q99" }), &["quirk"], "expected the id of a quirk, `Q01` to `Q54`, got `Q99`");
    check(
        &json!({ "quirk": "Q20" }),
        &["quirk"],
        "expected `tool_calls` for the quirk to show in, got `Q20` without tool calls",
    );
    check(
        &json!({ "request 3": { "cut": "at chunk 3" } }),
        &["request 3", "cut"],
        "expected `at token 3`, for answers of this role are made of tokens, got `at chunk 3`",
    );
    check(
        &json!({ "malformed": "at byte 3" }),
        &["malformed"],
        "expected a point such as `at token 5`, got `at byte 3`",
    );
    check(
        &json!({ "wrong_header": { "a b": "c" } }),
        &["wrong_header", "a b"],
        "expected an HTTP header, got `a b: c`",
    );
    check(
        &json!({ "request x": {} }),
        &["request x"],
        "expected `request 1`, `request 2..4` or `request 2..`, counted from 1, got `request x`",
    );
    check(
        &json!({ "request 1..": {}, "request 3": {} }),
        &["request 3"],
        "expected requests that no other block describes (`request 1..` does), got request 3",
    );
}

#[test]
fn a_stream_of_messages_has_no_bytes_to_count() {
    let error = AsrScript::parse(&json!({ "stall": "at byte 9 for 1s" })).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`stall`: expected a point such as `at result 2` or `at 700ms`, got `at byte 9`"
    );
}

#[test]
fn an_unknown_key_comes_with_the_nearest_known_one() {
    for (script, path, nearest) in [
        (json!({ "frist_token": "1s" }), &["frist_token"][..], Some("first_token")),
        (json!({ "request 1": { "repply": "a" } }), &["request 1", "repply"], Some("reply")),
        (json!({ "request 1": { "rate": "1 per second" } }), &["request 1", "rate"], None),
        (json!({ "xyz": 1 }), &["xyz"], None),
    ] {
        let error = LlmScript::parse(&script).unwrap_err();
        assert_eq!(error.path, path);
        let Problem::UnknownKey { nearest: got, known } = error.problem else {
            panic!("expected an unknown key, got {}", error.problem);
        };
        assert_eq!(got.as_deref(), nearest, "{known:?}");
    }
}

#[test]
fn a_file_that_is_no_speech_is_an_error_of_its_voice() {
    let script = json!({ "request 2": { "voice": "speech gone.wav" } });
    let error = TtsScript::parse(&script, no_files).unwrap_err();
    assert_eq!(error.path, ["request 2", "voice"]);
    let problem = "expected a WAV file of 16 kHz, mono, 16 bit, got `gone.wav`: entity not found";
    assert_eq!(error.problem.to_string(), problem);
}

#[test]
fn the_schema_names_every_key() {
    fn keys<B: Behaviour>() -> Vec<String> {
        let schema = schemars::schema_for!(Script<B>);
        let properties = schema.get("properties").and_then(Value::as_object).unwrap();
        properties.keys().cloned().collect()
    }
    let account = ["vendor", "key", "rate", "concurrent"];
    let faults = [
        "status",
        "body",
        "code",
        "retry_after",
        "after",
        "hang",
        "cut",
        "stall",
        "malformed",
        "wrong_header",
    ];
    let llm = [
        "reply",
        "first_token",
        "per_token",
        "tokens_by",
        "usage",
        "tool_calls",
        "reasoning",
        "meta",
        "answer",
        "keep_alive",
        "quirk",
    ];
    let tts = ["first_audio", "speed", "chunk", "seconds_per_char", "seconds_per_latin_char", "voice"];
    let asr = ["silence", "interim_every", "final_after", "hears"];
    assert_eq!(keys::<LlmBehaviour>(), [&account[..], &llm, &faults].concat());
    assert_eq!(keys::<TtsBehaviour>(), [&account[..], &tts, &faults].concat());
    assert_eq!(keys::<AsrBehaviour>(), [&account[..], &asr, &faults].concat());
}

#[test]
fn the_schema_of_a_recogniser_is_as_published() {
    let mut schema = serde_json::to_value(schemars::schema_for!(AsrScript)).unwrap();
    // Which vendors there are is the registry's business; the next one is not to touch this.
    let vendors = schema.pointer_mut("/properties/vendor/enum").map(Value::take).unwrap();
    assert_eq!(vendors[0], "tencent");
    insta::assert_snapshot!(serde_json::to_string_pretty(&schema).unwrap());
}
