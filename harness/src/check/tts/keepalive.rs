//! Connections: they stay, they end in order, and what happens on one request does not spoil the next.

use std::time::Duration;

use super::measure::{is_slower, median, seconds, spoken};
use super::speak::{Format, Say, limits};
use crate::check::catalogue::{Check, Entry, Level};
use crate::check::raw::{Connection, End, Exchange, Limits, millis};
use crate::check::{Context, Judged, Outcome, Pace};

const fn must(id: &'static str, title: &'static str) -> Entry {
    Entry::new(id, Level::Must, title)
}

const fn should(id: &'static str, title: &'static str) -> Entry {
    Entry::new(id, Level::Should, title)
}

/// How long is waited for a server to close an idle connection.
const LONGEST_IDLE: Duration = Duration::from_secs(65);
/// How far from the moment of closing requests are sent, in milliseconds.
const AROUND: [i64; 5] = [-20, -5, 0, 5, 20];

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: must("KAL-01", "a connection serves one request after the other")
            .rule("T-ZH as pcm five times on one connection", "five whole answers that last equally long")
            .advice(
                "the agent keeps a pool",
                "state of the last request is left in the connection",
                "start every request from nothing",
            )
            .quick(),
        judge: |cx| Box::pin(five(cx)),
    },
    Check {
        entry: should("KAL-02", "an idle connection is kept")
            .rule("T-1 as pcm, `idle_keepalive_s` of nothing, T-1 again", "served on the same connection")
            .advice(
                "a new connection costs a part of the first-audio budget",
                "a keep-alive timeout of a few seconds, the default of many servers",
                "set it to 60 s",
            )
            .pace(Pace::Waits),
        judge: |cx| Box::pin(idle(cx)),
    },
    Check {
        entry: must("KAL-03", "an idle connection ends in order")
            .rule(
                "requests sent around the moment when the server closes idle connections",
                "a whole answer or none; never a part of one",
            )
            .advice(
                "a client may try again safely only when nothing was answered",
                "the timeout writes an answer of its own, or closes in the middle of a request",
                "close idle connections without a word",
            )
            .pace(Pace::Waits)
            .limit(120),
        judge: |cx| Box::pin(closing(cx)),
    },
    Check {
        entry: must("KAL-04", "after an error the connection serves on")
            .rule("a request without text, then T-ZH, on one connection", "an error, then the whole audio")
            .advice(
                "one wrong text must not cost a call",
                "the error path leaves the request's body or its own answer behind",
                "read the body before refusing; give every answer its length",
            ),
        judge: |cx| Box::pin(after_an_error(cx)),
    },
    Check {
        entry: should("KAL-05", "two requests at once on a connection do no harm")
            .rule(
                "T-1 as pcm and an empty object, both written at once",
                "two answers in order, or one and the end of the connection",
            )
            .advice(
                "no agent does it, but proxies may",
                "what was read beyond the first request is dropped",
                "keep what was read for the next request",
            ),
        judge: |cx| Box::pin(pipelined(cx)),
    },
    Check {
        entry: should("KAL-06", "a connection is closed when the client asks for it")
            .rule(
                "T-1 as pcm with `Connection: close`",
                "the end of the connection within 1 s of the zero chunk",
            )
            .advice(
                "a client that waits for the end waits for ever",
                "the header is not looked at",
                "close after the answer",
            ),
        judge: |cx| Box::pin(asked_to_close(cx)),
    },
    Check {
        entry: should("KAL-07", "a new connection is not much slower than an open one")
            .rule(
                "T-1 as pcm on new connections and on an open one",
                "first audio on a new one within 1.5 times that on the open one; TLS goes on with an earlier session",
            )
            .advice(
                "it decides how large a pool must be",
                "work for each connection: authentication, a model's session",
                "do that work once, or before the first request",
            )
            .pace(Pace::Alone),
        judge: |cx| Box::pin(new_or_open(cx)),
    },
];

fn one() -> Say {
    Say::format("T-1", Format::Pcm)
}

async fn on(cx: &Context, connection: &mut Connection, say: &Say, id: &str) -> Exchange {
    let exchange = connection.exchange(&say.ask(cx), limits(id)).await;
    cx.note(&exchange);
    exchange
}

