//! Slow readers: they get their audio, and cost nobody else anything.

use std::time::Duration;

use super::load::mib;
use super::measure::{is_slower, median, seconds, solo, spoken, until_first_audio};
use super::operation::own;
use super::speak::{Format, Say};
use crate::check::catalogue::{Check, Entry, Level};
use crate::check::raw::{Connection, End, Exchange, Limits, Reading};
use crate::check::{Context, Judged, Outcome, Pace};

const fn entry(id: &'static str, level: Level, title: &'static str) -> Entry {
    Entry::new(id, level, title).pace(Pace::Waits).limit(180)
}

/// What a minute of speech at 16 kHz takes.
const REAL_TIME: usize = 32_000;
/// How long a reader is stuck in SLO-03.
const STUCK: Duration = Duration::from_secs(60);
/// How many readers are stuck in SLO-04.
const READERS: usize = 10;

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: entry("SLO-01", Level::Must, "a reader in real time gets everything")
            .rule("T-300 as pcm, read at 32,000 bytes a second", "the whole audio")
            .advice(
                "the agent may read no faster than it plays",
                "a time limit for the whole answer, or for a write",
                "limit the time without progress, not the time of an answer",
            ),
        judge: |cx| Box::pin(real_time(cx)),
    },
    Check {
        entry: entry("SLO-02", Level::Should, "a reader that rests gets everything")
            .rule("T-300 as pcm, not read for 5 s, then read on", "the whole audio")
            .advice("a room can be paused", "a write timeout of a few seconds", "wait 30 s for a reader"),
        judge: |cx| Box::pin(resting(cx)),
    },
    Check {
        entry: entry("SLO-03", Level::Should, "a reader that is stuck loses its stream, and nobody else's")
            .rule(
                "T-2K as pcm, not read for 60 s; then T-ZH",
                "the stuck stream is broken off, and T-ZH spoken",
            )
            .advice(
                "one stuck reader must not hold a worker",
                "no write timeout",
                "break off a stream whose reader made no progress for 30 s",
            ),
        judge: |cx| Box::pin(stuck(cx)),
    },
    Check {
        entry: entry("SLO-04", Level::Should, "stuck readers do not slow the others")
            .rule(
                "T-2K as pcm ten times, not read; T-ZH beside them",
                "first audio of T-ZH within 1.5 times the usual",
            )
            .advice(
                "ten paused rooms silence all others",
                "writes that block the loop or hold a lock",
                "write without holding anything",
            )
            .pace(Pace::Alone),
        judge: |cx| Box::pin(beside_stuck_ones(cx)),
    },
    Check {
        entry: entry("SLO-05", Level::Should, "what waits for a slow reader is bounded")
            .rule(
                "T-2K as pcm, not read for 10 s; the server's memory",
                "it grows by no more than the whole audio",
            )
            .advice(
                "slow readers exhaust the memory",
                "a queue without a bound between voice and socket",
                "bound the queue, and let the voice wait",
            )
            .pace(Pace::Alone),
        judge: |cx| Box::pin(bounded(cx)),
    },
    Check {
        entry: entry("SLO-06", Level::Should, "a small window gets everything")
            .rule("T-ZH as pcm over a receive window of 2 KiB", "the whole audio in well-formed chunks")
            .advice(
                "small windows make writes partial",
                "the rest of a partial write is dropped",
                "write until everything is written",
            )
            .pace(Pace::Together),
        judge: |cx| Box::pin(small_window(cx)),
    },
];

/// Whether an answer to T-300 is whole, when it is compared with one that was read at full speed.
async fn is_whole(cx: &Context, exchange: &Exchange) -> Judged {
    let full = Say::format("T-300", Format::Pcm).said_once(cx).await;
    let wanted = seconds(&full.audio()?);
    let got = seconds(&spoken(cx, exchange)?);
    let seen = format!("{got:.1} s of {wanted:.1} s");
    if got >= wanted * 0.8 && exchange.faults.is_empty() {
        return Ok(Outcome::pass(seen));
    }
    Ok(cx.broken(seen).with(exchange))
}

async fn real_time(cx: &Context) -> Judged {
    let ask = Say::format("T-300", Format::Pcm).ask(cx);
    let every = Duration::from_millis(100);
    let reading = Reading::Paced { bytes: REAL_TIME / 10, every };
    let exchange = cx.ask(&ask, Limits { reading, ..Limits::seconds(150) }).await;
    is_whole(cx, &exchange).await
}

async fn resting(cx: &Context) -> Judged {
    let ask = Say::format("T-300", Format::Pcm).ask(cx);
    let reading = Reading::Resting { after: 16_000, time: Duration::from_secs(5) };
    let exchange = cx.ask(&ask, Limits { reading, ..Limits::seconds(150) }).await;
    is_whole(cx, &exchange).await
}

