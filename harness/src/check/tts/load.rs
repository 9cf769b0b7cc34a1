//! Concurrency and load: several texts at once, each its own audio, and nobody waits for somebody else.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use super::measure::{
    Playback, is_refusal, is_slower, median, p95, seconds, solo, spoken, until_first_audio,
};
use super::operation::{Own, own};
use super::speak::{Format, Say};
use crate::check::catalogue::{Check, Entry, Level};
use crate::check::raw::Exchange;
use crate::check::{Context, Judged, Outcome, Pace};

const fn entry(id: &'static str, level: Level, title: &'static str) -> Entry {
    Entry::new(id, level, title).pace(Pace::Alone).limit(120)
}

/// How long the load of CON-05 lasts. The first quarter warms the server up.
const LOAD: Duration = Duration::from_secs(45);
/// What first audio may drift by the noise of any machine.
const DRIFT_MS: f64 = 25.0;
/// How many connections are opened and left alone.
const IDLE_CONNECTIONS: usize = 100;
/// How long idle connections may be kept.
const IDLE_LIMIT: Duration = Duration::from_secs(70);

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: entry("CON-01", Level::Must, "two texts at once are two voices")
            .rule("T-ZH and T-EN as pcm at once, and each alone", "the audio each has alone")
            .advice(
                "a caller hears another caller's words",
                "a buffer or a current text that all requests share",
                "keep everything of a request in the request",
            ),
        judge: |cx| Box::pin(two_texts(cx)),
    },
    Check {
        entry: entry("CON-02", Level::Must, "two rates at once stay two rates")
            .rule(
                "T-ZH as wav at 16000 and 24000 Hz at once",
                "each header says its own rate, both last equally long",
            )
            .advice(
                "the pitch of one call depends on another",
                "rate or format in a global setting",
                "hand the rate down with the request",
            ),
        judge: |cx| Box::pin(two_rates(cx)),
    },
    Check {
        entry: entry("CON-03", Level::Must, "as many texts at once as an account has sessions")
            .rule(
                "T-ZH as pcm, `streams` at once",
                "all spoken, or the excess refused with 429 or 503 and an error in JSON",
            )
            .advice(
                "one account of the agent runs ten sessions at once",
                "a pool with fewer places, and connections that are dropped beyond it",
                "queue or refuse with 429, never drop",
            ),
        judge: |cx| Box::pin(all_at_once(cx)),
    },
    Check {
        entry: entry("CON-04", Level::Should, "first audio holds under load")
            .rule(
                "the same",
                "the 95th percentile of first audio within twice that of one alone, and no playback runs dry",
            )
            .advice(
                "the load of a small deployment",
                "one voice that serves all in turn",
                "more workers, or smaller pieces in turn",
            ),
        judge: |cx| Box::pin(under_load(cx)),
    },
    Check {
        entry: entry("CON-05", Level::Should, "a time of load leaves nothing behind")
            .rule(
                "T-ZH as pcm, `streams` at once for 45 s",
                "first audio and memory grow by less than 10 % after the first quarter",
            )
            .advice(
                "a leak ends the night's calls",
                "buffers, tasks or connections that outlive their request",
                "compare what is alive before and after a request",
            )
            .limit(150),
        judge: |cx| Box::pin(a_minute(cx)),
    },
    Check {
        entry: entry("CON-06", Level::Must, "a long text does not keep a short one waiting")
            .rule(
                "the longest text that is taken, T-20K or T-2K, and T-ZH beside it",
                "first audio of T-ZH within twice that of one alone",
            )
            .advice(
                "one long reply silences all other calls",
                "one thread, or a lock around the voice",
                "synthesise outside the thread that serves requests",
            ),
        judge: |cx| Box::pin(beside_a_long_one(cx)),
    },
    Check {
        entry: entry("CON-07", Level::Should, "open connections cost nothing")
            .rule(
                "100 connections without a byte, then T-ZH",
                "T-ZH is spoken, and the idle connections are closed within 70 s",
            )
            .advice(
                "pools open connections ahead of need, and some never use them",
                "a thread for each connection, or no idle timeout",
                "accept without a thread; close idle connections after 15 to 60 s",
            )
            .pace(Pace::Waits),
        judge: |cx| Box::pin(idle_connections(cx)),
    },
];

async fn at_once(cx: &Context, says: &[Say]) -> Vec<Exchange> {
    join_all(says.iter().map(|say| say.said(cx))).await
}

/// What this text sounds like alone, and whether that is the same twice. Asked once in a run.
async fn alone(cx: &Context, id: &str) -> Result<(Exchange, bool), Outcome> {
    let say = Say::format(id, Format::Pcm);
    let twice = cx.once(&format!("alone {id}"), async || [say.said(cx).await, say.said(cx).await]).await;
    let [one, other] = &*twice;
    one.audio()?;
    Ok((one.clone(), one.body == other.body))
}

