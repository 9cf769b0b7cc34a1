//! Latency and flow: when the first word comes, and whether the others keep coming.

use std::sync::Arc;

use super::chat::{Chat, HELLO, first_token_ms, reply};
use super::reply::Reply;
use crate::check::catalogue::{Check, Entry, Level, Pace};
use crate::check::raw::Exchange;
use crate::check::{Context, Judged, Outcome, quantile};

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: Entry::new("FLW-01", Level::Must, "the answer is streamed")
            .rule("a long answer", "words over more than a tenth of the answer's time")
            .advice(
                "an agent begins to speak with the first sentence; a buffered answer is silence",
                "a proxy or framework collects the body",
                "flush after each event; switch buffering off (`X-Accel-Buffering: no`)",
            )
            .quick()
            .limit(90),
        judge: |cx| Box::pin(streamed(cx)),
    },
    Check {
        entry: Entry::new("FLW-02", Level::Should, "each token is flushed")
            .rule("a long answer", "not more than three tokens in one read, for nine tokens of ten")
            .advice(
                "words come in bursts, and so does speech",
                "a buffer of a fixed size, or a timer, before the socket",
                "write and flush each event; set TCP_NODELAY",
            )
            .limit(90),
        judge: |cx| Box::pin(flushed(cx)),
    },
    Check {
        entry: Entry::new("FLW-03", Level::Must, "the first word never takes too long")
            .rule(
                "a short answer, on a warm connection, thirty times (five with --quick)",
                "every first word within `first_token_hard_ms`",
            )
            .advice(
                "the caller gives up",
                "a cold or overloaded model",
                "keep the model loaded; scale; answer 429 when there is no room",
            )
            .quick()
            .pace(Pace::Alone)
            .limit(400),
        judge: |cx| Box::pin(hard(cx)),
    },
    Check {
        entry: Entry::new("FLW-04", Level::Should, "the first word comes soon")
            .rule("the same", "median and 95th percentile within `first_token_ms`")
            .advice(
                "the delay of the reply is the product",
                "thinking before the answer, a far region, a long template",
                "switch thinking off; move nearer; cache the prompt's beginning",
            )
            .pace(Pace::Alone)
            .limit(400),
        judge: |cx| Box::pin(soon(cx)),
    },
    Check {
        entry: Entry::new("FLW-05", Level::Should, "words keep coming")
            .rule("a long answer", "no gap between two tokens longer than `token_gap_ms`")
            .advice(
                "speech stops in the middle of a sentence",
                "batches of other users' requests, garbage collection",
                "bound the batch, and look at the time of the gap in the report",
            )
            .limit(90),
        judge: |cx| Box::pin(gaps(cx)),
    },
    Check {
        entry: Entry::new("FLW-06", Level::Should, "text comes faster than it is spoken")
            .rule("a long answer", "at least 1.5 times as fast as speech")
            .advice(
                "the voice runs out of text",
                "a model too large for the machine",
                "take a smaller model or a larger machine",
            )
            .limit(90),
        judge: |cx| Box::pin(speed(cx)),
    },
    Check {
        entry: Entry::new("FLW-07", Level::Should, "the stream ends soon behind the answer")
            .rule("a chat with one message, streamed", "`[DONE]` within 500 ms after the reason")
            .advice(
                "the agent waits for the end of the answer to end its turn",
                "usage or moderation is computed before the end",
                "end the stream first",
            ),
        judge: |cx| Box::pin(tail(cx)),
    },
    Check {
        entry: Entry::new("FLW-08", Level::Should, "a long prompt does not delay the first word much")
            .rule("a prompt of 24,000 characters", "the first word within twice the usual time and 300 ms")
            .advice(
                "a long conversation becomes slower with every round",
                "the prompt is read again from its beginning each time",
                "cache the prompt's beginning",
            )
            .pace(Pace::Alone)
            .limit(90),
        judge: |cx| Box::pin(long_prompt(cx)),
    },
];

/// An answer of fewer characters is over before it flows.
const SHORT: usize = 60;

/// Answers on a warm connection, one after the other.
#[derive(Debug)]
pub(super) struct Warm {
    /// Milliseconds to the first word.
    pub(super) first: Vec<f64>,
    /// The slowest answer.
    slowest: Option<Exchange>,
    /// The first that said nothing, if any.
    silent: Option<Exchange>,
}

/// Measures once in a run.
pub(super) async fn warm(cx: &Context) -> Arc<Warm> {
    cx.once("warm answers", async || measure(cx).await).await
}

