//! Framing of events: what stands on the lines of a stream.

use super::chat::Chat;
use super::reply::{Reply, shown};
use crate::check::catalogue::{Check, Entry, Level};
use crate::check::{Context, Judged, Outcome};

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: Entry::new("SSE-01", Level::Must, "every line is a field of an event")
            .rule("a chat with one message, streamed", "lines of `data:` (or `event:`, `id:`, `retry:`, comments) and blank lines, nothing else")
            .advice(
                "strict parsers stop at what they do not know; others lose text",
                "a line break inside JSON, or a message of a proxy in the stream",
                "write each event through one function that makes `data: `, the JSON on one line, and a blank line",
            )
            .quick(),
        judge: |cx| Box::pin(hello(cx, strays)),
    },
    Check {
        entry: Entry::new("SSE-02", Level::Must, "the data of every event is a JSON object or `[DONE]`")
            .rule("a chat with one message, streamed", "every `data:` parses")
            .advice(
                "one frame that does not parse ends the official clients' streams",
                "a frame cut by a buffer, or a comment that became data",
                "relay whole events only, and never turn comments into data",
            )
            .quick(),
        judge: |cx| Box::pin(hello(cx, json)),
    },
    Check {
        entry: Entry::new("SSE-03", Level::Must, "the stream ends with one `[DONE]`")
            .rule("a chat with one message, streamed", "`data: [DONE]` once, as the last event")
            .advice(
                "clients that wait for it hang, or report a broken stream",
                "the service behind sends none and nobody adds it",
                "send `data: [DONE]` after the last chunk",
            )
            .quick(),
        judge: |cx| Box::pin(hello(cx, done)),
    },
    Check {
        entry: Entry::new("SSE-04", Level::Must, "the body ends with `[DONE]`")
            .rule("a chat with one message, streamed", "the end of the body within 1 s after `[DONE]`")
            .advice(
                "the connection is not free for the next request",
                "the handler waits for the service behind to close",
                "end the body as soon as `[DONE]` is written",
            ),
        judge: |cx| Box::pin(ends(cx)),
    },
    Check {
        entry: Entry::new("SSE-05", Level::Must, "a blank line ends the last event")
            .rule("a chat with one message, streamed", "a blank line behind `[DONE]`")
            .advice(
                "official clients drop an event that no blank line ends",
                "text joined with line breaks between the events but not behind the last",
                "write two line ends after every event",
            ),
        judge: |cx| Box::pin(hello(cx, closed)),
    },
    Check {
        entry: Entry::new("SSE-06", Level::Must, "no byte order mark")
            .rule("a chat with one message, streamed", "the first byte is no mark")
            .advice(
                "an official client loses the first event",
                "a writer of text files that adds the mark",
                "write UTF-8 without a mark",
            ),
        judge: |cx| Box::pin(hello(cx, mark)),
    },
    Check {
        entry: Entry::new("SSE-07", Level::Should, "a space stands behind `data:`")
            .rule("a chat with one message, streamed", "`data: ` with one space")
            .advice(
                "many clients compare with `data: ` and skip everything else",
                "the event is written by hand",
                "write the space, as every example of the protocol does",
            ),
        judge: |cx| Box::pin(hello(cx, space)),
    },
    Check {
        entry: Entry::new("SSE-08", Level::Should, "lines end with LF")
            .rule("a chat with one message, streamed", "LF, without CR")
            .advice(
                "clients that split at LF LF never find an event",
                "a library that ends lines as HTTP does",
                "end lines of events with LF",
            ),
        judge: |cx| Box::pin(hello(cx, line_ends)),
    },
    Check {
        entry: Entry::new("SSE-09", Level::Should, "the data of an event stands on one line")
            .rule("a chat with one message, streamed", "one `data:` line an event")
            .advice(
                "many clients parse each line by itself",
                "JSON is printed for people",
                "print JSON without line breaks",
            ),
        judge: |cx| Box::pin(hello(cx, one_line)),
    },
    Check {
        entry: Entry::new("SSE-10", Level::Should, "events have no names")
            .rule("a chat with one message, streamed", "no `event:` lines")
            .advice(
                "clients hand named events to nobody, or take them for chunks",
                "keep-alive as an event, or another protocol's events",
                "send comments (`: keep-alive`) to keep a connection alive",
            ),
        judge: |cx| Box::pin(hello(cx, names)),
    },
    Check {
        entry: Entry::new("SSE-11", Level::Should, "no line is longer than 64 KiB")
            .rule("a chat with one message, streamed", "every line within 64 KiB")
            .advice(
                "clients bound their lines",
                "debugging fields or padding in chunks",
                "send what the client needs and nothing else",
            ),
        judge: |cx| Box::pin(hello(cx, longest)),
    },
    Check {
        entry: Entry::new("SSE-12", Level::Must, "every event is UTF-8 by itself")
            .rule("a phrase in many scripts, to be repeated", "valid UTF-8 in every event")
            .advice(
                "half a character in an event is a wrong character in the ear",
                "bytes of tokens are written as they come, and some tokens are half a character",
                "hold bytes back until a character is whole",
            ),
        judge: |cx| Box::pin(phrase(cx, utf8)),
    },
    Check {
        entry: Entry::new("SSE-13", Level::May, "comments")
            .rule("a chat with one message, streamed", "reported")
            .advice(
                "comments keep a connection alive, and clients that parse them as JSON fail",
                "",
                "",
            ),
        judge: |cx| Box::pin(hello(cx, comments)),
    },
];

