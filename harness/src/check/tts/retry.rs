//! Retry and identity: the same id again means the same text again, from its start.

use std::time::Duration;

use super::load::is_itself;
use super::measure::{is_refusal, is_slower, seconds, spoken, until_first_audio};
use super::operation::own;
use super::speak::{Format, Say};
use crate::check::catalogue::{Check, Entry, Level};
use crate::check::raw::{Ask, Exchange};
use crate::check::{Context, Judged, Outcome, Pace};

const fn must(id: &'static str, title: &'static str) -> Entry {
    Entry::new(id, Level::Must, title)
}

const fn should(id: &'static str, title: &'static str) -> Entry {
    Entry::new(id, Level::Should, title)
}

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: must("RTY-01", "a retry is no duplicate")
            .rule("T-ZH as pcm twice with one `X-Request-Id`", "the whole audio both times")
            .advice(
                "the platform retries with the same id, and a refused retry is a silent agent",
                "a check for duplicates",
                "serve a known id like any other",
            ),
        judge: |cx| Box::pin(twice(cx)),
    },
    Check {
        entry: must("RTY-02", "a retry begins at the beginning")
            .rule(
                "T-ZH as pcm, cut after its first chunk, then again with the same id",
                "the whole audio from its start",
            )
            .advice(
                "the retry replaces what was cut",
                "the server goes on where it stopped",
                "keep no position by id",
            )
            .quick(),
        judge: |cx| Box::pin(from_the_start(cx)),
    },
    Check {
        entry: must("RTY-03", "one id twice at the same time is two answers")
            .rule(
                "T-ZH as pcm twice at once with one id",
                "both whole, or the second refused with an error in JSON",
            )
            .advice(
                "timeouts overlap with answers",
                "state kept by id and shared by both",
                "keep the state in the request",
            ),
        judge: |cx| Box::pin(at_once(cx)),
    },
    Check {
        entry: must("RTY-04", "an id names no text")
            .rule("T-ZH, then T-1 with the same id", "the audio of T-1")
            .advice(
                "a cache by id alone speaks the wrong sentence",
                "a cache whose key lacks the text",
                "cache by text, format and rate, if at all",
            ),
        judge: |cx| Box::pin(another_text(cx)),
    },
    Check {
        entry: should("RTY-05", "a retry is as good as the first try")
            .rule("T-ZH as pcm twice with one id", "the second is not slower, and lasts as long within 10 %")
            .advice(
                "a retry comes when time has been lost already",
                "a lookup by id in front of the voice",
                "see RTY-01",
            ),
        judge: |cx| Box::pin(as_good(cx)),
    },
    Check {
        entry: should("RTY-06", "any id will do, and none too")
            .rule(
                "T-1 as pcm without an id, with one of 256 characters, with one that has spaces",
                "200 each",
            )
            .advice(
                "ids are opaque, and tests by hand send none",
                "the id is checked, or used as a file's name",
                "take it as an opaque text",
            ),
        judge: |cx| Box::pin(any_id(cx)),
    },
    Check {
        entry: should("RTY-07", "the misspelt header is enough")
            .rule("T-1 as pcm with `X-Rquest-Id` alone", "200")
            .advice(
                "both spellings are in the platform's documents",
                "the header is required under one name",
                "require neither",
            ),
        judge: |cx| Box::pin(misspelt(cx)),
    },
    Check {
        entry: Entry::new("RTY-08", Level::May, "what a retry counts as")
            .pace(Pace::Alone)
            .rule("T-1 as pcm twice with one id, and the server's own count before and after", "reported")
            .advice("a retry that is billed twice", "", ""),
        judge: |cx| Box::pin(counts(cx)),
    },
];

fn say(cx: &Context, id: &str) -> Say {
    Say::format(id, Format::Pcm).id(&fresh(cx))
}

fn fresh(cx: &Context) -> String {
    cx.world().ids.uuid().to_string()
}

async fn twice(cx: &Context) -> Judged {
    let say = say(cx, "T-ZH");
    for time in ["first", "second"] {
        let exchange = say.said(cx).await;
        spoken(cx, &exchange)?;
        if let Err(how) = is_itself(cx, &exchange, "T-ZH").await? {
            return Ok(cx.broken(format!("the {time} time: {how}")).with(&exchange));
        }
    }
    Ok(Outcome::pass("the whole audio both times"))
}

