//! Latency and pacing: how long until the first audio, and whether playback ever runs dry.

use std::sync::Arc;
use std::time::Duration;

use super::measure::{Playback, gaps, is_slower, median, p95, seconds, silent_ends, spoken};
use super::speak::{Format, Say, limits};
use crate::check::catalogue::{Check, Entry, Level};
use crate::check::raw::Exchange;
use crate::check::{Context, Heard, Judged, Outcome, Pace};

const fn entry(id: &'static str, level: Level, title: &'static str) -> Entry {
    Entry::new(id, level, title).pace(Pace::Alone).limit(150)
}

/// How long the server is left alone before it is asked again.
const IDLE: Duration = Duration::from_secs(60);

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: entry("LAT-01", Level::Must, "first audio never takes as long as the platform waits")
            .rule(
                "T-ZH as pcm on an open connection, again and again",
                "first audio within `first_audio_hard_ms` every time",
            )
            .advice(
                "beyond it the platform reports 30300 and the agent is silent",
                "a queue, a lock, a model that is loaded again",
                "find the slowest request in the log and what it waited for",
            )
            .quick(),
        judge: |cx| Box::pin(hard(cx)),
    },
    Check {
        entry: entry("LAT-02", Level::Should, "first audio comes in time")
            .rule("the same", "median and 95th percentile within `first_audio_ms`")
            .advice(
                "the reply's delay is the product",
                "the whole sentence is synthesised, or a buffer filled, before the first byte is sent",
                "send the first 100 ms of audio as soon as they are there",
            ),
        judge: |cx| Box::pin(percentiles(cx)),
    },
    Check {
        entry: entry("LAT-03", Level::Should, "the first request after a pause is not slow")
            .rule(
                "T-ZH as pcm after 60 s without a request",
                "first audio within twice the 95th percentile of a warm server",
            )
            .advice(
                "calls come in waves, and the first caller pays",
                "models unloaded, pools closed, processes paused when idle",
                "keep the model loaded; synthesise something every 30 s",
            ),
        judge: |cx| Box::pin(after_idle(cx)),
    },
    Check {
        entry: entry("LAT-04", Level::May, "where the time to first audio goes")
            .rule("the same as LAT-01", "reported: time to the head, time from the head to the first audio")
            .advice("the platform reports both as tts_network_latency and tts_first_frame_latency", "", ""),
        judge: |cx| Box::pin(head_and_audio(cx)),
    },
    Check {
        entry: entry("LAT-05", Level::Must, "playback never runs dry")
            .rule("T-300 as pcm", "with a buffer of 200 ms, nothing is ever missing")
            .advice(
                "every gap is heard, and counted as tts_discontinuity",
                "synthesis slower than speech, or stalls between sentences",
                "synthesise the next sentence while the last one is being sent",
            )
            .quick(),
        judge: |cx| Box::pin(dry(cx)),
    },
    Check {
        entry: entry("LAT-06", Level::Should, "audio is made faster than it is played")
            .rule("T-300 as pcm", "time of the body within `rtf_max` of the audio's duration")
            .advice(
                "what is just fast enough alone is too slow under load",
                "paced sending, or a small machine",
                "send as fast as audio is made; the agent paces itself",
            ),
        judge: |cx| Box::pin(real_time_factor(cx)),
    },
    Check {
        entry: entry("LAT-07", Level::Should, "there are no long waits within a body")
            .rule("T-300 as pcm", "no two reads of audio further apart than `max_gap_ms`")
            .advice(
                "stalls that a buffer hides today are heard under load",
                "sentences made one after the other, garbage collection, disk",
                "make the next piece while the last one is sent",
            ),
        judge: |cx| Box::pin(longest_gap(cx)),
    },
    Check {
        entry: entry("LAT-08", Level::Should, "the voice begins at once")
            .rule("T-ZH as pcm", "at most `lead_silence_ms` of silence at the head")
            .advice(
                "time to voice is time to first byte and the silence before it",
                "the model's own lead-in is sent",
                "trim the head at -50 dBFS",
            ),
        judge: |cx| Box::pin(lead(cx)),
    },
    Check {
        entry: entry("LAT-09", Level::Should, "the end is not drawn out")
            .rule("T-ZH as pcm", "at most `tail_silence_ms` of silence at the end")
            .advice("it delays the next turn", "the model's own tail is sent", "trim the tail to 100 ms"),
        judge: |cx| Box::pin(tail(cx)),
    },
    Check {
        entry: entry("LAT-10", Level::Should, "the end of the body follows the last audio")
            .rule("T-ZH as pcm", "the zero chunk within 100 ms of the last audio")
            .advice(
                "the client waits for the end before it starts the next sentence",
                "the stream is closed after clean-up, logging or billing",
                "end the body first, then clean up",
            ),
        judge: |cx| Box::pin(end(cx)),
    },
    Check {
        entry: entry("LAT-11", Level::May, "how first audio grows with the text")
            .rule("T-1, T-ZH and T-300 as pcm", "reported: milliseconds for each hundred characters")
            .advice("a slope says that the model does not stream", "", ""),
        judge: |cx| Box::pin(slope(cx)),
    },
    Check {
        entry: entry("LAT-12", Level::Should, "sentence after sentence plays without a hole")
            .rule(
                "T-ZH as pcm ten times, each sent when the one before has ended",
                "with a buffer of 200 ms, nothing is ever missing",
            )
            .advice(
                "this is how an agent speaks",
                "first audio plus body take longer than the sentence lasts",
                "see LAT-02 and LAT-06",
            ),
        judge: |cx| Box::pin(in_a_row(cx)),
    },
];

