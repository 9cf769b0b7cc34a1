//! Text: whatever a model writes is spoken, or refused in the protocol's words; never cut, never silent.

use super::audio::first_channel;
use super::measure::{
    SILENCE, WINDOW_MS, is_refusal, is_slower, level, levels, median, seconds, seconds_above, solo, spoken,
    until_first_audio,
};
use super::speak::{Format, Say};
use crate::check::catalogue::{Check, Entry, Level};
use crate::check::raw::{End, Exchange};
use crate::check::{Context, Judged, Outcome, text};

const fn must(id: &'static str, title: &'static str) -> Entry {
    Entry::new(id, Level::Must, title)
}

const fn should(id: &'static str, title: &'static str) -> Entry {
    Entry::new(id, Level::Should, title)
}

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: must("TXT-01", "what is said can be heard")
            .rule("T-ZH and T-EN as pcm", "sound above -40 dBFS for more than 60 % of the expected time")
            .advice(
                "silence with status 200 is the commonest false success",
                "the voice failed and its empty result was sent all the same, or the voice does not know the language",
                "look at the level of what is about to be sent, and answer with an error when there is no sound",
            ),
        judge: |cx| Box::pin(audible(cx)),
    },
    Check {
        entry: must("TXT-02", "a single character is spoken")
            .rule("T-1 as pcm", "status 200, and 0.1 to 2 s of audio")
            .advice(
                "sentence cutters behind a model emit single characters",
                "a minimum length in front of the voice",
                "speak any text that has something to say",
            ),
        judge: |cx| Box::pin(one_character(cx)),
    },
    Check {
        entry: must("TXT-03", "nothing to say is answered quickly")
            .rule("T-EMPTY and T-SPACE", "an error in JSON, or 200 with at most 1 s of silence")
            .advice(
                "filters in front of the voice leave nothing over every day",
                "the voice waits for a first sample that never comes, or the framework's error page is sent",
                "look for something to say before the voice is asked, and answer with the protocol's error",
            )
            .quick(),
        judge: |cx| Box::pin(nothing(cx, &["T-EMPTY", "T-SPACE"])),
    },
    Check {
        entry: must("TXT-04", "marks and emoji alone are answered quickly")
            .rule("T-PUNC and T-EMO", "an error in JSON, or 200 with at most 1 s of silence")
            .advice(
                "a filtered reply is often nothing but marks",
                "the text is not empty, and yet the voice has nothing to say",
                "count what can be spoken, not characters",
            ),
        judge: |cx| Box::pin(nothing(cx, &["T-PUNC", "T-EMO"])),
    },
    Check {
        entry: should("TXT-05", "emoji within a sentence are not read aloud")
            .rule("T-EMOMIX, and the same sentence without its emoji", "durations within 30 % of each other")
            .advice("names of emoji read aloud annoy", "the voice reads the Unicode name", "take emoji out before the voice"),
        judge: |cx| Box::pin(emoji(cx)),
    },
    Check {
        entry: must("TXT-06", "languages and figures mixed are spoken to the end")
            .rule("T-MIX and T-NUM as pcm", "status 200, at least 60 % of the expected duration")
            .advice(
                "mixed language is the normal case",
                "the voice stops at the first character it does not know",
                "normalise figures and foreign words, and never drop what follows them",
            ),
        judge: |cx| Box::pin(mixed(cx)),
    },
    Check {
        entry: should("TXT-07", "markup is rendered or left out, not read")
            .rule("T-SSML as pcm", "audio without the tags' names, or an error in JSON")
            .advice("the protocol has no markup, and models write it all the same", "tags reach the voice as text", "parse the markup, or strip it"),
        judge: |cx| Box::pin(markup(cx)),
    },
    Check {
        entry: must("TXT-08", "characters with a meaning in markup are only characters")
            .rule("T-XML, T-MD and T-PAREN as pcm", "status 200 and audio")
            .advice(
                "one `&` in a reply silences it",
                "the text is put into markup without being escaped",
                "escape `&`, `<` and `>` where the markup is made",
            ),
        judge: |cx| Box::pin(all_spoken(cx, &["T-XML", "T-MD", "T-PAREN"])),
    },
    Check {
        entry: must("TXT-09", "unusual characters do no harm")
            .rule("T-CTRL, T-SURR and T-NFD as pcm", "status 200 and audio")
            .advice(
                "models write control characters, escapes and decomposed accents",
                "a strict text check in front of the voice, or a C string that ends at NUL",
                "drop what cannot be spoken and speak the rest",
            ),
        judge: |cx| Box::pin(all_spoken(cx, &["T-CTRL", "T-SURR", "T-NFD"])),
    },
    Check {
        entry: should("TXT-10", "half a character does not break the server")
            .rule("T-LONE, then T-1", "an error in JSON or audio; then audio")
            .advice("escapes are cut where streams are cut", "an exception that nobody catches", "refuse it like other wrong JSON, or replace it"),
        judge: |cx| Box::pin(lone(cx)),
    },
    Check {
        entry: must("TXT-11", "the longest line of the platform is spoken whole")
            .rule("T-300 as pcm", "status 200, 45 to 120 s of audio")
            .advice("proactive lines have up to 300 characters", "a limit of the voice cuts without a word", "cut long texts at sentences and speak them one after the other")
            .limit(200),
        judge: |cx| Box::pin(longest(cx)),
    },
    Check {
        entry: should("TXT-12", "a long text begins as soon as a short one")
            .rule("T-2K, read up to its first audio", "first audio within 1.5 times that of T-ZH")
            .advice("the reply's delay must not depend on its length", "the whole text is synthesised before anything is sent", "synthesise sentence by sentence")
            .pace(crate::check::Pace::Alone),
        judge: |cx| Box::pin(long_begins(cx)),
    },
    Check {
        entry: should("TXT-13", "a far too long text is streamed or refused at once")
            .rule("T-20K", "audio, or an error in JSON within 1 s")
            .advice("memory grows and nobody listens that long", "the limit is found by the voice at the end", "look at the length first; 413"),
        judge: |cx| Box::pin(too_long(cx)),
    },
    Check {
        entry: should("TXT-14", "other languages are spoken or refused in words")
            .rule("T-JA, T-KO, T-YUE and T-RTL as pcm", "status 200 and audio, or an error in JSON")
            .advice("the language of a room is a setting", "the voice fails inside", "name the language that is missing in the error's message"),
        judge: |cx| Box::pin(languages(cx)),
    },
    Check {
        entry: should("TXT-15", "the same text takes the same time")
            .rule("T-ZH as pcm, ten times", "durations within 15 % of each other")
            .advice("a voice that sometimes stops early loses words", "an unstable model, or a stream closed before its end", "compare durations with the text's length and try again"),
        judge: |cx| Box::pin(stable(cx)),
    },
    Check {
        entry: should("TXT-16", "the end is no cut")
            .rule("T-ZH as pcm", "the last 20 ms below -30 dBFS")
            .advice("a click between any two sentences", "the last buffer is dropped or cut", "let the last sound fall off; add 50 ms of silence"),
        judge: |cx| Box::pin(ending(cx)),
    },
    Check {
        entry: should("TXT-17", "the level is that of a voice")
            .rule("T-ZH as pcm", "peak -12 to 0 dBFS, at most 0.1 % clipped, offset below 1 %")
            .advice("levels jump between voices and sentences", "samples are scaled twice, or not at all", "normalise to a peak of about -3 dBFS"),
        judge: |cx| Box::pin(loudness(cx)),
    },
];