/// Whether an answer has the audio that its text has alone: the same bytes if the server always gives the same, about
/// the same duration if not.
pub(super) async fn is_itself(
    cx: &Context,
    exchange: &Exchange,
    id: &str,
) -> Result<Result<(), String>, Outcome> {
    let (alone, is_stable) = alone(cx, id).await?;
    let (wanted, got) = (seconds(&alone.audio()?), seconds(&exchange.audio()?));
    if (wanted - got).abs() > wanted * 0.2 {
        return Ok(Err(format!("{id} lasts {got:.2} s, alone {wanted:.2} s")));
    }
    if is_stable && alone.body != exchange.body {
        let differs = alone
            .body
            .iter()
            .zip(&exchange.body)
            .position(|(a, b)| a != b)
            .unwrap_or_else(|| got_length(exchange));
        return Ok(Err(format!(
            "{id} is not the audio it is alone, from byte {differs} of {}",
            exchange.body.len()
        )));
    }
    Ok(Ok(()))
}

const fn got_length(exchange: &Exchange) -> usize {
    exchange.body.len()
}

async fn two_texts(cx: &Context) -> Judged {
    let ids = ["T-ZH", "T-EN"];
    for id in ids {
        alone(cx, id).await?;
    }
    for _ in 0..3 {
        let exchanges = at_once(cx, &ids.map(|id| Say::format(id, Format::Pcm))).await;
        for (exchange, id) in exchanges.iter().zip(ids) {
            spoken(cx, exchange)?;
            if let Err(how) = is_itself(cx, exchange, id).await? {
                return Ok(cx.broken(how).with(exchange));
            }
        }
    }
    Ok(Outcome::pass("each as it is alone, three times"))
}

async fn two_rates(cx: &Context) -> Judged {
    let rates = [16_000_u32, 24_000];
    let says = rates.map(|rate| Say::format("T-ZH", Format::Wav).with("SampleRate", json!(rate)));
    let exchanges = at_once(cx, &says).await;
    let mut lengths = Vec::new();
    for (exchange, rate) in exchanges.iter().zip(rates) {
        let heard = exchange.audio()?;
        if heard.rate != rate {
            return Ok(cx
                .broken(format!("asked for {rate} Hz beside another rate, got {} Hz", heard.rate))
                .with(exchange));
        }
        lengths.push(seconds(&heard));
    }
    let seen = format!("{:.2} s at 16000 Hz, {:.2} s at 24000 Hz", lengths[0], lengths[1]);
    if (lengths[0] - lengths[1]).abs() <= lengths[0] * 0.2 {
        return Ok(Outcome::pass(seen));
    }
    Ok(cx.broken(seen).with(&exchanges[0]).with(&exchanges[1]))
}

/// T-ZH so many times at once. Asked once in a run.
async fn streams(cx: &Context) -> Arc<Vec<Exchange>> {
    let count = cx.budgets().streams;
    cx.once("streams", async || at_once(cx, &vec![Say::format("T-ZH", Format::Pcm); count]).await).await
}

async fn all_at_once(cx: &Context) -> Judged {
    let all = streams(cx).await;
    let mut refused = 0;
    for exchange in all.iter() {
        if is_refusal(exchange) && matches!(exchange.status(), 429 | 503) {
            refused += 1;
            continue;
        }
        spoken(cx, exchange)?;
    }
    let spoken = all.len() - refused;
    #[expect(clippy::cast_precision_loss, reason = "a small count")]
    cx.measured("streams", spoken as f64);
    Ok(Outcome::pass(format!("{spoken} at once, {refused} refused")))
}

async fn under_load(cx: &Context) -> Judged {
    let alone = p95(&solo(cx).await?);
    let all = streams(cx).await;
    let mut times = Vec::new();
    for exchange in all.iter() {
        let Ok(heard) = exchange.audio() else { continue };
        let mut playback = Playback::new(cx.budgets().playout_buffer_ms);
        playback.take(exchange, &heard);
        if let Some(dry) = playback.dry.first() {
            return Ok(cx
                .broken(format!("runs dry at {:.0} ms for {:.0} ms", dry.at_ms, dry.for_ms))
                .with(exchange));
        }
        times.extend(exchange.first_audio_ms().map(|ms| (ms, exchange)));
    }
    let all: Vec<_> = times.iter().map(|(ms, _)| *ms).collect();
    let p95 = p95(&all);
    let seen =
        format!("first audio: 95th percentile {p95:.0} ms of {} at once, {alone:.0} ms alone", all.len());
    if !is_slower(cx, p95, alone, 2.0) {
        return Ok(Outcome::pass(seen));
    }
    let slowest = times.iter().max_by(|a, b| a.0.total_cmp(&b.0));
    let outcome = cx.broken(seen);
    Ok(match slowest {
        Some((_, exchange)) => outcome.with(exchange),
        None => outcome,
    })
}