async fn hello(cx: &Context, judge: fn(&Reply) -> Result<String, String>) -> Judged {
    Chat::hello().judged(cx, judge).await
}

async fn phrase(cx: &Context, judge: fn(&Reply) -> Result<String, String>) -> Judged {
    Chat::phrase().judged(cx, judge).await
}

fn strays(reply: &Reply) -> Result<String, String> {
    match reply.strays.first() {
        Some(line) => Err(format!("{} lines are no field: `{line}`", reply.strays.len())),
        None => Ok(format!("{} lines", reply.lines)),
    }
}

fn json(reply: &Reply) -> Result<String, String> {
    match reply.broken.first() {
        Some(data) => Err(format!("{} events hold no JSON object: `{data}`", reply.broken.len())),
        None if reply.chunks.is_empty() => Err("no event with data".to_owned()),
        None => Ok(format!("{} chunks", reply.chunks.len())),
    }
}

fn done(reply: &Reply) -> Result<String, String> {
    match reply.dones.as_slice() {
        [one] if one + 1 == reply.events.len() => Ok("once, at the end".to_owned()),
        [one] => Err(format!("{} events behind `[DONE]`", reply.events.len() - one - 1)),
        [] => Err("no `[DONE]`".to_owned()),
        several => Err(format!("`[DONE]` {} times", several.len())),
    }
}

async fn ends(cx: &Context) -> Judged {
    let exchange = Chat::hello().asked_once(cx).await;
    let reply = super::chat::reply(&exchange)?;
    let done = reply.dones.first().and_then(|place| reply.events.get(*place));
    let Some(done) = done else { return Ok(Outcome::skip("there is no `[DONE]`: SSE-03")) };
    let after = exchange.ms(exchange.ended) - exchange.ms(done.at);
    let seen = format!("{after:.0} ms from `[DONE]` to the end of the body");
    Ok(if after > 1_000.0 { cx.broken(seen).with(&exchange) } else { Outcome::pass(seen) })
}

fn closed(reply: &Reply) -> Result<String, String> {
    match reply.events.last() {
        Some(last) if !last.is_closed => Err(format!("no blank line behind `{}`", shown(&last.data))),
        Some(_) => Ok("a blank line ends it".to_owned()),
        None => Err("no event".to_owned()),
    }
}

fn mark(reply: &Reply) -> Result<String, String> {
    if reply.has_bom { Err("the stream begins with EF BB BF".to_owned()) } else { Ok("none".to_owned()) }
}

fn space(reply: &Reply) -> Result<String, String> {
    match reply.tight {
        0 => Ok("`data: `".to_owned()),
        tight => Err(format!("{tight} lines begin with `data:` and no space")),
    }
}

fn line_ends(reply: &Reply) -> Result<String, String> {
    match reply.odd_ends {
        0 => Ok("LF".to_owned()),
        odd => Err(format!("{odd} of {} lines end with CR", reply.lines)),
    }
}

fn one_line(reply: &Reply) -> Result<String, String> {
    match reply.events.iter().map(|event| event.lines).max() {
        Some(lines) if lines > 1 => Err(format!("an event of {lines} `data:` lines")),
        _ => Ok("one line each".to_owned()),
    }
}

fn names(reply: &Reply) -> Result<String, String> {
    match reply.events.iter().find_map(|event| event.name.as_deref()) {
        Some(name) => Err(format!("an event is named `{}`", shown(name))),
        None => Ok("none".to_owned()),
    }
}

fn longest(reply: &Reply) -> Result<String, String> {
    let seen = format!("the longest line has {} bytes", reply.longest);
    if reply.longest > 64 * 1024 { Err(seen) } else { Ok(seen) }
}

fn utf8(reply: &Reply) -> Result<String, String> {
    match reply.not_utf8.first() {
        Some(data) => Err(format!("{} events are not UTF-8: `{data}`", reply.not_utf8.len())),
        None => Ok(format!("{} events", reply.events.len())),
    }
}

fn comments(reply: &Reply) -> Result<String, String> {
    Ok(match reply.comments {
        0 => "no comments".to_owned(),
        count => format!("{count} comments"),
    })
}