async fn from_the_start(cx: &Context) -> Judged {
    let say = say(cx, "T-ZH");
    let cut = cx.ask(&say.ask(cx), until_first_audio()).await;
    cut.audio()?;
    // As long as a client needs to notice and try again.
    cx.sleep(Duration::from_millis(50)).await;
    let exchange = say.said(cx).await;
    spoken(cx, &exchange)?;
    match is_itself(cx, &exchange, "T-ZH").await? {
        Ok(()) => Ok(Outcome::pass("the whole audio")),
        Err(how) => Ok(cx.broken(how).with(&exchange)),
    }
}

async fn at_once(cx: &Context) -> Judged {
    let say = say(cx, "T-ZH");
    let later = async {
        cx.sleep(Duration::from_millis(20)).await;
        say.said(cx).await
    };
    let (first, second) = futures_util::future::join(say.said(cx), later).await;
    if is_refusal(&second) {
        spoken(cx, &first)?;
        return Ok(Outcome::pass(format!("the second is refused with {}", second.status())));
    }
    for (which, exchange) in [("first", &first), ("second", &second)] {
        spoken(cx, exchange)?;
        if let Err(how) = is_itself(cx, exchange, "T-ZH").await? {
            return Ok(cx.broken(format!("the {which}: {how}")).with(&first).with(&second));
        }
    }
    Ok(Outcome::pass("both whole"))
}

async fn another_text(cx: &Context) -> Judged {
    let id = fresh(cx);
    let first = Say::format("T-ZH", Format::Pcm).id(&id).said(cx).await;
    first.audio()?;
    let second = Say::format("T-1", Format::Pcm).id(&id).said(cx).await;
    spoken(cx, &second)?;
    match is_itself(cx, &second, "T-1").await? {
        Ok(()) => Ok(Outcome::pass("the audio of the new text")),
        Err(how) => Ok(cx.broken(how).with(&first).with(&second)),
    }
}

async fn as_good(cx: &Context) -> Judged {
    let say = say(cx, "T-ZH");
    let (first, second) = (say.said(cx).await, say.said(cx).await);
    let lengths = (seconds(&first.audio()?), seconds(&second.audio()?));
    let time = |exchange: &Exchange| exchange.first_audio_ms().unwrap_or(f64::INFINITY);
    let times = (time(&first), time(&second));
    let seen = format!(
        "{:.2} s after {:.0} ms, then {:.2} s after {:.0} ms",
        lengths.0, times.0, lengths.1, times.1
    );
    let is_same = (lengths.0 - lengths.1).abs() <= lengths.0 * 0.1;
    if is_same && !is_slower(cx, times.1, times.0, 1.5) {
        return Ok(Outcome::pass(seen));
    }
    Ok(cx.broken(seen).with(&first).with(&second))
}

const ID_HEADERS: [&str; 2] = ["X-Request-Id", "X-Rquest-Id"];

async fn any_id(cx: &Context) -> Judged {
    let base = Say::format("T-1", Format::Pcm).ask(cx);
    let without = ID_HEADERS.iter().fold(base.clone(), |ask, name| ask.without(name));
    let with = |id: &str| ID_HEADERS.iter().fold(base.clone(), |ask, name| ask.header(name, id));
    let asks: [(&str, Ask); 3] = [
        ("no id", without),
        ("256 characters", with(&"a".repeat(256))),
        ("spaces", with("an id with spaces")),
    ];
    for (what, ask) in asks {
        let exchange = cx.ask(&ask.label(format!("T-1 as pcm, {what}")), super::speak::limits("T-1")).await;
        if exchange.status() != 200 || exchange.audio().is_err() {
            return Ok(cx.broken(format!("{what}: {}", exchange.summary())).with(&exchange));
        }
    }
    Ok(Outcome::pass("200 without an id, with a long one, and with spaces"))
}

async fn misspelt(cx: &Context) -> Judged {
    let ask = Say::format("T-1", Format::Pcm).ask(cx).without("X-Request-Id");
    let exchange = cx.ask(&ask.label("T-1 as pcm, X-Rquest-Id alone"), super::speak::limits("T-1")).await;
    if exchange.status() == 200 && exchange.audio().is_ok() {
        return Ok(Outcome::pass("200"));
    }
    Ok(cx.broken(exchange.summary()).with(&exchange))
}

async fn counts(cx: &Context) -> Judged {
    let Some(before) = own(cx).await.served else {
        let page = &cx.settings().pages.stats;
        return Ok(Outcome::skip(format!("no JSON with `served` at {page}: only the vendor's log can tell")));
    };
    let say = say(cx, "T-1");
    for _ in 0..2 {
        say.said(cx).await.audio()?;
    }
    let after = own(cx).await.served.unwrap_or(before);
    Ok(Outcome::info(format!("two requests with one id count as {}", after.saturating_sub(before))))
}
