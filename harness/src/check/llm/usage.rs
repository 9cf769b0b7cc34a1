//! Usage: what an answer cost, told when asked and not otherwise.

use serde_json::{Value, json};

use super::chat::{Chat, HELLO};
use super::reply::Reply;
use crate::check::catalogue::{Check, Entry, Level};
use crate::check::{Context, Judged, Outcome};

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: Entry::new("USE-01", Level::Should, "usage is reported when it is asked for")
            .rule(
                "the same with `\"stream_options\": {\"include_usage\": true}`",
                "one chunk with `\"choices\": []` and `usage`",
            )
            .advice(
                "nobody can account for what was spent",
                "the option is not passed on",
                "pass `stream_options` on, or count",
            ),
        judge: |cx| Box::pin(asked(cx, reported)),
    },
    Check {
        entry: Entry::new("USE-02", Level::Should, "usage adds up")
            .rule("the same", "three whole numbers, the first two greater than 0, their sum the third")
            .advice(
                "budgets and bills are wrong",
                "numbers as text, or zeros for unknown",
                "fill in true numbers",
            ),
        judge: |cx| Box::pin(asked(cx, sums)),
    },
    Check {
        entry: Entry::new("USE-03", Level::Should, "usage is not reported unasked")
            .rule("a chat with one message, streamed", "no chunk without a choice")
            .advice(
                "clients that read `choices[0]` fail on the empty list",
                "the option is set for the service behind, and its chunk is passed on",
                "hide the chunk from clients that did not ask",
            ),
        judge: |cx| Box::pin(plain(cx)),
    },
    Check {
        entry: Entry::new("USE-04", Level::Should, "usage stands in one place")
            .rule(
                "the same with `\"stream_options\": {\"include_usage\": true}`",
                "not null in one chunk, behind the end and before `[DONE]`",
            )
            .advice(
                "clients that add it up count it many times",
                "cumulative usage in each chunk",
                "send it once",
            ),
        judge: |cx| Box::pin(asked(cx, one_place)),
    },
];

async fn asked(cx: &Context, judge: fn(&Reply) -> Result<String, String>) -> Judged {
    let chat = Chat::new("hello with usage", HELLO).with("stream_options", json!({ "include_usage": true }));
    let exchange = chat.asked_once(cx).await;
    let has_usage = !super::chat::reply(&exchange)?.usages().is_empty();
    if !has_usage && cx.entry().id != "USE-01" {
        return Ok(Outcome::skip("no usage is reported: USE-01"));
    }
    chat.judged(cx, judge).await
}

fn reported(reply: &Reply) -> Result<String, String> {
    let last = reply.usages().last().and_then(|place| reply.chunks.get(*place));
    match last.and_then(|chunk| chunk.json.get("usage")) {
        Some(usage) => Ok(usage.to_string()),
        None => Err("no chunk with `usage`".to_owned()),
    }
}

fn sums(reply: &Reply) -> Result<String, String> {
    let last = reply.usages().last().and_then(|place| reply.chunks.get(*place));
    let usage = last.and_then(|chunk| chunk.json.get("usage")).unwrap_or(&Value::Null);
    let number = |name: &str| usage.get(name).and_then(Value::as_u64).unwrap_or_default();
    let [prompt, said, total] = ["prompt_tokens", "completion_tokens", "total_tokens"].map(number);
    if prompt > 0 && said > 0 && prompt + said == total {
        return Ok(format!("{prompt} + {said} = {total}"));
    }
    Err(usage.to_string())
}

async fn plain(cx: &Context) -> Judged {
    let judge = |reply: &Reply| {
        let is_empty =
            |value: &Value| value.get("choices").and_then(Value::as_array).is_some_and(Vec::is_empty);
        match reply.chunks.iter().position(|chunk| is_empty(&chunk.json)) {
            Some(place) => Err(format!("chunk {} has no choice", place + 1)),
            None => Ok("every chunk has a choice".to_owned()),
        }
    };
    Chat::hello().judged(cx, judge).await
}

fn one_place(reply: &Reply) -> Result<String, String> {
    let usages = reply.usages();
    let end = reply.finishes().first().map_or(0, |(place, _)| *place);
    match usages.as_slice() {
        [one] if *one >= end => Ok(format!("in chunk {} of {}", one + 1, reply.chunks.len())),
        [one] => Err(format!("in chunk {}, before the end", one + 1)),
        several => Err(format!("in {} chunks", several.len())),
    }
}
