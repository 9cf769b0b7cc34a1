//! Chunks: the members of the objects of a stream.

use serde_json::Value;

use super::chat::Chat;
use super::reply::{Reply, shown};
use crate::check::catalogue::{Check, Entry, Level};
use crate::check::{Context, Judged};

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: Entry::new("CHU-01", Level::Must, "every chunk says what it is")
            .rule("a chat with one message, streamed", "`\"object\": \"chat.completion.chunk\"` in each")
            .advice(
                "typed clients choose by it",
                "the object of an answer that is no stream",
                "write the word of streams",
            )
            .quick(),
        judge: |cx| Box::pin(hello(cx, object)),
    },
    Check {
        entry: Entry::new("CHU-02", Level::Must, "every chunk has a list of choices")
            .rule("a chat with one message, streamed", "`choices` is an array, empty or not")
            .advice(
                "clients iterate over it, and `null` ends their stream",
                "a chunk of metadata, or an error, sent as a chunk",
                "send `\"choices\": []` where there is none",
            )
            .quick(),
        judge: |cx| Box::pin(hello(cx, choices)),
    },
    Check {
        entry: Entry::new("CHU-03", Level::Should, "all chunks have one id")
            .rule("a chat with one message, streamed", "a non-empty `id`, the same in every chunk")
            .advice(
                "logs cannot be joined; clients that group by it see many answers",
                "a fresh id for each chunk",
                "make the id once an answer",
            ),
        judge: |cx| Box::pin(hello(cx, id)),
    },
    Check {
        entry: Entry::new("CHU-04", Level::Should, "all chunks have one true time")
            .rule(
                "a chat with one message, streamed",
                "`created` in whole Unix seconds, the same in every chunk, within a day of now",
            )
            .advice(
                "typed clients expect an integer",
                "0, milliseconds or a fraction",
                "take the time once an answer, in seconds",
            ),
        judge: |cx| Box::pin(created(cx)),
    },
    Check {
        entry: Entry::new("CHU-05", Level::Should, "all chunks name one model")
            .rule("a chat with one message, streamed", "a non-empty `model`, the same in every chunk")
            .advice(
                "accounting by model breaks",
                "the name is known behind a proxy only",
                "fill it in from the request",
            ),
        judge: |cx| Box::pin(hello(cx, model)),
    },
    Check {
        entry: Entry::new("CHU-06", Level::Must, "every choice has its index")
            .rule("a chat with one message, streamed", "`\"index\": 0`")
            .advice(
                "clients put the pieces together by it",
                "the member was left out because there is only one choice",
                "send it always",
            ),
        judge: |cx| Box::pin(hello(cx, index)),
    },
    Check {
        entry: Entry::new("CHU-07", Level::Must, "every choice has a delta")
            .rule("a chat with one message, streamed", "`delta` is an object, at the end an empty one")
            .advice(
                "a client that reads `delta.content` fails on `null`",
                "the last chunk is made by another function",
                "send `\"delta\": {}` at the end",
            )
            .quick(),
        judge: |cx| Box::pin(hello(cx, delta)),
    },
    Check {
        entry: Entry::new("CHU-08", Level::Should, "the first delta names the role")
            .rule("a chat with one message, streamed", "`\"role\": \"assistant\"` in the first delta")
            .advice(
                "clients that build a message need it",
                "an empty or forgotten role",
                "send it once, in the first delta",
            ),
        judge: |cx| Box::pin(hello(cx, role)),
    },
    Check {
        entry: Entry::new("CHU-09", Level::Should, "content is always text")
            .rule("a chat with one message, streamed", "`content` is a string wherever it is")
            .advice(
                "clients that join it say \"null\" or \"None\"",
                "`null` for \"nothing more\"",
                "leave the member out",
            ),
        judge: |cx| Box::pin(hello(cx, content)),
    },
    Check {
        entry: Entry::new("CHU-10", Level::Must, "each delta holds what is new")
            .rule("a long answer", "increments, not the text so far")
            .advice(
                "an agent says everything again with every token",
                "the format of another protocol, passed on unchanged",
                "send the difference to the text before",
            ),
        judge: |cx| Box::pin(story(cx, increments)),
    },
    Check {
        entry: Entry::new("CHU-11", Level::Must, "the text is not sent again at the end")
            .rule(
                "a chat with one message, streamed",
                "no `message` in a chunk, no last delta with the whole text",
            )
            .advice(
                "the answer is spoken twice",
                "the last frame of another protocol, passed on unchanged",
                "drop the summary",
            ),
        judge: |cx| Box::pin(hello(cx, summary)),
    },
    Check {
        entry: Entry::new("CHU-12", Level::Must, "thinking is no content")
            .rule(
                "a chat with one message, streamed",
                "no `<think>` in the text; thinking, if any, in a member of its own",
            )
            .advice(
                "the agent speaks its thoughts aloud",
                "a reasoning model without a parser for its tags",
                "split thinking off into `reasoning_content`, or switch it off",
            ),
        judge: |cx| Box::pin(hello(cx, thinking)),
    },
    Check {
        entry: Entry::new("CHU-13", Level::Should, "the answer begins with a word")
            .rule("a chat with one message, streamed", "no delta of white space alone before the first word")
            .advice(
                "the time to the first token looks better than it is, and speech begins with nothing",
                "the model's template ends without its line breaks",
                "trim white space before the first word",
            ),
        judge: |cx| Box::pin(hello(cx, first_word)),
    },
];

