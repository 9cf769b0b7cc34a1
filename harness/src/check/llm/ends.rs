//! The end of an answer: why it ends, and what a limit or a stop word does.

use serde_json::{Value, json};

use super::chat::{Chat, STORY, reply, said};
use super::reply::{Reply, shown};
use crate::check::catalogue::{Check, Entry, Level};
use crate::check::{Context, Judged, Outcome};

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: Entry::new("END-01", Level::Must, "the answer says once why it ends")
            .rule(
                "a chat with one message, streamed",
                "one `finish_reason` that is not null, in the last choice",
            )
            .advice(
                "without it an end and a cut look the same",
                "the reason is known behind a proxy only, or forgotten",
                "send a last chunk with an empty delta and the reason",
            )
            .quick(),
        judge: |cx| Box::pin(hello(cx, once)),
    },
    Check {
        entry: Entry::new("END-02", Level::Must, "the reason is one that clients know")
            .rule("a chat with one message, streamed", "`stop`, `length`, `tool_calls` or `content_filter`")
            .advice(
                "typed clients fail on any other",
                "a word of another protocol, passed on unchanged",
                "map reasons of your own onto these",
            ),
        judge: |cx| Box::pin(hello(cx, known)),
    },
    Check {
        entry: Entry::new("END-03", Level::Must, "running chunks have no reason")
            .rule("a chat with one message, streamed", "`finish_reason` is null or absent until the end")
            .advice(
                "clients take an empty text for the end and stop listening",
                "an empty text for \"none\"",
                "send null",
            ),
        judge: |cx| Box::pin(hello(cx, none_before)),
    },
    Check {
        entry: Entry::new("END-04", Level::Must, "nothing is said behind the end")
            .rule("a chat with one message, streamed", "no content after the chunk with the reason")
            .advice(
                "clients have stopped listening, and the words are lost",
                "the reason is sent when the model is done, while text still waits in a buffer",
                "flush the text first",
            ),
        judge: |cx| Box::pin(hello(cx, nothing_after)),
    },
    Check {
        entry: Entry::new("END-05", Level::Should, "a limit of tokens is kept and told")
            .rule(
                "a long answer with `\"max_tokens\": 8`",
                "a short text and `\"finish_reason\": \"length\"`",
            )
            .advice(
                "an agent bounds what it says, and must know that it was cut",
                "the member is not passed on to the model",
                "pass `max_tokens` and `max_completion_tokens` on",
            ),
        judge: |cx| Box::pin(limit(cx)),
    },
    Check {
        entry: Entry::new("END-06", Level::Should, "stop words stop")
            .rule("a long answer, once more with a word of its middle as `stop`", "a text without the word")
            .advice(
                "an agent cuts itself off at marks of its own",
                "the member is not passed on to the model",
                "pass `stop` on, as a text or a list",
            )
            .limit(120),
        judge: |cx| Box::pin(stop(cx)),
    },
];

async fn hello(cx: &Context, judge: fn(&Reply) -> Result<String, String>) -> Judged {
    Chat::hello().judged(cx, judge).await
}

fn once(reply: &Reply) -> Result<String, String> {
    match reply.finishes().as_slice() {
        [(_, reason)] => Ok(reason.clone()),
        [] => Err("no chunk has a `finish_reason`".to_owned()),
        several => Err(format!("{} chunks have a `finish_reason`", several.len())),
    }
}

fn known(reply: &Reply) -> Result<String, String> {
    let finishes = reply.finishes();
    let is_known = |reason: &str| matches!(reason, "stop" | "length" | "tool_calls" | "content_filter");
    match finishes.iter().find(|(_, reason)| !is_known(reason)) {
        Some((_, reason)) => Err(format!("`finish_reason` is `{}`", shown(reason))),
        None => Ok(finishes.first().map_or_else(|| "none: END-01".to_owned(), |(_, reason)| reason.clone())),
    }
}

fn none_before(reply: &Reply) -> Result<String, String> {
    let empty =
        reply.choices().filter(|(_, choice)| choice.get("finish_reason").and_then(Value::as_str) == Some(""));
    match empty.count() {
        0 => Ok("null until the end".to_owned()),
        count => Err(format!("`finish_reason` is empty in {count} chunks")),
    }
}

fn nothing_after(reply: &Reply) -> Result<String, String> {
    let Some((end, _)) = reply.finishes().first().cloned() else {
        return Ok("no end to be behind of: END-01".to_owned());
    };
    let text = |choice: &Value| choice.get("delta")?.get("content")?.as_str().map(str::to_owned);
    let after = reply.choices().filter(|(place, _)| *place > end).filter_map(|(_, choice)| text(choice));
    let after: String = after.collect();
    if after.is_empty() {
        Ok("nothing".to_owned())
    } else {
        Err(format!("`{}` behind the end", shown(&after)))
    }
}

async fn limit(cx: &Context) -> Judged {
    let whole = reply(&*Chat::story().asked_once(cx).await)?.deltas().len();
    if whole <= 8 {
        return Ok(Outcome::skip(format!("the whole answer has {whole} tokens")));
    }
    let chat = Chat::new("a story of eight tokens", STORY).with("max_tokens", json!(8));
    let exchange = chat.asked(cx).await;
    if matches!(exchange.status(), 400 | 422) {
        return Ok(Outcome::skip(format!("`max_tokens` is refused: {}", said(&exchange))));
    }
    let reply = reply(&exchange)?;
    let finishes = reply.finishes();
    let reason = finishes.first().map_or("none", |(_, reason)| reason);
    let text = reply.text();
    let seen = format!("{} characters, finish_reason {reason}", text.chars().count());
    let is_short = text.chars().count() <= 120;
    Ok(if reason == "length" && is_short { Outcome::pass(seen) } else { cx.broken(seen).with(&exchange) })
}

async fn stop(cx: &Context) -> Judged {
    let first = Chat::story().asked_once(cx).await;
    let text = reply(&first)?.text();
    let is_plain = |word: &&str| word.len() >= 4 && word.chars().all(char::is_alphabetic);
    let words: Vec<&str> = text.split_whitespace().filter(is_plain).collect();
    let Some(word) = words.get(words.len() / 2) else {
        return Ok(Outcome::skip("the answer has no word to stop at"));
    };
    let exchange =
        Chat::new("a story that stops at a word", STORY).with("stop", json!([word])).asked(cx).await;
    let stopped = reply(&exchange)?.text();
    if stopped.contains(word) {
        return Ok(cx.broken(format!("the text goes on behind the stop word `{word}`")).with(&exchange));
    }
    Ok(Outcome::pass(format!("{} characters up to `{word}`", stopped.chars().count())))
}