async fn said(cx: &Context, id: &str) -> std::sync::Arc<Exchange> {
    Say::format(id, Format::Pcm).said_once(cx).await
}

async fn audible(cx: &Context) -> Judged {
    let mut seen = Vec::new();
    for id in ["T-ZH", "T-EN"] {
        let exchange = said(cx, id).await;
        let heard = spoken(cx, &exchange)?;
        let loud = seconds_above(&heard, -40.0);
        let expected = text(id).seconds.unwrap_or_default() * 0.6;
        seen.push(format!("{id}: {loud:.1} s of sound"));
        if loud <= expected {
            let peak = levels(&heard).into_iter().fold(-120.0, f64::max);
            let seen = format!(
                "{id}: {loud:.1} s above -40 dBFS of {:.1} s, the loudest window at {peak:.0} dBFS",
                seconds(&heard)
            );
            return Ok(cx.broken(seen).expected(format!("more than {expected:.1} s")).with(&exchange));
        }
    }
    Ok(Outcome::pass(seen.join(", ")))
}

async fn one_character(cx: &Context) -> Judged {
    let exchange = said(cx, "T-1").await;
    let heard = spoken(cx, &exchange)?;
    let seconds = seconds(&heard);
    let seen = format!("{seconds:.2} s of audio");
    if (0.1..=2.0).contains(&seconds) { Ok(Outcome::pass(seen)) } else { Ok(cx.broken(seen).with(&exchange)) }
}