async fn five(cx: &Context) -> Judged {
    let say = Say::format("T-ZH", Format::Pcm);
    let mut connection = cx.connected().await?;
    let mut lengths: Vec<f64> = Vec::new();
    for index in 1..=5 {
        let exchange = on(cx, &mut connection, &say, "T-ZH").await;
        // A server that always closes serves one by one, and HTTP-11 says what that costs.
        if connection.is_closed() && exchange.is_complete() {
            let first = spoken(cx, &exchange).map(|heard| seconds(&heard))?;
            return Ok(Outcome::pass(format!("closed in order after answer {index} of {first:.2} s")));
        }
        let length = seconds(&spoken(cx, &exchange).map_err(|outcome| {
            let seen = format!("request {index} on the connection: {}", outcome.seen);
            Outcome { seen, ..outcome }
        })?);
        let first = *lengths.first().unwrap_or(&length);
        if (length - first).abs() > first * 0.05 && is_steady(cx).await? {
            let seen =
                format!("request {index} on the connection lasts {length:.2} s, the first {first:.2} s");
            return Ok(cx.broken(seen).with(&exchange));
        }
        lengths.push(length);
    }
    Ok(Outcome::pass("five whole answers"))
}

/// Whether the same text lasts equally long on connections of their own.
async fn is_steady(cx: &Context) -> Result<bool, Outcome> {
    let say = Say::format("T-ZH", Format::Pcm);
    let (one, other) = (seconds(&say.said(cx).await.audio()?), seconds(&say.said(cx).await.audio()?));
    Ok((one - other).abs() <= one * 0.05)
}

async fn idle(cx: &Context) -> Judged {
    let mut connection = cx.connected().await?;
    on(cx, &mut connection, &one(), "T-1").await.audio()?;
    let time = Duration::from_secs_f64(cx.budgets().idle_keepalive_s);
    if connection.wait_for_end(time).await.is_some() {
        return Ok(cx.broken(format!("closed within {} s", time.as_secs())));
    }
    let exchange = on(cx, &mut connection, &one(), "T-1").await;
    if exchange.is_complete() && exchange.audio().is_ok() {
        return Ok(Outcome::pass(format!("served after {} s", time.as_secs())));
    }
    Ok(cx.broken(exchange.summary()).with(&exchange))
}

async fn closing(cx: &Context) -> Judged {
    let clock = cx.clock();
    let mut connections = Vec::new();
    // One is watched; each of the others ends half a second after the one before.
    for _ in 0..=AROUND.len() {
        let mut connection = cx.connected().await?;
        on(cx, &mut connection, &one(), "T-1").await.audio()?;
        connections.push((connection, clock.now()));
        cx.sleep(Duration::from_millis(300)).await;
    }
    let (mut watched, since) = connections.remove(0);
    match watched.wait_for_end(LONGEST_IDLE).await {
        None => return Ok(Outcome::pass(format!("kept for more than {} s", LONGEST_IDLE.as_secs()))),
        Some(said) if is_part(&said) => {
            let text = String::from_utf8_lossy(&said[..said.len().min(60)]).escape_debug().to_string();
            return Ok(cx.broken(format!("a part of an answer nobody asked for, then the end: `{text}`")));
        }
        Some(_) => {}
    }
    let idle = clock.now().since(since);
    for ((mut connection, since), around) in connections.into_iter().zip(AROUND) {
        let shift = Duration::from_millis(around.unsigned_abs());
        let at = if around < 0 { since + idle.saturating_sub(shift) } else { since + idle + shift };
        clock.sleep_until(at).await;
        let exchange = on(cx, &mut connection, &one(), "T-1").await;
        let is_whole = exchange.is_complete() && exchange.head.is_some();
        let is_none = exchange.head.is_none()
            && exchange.body.is_empty()
            && matches!(exchange.end, End::Closed | End::Broken(_));
        if !is_whole && !is_none {
            let seen = format!("asked {around} ms from the moment of closing: {}", exchange.summary());
            return Ok(cx.broken(seen).with(&exchange));
        }
    }
    Ok(Outcome::pass(format!("closed after {:.1} s without a word", idle.as_secs_f64())))
}

/// Whether these bytes are something other than whole answers.
fn is_part(said: &[u8]) -> bool {
    if said.is_empty() {
        return false;
    }
    let mut decoder = crate::check::raw::AnswerDecoder::new("GET", said.len());
    decoder.push(said, bargein_net::Moment::ZERO);
    !decoder.eof()
}

