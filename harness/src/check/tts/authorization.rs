//! Authorization: the right key and nothing else.

use crate::check::catalogue::{Check, Entry, Level, Pace};
use crate::check::raw::{Ask, Exchange, Limits};
use crate::check::{Context, Judged, Outcome};

use super::refusal::{answered, is_json, refused};
use super::speak::{Format, Say, quantile};

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: Entry::new("AUT-01", Level::Must, "the right key is let in")
            .rule("T-1 with the key", "status 200")
            .advice(
                "the base of the other rules",
                "the scheme is taken for a part of the key",
                "compare what stands behind `Bearer `",
            ),
        judge: |cx| Box::pin(right(cx)),
    },
    Check {
        entry: Entry::new("AUT-02", Level::Must, "without a key nothing is spoken")
            .rule("T-1 without Authorization", "an error with status 401, and no audio")
            .advice(
                "an open synthesis is somebody else's bill",
                "the key is checked only when it is there",
                "refuse requests without the header",
            )
            .quick(),
        judge: |cx| Box::pin(none(cx)),
    },
    Check {
        entry: Entry::new("AUT-03", Level::Must, "no other key is let in")
            .rule(
                "T-1 with another key, one character more, one less, none behind `Bearer `",
                "an error with status 401 each, and no audio",
            )
            .advice(
                "keys compared by prefix, and empty keys that equal an empty setting",
                "starts_with, or a missing setting",
                "compare whole keys, and refuse to start without one",
            ),
        judge: |cx| Box::pin(others(cx)),
    },
    Check {
        entry: Entry::new("AUT-04", Level::Should, "the scheme may be written in any way")
            .rule("T-1 with `bearer` in lower case, and with two blanks behind it", "status 200")
            .advice(
                "the scheme has no case (RFC 9110, 11.1)",
                "the header is compared as a whole",
                "split at the blanks and fold the case of the scheme",
            ),
        judge: |cx| Box::pin(any_case(cx)),
    },
    Check {
        entry: Entry::new("AUT-05", Level::May, "whether the key is taken in quotes too")
            .rule("T-1 with Bearer \"KEY\"", "reported")
            .advice("the protocol's document prints it with quotes; clients send it bare", "", "nothing"),
        judge: |cx| Box::pin(quoted(cx)),
    },
    Check {
        entry: Entry::new("AUT-06", Level::Should, "the time of a refusal does not depend on the key")
            .rule(
                "wrong keys, 50 each: nothing right, half of it right, all but the last character right",
                "medians within 5 ms of each other",
            )
            .advice(
                "a key can be guessed by its time, character by character",
                "keys are compared until the first difference",
                "compare in constant time",
            )
            .pace(Pace::Alone),
        judge: |cx| Box::pin(constant_time(cx)),
    },
    Check {
        entry: Entry::new("AUT-07", Level::Should, "a wrong key is refused before any work")
            .rule("T-2K with a wrong key", "an error within 100 ms")
            .advice(
                "work for strangers costs",
                "the key is checked by the model's service, behind the queue",
                "check the key first",
            )
            .pace(Pace::Alone),
        judge: |cx| Box::pin(before_work(cx)),
    },
];

fn key(cx: &Context) -> Result<&str, Outcome> {
    let key = cx.target().key.as_ref().map(|key| key.expose()).filter(|key| !key.is_empty());
    key.ok_or_else(|| Outcome::skip("no --key was given"))
}

fn ask(cx: &Context, authorization: &str, what: &str) -> Ask {
    Say::format("T-1", Format::plain(cx))
        .ask(cx)
        .header("Authorization", authorization)
        .label(format!("T-1, {what}"))
}

async fn right(cx: &Context) -> Judged {
    key(cx)?;
    let exchange = Say::format("T-1", Format::plain(cx)).said_once(cx).await;
    answered(&exchange)?;
    if exchange.status() / 100 == 2 && !is_json(&exchange) {
        return Ok(Outcome::pass(exchange.status().to_string()));
    }
    Ok(cx.broken(exchange.summary()).with(&exchange))
}

/// Whether a stranger is kept out: an error, and at best one of status 401.
fn kept_out(cx: &Context, exchange: &Exchange) -> Result<bool, Outcome> {
    refused(cx, exchange)?;
    Ok(matches!(exchange.status(), 401 | 403))
}

async fn none(cx: &Context) -> Judged {
    key(cx)?;
    let ask =
        Say::format("T-1", Format::plain(cx)).ask(cx).without("Authorization").label("T-1 without a key");
    let exchange = cx.ask(&ask, Limits::seconds(10)).await;
    if kept_out(cx, &exchange)? {
        return Ok(Outcome::pass(exchange.status().to_string()));
    }
    Ok(Outcome::warn(exchange.summary()).expected("status 401").with(&exchange))
}

