//! Errors: a refusal is a status and a JSON body that clients can read.

use std::sync::Arc;

use serde_json::{Value, json};

use super::chat::{Chat, HELLO, is_answered, limits, post, said, unanswered};
use super::reply::shown;
use crate::check::catalogue::{Check, Entry, Level};
use crate::check::raw::{Exchange, Head, Limits};
use crate::check::{Context, Judged, Outcome};

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: Entry::new("ERR-01", Level::Must, "a wrong request is refused by its status")
            .rule("half a JSON, `[]`, `\"x\"`, an empty body, no messages, an empty list of messages, all with `stream`", "400 to 499 within 1 s")
            .advice(
                "a refusal with 200 is an empty answer to every client",
                "errors are written into the stream although nothing was sent yet",
                "hold the status back until the request is known to be good",
            )
            .quick(),
        judge: |cx| Box::pin(refused(cx, by_status)),
    },
    Check {
        entry: Entry::new("ERR-02", Level::Must, "a refusal is JSON")
            .rule("the same", "`Content-Type: application/json`")
            .advice(
                "clients cannot read a page",
                "the framework's own page",
                "catch errors of parsing and answer them like all others",
            )
            .quick(),
        judge: |cx| Box::pin(refused(cx, as_json)),
    },
    Check {
        entry: Entry::new("ERR-03", Level::Must, "a refusal has the shape of the protocol")
            .rule("the same", "`{\"error\": {\"message\": ..., \"type\": ...}}` with texts that are not empty")
            .advice(
                "clients show \"no body\" instead of what is wrong",
                "`detail` or `message` at the top, as frameworks do",
                "put everything under `error`",
            )
            .quick(),
        judge: |cx| Box::pin(refused(cx, in_shape)),
    },
    Check {
        entry: Entry::new("ERR-04", Level::Should, "a refusal names member and code")
            .rule("the same", "`param` and `code` are there, a text or null")
            .advice(
                "typed clients expect them",
                "members left out when they are not known",
                "send null",
            ),
        judge: |cx| Box::pin(refused(cx, with_members)),
    },
    Check {
        entry: Entry::new("ERR-05", Level::Must, "a refusal gives nothing away")
            .rule("the same", "no stack trace, no path, no key")
            .advice(
                "messages are shown to users of a room",
                "the error's own text",
                "write messages for clients, and log the rest",
            ),
        judge: |cx| Box::pin(refused(cx, discreet)),
    },
    Check {
        entry: Entry::new("ERR-06", Level::Should, "a refusal leaves the connection usable")
            .rule("a wrong request, then a good one on the same connection", "the second is answered")
            .advice(
                "a new connection for every mistake",
                "the body of the refused request is not read",
                "read or drain the body before answering",
            ),
        judge: |cx| Box::pin(usable(cx)),
    },
    Check {
        entry: Entry::new("ERR-07", Level::Should, "an unknown model is refused")
            .rule("a model that nobody has", "404 or 400 in the shape of errors; that any model is answered is reported")
            .advice(
                "a mistake in the configuration must be visible",
                "the name goes into a lookup that fails",
                "answer `model_not_found`",
            ),
        judge: |cx| Box::pin(model(cx)),
    },
];

/// What is wrong with a request, and the request.
const WRONG: &[(&str, &str)] = &[
    ("half a JSON", "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\""),
    ("a list", "[]"),
    ("a text", "\"x\""),
    ("nothing", ""),
    ("no messages", "{\"model\":\"MODEL\",\"stream\":true}"),
    ("an empty list of messages", "{\"model\":\"MODEL\",\"stream\":true,\"messages\":[]}"),
];

/// The answers to what is wrong, fetched once in a run.
async fn refusals(cx: &Context) -> Arc<Vec<Exchange>> {
    cx.once("refusals", async || {
        let model = super::chat::model(cx).await;
        let mut refusals = Vec::new();
        for (label, body) in WRONG {
            let ask = post(cx, label).body(body.replace("MODEL", &model));
            refusals.push(cx.ask(&ask, Limits::seconds(15)).await);
        }
        refusals
    })
    .await
}

