//! Cancellation: a barge-in cuts a stream at any place, and the server is free at once.

use std::time::Duration;

use rand::RngCore as _;

use super::measure::{first_audio, is_slower, median, p95, solo, spoken, until_first_audio};
use super::operation::own;
use super::speak::{Format, Say, limits};
use crate::check::catalogue::{Check, Entry, Level};
use crate::check::raw::{End, Limits};
use crate::check::{Context, Judged, Outcome, Pace};

const fn entry(id: &'static str, level: Level, title: &'static str) -> Entry {
    Entry::new(id, level, title).pace(Pace::Alone).limit(120)
}

/// How often is cut in CAN-03 and CAN-04.
const CUTS: usize = 20;
/// How often is cut in CAN-07.
const RANDOM_CUTS: usize = 100;

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: entry("CAN-01", Level::Must, "a stream that is closed leaves the server free")
            .rule(
                "T-2K as pcm, closed after its first audio, then T-ZH",
                "first audio of T-ZH within 1.5 times the usual",
            )
            .advice(
                "a barge-in happens on every other turn, and a lock left held makes the agent mute",
                "the lock or worker is given back when the text is finished, not when its reader is gone",
                "give everything back where the write fails",
            )
            .quick(),
        judge: |cx| Box::pin(closed(cx)),
    },
    Check {
        entry: entry("CAN-02", Level::Must, "a stream that is reset leaves the server free")
            .rule(
                "T-2K as pcm, reset after its first audio, then T-ZH",
                "first audio of T-ZH within 1.5 times the usual",
            )
            .advice(
                "crashed clients and network translation reset connections",
                "an exception that only the orderly end handles",
                "handle the reset as the close",
            ),
        judge: |cx| Box::pin(reset(cx)),
    },
    Check {
        entry: entry("CAN-03", Level::Should, "twenty cut streams cost nothing")
            .rule(
                "T-2K as pcm, cut after its first audio, 20 times, then T-ZH",
                "first audio of T-ZH within 1.5 times the usual",
            )
            .advice(
                "work that goes on after the reader has gone is paid for and slows the living",
                "synthesis is not cancelled",
                "look for the disconnect between two pieces of audio",
            ),
        judge: |cx| Box::pin(many(cx, false)),
    },
    Check {
        entry: entry("CAN-04", Level::Should, "twenty requests cut before their answer cost nothing")
            .rule(
                "T-2K as pcm, cut 20 ms after the request, 20 times, then T-ZH",
                "first audio of T-ZH within 1.5 times the usual",
            )
            .advice(
                "a caller speaks on while the first sentence is in the queue",
                "what waits in the queue is never looked at again",
                "drop a request from the queue when its connection ends",
            ),
        judge: |cx| Box::pin(many(cx, true)),
    },
    Check {
        entry: entry("CAN-05", Level::Should, "the server knows that a stream was cut")
            .rule(
                "T-2K as pcm, cut after its first audio, then the server's own count of active streams",
                "0 within `cancel_ms`",
            )
            .advice(
                "direct proof in place of inference",
                "the disconnect is seen at the next sentence, or never",
                "look for the disconnect between two pieces of audio",
            ),
        judge: |cx| Box::pin(counted(cx)),
    },
    Check {
        entry: entry("CAN-06", Level::Must, "a client that has said everything may close its side")
            .rule(
                "T-ZH as pcm, then the end of the client's side",
                "the whole answer, or a clean error; never a hang",
            )
            .advice(
                "some clients half-close",
                "the end of reading is taken for the end of the connection, and nobody answers",
                "go on writing until writing fails",
            ),
        judge: |cx| Box::pin(half_closed(cx)),
    },
    Check {
        entry: entry("CAN-07", Level::Should, "a hundred cuts anywhere leave nothing open")
            .rule(
                "T-300 as pcm, cut after a random chunk, 100 times",
                "T-ZH is spoken after it, and no more than 10 descriptors more are open",
            )
            .advice(
                "every place of a cut is reached in production",
                "sockets or files that only the orderly end closes",
                "close in the destructor or `finally`",
            ),
        judge: |cx| Box::pin(anywhere(cx)),
    },
];

/// Reads up to the first audio of a long text and cuts.
async fn cut_one(cx: &Context, resets: bool) -> Result<(), Outcome> {
    let mut connection = cx.connected().await?;
    let exchange = connection.exchange(&Say::format("T-2K", Format::Pcm).ask(cx), until_first_audio()).await;
    exchange.audio()?;
    if resets {
        connection.reset();
    }
    Ok(())
}