async fn hello(cx: &Context, judge: fn(&Reply) -> Result<String, String>) -> Judged {
    Chat::hello().judged(cx, judge).await
}

async fn story(cx: &Context, judge: fn(&Reply) -> Result<String, String>) -> Judged {
    Chat::story().judged(cx, judge).await
}

fn member<'r>(reply: &'r Reply, name: &'r str) -> impl Iterator<Item = &'r Value> {
    reply.chunks.iter().map(move |chunk| chunk.json.get(name).unwrap_or(&Value::Null))
}

fn object(reply: &Reply) -> Result<String, String> {
    match member(reply, "object").find(|value| *value != "chat.completion.chunk") {
        Some(value) => Err(format!("`object` is {value}")),
        None => Ok("chat.completion.chunk".to_owned()),
    }
}

fn choices(reply: &Reply) -> Result<String, String> {
    match member(reply, "choices").find(|value| !value.is_array()) {
        Some(value) => Err(format!("`choices` is {}", shown(&value.to_string()))),
        None => Ok(format!("{} chunks", reply.chunks.len())),
    }
}

/// A text that is there and the same in all chunks.
fn same(reply: &Reply, name: &str) -> Result<String, String> {
    let mut values = member(reply, name);
    let first = values.next().and_then(Value::as_str).filter(|text| !text.is_empty());
    let first = first.ok_or_else(|| format!("no `{name}` in the first chunk"))?;
    match values.find(|value| *value != first) {
        Some(other) => Err(format!("`{name}` is `{}`, then {}", shown(first), shown(&other.to_string()))),
        None => Ok(shown(first)),
    }
}

fn id(reply: &Reply) -> Result<String, String> {
    same(reply, "id")
}

fn model(reply: &Reply) -> Result<String, String> {
    same(reply, "model")
}

async fn created(cx: &Context) -> Judged {
    const DAY: u64 = 86_400;
    let now = cx.clock().unix_millis() / 1_000;
    let judge = |reply: &Reply| {
        let mut values = member(reply, "created");
        let first = values.next().unwrap_or(&Value::Null);
        let time = first.as_u64().ok_or_else(|| format!("`created` is {first}"))?;
        if time.abs_diff(now) > DAY {
            return Err(format!("`created` is {time}, now is {now}"));
        }
        match values.find(|value| *value != first) {
            Some(other) => Err(format!("`created` is {time}, then {other}")),
            None => Ok(time.to_string()),
        }
    };
    Chat::hello().judged(cx, judge).await
}

