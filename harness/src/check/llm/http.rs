//! HTTP and the head of a streamed answer.

use std::time::Duration;

use super::chat::{Chat, is_answered, is_success, keyed, post, said, unanswered};
use super::errors::shape;
use crate::check::catalogue::{Check, Entry, Level};
use crate::check::raw::{Ask, BodyFraming, Framing, Head, Limits, Writing};
use crate::check::{Context, Judged, Outcome};

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: Entry::new("HTTP-01", Level::Must, "a streamed chat is answered with status 200 over HTTP/1.1")
            .rule("a chat with one message, streamed", "`HTTP/1.1 200` and a body")
            .advice(
                "the base case: all others need it",
                "the path, the key or the model is not the configured one",
                "give the full URL that ends in `/chat/completions`, the key, and a model the service has (`--model`)",
            )
            .quick(),
        judge: |cx| Box::pin(status(cx)),
    },
    Check {
        entry: Entry::new("HTTP-02", Level::Must, "the stream is called `text/event-stream`")
            .rule("a chat with one message, streamed", "`Content-Type: text/event-stream`, with or without a charset")
            .advice(
                "clients choose their parser by it; others read an empty answer",
                "a framework's default type",
                "set the type of streamed answers",
            )
            .quick(),
        judge: |cx| Box::pin(stream_type(cx)),
    },
    Check {
        entry: Entry::new("HTTP-03", Level::Must, "a stream is not compressed")
            .rule("the same with `Accept-Encoding: gzip, br`", "no `Content-Encoding`")
            .advice(
                "compressors hold tokens back until a block is full",
                "a proxy or middleware compresses every answer",
                "leave `text/event-stream` out of compression",
            ),
        judge: |cx| Box::pin(compression(cx)),
    },
    Check {
        entry: Entry::new("HTTP-04", Level::Must, "the framing of the stream is sound")
            .rule("a chat with one message, streamed", "no `Content-Length`; chunks, when there are, well-formed and ended by the zero chunk")
            .advice(
                "a length beside chunks is how requests are smuggled, and clients refuse it",
                "an answer passed on with the headers of the service behind it",
                "drop `Content-Length` and `Transfer-Encoding` of the service behind, and let the server frame the body",
            )
            .quick(),
        judge: |cx| Box::pin(framing(cx)),
    },
    Check {
        entry: Entry::new("HTTP-05", Level::Should, "a stream is not to be kept by caches")
            .rule("a chat with one message, streamed", "`Cache-Control: no-cache` or `no-store`")
            .advice(
                "a cache or buffering proxy before the service holds the tokens back",
                "the header was forgotten",
                "send `Cache-Control: no-cache` with every stream",
            ),
        judge: |cx| Box::pin(caching(cx)),
    },
    Check {
        entry: Entry::new("HTTP-06", Level::Should, "other methods are refused")
            .rule("`GET` on the path", "405 or 404, JSON or empty, within 1 s")
            .advice(
                "health checks and scanners must not start a generation",
                "a page for every `GET`",
                "route `POST` only",
            ),
        judge: |cx| Box::pin(other_method(cx)),
    },
    Check {
        entry: Entry::new("HTTP-07", Level::Should, "other paths are refused in the same shape")
            .rule("`POST` to the path with `/nope` behind it", "404 with an error as JSON")
            .advice(
                "a wrong URL in a configuration must be visible at once",
                "a page for whatever is not found",
                "answer unknown paths with an error of the protocol",
            ),
        judge: |cx| Box::pin(other_path(cx)),
    },
    Check {
        entry: Entry::new("HTTP-08", Level::Must, "clients that accept JSON get a stream all the same")
            .rule("the same with `Accept: application/json`", "status 200")
            .advice(
                "the official clients send just this, also when they ask for a stream",
                "the server takes `Accept` at its word",
                "decide by the member `stream` of the body",
            ),
        judge: |cx| Box::pin(accept(cx)),
    },
    Check {
        entry: Entry::new("HTTP-09", Level::Must, "a body may come in pieces")
            .rule("the head, then 300 ms later the body; the body byte by byte; the body in chunks", "status 200 each time")
            .advice(
                "servers that read once lose bodies split by TCP",
                "one read is taken for the whole body",
                "read until `Content-Length` bytes or the last chunk are there",
            )
            .limit(120),
        judge: |cx| Box::pin(pieces(cx)),
    },
];

async fn status(cx: &Context) -> Judged {
    let exchange = Chat::hello().asked_once(cx).await;
    let is_right =
        exchange.status() == 200 && exchange.head.as_ref().is_some_and(|head| head.version == "HTTP/1.1");
    Ok(if is_right { Outcome::pass(exchange.summary()) } else { cx.broken(said(&exchange)).with(&exchange) })
}

