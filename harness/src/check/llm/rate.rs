//! Rate limits: more at once than there is room for is refused, soon and in the shape of errors.

use std::sync::Arc;

use futures_util::future::join_all;

use super::chat::{Chat, STORY, first_token_ms, is_success, reply, said};
use super::errors::shape;
use super::flow::usual;
use crate::check::catalogue::{Check, Entry, Level, Pace};
use crate::check::raw::{Exchange, Head};
use crate::check::{Context, Judged, Outcome};

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: Entry::new("RAT-01", Level::Must, "what is too much is refused")
            .rule(
                "32 long answers at once",
                "every request is answered, or refused with 429 (or 503) and an error as JSON",
            )
            .advice(
                "a dropped connection is retried at once, which makes it worse",
                "the server's own limit of connections",
                "count requests, and refuse in the protocol",
            )
            .pace(Pace::Alone)
            .limit(120),
        judge: |cx| Box::pin(refused(cx)),
    },
    Check {
        entry: Entry::new("RAT-02", Level::Should, "a refusal says when to come again")
            .rule("the same", "`Retry-After` in seconds or as a date, or `Retry-After-Ms`")
            .advice("clients wait too long, or not at all", "the header was forgotten", "send `Retry-After`")
            .pace(Pace::Alone)
            .limit(120),
        judge: |cx| Box::pin(when(cx)),
    },
    Check {
        entry: Entry::new("RAT-03", Level::Should, "a refusal comes at once")
            .rule("the same", "within 300 ms")
            .advice(
                "a request that waits to be refused cannot go elsewhere",
                "requests wait in a queue until it overflows",
                "refuse before the queue",
            )
            .pace(Pace::Alone)
            .limit(120),
        judge: |cx| Box::pin(soon(cx)),
    },
    Check {
        entry: Entry::new("RAT-04", Level::Must, "after too much there is room again")
            .rule("the same, then one request", "answered in the usual time")
            .advice(
                "refused requests that are counted for ever close the service",
                "a counter that refusals raise and nobody lowers",
                "free the place in every case",
            )
            .pace(Pace::Alone)
            .limit(120),
        judge: |cx| Box::pin(room(cx)),
    },
];

/// How many ask at once.
const AT_ONCE: usize = 32;

struct Burst {
    answers: Vec<Exchange>,
    /// One more, when they have ended.
    after: Exchange,
}

async fn burst(cx: &Context) -> Arc<Burst> {
    cx.once("a burst", async || {
        let ask = async || Chat::new("one of 32 at once", STORY).asked(cx).await;
        let answers = join_all((0..AT_ONCE).map(|_| ask())).await;
        let after = Chat::hello().label("hello behind 32 at once").asked(cx).await;
        Burst { answers, after }
    })
    .await
}

fn is_limit(exchange: &Exchange) -> bool {
    matches!(exchange.status(), 429 | 503)
}

async fn refused(cx: &Context) -> Judged {
    let burst = burst(cx).await;
    // A refusal with another status is no answer: there is nothing in its stream.
    let is_answer = |exchange: &Exchange| reply(exchange).is_ok_and(|reply| !reply.chunks.is_empty());
    let is_refusal = |exchange: &Exchange| is_limit(exchange) && shape(exchange).is_ok();
    let is_fair =
        |exchange: &&Exchange| is_answer(exchange) && exchange.is_complete() || is_refusal(exchange);
    if let Some(other) = burst.answers.iter().find(|exchange| !is_fair(exchange)) {
        return Ok(cx.broken(said(other)).with(other));
    }
    let refused = burst.answers.iter().filter(|exchange| is_limit(exchange)).count();
    Ok(Outcome::pass(format!("{} answered, {refused} refused", AT_ONCE - refused)))
}

/// Judges every refusal: `Err` is what is broken.
async fn refusals(cx: &Context, judge: fn(&Exchange) -> Result<String, String>) -> Judged {
    let burst = burst(cx).await;
    let mut seen = None;
    for exchange in burst.answers.iter().filter(|exchange| is_limit(exchange)) {
        match judge(exchange) {
            Ok(fine) => seen = Some(fine),
            Err(broken) => return Ok(cx.broken(broken).with(exchange)),
        }
    }
    Ok(seen.map_or_else(|| Outcome::skip(format!("none of {AT_ONCE} at once is refused")), Outcome::pass))
}

async fn when(cx: &Context) -> Judged {
    refusals(cx, |exchange| {
        let value =
            |name: &str| exchange.head.as_ref().and_then(|head: &Head| head.value(name)).map(str::to_owned);
        let is_number = |text: &str| text.parse::<f64>().is_ok_and(|number| number >= 0.0);
        match (value("retry-after-ms"), value("retry-after")) {
            (Some(ms), _) if is_number(&ms) => Ok(format!("Retry-After-Ms: {ms}")),
            (_, Some(after)) if is_number(&after) || after.ends_with("GMT") => {
                Ok(format!("Retry-After: {after}"))
            }
            (ms, after) => match ms.or(after) {
                Some(odd) => Err(format!("Retry-After: {odd}")),
                None => Err("no Retry-After".to_owned()),
            },
        }
    })
    .await
}

async fn soon(cx: &Context) -> Judged {
    refusals(cx, |exchange| {
        let seen = format!("refused after {:.0} ms", exchange.end_ms());
        if exchange.end_ms() > 300.0 { Err(seen) } else { Ok(seen) }
    })
    .await
}

async fn room(cx: &Context) -> Judged {
    let usual = usual(cx).await?;
    let burst = burst(cx).await;
    let after = &burst.after;
    if !is_success(after) {
        return Ok(cx.broken(said(after)).with(after));
    }
    let first = first_token_ms(after)?;
    let seen = format!("the first word after {first:.0} ms, usually {usual:.0} ms");
    Ok(if first > usual * 2.0 + 300.0 { cx.broken(seen).with(after) } else { Outcome::pass(seen) })
}