async fn a_minute(cx: &Context) -> Judged {
    let clock = cx.clock();
    let began = clock.now();
    let load = if cx.settings().quick { LOAD / 6 } else { LOAD };
    let ends = began + load;
    let speakers = (0..cx.budgets().streams).map(async |_| {
        let mut times = Vec::new();
        while clock.now() < ends {
            let at = clock.now().since(began);
            let exchange = Say::format("T-ZH", Format::Pcm).said(cx).await;
            match exchange.first_audio_ms() {
                Some(ms) => times.push((at, ms)),
                // Refused: it will be asked again, a little later.
                None => cx.sleep(Duration::from_millis(500)).await,
            }
        }
        times
    });
    let warmed = async {
        cx.sleep(load / 4).await;
        own(cx).await
    };
    let (times, before) = futures_util::future::join(join_all(speakers), warmed).await;
    let after = own(cx).await;
    let times = times.concat();
    let between = |from: Duration, to: Duration| {
        let some = times.iter().filter(|(at, _)| (from..to).contains(at));
        median(&some.map(|(_, ms)| *ms).collect::<Vec<_>>())
    };
    let (early, late) = (between(load / 4, load / 2), between(load * 3 / 4, load));
    if early <= 0.0 || late <= 0.0 {
        return Ok(Outcome::error(format!("expected answers for {} s, got {}", load.as_secs(), times.len())));
    }
    let mut seen = format!("{} texts; first audio {early:.0} ms early, {late:.0} ms late", times.len());
    let mut grows = late > early * 1.1 && late > early + DRIFT_MS;
    if let (Own { memory: Some(before), .. }, Own { memory: Some(after), .. }) = (&before, &after) {
        seen += &format!("; memory {:.1} MiB early, {:.1} MiB late", mib(*before), mib(*after));
        grows |= mib(*after) > mib(*before) * 1.1 + 1.0;
    }
    Ok(if grows { cx.broken(seen) } else { Outcome::pass(seen) })
}

pub(super) fn mib(bytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    let bytes = bytes as f64;
    bytes / f64::from(1 << 20)
}

async fn beside_a_long_one(cx: &Context) -> Judged {
    let alone = median(&solo(cx).await?);
    let probe = cx.ask(&Say::format("T-20K", Format::Pcm).ask(cx), until_first_audio()).await;
    let id = if probe.audio().is_ok() { "T-20K" } else { "T-2K" };
    let long = Say::format(id, Format::Pcm).ask(cx);
    let reading = cx.ask(&long, crate::check::raw::Limits::seconds(20));
    let asking = async {
        cx.sleep(Duration::from_millis(300)).await;
        Say::format("T-ZH", Format::Pcm).said(cx).await
    };
    // The long one is read all the while, and cut when the short one has been heard.
    let short = match futures_util::future::select(Box::pin(asking), Box::pin(reading)).await {
        futures_util::future::Either::Left((short, _)) => short,
        futures_util::future::Either::Right((_, asking)) => asking.await,
    };
    let Some(first) = short.first_audio_ms() else {
        return Ok(cx.broken(format!("T-ZH beside {id}: {}", short.summary())).with(&short));
    };
    let seen = format!("first audio of T-ZH after {first:.0} ms beside {id}, {alone:.0} ms alone");
    if is_slower(cx, first, alone, 2.0) { Ok(cx.broken(seen).with(&short)) } else { Ok(Outcome::pass(seen)) }
}

async fn idle_connections(cx: &Context) -> Judged {
    let mut connections = Vec::new();
    for _ in 0..IDLE_CONNECTIONS {
        match cx.connect().await {
            Ok(connection) => connections.push(connection),
            Err(why) => return Ok(cx.broken(format!("connection {}: {why}", connections.len() + 1))),
        }
    }
    let exchange = Say::format("T-ZH", Format::Pcm).said(cx).await;
    if exchange.audio().is_err() {
        let seen = format!("beside {IDLE_CONNECTIONS} open connections: {}", exchange.summary());
        return Ok(cx.broken(seen).with(&exchange));
    }
    let waits = connections.iter_mut().map(|connection| connection.wait_for_end(IDLE_LIMIT));
    let open = join_all(waits).await.into_iter().filter(Option::is_none).count();
    if open > 0 {
        return Ok(
            cx.broken(format!("{open} of {IDLE_CONNECTIONS} are open after {} s", IDLE_LIMIT.as_secs()))
        );
    }
    Ok(Outcome::pass("T-ZH is spoken, and all idle connections are closed in time"))
}