async fn after_an_error(cx: &Context) -> Judged {
    let mut connection = cx.connected().await?;
    let error = on(cx, &mut connection, &Say::new("T-ZH").without_text(), "T-1").await;
    if connection.is_closed() {
        // An orderly end after an error is a warning of ERR-05.
        return Ok(Outcome::pass(format!("closed after the error: {}", error.summary())));
    }
    if !error.is_complete() {
        return Ok(cx.broken(format!("the error: {}", error.summary())).with(&error));
    }
    let exchange = on(cx, &mut connection, &Say::format("T-ZH", Format::Pcm), "T-ZH").await;
    if exchange.head.is_none() && matches!(exchange.end, End::Closed | End::Broken(_)) {
        return Ok(Outcome::pass("closed after the error"));
    }
    let heard = spoken(cx, &exchange).map_err(|outcome| outcome.with(&error))?;
    Ok(Outcome::pass(format!("{} and then {:.1} s of audio", error.status(), seconds(&heard))))
}

async fn pipelined(cx: &Context) -> Judged {
    let first = one().ask(cx);
    let second = Say::new("T-ZH").without_text().ask(cx);
    let mut connection = cx.connected().await?;
    let both = [first.bytes(), second.bytes()].concat();
    connection
        .write(&both)
        .await
        .map_err(|error| Outcome::error(format!("expected to write, got: {error}")))?;
    let spoken = connection.next_answer(&first, limits("T-1")).await;
    if spoken.status() != 200 || !spoken.is_complete() {
        return Ok(cx.broken(format!("the first: {}", spoken.summary())).with(&spoken));
    }
    let refused = connection.next_answer(&second, Limits::seconds(5)).await;
    match &refused.end {
        End::Complete if refused.status() >= 400 => Ok(Outcome::pass("two answers in order")),
        End::Closed | End::Broken(_) if refused.head.is_none() => Ok(Outcome::pass("one answer and the end")),
        _ => Ok(cx.broken(format!("the second: {}", refused.summary())).with(&spoken).with(&refused)),
    }
}

async fn asked_to_close(cx: &Context) -> Judged {
    let ask = one().ask(cx).and_header("Connection", "close");
    let mut connection = cx.connected().await?;
    let exchange = connection.exchange(&ask.label("T-1 as pcm, Connection: close"), limits("T-1")).await;
    cx.note(&exchange);
    exchange.audio()?;
    let clock = cx.clock();
    let ended = clock.now();
    match connection.wait_for_end(Duration::from_secs(1)).await {
        Some(_) => Ok(Outcome::pass(format!("closed after {:.0} ms", millis(clock.now().since(ended))))),
        None => Ok(cx.broken("open after 1 s").with(&exchange)),
    }
}

async fn new_or_open(cx: &Context) -> Judged {
    let count = if cx.settings().quick { 3 } else { 8 };
    let time = |exchange: &Exchange| exchange.first_audio_ms().unwrap_or(f64::INFINITY);
    let (mut new, mut connecting) = (Vec::new(), Vec::new());
    let mut resumed = Vec::new();
    for _ in 0..count {
        let mut connection = cx.connected().await?;
        let exchange = on(cx, &mut connection, &one(), "T-1").await;
        exchange.audio()?;
        new.push(time(&exchange));
        connecting.push(millis(exchange.connecting));
        resumed.extend(connection.is_resumed());
    }
    let mut open = Vec::new();
    let mut connection = cx.connected().await?;
    for index in 0..=count {
        let exchange = on(cx, &mut connection, &one(), "T-1").await;
        exchange.audio()?;
        if index > 0 {
            open.push(time(&exchange));
        }
        if connection.is_closed() {
            return Ok(Outcome::skip("the server closes every connection: see HTTP-11"));
        }
    }
    let (new, open, connecting) = (median(&new), median(&open), median(&connecting));
    let mut seen = format!(
        "first audio after {new:.0} ms on a new connection, {open:.0} ms on an open one, {connecting:.0} ms to connect"
    );
    let went_on = resumed.iter().filter(|resumed| **resumed).count();
    if !resumed.is_empty() {
        seen += &format!("; TLS went on with an earlier session in {went_on} of {}", resumed.len());
    }
    let is_forgotten = !resumed.is_empty() && went_on == 0;
    Ok(if is_forgotten || is_slower(cx, new, open, 1.5) { cx.broken(seen) } else { Outcome::pass(seen) })
}