/// Judges the head of the base case.
async fn head(cx: &Context, judge: impl Fn(&Head) -> Result<String, String>) -> Judged {
    let exchange = Chat::hello().asked_once(cx).await;
    let head = exchange.head.as_ref().ok_or_else(|| Outcome::error(exchange.summary()).with(&exchange))?;
    Ok(match judge(head) {
        Ok(seen) => Outcome::pass(seen),
        Err(seen) => cx.broken(seen).with(&exchange),
    })
}

async fn stream_type(cx: &Context) -> Judged {
    head(cx, |head| match head.media_type().as_str() {
        "text/event-stream" => Ok("text/event-stream".to_owned()),
        "" => Err("no Content-Type".to_owned()),
        other => Err(format!("Content-Type: {other}")),
    })
    .await
}

async fn compression(cx: &Context) -> Judged {
    let chat = Chat::hello().label("hello to one who can decompress").header("Accept-Encoding", "gzip, br");
    let exchange = chat.asked(cx).await;
    if !is_success(&exchange) {
        return Ok(unanswered(cx, &exchange));
    }
    let coding = exchange.head.as_ref().and_then(|head| head.value("content-encoding"));
    Ok(match coding.filter(|coding| !coding.eq_ignore_ascii_case("identity")) {
        Some(coding) => cx.broken(format!("Content-Encoding: {coding}")).with(&exchange),
        None => Outcome::pass("no Content-Encoding"),
    })
}

async fn framing(cx: &Context) -> Judged {
    let exchange = Chat::hello().asked_once(cx).await;
    let head = exchange.head.as_ref().ok_or_else(|| Outcome::error(exchange.summary()).with(&exchange))?;
    let broken = |seen: String| Ok(cx.broken(seen).with(&exchange));
    if let Some(length) = head.value("content-length") {
        return broken(format!("Content-Length: {length} on a stream"));
    }
    if let Some(fault) = exchange.faults.first() {
        return broken(format!("chunks: {fault}"));
    }
    let codings: Vec<_> = head.values("transfer-encoding").collect();
    match (&exchange.framing, codings.as_slice()) {
        (BodyFraming::Chunked, [_]) if exchange.is_complete() => {
            Ok(Outcome::pass("chunked, ended by the zero chunk"))
        }
        (BodyFraming::Close, _) if exchange.is_complete() => {
            Ok(Outcome::warn("the body ends with the connection: an end looks like a cut").with(&exchange))
        }
        _ => broken(format!("{}, Transfer-Encoding: {}", exchange.end, codings.join(" and "))),
    }
}

async fn caching(cx: &Context) -> Judged {
    head(cx, |head| match head.value("cache-control") {
        Some(value) if head.lists("cache-control", "no-cache") || head.lists("cache-control", "no-store") => {
            Ok(format!("Cache-Control: {value}"))
        }
        Some(value) => Err(format!("Cache-Control: {value}")),
        None => Err("no Cache-Control".to_owned()),
    })
    .await
}

async fn other_method(cx: &Context) -> Judged {
    let ask = keyed(cx, Ask::new("GET on the path", "GET", cx.target()));
    let exchange = cx.ask(&ask, Limits::seconds(10)).await;
    let media_type = exchange.head.as_ref().map(Head::media_type).unwrap_or_default();
    let is_plain = media_type == "application/json" || exchange.body.is_empty();
    let is_right =
        matches!(exchange.status(), 404 | 405) && is_plain && exchange.end_ms() <= cx.budgets().refusal_ms;
    Ok(if is_right { Outcome::pass(exchange.summary()) } else { cx.broken(said(&exchange)).with(&exchange) })
}

async fn other_path(cx: &Context) -> Judged {
    let path = format!("{}/nope", cx.target().path.trim_end_matches('/'));
    let ask = Chat::hello().label("a path that is not there").ask(cx).await.path(path);
    let exchange = cx.ask(&ask, Limits::seconds(10)).await;
    let is_right = exchange.status() == 404 && shape(&exchange).is_ok();
    Ok(if is_right { Outcome::pass(exchange.summary()) } else { cx.broken(said(&exchange)).with(&exchange) })
}

async fn accept(cx: &Context) -> Judged {
    Chat::hello().label("hello to one who accepts JSON").header("Accept", "application/json").taken(cx).await
}

async fn pieces(cx: &Context) -> Judged {
    let body = Chat::hello().ask(cx).await.body;
    let ways: [(&str, Writing, Framing); 3] = [
        ("the body 300 ms later", Writing::BodyLater(Duration::from_millis(300)), Framing::Length),
        ("the body byte by byte", Writing::ByteByByte, Framing::Length),
        ("the body in chunks", Writing::Whole, Framing::Chunked(40)),
    ];
    for (label, writing, framing) in ways {
        let ask = post(cx, label).body(body.clone()).writing(writing).framing(framing);
        let exchange = cx.ask(&ask, Limits::seconds(30)).await;
        if !is_answered(&exchange) {
            return Ok(unanswered(cx, &exchange));
        }
    }
    Ok(Outcome::pass("answered each time"))
}