async fn then_free(cx: &Context, usual: f64, after: &str) -> Judged {
    let exchange = Say::format("T-ZH", Format::Pcm).said(cx).await;
    spoken(cx, &exchange)?;
    let first = exchange.first_audio_ms().unwrap_or(f64::INFINITY);
    let seen = format!("first audio after {first:.0} ms {after}, {usual:.0} ms usually");
    if is_slower(cx, first, usual, 1.5) {
        Ok(cx.broken(seen).with(&exchange))
    } else {
        Ok(Outcome::pass(seen))
    }
}

async fn closed(cx: &Context) -> Judged {
    let usual = median(&solo(cx).await?);
    cut_one(cx, false).await?;
    then_free(cx, usual, "after a close").await
}

async fn reset(cx: &Context) -> Judged {
    let usual = median(&solo(cx).await?);
    cut_one(cx, true).await?;
    then_free(cx, usual, "after a reset").await
}

async fn many(cx: &Context, is_early: bool) -> Judged {
    let usual = p95(&solo(cx).await?);
    for _ in 0..CUTS {
        if is_early {
            let mut connection = cx.connected().await?;
            let written = connection.write_ask(&Say::format("T-2K", Format::Pcm).ask(cx)).await;
            written.map_err(|error| Outcome::error(format!("expected to write a request, got: {error}")))?;
            cx.sleep(Duration::from_millis(20)).await;
        } else {
            cut_one(cx, false).await?;
        }
    }
    then_free(cx, usual, "after twenty cuts").await
}

async fn counted(cx: &Context) -> Judged {
    if own(cx).await.active.is_none() {
        return Ok(Outcome::skip(format!("no JSON with `active` at {}", cx.settings().pages.stats)));
    }
    cut_one(cx, false).await?;
    let clock = cx.clock();
    let (cut, limit) = (clock.now(), cx.budgets().cancel_ms);
    loop {
        let active = own(cx).await.active;
        let ms = crate::check::raw::millis(clock.now().since(cut));
        match active {
            Some(0) if ms <= limit => return Ok(Outcome::pass(format!("0 active within {ms:.0} ms"))),
            _ if ms > limit => {
                let active = active.map_or_else(|| "no".to_owned(), |active| active.to_string());
                return Ok(cx.broken(format!("{active} active {ms:.0} ms after the cut")));
            }
            _ => cx.sleep(Duration::from_millis(20)).await,
        }
    }
}

async fn half_closed(cx: &Context) -> Judged {
    let ask = Say::format("T-ZH", Format::Pcm).ask(cx);
    let mut connection = cx.connected().await?;
    let written = async {
        connection.write_ask(&ask).await?;
        connection.finish_writing().await
    };
    written.await.map_err(|error| Outcome::error(format!("expected to write a request, got: {error}")))?;
    let exchange = connection.next_answer(&ask, limits("T-ZH")).await;
    cx.note(&exchange);
    match &exchange.end {
        End::Complete if exchange.status() == 200 => {
            let heard = exchange.audio()?;
            Ok(Outcome::pass(format!("the whole answer: {:.1} s", super::measure::seconds(&heard))))
        }
        End::Complete => Ok(Outcome::pass(format!("an error: {}", exchange.summary()))),
        End::Closed | End::Broken(_) if exchange.body.is_empty() => {
            Ok(Outcome::pass(format!("closed without an answer after {:.0} ms", exchange.end_ms())))
        }
        _ => Ok(cx.broken(exchange.summary()).with(&exchange)),
    }
}

async fn anywhere(cx: &Context) -> Judged {
    let before = own(cx).await.descriptors;
    let mut random = cx.rng();
    let count = if cx.settings().quick { RANDOM_CUTS / 5 } else { RANDOM_CUTS };
    for index in 0..count {
        // Up to 1 s of audio at 16 kHz: within the first chunks of any server.
        let bytes = usize::try_from(random.next_u32() % 32_000).unwrap_or_default().max(1);
        let ask = Say::format("T-300", Format::Pcm).ask(cx);
        let exchange = cx.ask(&ask, Limits::seconds(20).enough(bytes)).await;
        if let End::Unreached(why) = &exchange.end {
            return Ok(cx.broken(format!("after {index} cuts: {why}")));
        }
    }
    first_audio(cx).await?;
    cx.sleep(Duration::from_secs(1)).await;
    let after = own(cx).await.descriptors;
    let Some((before, after)) = before.zip(after) else {
        let pages = &cx.settings().pages.metrics;
        return Ok(Outcome::pass(format!(
            "{count} cuts, and still served; no `process_open_fds` at {pages} and no process id to count by"
        )));
    };
    let seen = format!("{count} cuts; {before} descriptors before, {after} after");
    if after > before + 10 { Ok(cx.broken(seen)) } else { Ok(Outcome::pass(seen)) }
}