fn index(reply: &Reply) -> Result<String, String> {
    let of = |choice: &Value| choice.get("index").cloned().unwrap_or_default();
    match reply.choices().map(|(_, choice)| of(choice)).find(|index| index.as_u64() != Some(0)) {
        Some(index) => Err(format!("`index` is {index}")),
        None => Ok("0".to_owned()),
    }
}

fn delta(reply: &Reply) -> Result<String, String> {
    let of = |choice: &Value| choice.get("delta").cloned().unwrap_or_default();
    match reply.choices().find(|(_, choice)| !of(choice).is_object()) {
        Some((place, choice)) => Err(format!("`delta` of chunk {} is {}", place + 1, of(choice))),
        None => Ok("an object in every choice".to_owned()),
    }
}

fn role(reply: &Reply) -> Result<String, String> {
    let first = reply.choices().next().map(|(_, choice)| choice);
    let role = first.and_then(|choice| choice.get("delta")?.get("role")).cloned().unwrap_or_default();
    if role == "assistant" {
        Ok("assistant".to_owned())
    } else {
        Err(format!("the first delta has the role {role}"))
    }
}

fn content(reply: &Reply) -> Result<String, String> {
    let odd = |choice: &Value| {
        let delta = choice.get("delta")?;
        let content = delta.get("content")?;
        // Beside a call of a tool, there is none.
        let may_be_null = delta.get("tool_calls").is_some() || delta.get("role").is_some();
        let is_text = content.is_string() || content.is_null() && may_be_null;
        (!is_text).then(|| content.to_string())
    };
    match reply.choices().find_map(|(place, choice)| Some((place, odd(choice)?))) {
        Some((place, content)) => Err(format!("`content` of chunk {} is {}", place + 1, shown(&content))),
        None => Ok("text everywhere".to_owned()),
    }
}

fn increments(reply: &Reply) -> Result<String, String> {
    let deltas = reply.deltas();
    let grows = |pair: &[(&str, _)]| pair[1].0.len() > pair[0].0.len() && pair[1].0.starts_with(pair[0].0);
    let is_cumulative = deltas.len() >= 4 && deltas.windows(2).all(grows);
    if is_cumulative {
        return Err(format!("each of {} deltas holds the text so far", deltas.len()));
    }
    Ok(format!("{} deltas", deltas.len()))
}

fn summary(reply: &Reply) -> Result<String, String> {
    if let Some((place, _)) =
        reply.choices().find(|(_, choice)| choice.get("message").is_some_and(|it| !it.is_null()))
    {
        return Err(format!("chunk {} holds a whole `message`", place + 1));
    }
    let deltas = reply.deltas();
    if let Some(((last, _), before)) = deltas.split_last() {
        let text: String = before.iter().map(|(text, _)| *text).collect();
        if text.chars().count() > 10 && text == *last {
            return Err("the last delta holds the whole text again".to_owned());
        }
    }
    Ok("sent once".to_owned())
}

fn thinking(reply: &Reply) -> Result<String, String> {
    let text = reply.text();
    let tag = ["<think", "</think", "<reasoning>", "<|thinking"].into_iter().find(|tag| text.contains(tag));
    match tag {
        Some(tag) => Err(format!("the text holds `{tag}`: {}", shown(&text))),
        None => Ok("none in the text".to_owned()),
    }
}

fn first_word(reply: &Reply) -> Result<String, String> {
    let deltas = reply.deltas();
    match deltas.first() {
        Some((text, _)) if text.trim().is_empty() => Err(format!("the first delta is {text:?}")),
        Some((text, _)) => Ok(format!("{text:?}")),
        None => Err("nothing is said".to_owned()),
    }
}
