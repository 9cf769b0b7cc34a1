//! What is measured in answers: loudness, silence at the ends, playback that runs dry, and how fast a server is alone.

use std::sync::Arc;

use bargein_net::Moment;

use super::audio::first_channel;
use super::speak::{Format, Say, quantile};
use crate::check::raw::{Exchange, Limits, millis};
use crate::check::{Context, Heard, Outcome};

/// How long a window is whose loudness is taken.
pub(super) const WINDOW_MS: u64 = 20;
/// What is quieter is silence, in dBFS.
pub(super) const SILENCE: f64 = -50.0;

/// The loudness of window after window, in dBFS; silence is -120.
pub(super) fn levels(heard: &Heard) -> Vec<f64> {
    let samples = first_channel(heard);
    let window = usize::try_from(u64::from(heard.rate) * WINDOW_MS / 1_000).unwrap_or(1).max(1);
    samples.chunks(window).map(level).collect()
}

/// The loudness of samples, in dBFS.
pub(super) fn level(samples: &[i16]) -> f64 {
    let sum: u64 = samples.iter().map(|sample| u64::from(sample.unsigned_abs()).pow(2)).sum();
    #[expect(clippy::cast_precision_loss, reason = "an energy is not exact anyway")]
    let mean = sum as f64 / (samples.len().max(1) as f64);
    if mean > 0.0 { 10.0 * (mean / (32_768.0 * 32_768.0)).log10() } else { -120.0 }
}

/// The silence before the first sound and after the last one, in milliseconds: all of it when there is no sound.
pub(super) fn silent_ends(heard: &Heard) -> (f64, f64) {
    let levels = levels(heard);
    let quiet = |level: &&f64| **level < SILENCE;
    #[expect(clippy::cast_precision_loss, reason = "a few thousand windows")]
    let ms = |windows: usize| windows as f64 * WINDOW_MS as f64;
    (ms(levels.iter().take_while(quiet).count()), ms(levels.iter().rev().take_while(quiet).count()))
}

/// How many seconds are louder than this level.
pub(super) fn seconds_above(heard: &Heard, level: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a few thousand windows")]
    let windows = levels(heard).iter().filter(|window| **window > level).count() as f64;
    windows * WINDOW_MS as f64 / 1_000.0
}

/// Seconds of audio.
pub(super) fn seconds(heard: &Heard) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let bytes = heard.samples.len() as f64;
    bytes / (f64::from(heard.rate) * f64::from(heard.channels) * 2.0)
}

/// A moment when playback had nothing to play.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Dry {
    /// Milliseconds from the request's last byte.
    pub(super) at_ms: f64,
    /// How long it had to wait.
    pub(super) for_ms: f64,
}

/// Plays what arrived: begins a buffer after the first audio, and stops whenever nothing is left.
#[derive(Clone, Debug)]
pub(super) struct Playback {
    buffer_ms: f64,
    /// Until when what arrived so far lasts, in milliseconds since the world began.
    until: Option<f64>,
    pub(super) dry: Vec<Dry>,
}

impl Playback {
    pub(super) const fn new(buffer_ms: f64) -> Self {
        Self { buffer_ms, until: None, dry: Vec::new() }
    }

    /// Takes an answer that follows those before it.
    pub(super) fn take(&mut self, exchange: &Exchange, heard: &Heard) {
        let bytes_a_ms = f64::from(heard.rate) * f64::from(heard.channels) * 2.0 / 1_000.0;
        let end = heard.offset + heard.samples.len();
        for arrival in &exchange.arrivals {
            let from = arrival.offset.max(heard.offset);
            let to = (arrival.offset + arrival.size).min(end);
            if to <= from {
                continue;
            }
            let at = millis(arrival.at.since(Moment::ZERO));
            let starts = at + self.buffer_ms;
            let until = *self.until.get_or_insert(starts);
            if at > until {
                self.dry.push(Dry { at_ms: exchange.ms(arrival.at), for_ms: at - until });
                self.until = Some(at);
            }
            #[expect(clippy::cast_precision_loss, reason = "a read is at most a few kilobytes")]
            let lasts = (to - from) as f64 / bytes_a_ms;
            self.until = self.until.map(|until| until + lasts);
        }
    }
}

