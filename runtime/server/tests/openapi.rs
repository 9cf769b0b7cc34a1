//! The OpenAPI document is held against the server: what it lists is there, and answers what it says.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests may")]

#[path = "tts/stage.rs"]
#[expect(dead_code, reason = "shared with the tests of the TTS server, which need more of it")]
mod stage;

use bargein_server::OPENAPI;
use http::Method;
use serde_json::{Value, json};

use crate::stage::{Heard, Stage, with};

fn document() -> Value {
    serde_json::from_str(OPENAPI).unwrap()
}

/// Every path with its method and what is written of it.
fn operations() -> Vec<(String, Method, Value)> {
    let mut all = Vec::new();
    for (path, methods) in document()["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            all.push((path.clone(), method.to_uppercase().parse().unwrap(), operation.clone()));
        }
    }
    all
}

/// The schema that a reference names, or the schema itself.
fn resolved(schema: &Value) -> Value {
    let Some(name) = schema["$ref"].as_str() else { return schema.clone() };
    let pointer = name.strip_prefix('#').unwrap();
    document().pointer(pointer).unwrap_or_else(|| panic!("{name} is not there")).clone()
}

/// Whether a value is what a schema says, as far as our schemas say anything.
fn fits(value: &Value, schema: &Value) -> Result<(), String> {
    let schema = resolved(schema);
    let wrong = || Err(format!("{value} is not {schema}"));
    let is = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("{other}"),
    };
    let good = match &schema["type"] {
        Value::String(kind) => is(kind),
        Value::Array(kinds) => kinds.iter().any(|kind| is(kind.as_str().unwrap())),
        _ => true,
    };
    let is_const = schema.get("const").is_none_or(|only| only == value);
    let is_listed = schema["enum"].as_array().is_none_or(|all| all.contains(value));
    if !good || !is_const || !is_listed {
        return wrong();
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        if value.get(name.as_str().unwrap()).is_none() {
            return Err(format!("{value} has no {name}"));
        }
    }
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        value.get(name).map_or(Ok(()), |member| fits(member, schema))?;
    }
    for item in value.as_array().into_iter().flatten().filter(|_| schema.get("items").is_some()) {
        fits(item, &schema["items"])?;
    }
    Ok(())
}

/// Holds an answer against what is written of it.
fn check(what: &str, operation: &Value, heard: &Heard) {
    let written = &operation["responses"][heard.status.as_str()];
    assert!(written.is_object(), "{what}: {} is not written of", heard.status);
    let kind = heard.header("content-type").split(';').next().unwrap_or_default();
    let contents = written["content"].as_object().unwrap_or_else(|| panic!("{what}: no content"));
    let content = contents.get(kind).unwrap_or_else(|| panic!("{what}: {kind:?} is not written of"));
    if kind == "application/json" {
        let body = serde_json::from_slice(&heard.body()).unwrap();
        fits(&body, &content["schema"]).unwrap_or_else(|error| panic!("{what}: {error}"));
    }
}

async fn ask(stage: &Stage, path: &str, method: &Method, key: Option<&str>, body: &str) -> Heard {
    let mut headers = vec![("content-type", "application/json")];
    let bearer = key.map(|key| format!("Bearer {key}")).unwrap_or_default();
    if key.is_some() {
        headers.push(("authorization", &bearer));
    }
    stage.send(method.clone(), path, &headers, body.to_owned()).await
}

#[test]
fn every_operation_is_there_and_answers_what_is_written() {
    with(json!({}), async |stage| {
        for (path, method, operation) in operations() {
            let what = format!("{method} {path}");
            let asked = path.replace("{model}", "nobody");
            let schema = resolved(&operation["requestBody"]["content"]["application/json"]["schema"]);
            let example = schema.get("example").cloned().unwrap_or_else(|| json!({}));
            let mut example = example.as_object().unwrap().clone();
            if example.contains_key("voice") {
                example.insert("voice".to_owned(), json!("anna"));
            }
            let body = if method == Method::GET { String::new() } else { Value::Object(example).to_string() };
            let heard = ask(&stage, &asked, &method, Some("sk-test"), &body).await;
            assert_ne!(heard.status, 405, "{what}");
            check(&what, &operation, &heard);
            if operation["security"] != json!([]) {
                let heard = ask(&stage, &asked, &method, Some("wrong"), &body).await;
                assert_eq!(heard.status, 401, "{what}");
                check(&what, &operation, &heard);
            }
            if method == Method::POST {
                for body in ["", "{", "[]", "{\"Text\":1,\"input\":1}"] {
                    let heard = ask(&stage, &asked, &method, Some("sk-test"), body).await;
                    assert!(heard.status.is_client_error(), "{what} {body}");
                    check(&what, &operation, &heard);
                }
            }
        }
    });
}

#[test]
fn every_code_and_layout_of_speech_is_written_of() {
    with(json!({ "request 4": { "status": 500 }, "request 5": { "status": 500 } }), async |stage| {
        let operations = operations();
        let (path, method, operation) =
            operations.iter().find(|(path, ..)| path == "/api/v1/tts/stream").unwrap();
        for body in [
            json!({ "Text": "嗯" }),
            json!({ "Text": "嗯", "Format": "pcm" }),
            json!({ "Text": "嗯", "Format": "ogg_opus" }),
            json!({ "Text": "嗯" }),
            json!({ "Text": "好".repeat(6_000) }),
        ] {
            let heard = ask(&stage, path, method, Some("sk-test"), &body.to_string()).await;
            check("speech", operation, &heard);
        }
        let heard = ask(&stage, path, &Method::GET, Some("sk-test"), "").await;
        check("speech", operation, &heard);
        let heard =
            ask(&stage, "/api/v1/tts/stream?voice=nobody", method, Some("sk-test"), "{\"Text\":\"\"}").await;
        check("speech", operation, &heard);
    });
}

#[test]
fn every_reference_leads_somewhere_and_every_operation_has_a_name() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    references(&document(), &mut found);
    assert!(found.len() > 20);
    for name in found {
        assert!(resolved(&json!({ "$ref": name })).is_object(), "{name}");
    }
    let mut names: Vec<_> = operations()
        .iter()
        .map(|(_, _, operation)| operation["operationId"].as_str().unwrap().to_owned())
        .collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!((names.len(), count), (10, 10));
}
