//! Concurrency: answers beside each other are not mixed and do not wait for each other.

use futures_util::future::{join, join_all};

use super::chat::{Chat, HELLO, PHRASE, first_token_ms, reply, said};
use super::flow::usual;
use crate::check::catalogue::{Check, Entry, Level, Pace};
use crate::check::{Context, Judged, Outcome, quantile};

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: Entry::new("CON-01", Level::Must, "two at once are not mixed")
            .rule("two prompts at once", "each gets its own answer")
            .advice(
                "one user hears another's conversation",
                "state shared between requests",
                "keep everything of a request with the request",
            ),
        judge: |cx| Box::pin(apart(cx)),
    },
    Check {
        entry: Entry::new("CON-02", Level::Should, "others do not delay the first word")
            .rule("`streams` short answers at once", "the 95th percentile within twice the usual and 50 ms")
            .advice(
                "the load of a small deployment",
                "answers are generated one after the other",
                "batch, or add workers",
            )
            .pace(Pace::Alone)
            .limit(120),
        judge: |cx| Box::pin(beside(cx)),
    },
    Check {
        entry: Entry::new("CON-03", Level::Must, "a long answer does not block a short one")
            .rule(
                "a long answer, and 200 ms later a short one",
                "the first word of the short one within twice the usual and 300 ms",
            )
            .advice(
                "one talkative user makes all others wait",
                "one worker",
                "more workers, or a server that is asynchronous",
            )
            .pace(Pace::Alone)
            .limit(120),
        judge: |cx| Box::pin(behind(cx)),
    },
];

async fn apart(cx: &Context) -> Judged {
    let alone = Chat::phrase().asked_once(cx).await;
    let hello = Chat::hello().asked_once(cx).await;
    let marker = PHRASE.split(['，', ' ']).next().unwrap_or(PHRASE);
    if !reply(&alone)?.text().contains(marker) || reply(&hello)?.text().contains(marker) {
        return Ok(Outcome::skip("the answers to different prompts cannot be told apart"));
    }
    let (one, other) = join(
        Chat::phrase().label("a phrase beside hello").asked(cx),
        Chat::hello().label("hello beside a phrase").asked(cx),
    )
    .await;
    let (phrase, hello) = (reply(&one)?.text(), reply(&other)?.text());
    if phrase.contains(marker) && !hello.contains(marker) {
        return Ok(Outcome::pass("each its own"));
    }
    Ok(cx
        .broken(format!("asked for a phrase: `{phrase}`; asked for hello: `{hello}`"))
        .with(&one)
        .with(&other))
}

async fn beside(cx: &Context) -> Judged {
    let usual = usual(cx).await?;
    let streams = cx.budgets().streams;
    let ask = async || Chat::new("hello beside others", HELLO).asked(cx).await;
    let answers = join_all((0..streams).map(|_| ask())).await;
    let (refused, answers): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|exchange| exchange.status() == 429);
    let mut first = Vec::new();
    for exchange in &answers {
        first.push(first_token_ms(exchange)?);
    }
    let Some(p95) = quantile(&first, 95) else {
        return Ok(Outcome::skip(format!("all {} are refused", refused.len())));
    };
    let budget = usual * 2.0 + 50.0;
    let seen =
        format!("{} at once, p95 {p95:.0} ms, usually {usual:.0} ms, {} refused", streams, refused.len());
    let outcome = if p95 > budget { cx.broken(seen) } else { Outcome::pass(seen) };
    let outcome = outcome.expected(format!("at most {budget:.0} ms"));
    Ok(match answers.first() {
        Some(exchange) => outcome.with(exchange),
        None => outcome,
    })
}

async fn behind(cx: &Context) -> Judged {
    let usual = usual(cx).await?;
    let short = async {
        cx.sleep(std::time::Duration::from_millis(200)).await;
        Chat::new("hello beside a story", HELLO).asked(cx).await
    };
    let (_, exchange) = join(Chat::story().label("a story beside hello").asked(cx), short).await;
    if exchange.status() == 429 {
        return Ok(Outcome::skip(format!("two at once are refused: {}", said(&exchange))));
    }
    let first = first_token_ms(&exchange)?;
    let budget = usual * 2.0 + 300.0;
    let seen = format!("the first word after {first:.0} ms, usually {usual:.0} ms");
    let outcome = if first > budget { cx.broken(seen).with(&exchange) } else { Outcome::pass(seen) };
    Ok(outcome.expected(format!("at most {budget:.0} ms")))
}