/// T-ZH again and again on one connection: each with its audio. Asked once in a run.
async fn warm(cx: &Context) -> Result<Arc<Vec<(Exchange, Heard)>>, Outcome> {
    let all = cx.once("warm", async || again(cx).await).await;
    (*all).clone()
}

/// The answers of a warm connection, or why there are none.
type Warm = Result<Arc<Vec<(Exchange, Heard)>>, Outcome>;

async fn again(cx: &Context) -> Warm {
    let count = if cx.settings().quick { cx.budgets().quick_samples } else { cx.budgets().samples };
    let say = Say::format("T-ZH", Format::Pcm);
    let mut connection = cx.connected().await?;
    let mut all = Vec::new();
    // The first one is not counted: it opens the connection, and may wake the server.
    for index in 0..=count {
        if connection.is_closed() {
            connection = cx.connected().await?;
        }
        let exchange = connection.exchange(&say.ask(cx), limits("T-ZH")).await;
        cx.note(&exchange);
        let heard = exchange.audio()?;
        if index > 0 {
            cx.measured("first_audio_ms", exchange.first_audio_ms().unwrap_or(f64::INFINITY));
            all.push((exchange, heard));
        }
    }
    Ok(Arc::new(all))
}

fn firsts(all: &[(Exchange, Heard)]) -> Vec<f64> {
    all.iter().filter_map(|(exchange, _)| exchange.first_audio_ms()).collect()
}

async fn hard(cx: &Context) -> Judged {
    let all = warm(cx).await?;
    let limit = cx.budgets().first_audio_hard_ms;
    let time = |exchange: &Exchange| exchange.first_audio_ms().unwrap_or(f64::INFINITY);
    let slowest = all.iter().map(|(exchange, _)| exchange).max_by(|a, b| time(a).total_cmp(&time(b)));
    let slowest = slowest.ok_or_else(|| Outcome::error("expected answers, got none"))?;
    let seen = format!("{} times, the slowest after {:.0} ms", all.len(), time(slowest));
    if time(slowest) > limit {
        return Ok(cx.broken(seen).expected(format!("at most {limit:.0} ms")).with(slowest));
    }
    // What plots are made of.
    let outcome = Outcome::pass(seen).keep();
    Ok(all.iter().take(10).fold(outcome, |outcome, (exchange, _)| outcome.with(exchange)))
}