/// A connection with a long answer, of which the first audio was read.
async fn begun(cx: &Context) -> Result<Connection, Outcome> {
    let mut connection = cx.connected().await?;
    connection.exchange(&Say::format("T-2K", Format::Pcm).ask(cx), until_first_audio()).await.audio()?;
    Ok(connection)
}

async fn stuck(cx: &Context) -> Judged {
    let mut connection = begun(cx).await?;
    cx.sleep(STUCK).await;
    let next = Say::format("T-ZH", Format::Pcm).said(cx).await;
    if next.audio().is_err() {
        return Ok(cx.broken(format!("T-ZH beside it: {}", next.summary())).with(&next));
    }
    // What is on its way may still come; then the stream must be at its end, and not in order.
    let came = connection.drain(Duration::from_secs(10)).await;
    let seen = |how: &str| {
        format!("{how} after {} s without a read, {:.1} MiB later", STUCK.as_secs(), mib(came.bytes))
    };
    match came.end {
        End::Closed | End::Broken(_) if !came.is_whole => Ok(Outcome::pass(seen("broken off"))),
        End::Closed | End::Broken(_) => Ok(Outcome::pass(seen("all had been sent"))),
        _ => Ok(cx.broken(seen("goes on"))),
    }
}

async fn beside_stuck_ones(cx: &Context) -> Judged {
    let usual = median(&solo(cx).await?);
    let mut connections = Vec::new();
    for _ in 0..READERS {
        // The first one has nobody beside it: what is wrong with it is no matter of this check.
        let begun = begun(cx).await;
        connections.push(match begun {
            Err(outcome) if !connections.is_empty() => {
                let count = connections.len();
                return Ok(cx.broken(format!("beside {count} stuck readers: {}", outcome.seen)));
            }
            begun => begun?,
        });
    }
    // Until every buffer on the way is full.
    cx.sleep(Duration::from_secs(2)).await;
    let exchange = Say::format("T-ZH", Format::Pcm).said(cx).await;
    if exchange.audio().is_err() {
        return Ok(cx
            .broken(format!("beside {READERS} stuck readers: {}", exchange.summary()))
            .with(&exchange));
    }
    let first = exchange.first_audio_ms().unwrap_or(f64::INFINITY);
    let seen =
        format!("first audio after {first:.0} ms beside {READERS} stuck readers, {usual:.0} ms usually");
    if is_slower(cx, first, usual, 1.5) {
        Ok(cx.broken(seen).with(&exchange))
    } else {
        Ok(Outcome::pass(seen))
    }
}

async fn bounded(cx: &Context) -> Judged {
    let Some(before) = own(cx).await.memory else {
        let page = &cx.settings().pages.metrics;
        return Ok(Outcome::skip(format!(
            "no `process_resident_memory_bytes` at {page}, and no process id given"
        )));
    };
    let connection = begun(cx).await?;
    cx.sleep(Duration::from_secs(10)).await;
    let after = own(cx).await.memory.unwrap_or(before);
    drop(connection);
    let expected = crate::check::text("T-2K").seconds.unwrap_or_default();
    let whole = expected * 32_000.0 * 1.4 / f64::from(1 << 20);
    let grown = mib(after.saturating_sub(before));
    let seen = format!("memory grows by {grown:.1} MiB, the whole audio is about {whole:.0} MiB");
    Ok(if grown > whole { cx.broken(seen) } else { Outcome::pass(seen) })
}

async fn small_window(cx: &Context) -> Judged {
    let ask = Say::format("T-ZH", Format::Pcm).ask(cx);
    let opened = Connection::open_narrow(cx.world(), cx.target(), Duration::from_secs(5), 2_048).await;
    let mut connection = opened.map_err(|why| Outcome::error(why.to_string()))?;
    let reading = Reading::Paced { bytes: 2_048, every: Duration::from_millis(10) };
    let exchange = connection.exchange(&ask, Limits { reading, ..Limits::seconds(30) }).await;
    cx.note(&exchange);
    if let Some(fault) = exchange.faults.first() {
        return Ok(cx.broken(fault.clone()).with(&exchange));
    }
    let full = Say::format("T-ZH", Format::Pcm).said_once(cx).await;
    let (wanted, got) = (seconds(&full.audio()?), seconds(&spoken(cx, &exchange)?));
    let seen = format!("{got:.2} s of {wanted:.2} s");
    if got >= wanted * 0.8 { Ok(Outcome::pass(seen)) } else { Ok(cx.broken(seen).with(&exchange)) }
}