/// Judges every refusal: `Err` is what is broken.
async fn refused(cx: &Context, judge: fn(&Context, &Exchange) -> Result<(), String>) -> Judged {
    let refusals = refusals(cx).await;
    for exchange in refusals.iter() {
        if exchange.head.is_none() {
            return Ok(cx.broken(format!("{}: {}", exchange.ask.label, exchange.summary())).with(exchange));
        }
        // Whether it is refused at all is the first check's.
        let is_success = exchange.head.as_ref().is_some_and(|head| head.media_type() == "text/event-stream");
        if is_success && cx.entry().id != "ERR-01" {
            continue;
        }
        if let Err(seen) = judge(cx, exchange) {
            return Ok(cx.broken(format!("{}: {seen}", exchange.ask.label)).with(exchange));
        }
    }
    Ok(Outcome::pass(format!("{} refusals", refusals.len())))
}

fn by_status(cx: &Context, exchange: &Exchange) -> Result<(), String> {
    if !(400..500).contains(&exchange.status()) {
        return Err(said(exchange));
    }
    if exchange.end_ms() > cx.budgets().refusal_ms || !exchange.is_complete() {
        return Err(exchange.summary());
    }
    Ok(())
}

fn as_json(_: &Context, exchange: &Exchange) -> Result<(), String> {
    match exchange.head.as_ref().map(Head::media_type).unwrap_or_default().as_str() {
        "application/json" => Ok(()),
        "" => Err("no Content-Type".to_owned()),
        other => Err(format!("Content-Type: {other}")),
    }
}

/// The error of a refusal: an object with a message and a type.
pub(super) fn shape(exchange: &Exchange) -> Result<Value, String> {
    let body = String::from_utf8_lossy(&exchange.body);
    let json: Value =
        serde_json::from_str(&body).map_err(|error| format!("no JSON ({error}): {}", shown(&body)))?;
    let error = json.get("error").filter(|error| error.is_object());
    let error = error.ok_or_else(|| format!("no object `error` in {}", shown(&body)))?;
    let is_text = |name: &str| error.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    match ["message", "type"].into_iter().find(|name| !is_text(name)) {
        Some(name) => Err(format!("`error.{name}` is {}", error.get(name).unwrap_or(&Value::Null))),
        None => Ok(error.clone()),
    }
}

fn in_shape(_: &Context, exchange: &Exchange) -> Result<(), String> {
    shape(exchange).map(drop)
}

fn with_members(_: &Context, exchange: &Exchange) -> Result<(), String> {
    let Ok(error) = shape(exchange) else { return Ok(()) };
    for name in ["param", "code"] {
        match error.get(name) {
            Some(Value::Null | Value::String(_)) => {}
            Some(other) => return Err(format!("`error.{name}` is {other}")),
            None => return Err(format!("no `error.{name}`")),
        }
    }
    Ok(())
}

fn discreet(cx: &Context, exchange: &Exchange) -> Result<(), String> {
    const MARKS: &[&str] = &[
        "Traceback",
        "stack trace",
        "panicked at",
        ".py\"",
        ".rs:",
        ".js:",
        ".go:",
        "node_modules",
        "site-packages",
    ];
    let body = String::from_utf8_lossy(&exchange.body);
    if let Some(mark) = MARKS.iter().find(|mark| body.contains(**mark)) {
        return Err(format!("`{mark}` in {}", shown(&body)));
    }
    let key = cx.target().key.as_ref().map(|key| key.expose()).filter(|key| key.len() >= 4);
    if key.is_some_and(|key| body.contains(key)) {
        Err("the key stands in the body".to_owned())
    } else {
        Ok(())
    }
}

async fn usable(cx: &Context) -> Judged {
    let mut connection = cx.connected().await?;
    let wrong = post(cx, "no messages, then hello").body(json!({ "model": "x", "stream": true }).to_string());
    let first = connection.exchange(&wrong, Limits::seconds(15)).await;
    let chat = Chat::new("hello behind a refusal", HELLO);
    let second = connection.exchange(&chat.ask(cx).await, limits()).await;
    if is_answered(&second) {
        return Ok(Outcome::pass(format!("{}, then {}", first.status(), second.status())));
    }
    Ok(cx.broken(format!("{}, then {}", first.status(), said(&second))).with(&first).with(&second))
}

async fn model(cx: &Context) -> Judged {
    let chat =
        Chat::new("hello to an unknown model", HELLO).with("model", json!("bargein-check-no-such-model"));
    let exchange = chat.asked(cx).await;
    Ok(match exchange.status() {
        200 => Outcome::info("any model is answered"),
        400 | 404 | 422 if shape(&exchange).is_ok() => Outcome::pass(said(&exchange)),
        0 => unanswered(cx, &exchange),
        _ => cx.broken(said(&exchange)).with(&exchange),
    })
}