async fn percentiles(cx: &Context) -> Judged {
    let all = warm(cx).await?;
    let times = firsts(&all);
    let (p50, p95) = (median(&times), p95(&times));
    let budgets = cx.budgets();
    let judges_p95 = !cx.settings().quick;
    let mut seen = format!("median {p50:.0} ms");
    let mut expected = format!("median at most {:.0} ms", budgets.first_audio_p50_ms);
    if judges_p95 {
        seen += &format!(", 95th percentile {p95:.0} ms, of {}", times.len());
        expected += &format!(", 95th percentile at most {:.0} ms", budgets.first_audio_p95_ms);
    }
    let is_slow = p50 > budgets.first_audio_p50_ms || judges_p95 && p95 > budgets.first_audio_p95_ms;
    if !is_slow {
        return Ok(Outcome::pass(seen));
    }
    let outcome = cx.broken(seen).expected(expected);
    Ok(all.iter().take(3).fold(outcome, |outcome, (exchange, _)| outcome.with(exchange)))
}

async fn after_idle(cx: &Context) -> Judged {
    let warm = p95(&firsts(&warm(cx).await?));
    cx.sleep(IDLE).await;
    let exchange = Say::format("T-ZH", Format::Pcm).said(cx).await;
    exchange.audio()?;
    let first = exchange.first_audio_ms().unwrap_or(f64::INFINITY);
    let seen = format!("{first:.0} ms after 60 s, {warm:.0} ms warm");
    if is_slower(cx, first, warm, 2.0) {
        Ok(cx.broken(seen).with(&exchange))
    } else {
        Ok(Outcome::pass(seen))
    }
}

async fn head_and_audio(cx: &Context) -> Judged {
    let all = warm(cx).await?;
    let heads: Vec<_> = all.iter().filter_map(|(exchange, _)| exchange.head_ms()).collect();
    let (head, first) = (median(&heads), median(&firsts(&all)));
    Ok(Outcome::info(format!("head after {head:.0} ms, first audio {:.0} ms later", (first - head).max(0.0))))
}

async fn long(cx: &Context) -> Result<(Arc<Exchange>, Heard), Outcome> {
    let exchange = Say::format("T-300", Format::Pcm).said_once(cx).await;
    let heard = exchange.audio()?;
    Ok((exchange, heard))
}

async fn dry(cx: &Context) -> Judged {
    let exchange = Say::format("T-300", Format::Pcm).said_once(cx).await;
    let heard = spoken(cx, &exchange)?;
    let mut playback = Playback::new(cx.budgets().playout_buffer_ms);
    playback.take(&exchange, &heard);
    match playback.dry.first() {
        None => Ok(Outcome::pass(format!("{:.0} s without a hole", seconds(&heard))).with(&exchange).keep()),
        Some(first) => {
            let holes = playback.dry.len();
            let seen =
                format!("{holes} holes, the first at {:.0} ms for {:.0} ms", first.at_ms, first.for_ms);
            Ok(cx.broken(seen).with(&exchange))
        }
    }
}

async fn real_time_factor(cx: &Context) -> Judged {
    let (exchange, heard) = long(cx).await?;
    let factor = exchange.end_ms() / 1_000.0 / seconds(&heard).max(0.001);
    cx.measured("rtf", factor);
    let seen = format!("real-time factor {factor:.2}");
    if factor <= cx.budgets().rtf_max {
        return Ok(Outcome::pass(seen));
    }
    Ok(cx.broken(seen).expected(format!("at most {:.2}", cx.budgets().rtf_max)).with(&exchange))
}