async fn measure(cx: &Context) -> Warm {
    let samples = if cx.settings().quick { cx.budgets().quick_samples } else { cx.budgets().samples };
    let mut warm = Warm { first: Vec::new(), slowest: None, silent: None };
    let mut connection = None;
    let chat = Chat::new("hello on a warm connection", HELLO);
    // The first answer warms, and is not counted.
    for sample in 0..=samples {
        let mut open = match connection.take() {
            Some(open) => open,
            None => match cx.connect().await {
                Ok(open) => open,
                Err(_) => return warm,
            },
        };
        let exchange = chat.asked_on(cx, &mut open).await;
        if exchange.is_complete() && !open.is_closed() {
            connection = Some(open);
        }
        if sample == 0 {
            continue;
        }
        match first_token_ms(&exchange) {
            Ok(first) => {
                let is_slowest = warm.first.iter().all(|other| *other < first);
                warm.first.push(first);
                cx.measured("first_token_ms", first);
                if is_slowest {
                    warm.slowest = Some(exchange);
                }
            }
            Err(_) if warm.silent.is_none() => warm.silent = Some(exchange),
            Err(_) => {}
        }
    }
    warm
}

/// The usual time to the first word, to compare with.
///
/// # Errors
/// No answer said anything.
pub(super) async fn usual(cx: &Context) -> Result<f64, Outcome> {
    let warm = warm(cx).await;
    quantile(&warm.first, 50).ok_or_else(|| Outcome::error("no answer on a warm connection said anything"))
}

/// The figures of the comparable line.
pub(super) fn figures(cx: &Context) -> Vec<String> {
    let first = cx.series("first_token_ms");
    let Some(p50) = quantile(&first, 50) else { return Vec::new() };
    let p95 = quantile(&first, 95).filter(|_| first.len() >= 20);
    let p95 = p95.map_or_else(String::new, |p95| format!(" p95 {p95:.0} ms"));
    let gap = quantile(&cx.series("token_gap_ms"), 99);
    let gap = gap.map(|gap| format!("token gap p99 {gap:.0} ms"));
    [format!("first token p50 {p50:.0} ms{p95}")].into_iter().chain(gap).collect()
}

/// The long answer, with something to judge in it.
///
/// # Errors
/// It is so short that nothing can be said of its flow.
async fn story(cx: &Context) -> Result<(Arc<Exchange>, Reply), Outcome> {
    let exchange = Chat::story().asked_once(cx).await;
    let reply = reply(&exchange)?;
    let length = reply.text().chars().count();
    if length > 0 && length < SHORT {
        return Err(Outcome::skip(format!("the answer to a wish for a story has {length} characters")));
    }
    Ok((exchange, reply))
}

async fn streamed(cx: &Context) -> Judged {
    let (exchange, reply) = story(cx).await?;
    let deltas = reply.deltas();
    let (Some((_, first)), Some((_, last))) = (deltas.first(), deltas.last()) else {
        return Ok(Outcome::error("nothing is said: TXT-01").with(&exchange));
    };
    let span = exchange.ms(*last) - exchange.ms(*first);
    let total = exchange.end_ms();
    let seen = format!(
        "{} tokens between {:.0} and {:.0} ms of {total:.0} ms",
        deltas.len(),
        exchange.ms(*first),
        exchange.ms(*last)
    );
    // What takes no time at all may come at once.
    let is_buffered = total > 200.0 && span < total / 10.0;
    Ok(if is_buffered { cx.broken(seen) } else { Outcome::pass(seen) }.with(&exchange).keep())
}

async fn flushed(cx: &Context) -> Judged {
    let (exchange, reply) = story(cx).await?;
    let deltas = reply.deltas();
    let bursts: Vec<usize> = deltas.chunk_by(|one, next| one.1 == next.1).map(<[_]>::len).collect();
    let late: usize = bursts.iter().filter(|burst| **burst > 3).sum();
    let longest = bursts.iter().max().copied().unwrap_or_default();
    let seen = format!("{} tokens in {} reads, at most {longest} in one", deltas.len(), bursts.len());
    Ok(if late * 10 > deltas.len() { cx.broken(seen).with(&exchange) } else { Outcome::pass(seen) })
}

async fn hard(cx: &Context) -> Judged {
    let warm = warm(cx).await;
    if let Some(silent) = &warm.silent {
        return Ok(Outcome::error(format!("no word in {}", silent.summary())).with(silent));
    }
    let (Some(worst), Some(slowest)) = (quantile(&warm.first, 100), &warm.slowest) else {
        return Ok(Outcome::error("no connection for measuring"));
    };
    let budget = cx.budgets().first_token_hard_ms;
    let seen = format!("the slowest of {} first words after {worst:.0} ms", warm.first.len());
    let outcome = if worst > budget { cx.broken(seen) } else { Outcome::pass(seen) };
    Ok(outcome.expected(format!("at most {budget:.0} ms")).with(slowest).keep())
}