/// The longest wait between two arrivals of audio, and when it ended, in milliseconds from the request's last byte.
pub(super) fn gaps(exchange: &Exchange, heard: &Heard) -> Vec<(f64, f64)> {
    let audio = exchange.arrivals.iter().filter(|arrival| arrival.offset + arrival.size > heard.offset);
    let times: Vec<_> = audio.map(|arrival| exchange.ms(arrival.at)).collect();
    times.windows(2).map(|pair| (pair[1] - pair[0], pair[1])).collect()
}

/// The audio of an answer that must be one: whole, with status 200.
///
/// # Errors
/// The rule is broken when it is not.
pub(super) fn spoken(cx: &Context, exchange: &Exchange) -> Result<Heard, Outcome> {
    if !exchange.is_complete() || exchange.status() != 200 {
        let why = format!("{}: {}", exchange.ask.label, exchange.summary());
        return Err(match &exchange.end {
            crate::check::raw::End::Unreached(_) => Outcome::error(why),
            _ => cx.broken(why).with(exchange),
        });
    }
    exchange.audio().map_err(|outcome| cx.broken(outcome.seen).with(exchange))
}

/// Whether an answer is a refusal in the protocol's shape.
pub(super) fn is_refusal(exchange: &Exchange) -> bool {
    let body: serde_json::Value = serde_json::from_slice(&exchange.body).unwrap_or_default();
    let is_text = |key: &str| body["error"][key].as_str().is_some_and(|text| !text.is_empty());
    exchange.is_complete()
        && exchange.head.as_ref().is_some_and(|head| head.media_type() == "application/json")
        && is_text("code")
        && is_text("message")
}

/// First audio of a short text on new connections with nothing else under way, in milliseconds, sorted: what other
/// times are compared with. Asked once in a run.
///
/// # Errors
/// The server does not speak: the check cannot be judged.
pub(super) async fn solo(cx: &Context) -> Result<Arc<Vec<f64>>, Outcome> {
    let times = cx
        .once("solo", async || {
            let mut times = Vec::new();
            for _ in 0..if cx.settings().quick { 3 } else { 8 } {
                times.extend(first_audio(cx).await.ok());
            }
            times.sort_by(f64::total_cmp);
            times
        })
        .await;
    if times.is_empty() {
        Err(Outcome::error("expected audio of T-ZH to compare with, got none"))
    } else {
        Ok(times)
    }
}

/// First audio of T-ZH on a new connection. The rest is read too.
///
/// # Errors
/// There is none: the rule is broken.
pub(super) async fn first_audio(cx: &Context) -> Result<f64, Outcome> {
    let exchange = Say::format("T-ZH", Format::Pcm).said(cx).await;
    let heard = spoken(cx, &exchange)?;
    exchange
        .first_audio_ms()
        .filter(|_| !heard.samples.is_empty())
        .ok_or_else(|| cx.broken(format!("no audio: {}", exchange.summary())).with(&exchange))
}

/// Whether a first audio comes later than so many times another. One that is within the budget does not: with a very
/// fast server the ratio alone would measure the machine's noise.
pub(super) fn is_slower(cx: &Context, ms: f64, than: f64, factor: f64) -> bool {
    ms > than * factor && ms > cx.budgets().first_audio_p50_ms
}

/// The middle value.
pub(super) fn median(values: &[f64]) -> f64 {
    quantile(values, 50).unwrap_or_default()
}

/// The 95th percentile.
pub(super) fn p95(values: &[f64]) -> f64 {
    quantile(values, 95).unwrap_or_default()
}

/// How much of a long answer is read before it is cut: the first audio is in it, header or not.
pub(super) fn until_first_audio() -> Limits {
    Limits::seconds(10).enough(64)
}
