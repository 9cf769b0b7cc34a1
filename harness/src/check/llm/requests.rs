//! Requests: what a service must take although it may not need it; and the list of models.

use serde_json::{Value, json};

use super::chat::{Chat, HELLO, is_answered, models, said, unanswered};
use crate::check::catalogue::{Check, Entry, Level};
use crate::check::raw::Head;
use crate::check::{Context, Judged, Outcome};

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: Entry::new("REQ-01", Level::Must, "unknown members are left aside")
            .rule("members that no model knows, among them `MetaInfo`", "status 200")
            .advice(
                "agents and their customers add members, and so will the next version",
                "a strict type of the body",
                "read the members that you know",
            ),
        judge: |cx| Box::pin(unknown(cx)),
    },
    Check {
        entry: Entry::new("REQ-02", Level::Should, "content may be a list of parts")
            .rule("`\"content\": [{\"type\": \"text\", \"text\": ...}]`", "status 200")
            .advice("many clients send it so", "a type with text only", "take both"),
        judge: |cx| Box::pin(parts(cx)),
    },
    Check {
        entry: Entry::new("REQ-03", Level::Should, "the role `developer` is known")
            .rule("a message of `developer` before the user's", "status 200")
            .advice("newer clients send instructions so", "a closed list of roles", "treat it as `system`"),
        judge: |cx| Box::pin(developer(cx)),
    },
    Check {
        entry: Entry::new("REQ-04", Level::Must, "the headers of a platform are let through")
            .rule("`X-Task-Id`, `X-Rquest-Id` (spelled so), `X-Sdk-App-Id` and the others", "status 200")
            .advice(
                "the platforms send them with every request",
                "a gateway with a list of allowed headers",
                "let unknown headers through",
            ),
        judge: |cx| Box::pin(platform(cx)),
    },
    Check {
        entry: Entry::new("REQ-05", Level::Must, "a conversation of twenty rounds is taken")
            .rule("a system message and twenty rounds", "status 200")
            .advice(
                "an agent sends its history with every request",
                "a bound on the number of messages",
                "bound tokens, not messages",
            ),
        judge: |cx| Box::pin(history(cx)),
    },
    Check {
        entry: Entry::new("REQ-06", Level::Must, "without `stream` the answer is one JSON")
            .rule(
                "the same without `stream`",
                "`application/json`, a `chat.completion` with `message.content` and a `finish_reason`",
            )
            .advice("summaries and tests ask so", "everything is streamed", "look at the member `stream`"),
        judge: |cx| Box::pin(whole(cx)),
    },
    Check {
        entry: Entry::new("REQ-07", Level::Must, "a request may be made again")
            .rule("the same `X-Request-Id` twice", "answered twice")
            .advice(
                "a retry carries the same id, and must not be refused as a duplicate",
                "a guard against duplicates",
                "answer again",
            ),
        judge: |cx| Box::pin(again(cx)),
    },
    Check {
        entry: Entry::new("MOD-01", Level::Should, "the models are listed")
            .rule("`GET` of `/models` beside the path", "a list with at least one `id`")
            .advice(
                "clients look there whether the service is up and what it has",
                "the path was forgotten",
                "answer it, also when there is one model",
            ),
        judge: |cx| Box::pin(listed(cx)),
    },
];

async fn unknown(cx: &Context) -> Judged {
    Chat::new("hello with unknown members", HELLO)
        .with("MetaInfo", json!({ "customer": "a-17", "level": 3 }))
        .with("bargein_check", json!(true))
        .taken(cx)
        .await
}

async fn parts(cx: &Context) -> Judged {
    let content = json!([{ "type": "text", "text": HELLO }]);
    Chat::talk("hello in parts", json!([{ "role": "user", "content": content }])).taken(cx).await
}

async fn developer(cx: &Context) -> Judged {
    let messages =
        json!([{ "role": "developer", "content": "Be brief." }, { "role": "user", "content": HELLO }]);
    Chat::talk("hello behind a developer", messages).taken(cx).await
}

async fn platform(cx: &Context) -> Judged {
    let id = cx.world().ids.uuid().to_string();
    Chat::new("hello from a platform", HELLO)
        .header("X-Task-Id", "bargein-check")
        .header("X-Request-Id", &id)
        .header("X-Rquest-Id", &id)
        .header("X-Sdk-App-Id", "1400000000")
        .header("X-User-Id", "bargein")
        .header("X-Room-Id", "1001")
        .header("X-Room-Id-Type", "0")
        .taken(cx)
        .await
}

async fn history(cx: &Context) -> Judged {
    let mut messages = vec![json!({ "role": "system", "content": "You are a friendly voice. Be brief." })];
    for round in 1..=20 {
        messages.push(json!({ "role": "user", "content": format!("This is round {round}.") }));
        messages.push(json!({ "role": "assistant", "content": format!("I heard round {round}.") }));
    }
    messages.push(json!({ "role": "user", "content": HELLO }));
    Chat::talk("hello after twenty rounds", Value::Array(messages)).taken(cx).await
}

async fn whole(cx: &Context) -> Judged {
    let exchange = Chat::new("hello in one piece", HELLO).without("stream").asked(cx).await;
    if !is_answered(&exchange) {
        return Ok(unanswered(cx, &exchange));
    }
    let media_type = exchange.head.as_ref().map(Head::media_type).unwrap_or_default();
    if media_type != "application/json" {
        return Ok(cx.broken(said(&exchange)).with(&exchange));
    }
    let json: Value = serde_json::from_slice(&exchange.body).unwrap_or_default();
    let choice = json.get("choices").and_then(|choices| choices.get(0)).cloned().unwrap_or_default();
    let text = choice.get("message").and_then(|message| message.get("content")?.as_str());
    let reason = choice.get("finish_reason").and_then(Value::as_str);
    let is_right = json.get("object").is_some_and(|object| object == "chat.completion")
        && text.is_some_and(|text| !text.is_empty())
        && reason.is_some();
    let seen = format!(
        "object {}, finish_reason {}",
        json.get("object").unwrap_or(&Value::Null),
        reason.unwrap_or("none")
    );
    Ok(if is_right { Outcome::pass(seen) } else { cx.broken(seen).with(&exchange) })
}

async fn again(cx: &Context) -> Judged {
    let id = cx.world().ids.uuid().to_string();
    let chat = Chat::new("hello, made again", HELLO).header("X-Request-Id", &id);
    for _ in 0..2 {
        let exchange = chat.asked(cx).await;
        if !is_answered(&exchange) {
            return Ok(unanswered(cx, &exchange));
        }
    }
    Ok(Outcome::pass("answered twice"))
}

async fn listed(cx: &Context) -> Judged {
    let Some(exchange) = models(cx).await else {
        return Ok(Outcome::skip(
            "the path does not end in `/chat/completions`: where the models are is not known",
        ));
    };
    let json: Value = serde_json::from_slice(&exchange.body).unwrap_or_default();
    let ids: Vec<&str> = json
        .get("data")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|model| model.get("id")?.as_str())
        .collect();
    if exchange.status() != 200 || ids.is_empty() {
        return Ok(cx.broken(said(&exchange)).with(&exchange));
    }
    Ok(Outcome::pass(format!("{} models, the first is {}", ids.len(), ids[0])))
}