async fn nothing(cx: &Context, ids: &[&str]) -> Judged {
    let mut seen = Vec::new();
    for id in ids {
        let exchange = Say::new(id).said_once(cx).await;
        if let End::Unreached(why) = &exchange.end {
            return Ok(Outcome::error(why.to_string()));
        }
        if is_refusal(&exchange) && exchange.status() != 500 {
            seen.push(format!("{id}: refused with {}", exchange.status()));
            continue;
        }
        let is_audio = exchange.head.as_ref().is_some_and(|head| head.media_type().starts_with("audio/"));
        let is_answered = exchange.is_complete() && exchange.status() == 200 && is_audio;
        // A header and no samples is silence too.
        let silence = super::audio::WavHeader::read(&exchange.body).map(|_| super::heard(&exchange));
        let is_short = silence.is_some_and(|heard| {
            heard.is_none_or(|heard| {
                seconds(&heard) <= 1.0 && levels(&heard).iter().all(|level| *level < -40.0)
            })
        });
        if !is_answered || !is_short {
            return Ok(cx.broken(format!("{id}: {}", exchange.summary())).with(&exchange));
        }
        seen.push(format!("{id}: silence"));
    }
    Ok(Outcome::pass(seen.join(", ")))
}

async fn emoji(cx: &Context) -> Judged {
    let (with, without) = (said(cx, "T-EMOMIX").await, said(cx, "T-NOEMO").await);
    let (long, short) = (seconds(&with.audio()?), seconds(&without.audio()?));
    let seen = format!("{long:.2} s with emoji, {short:.2} s without");
    if (long - short).abs() <= short * 0.3 {
        Ok(Outcome::pass(seen))
    } else {
        Ok(cx.broken(seen).with(&with).with(&without))
    }
}

async fn mixed(cx: &Context) -> Judged {
    let mut seen = Vec::new();
    for id in ["T-MIX", "T-NUM"] {
        let exchange = said(cx, id).await;
        let seconds = seconds(&spoken(cx, &exchange)?);
        let least = text(id).seconds.unwrap_or_default() * 0.6;
        seen.push(format!("{id}: {seconds:.1} s"));
        if seconds < least {
            let outcome = cx.broken(format!("{id}: {seconds:.1} s of audio"));
            return Ok(outcome.expected(format!("at least {least:.1} s")).with(&exchange));
        }
    }
    Ok(Outcome::pass(seen.join(", ")))
}

async fn markup(cx: &Context) -> Judged {
    let exchange = said(cx, "T-SSML").await;
    if is_refusal(&exchange) && exchange.status() < 500 {
        return Ok(Outcome::pass(format!("refused with {}", exchange.status())));
    }
    let heard = spoken(cx, &exchange)?;
    let length = seconds(&heard);
    if length > 2.0 {
        return Ok(cx
            .broken(format!("{length:.1} s of audio: the tags are read aloud"))
            .expected("about 1 s")
            .with(&exchange));
    }
    let mut longest = 0_u64;
    let mut run = 0;
    for level in levels(&heard) {
        run = if level < SILENCE { run + WINDOW_MS } else { 0 };
        longest = longest.max(run);
    }
    let how = if longest >= 400 { "rendered, with its pause" } else { "read without its tags" };
    Ok(Outcome::pass(format!("{how}: {length:.1} s")))
}

async fn all_spoken(cx: &Context, ids: &[&str]) -> Judged {
    let mut seen = Vec::new();
    for id in ids {
        let exchange = said(cx, id).await;
        let seconds = seconds(&spoken(cx, &exchange)?);
        if seconds < 0.2 {
            return Ok(cx.broken(format!("{id}: {seconds:.2} s of audio")).with(&exchange));
        }
        seen.push(format!("{id}: {seconds:.1} s"));
    }
    Ok(Outcome::pass(seen.join(", ")))
}

async fn lone(cx: &Context) -> Judged {
    let exchange = said(cx, "T-LONE").await;
    let is_answered = is_refusal(&exchange) || exchange.is_complete() && exchange.audio().is_ok();
    if !is_answered || exchange.status() >= 500 {
        return Ok(cx.broken(exchange.summary()).with(&exchange));
    }
    let next = Say::format("T-1", Format::Pcm).said(cx).await;
    if next.audio().is_err() {
        return Ok(cx
            .broken(format!("the request after it: {}", next.summary()))
            .with(&exchange)
            .with(&next));
    }
    Ok(Outcome::pass(exchange.summary()))
}

async fn longest(cx: &Context) -> Judged {
    let exchange = said(cx, "T-300").await;
    let seconds = seconds(&spoken(cx, &exchange)?);
    let seen = format!("{seconds:.0} s of audio");
    if (45.0..=120.0).contains(&seconds) {
        Ok(Outcome::pass(seen))
    } else {
        Ok(cx.broken(seen).with(&exchange))
    }
}