async fn longest_gap(cx: &Context) -> Judged {
    let (exchange, heard) = long(cx).await?;
    let gaps = gaps(&exchange, &heard);
    let all: Vec<_> = gaps.iter().map(|(gap, _)| *gap).collect();
    all.iter().for_each(|gap| cx.measured("gap_ms", *gap));
    let (longest, at) =
        gaps.iter().fold((0.0, 0.0), |longest, gap| if gap.0 > longest.0 { *gap } else { longest });
    let p99 = crate::check::quantile(&all, 99).unwrap_or_default();
    let seen = format!("the longest {longest:.0} ms, up to {at:.0} ms; 99th percentile {p99:.0} ms");
    if longest <= cx.budgets().max_gap_ms {
        return Ok(Outcome::pass(seen));
    }
    Ok(cx.broken(seen).expected(format!("at most {:.0} ms", cx.budgets().max_gap_ms)).with(&exchange))
}

async fn lead(cx: &Context) -> Judged {
    let exchange = Say::format("T-ZH", Format::Pcm).said_once(cx).await;
    let (lead, _) = silent_ends(&exchange.audio()?);
    within(cx, &exchange, lead, cx.budgets().lead_silence_ms)
}

async fn tail(cx: &Context) -> Judged {
    let exchange = Say::format("T-ZH", Format::Pcm).said_once(cx).await;
    let (_, tail) = silent_ends(&exchange.audio()?);
    within(cx, &exchange, tail, cx.budgets().tail_silence_ms)
}

fn within(cx: &Context, exchange: &Exchange, silence: f64, limit: f64) -> Judged {
    let seen = format!("{silence:.0} ms of silence");
    if silence <= limit {
        return Ok(Outcome::pass(seen));
    }
    Ok(cx.broken(seen).expected(format!("at most {limit:.0} ms")).with(exchange))
}

async fn end(cx: &Context) -> Judged {
    let exchange = Say::format("T-ZH", Format::Pcm).said_once(cx).await;
    exchange.audio()?;
    if !exchange.is_complete() {
        return Ok(Outcome::skip(format!("the body has no end: {}", exchange.summary())));
    }
    let late = exchange.end_ms() - exchange.last_byte_ms();
    let seen = format!("{late:.0} ms after the last audio");
    if late <= 100.0 { Ok(Outcome::pass(seen)) } else { Ok(cx.broken(seen).with(&exchange)) }
}

async fn slope(cx: &Context) -> Judged {
    let mut times = Vec::new();
    for id in ["T-1", "T-ZH", "T-300"] {
        let exchange = Say::format(id, Format::Pcm).said_once(cx).await;
        exchange.audio()?;
        times.push(exchange.first_audio_ms().unwrap_or_default());
    }
    let [short, middle, long] = times.as_slice() else { return Ok(Outcome::error("expected three times")) };
    // T-300 has 309 characters more than T-1.
    let slope = (long - short) / 3.09;
    Ok(Outcome::info(format!(
        "{slope:.1} ms for each 100 characters: {short:.0}, {middle:.0}, {long:.0} ms for 1, 18, 310"
    )))
}

async fn in_a_row(cx: &Context) -> Judged {
    let say = Say::format("T-ZH", Format::Pcm);
    let mut connection = cx.connected().await?;
    let mut playback = Playback::new(cx.budgets().playout_buffer_ms);
    let mut last = None;
    for _ in 0..10 {
        if connection.is_closed() {
            connection = cx.connected().await?;
        }
        let exchange = connection.exchange(&say.ask(cx), limits("T-ZH")).await;
        cx.note(&exchange);
        playback.take(&exchange, &exchange.audio()?);
        let is_dry = !playback.dry.is_empty();
        last = Some(exchange);
        if is_dry {
            break;
        }
    }
    match (playback.dry.first(), &last) {
        (Some(dry), Some(exchange)) => {
            let seen =
                format!("nothing to play for {:.0} ms at {:.0} ms of a sentence", dry.for_ms, dry.at_ms);
            Ok(cx.broken(seen).with(exchange))
        }
        _ => Ok(Outcome::pass("10 sentences without a hole")),
    }
}