async fn others(cx: &Context) -> Judged {
    let key = key(cx)?;
    let mut shorter = key.to_owned();
    shorter.pop();
    let cases = [
        ("another key", "Bearer bargein-wrong-key".to_owned()),
        ("one character more", format!("Bearer {key}x")),
        ("one character less", format!("Bearer {shorter}")),
        ("nothing behind Bearer", "Bearer ".to_owned()),
    ];
    let mut odd = None;
    for (name, authorization) in cases {
        let exchange = cx.ask(&ask(cx, &authorization, name), Limits::seconds(10)).await;
        if !kept_out(cx, &exchange)? {
            odd = Some((name, exchange));
        }
    }
    match odd {
        None => Ok(Outcome::pass("all refused")),
        Some((name, exchange)) => Ok(Outcome::warn(format!("{name}: {}", exchange.summary()))
            .expected("status 401")
            .with(&exchange)),
    }
}

async fn any_case(cx: &Context) -> Judged {
    let key = key(cx)?;
    for (name, authorization) in
        [("bearer in lower case", format!("bearer {key}")), ("two blanks", format!("Bearer  {key}"))]
    {
        let exchange = cx.ask(&ask(cx, &authorization, name), Limits::seconds(10)).await;
        answered(&exchange)?;
        if exchange.audio().is_err() {
            return Ok(cx.broken(format!("{name}: {}", exchange.summary())).with(&exchange));
        }
    }
    Ok(Outcome::pass("both are let in"))
}

async fn quoted(cx: &Context) -> Judged {
    let key = key(cx)?;
    let exchange =
        cx.ask(&ask(cx, &format!("Bearer \"{key}\""), "the key in quotes"), Limits::seconds(10)).await;
    answered(&exchange)?;
    let seen = if exchange.audio().is_ok() {
        "taken".to_owned()
    } else {
        format!("refused with {}", exchange.status())
    };
    Ok(Outcome::info(seen))
}

/// How often each wrong key is tried.
const TRIES: usize = 50;

async fn constant_time(cx: &Context) -> Judged {
    let key = key(cx)?;
    // Of the same length, so that only the place of the first difference differs.
    let wrong = |right: usize| -> String {
        let other = |c: char| if c == 'x' { 'y' } else { 'x' };
        key.chars().enumerate().map(|(at, c)| if at < right { c } else { other(c) }).collect()
    };
    let length = key.chars().count();
    let kinds = [("nothing", 0), ("half", length / 2), ("all but the last character", length - 1)];
    let mut times = [const { Vec::new() }; 3];
    let mut connection = cx.connected().await?;
    // In turn, so that a slow moment of the machine hits all kinds.
    for _ in 0..TRIES {
        for ((name, right), times) in kinds.iter().zip(&mut times) {
            if connection.is_closed() {
                connection = cx.connected().await?;
            }
            let ask = ask(cx, &format!("Bearer {}", wrong(*right)), &format!("{name} right"));
            let mut exchange = connection.exchange(&ask, Limits::seconds(5)).await;
            if exchange.head.is_none() {
                // A connection that was kept may have ended meanwhile.
                connection = cx.connected().await?;
                exchange = connection.exchange(&ask, Limits::seconds(5)).await;
            }
            if exchange.head.is_none() || !is_json(&exchange) {
                return Err(Outcome::skip(format!(
                    "a wrong key is not refused: see AUT-03 ({})",
                    exchange.summary()
                )));
            }
            times.push(exchange.end_ms());
        }
    }
    let medians: Vec<_> = times.iter().filter_map(|times| quantile(times, 50)).collect();
    let lowest = medians.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = medians.iter().copied().fold(0.0, f64::max);
    let told: Vec<_> =
        kinds.iter().zip(&medians).map(|((name, _), ms)| format!("{name} right {ms:.2} ms")).collect();
    if highest - lowest < 5.0 { Ok(Outcome::pass(told.join(", "))) } else { Ok(cx.broken(told.join(", "))) }
}

async fn before_work(cx: &Context) -> Judged {
    key(cx)?;
    let ask = Say::format("T-2K", Format::plain(cx))
        .ask(cx)
        .header("Authorization", "Bearer bargein-wrong-key")
        .label("T-2K with a wrong key");
    let exchange = cx.ask(&ask, Limits::seconds(10)).await;
    answered(&exchange)?;
    if !is_json(&exchange) {
        return Err(Outcome::skip(format!(
            "a wrong key is not refused: see AUT-03 ({})",
            exchange.summary()
        )));
    }
    let ms = exchange.end_ms();
    let seen = format!("refused after {ms:.0} ms");
    if ms < 100.0 { Ok(Outcome::pass(seen)) } else { Ok(cx.broken(seen).with(&exchange)) }
}