async fn soon(cx: &Context) -> Judged {
    let warm = warm(cx).await;
    let (Some(p50), Some(p95)) = (quantile(&warm.first, 50), quantile(&warm.first, 95)) else {
        return Ok(Outcome::error("no answer said anything: FLW-03"));
    };
    let budgets = cx.budgets();
    let judges_p95 = !cx.settings().quick;
    let is_late = p50 > budgets.first_token_p50_ms || judges_p95 && p95 > budgets.first_token_p95_ms;
    let seen = format!("p50 {p50:.1} ms, p95 {p95:.1} ms of {}", warm.first.len());
    let outcome = if is_late { cx.broken(seen) } else { Outcome::pass(seen) };
    let expected = format!(
        "p50 at most {:.0} ms, p95 at most {:.0} ms",
        budgets.first_token_p50_ms, budgets.first_token_p95_ms
    );
    let outcome = outcome.expected(expected);
    Ok(match &warm.slowest {
        Some(slowest) => outcome.with(slowest),
        None => outcome,
    })
}

async fn gaps(cx: &Context) -> Judged {
    let (exchange, reply) = story(cx).await?;
    let times: Vec<f64> = reply.deltas().into_iter().map(|(_, at)| exchange.ms(at)).collect();
    let gaps: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    gaps.iter().for_each(|gap| cx.measured("token_gap_ms", *gap));
    let (Some(longest), Some(p99)) = (quantile(&gaps, 100), quantile(&gaps, 99)) else {
        return Ok(Outcome::error("fewer than two tokens").with(&exchange));
    };
    let budget = cx.budgets().token_gap_ms;
    let seen = format!("the longest gap is {longest:.0} ms, p99 {p99:.0} ms");
    let outcome = if longest > budget { cx.broken(seen) } else { Outcome::pass(seen) };
    Ok(outcome.expected(format!("at most {budget:.0} ms")).with(&exchange).keep())
}

/// How long a text takes to be said: the speeds of speech that the checks of voices use too.
fn spoken_seconds(text: &str) -> f64 {
    text.chars()
        .map(|c| match c {
            '\u{3040}'..='\u{30ff}' => 1.0 / 7.0,
            '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' => 1.0 / 4.5,
            // 2.6 words a second, of five letters and a space.
            _ => 1.0 / 15.6,
        })
        .sum()
}

async fn speed(cx: &Context) -> Judged {
    let (exchange, reply) = story(cx).await?;
    let deltas = reply.deltas();
    let (Some((_, first)), Some((_, last))) = (deltas.first(), deltas.last()) else {
        return Ok(Outcome::error("nothing is said: TXT-01").with(&exchange));
    };
    let took = last.since(*first).as_secs_f64();
    let speech = spoken_seconds(&reply.text());
    let seen = format!("{speech:.1} s of speech in {took:.1} s");
    Ok(if took * 1.5 > speech { cx.broken(seen).with(&exchange) } else { Outcome::pass(seen) })
}

async fn tail(cx: &Context) -> Judged {
    let exchange = Chat::hello().asked_once(cx).await;
    let reply = reply(&exchange)?;
    let finish =
        reply.finishes().first().and_then(|(place, _)| reply.chunks.get(*place)).map(|chunk| chunk.at);
    let done = reply.dones.first().and_then(|place| reply.events.get(*place)).map(|event| event.at);
    let (Some(finish), Some(done)) = (finish, done) else {
        return Ok(Outcome::skip("there is no end to measure from: END-01, SSE-03"));
    };
    let late = exchange.ms(done) - exchange.ms(finish);
    let seen = format!("{late:.0} ms from the reason to `[DONE]`");
    Ok(if late > 500.0 { cx.broken(seen).with(&exchange) } else { Outcome::pass(seen) })
}

async fn long_prompt(cx: &Context) -> Judged {
    let usual = usual(cx).await?;
    let line = "The night train stopped at a small station and went on. ";
    let prompt = format!("{}\n\n{HELLO}", line.repeat(24_000 / line.len()));
    let exchange = Chat::new("hello behind 24,000 characters", &prompt).asked(cx).await;
    let first = first_token_ms(&exchange)?;
    let budget = usual * 2.0 + 300.0;
    let seen = format!("the first word after {first:.0} ms, usually {usual:.0} ms");
    let outcome = if first > budget { cx.broken(seen).with(&exchange) } else { Outcome::pass(seen) };
    Ok(outcome.expected(format!("at most {budget:.0} ms")))
}