async fn long_begins(cx: &Context) -> Judged {
    let short = median(&solo(cx).await?);
    let exchange = cx.ask(&Say::format("T-2K", Format::Pcm).ask(cx), until_first_audio()).await;
    exchange.audio()?;
    let long = exchange.first_audio_ms().unwrap_or(f64::INFINITY);
    let seen = format!("first audio of T-2K after {long:.0} ms, of T-ZH after {short:.0} ms");
    if is_slower(cx, long, short, 1.5) {
        Ok(cx.broken(seen).with(&exchange))
    } else {
        Ok(Outcome::pass(seen))
    }
}

async fn too_long(cx: &Context) -> Judged {
    let exchange = cx.ask(&Say::format("T-20K", Format::Pcm).ask(cx), until_first_audio()).await;
    if is_refusal(&exchange) {
        let seen = format!("refused with {} after {:.0} ms", exchange.status(), exchange.end_ms());
        let is_late = exchange.end_ms() > cx.budgets().refusal_ms;
        return Ok(if is_late { cx.broken(seen).with(&exchange) } else { Outcome::pass(seen) });
    }
    match exchange.first_audio_ms().filter(|_| exchange.status() == 200) {
        Some(ms) => Ok(Outcome::pass(format!("streamed, first audio after {ms:.0} ms"))),
        None => Ok(cx.broken(exchange.summary()).with(&exchange)),
    }
}

async fn languages(cx: &Context) -> Judged {
    let mut seen = Vec::new();
    for id in ["T-JA", "T-KO", "T-YUE", "T-RTL"] {
        let exchange = said(cx, id).await;
        if is_refusal(&exchange) && exchange.status() < 500 {
            seen.push(format!("{id}: refused"));
            continue;
        }
        let seconds = seconds(&spoken(cx, &exchange)?);
        seen.push(format!("{id}: {seconds:.1} s"));
    }
    Ok(Outcome::pass(seen.join(", ")))
}

async fn stable(cx: &Context) -> Judged {
    let mut all = Vec::new();
    let mut shortest = None;
    for _ in 0..if cx.settings().quick { 4 } else { 10 } {
        let exchange = Say::format("T-ZH", Format::Pcm).said(cx).await;
        let length = seconds(&exchange.audio()?);
        if all.iter().all(|other| length < *other) {
            shortest = Some(exchange);
        }
        all.push(length);
    }
    let (low, high) =
        all.iter().fold((f64::MAX, 0.0_f64), |(low, high), one| (low.min(*one), high.max(*one)));
    let seen = format!("{} times, {low:.2} to {high:.2} s", all.len());
    if high - low <= median(&all) * 0.15 {
        return Ok(Outcome::pass(seen));
    }
    let outcome = cx.broken(seen);
    Ok(match &shortest {
        Some(exchange) => outcome.with(exchange),
        None => outcome,
    })
}

async fn ending(cx: &Context) -> Judged {
    let exchange = said(cx, "T-ZH").await;
    let heard = exchange.audio()?;
    let samples = first_channel(&heard);
    let window = usize::try_from(u64::from(heard.rate) * WINDOW_MS / 1_000).unwrap_or_default();
    let last = level(&samples[samples.len().saturating_sub(window)..]);
    let seen = format!("the last 20 ms at {last:.0} dBFS");
    if last < -30.0 { Ok(Outcome::pass(seen)) } else { Ok(cx.broken(seen).with(&exchange)) }
}

async fn loudness(cx: &Context) -> Judged {
    let exchange = said(cx, "T-ZH").await;
    let heard = exchange.audio()?;
    let samples = first_channel(&heard);
    let peak = samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or_default();
    let peak_db = 20.0 * (f64::from(peak.max(1)) / 32_768.0).log10();
    #[expect(clippy::cast_precision_loss, reason = "a share and a mean are not exact anyway")]
    let (clipped, offset) = {
        let count = samples.len().max(1) as f64;
        let clipped = samples.iter().filter(|sample| sample.unsigned_abs() >= 32_767).count() as f64;
        let sum: i64 = samples.iter().map(|sample| i64::from(*sample)).sum();
        (clipped / count * 100.0, (sum as f64 / count / 32_768.0 * 100.0).abs())
    };
    let seen = format!("peak {peak_db:.1} dBFS, {clipped:.2} % clipped, offset {offset:.2} %");
    let is_good = (-12.0..=0.0).contains(&peak_db) && clipped <= 0.1 && offset < 1.0;
    if is_good { Ok(Outcome::pass(seen)) } else { Ok(cx.broken(seen).with(&exchange)) }
}
