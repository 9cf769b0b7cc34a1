//! Cancellation: barge-in happens on every other turn, and hangs up on the model.

use std::time::Duration;

use super::chat::{Chat, HELLO, STORY, first_token_ms, limits};
use super::flow::usual;
use crate::check::catalogue::{Check, Entry, Level, Pace};
use crate::check::raw::Limits;
use crate::check::{Context, Judged, Outcome};

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: Entry::new("CAN-01", Level::Must, "after a client has hung up the next is served at once")
            .rule(
                "a long answer, closed after its first words; then a short one",
                "the first word within 1.5 times the usual and 100 ms",
            )
            .advice(
                "barge-in closes the stream on every other turn, and the next answer is wanted at once",
                "a lock or a slot is held until the answer is over",
                "stop generating when the client has gone, and free everything",
            )
            .quick()
            .pace(Pace::Alone),
        judge: |cx| Box::pin(hung_up(cx)),
    },
    Check {
        entry: Entry::new("CAN-02", Level::Must, "after a reset the next is served at once")
            .rule("the same with a reset", "the same")
            .advice(
                "clients crash, and networks reset",
                "the error of a write is not handled",
                "treat a failed write as the end of the request",
            )
            .pace(Pace::Alone),
        judge: |cx| Box::pin(reset(cx)),
    },
    Check {
        entry: Entry::new("CAN-03", Level::Should, "work ends with the client")
            .rule(
                "twenty long answers, each closed after its first words; then a short one",
                "the first word within 1.5 times the usual and 100 ms",
            )
            .advice(
                "work for nobody takes the place of work for somebody, and is paid for",
                "the generation runs to its end whoever listens",
                "cancel the generation when a write fails or the client closes",
            )
            .pace(Pace::Alone)
            .limit(120),
        judge: |cx| Box::pin(twenty(cx)),
    },
    Check {
        entry: Entry::new("CAN-04", Level::Should, "work ends also when the client leaves early")
            .rule("ten long answers, each closed 20 ms after the request; then a short one", "the same")
            .advice(
                "a user who goes on talking cancels before the first word",
                "disconnects are noticed only when something is written",
                "watch the connection while waiting for the model",
            )
            .pace(Pace::Alone)
            .limit(120),
        judge: |cx| Box::pin(early(cx)),
    },
    Check {
        entry: Entry::new("CAN-05", Level::Must, "a client that has said all may still listen")
            .rule(
                "a short answer; after the request the client closes its side for writing",
                "the whole answer, or a clean end within 20 s; no hang",
            )
            .advice(
                "some clients half-close",
                "the end of reading is taken for the end of the connection, and nobody closes it",
                "answer, or close",
            ),
        judge: |cx| Box::pin(half_closed(cx)),
    },
];

/// How many bytes of a stream hold its first words.
const FIRST_WORDS: usize = 600;

/// Asks for a long answer, and leaves it after its first words.
async fn leave(cx: &Context, with_reset: bool) -> Result<(), Outcome> {
    let mut connection = cx.connected().await?;
    let ask = Chat::new("a story nobody hears to its end", STORY).ask(cx).await;
    connection.exchange(&ask, limits().enough(FIRST_WORDS)).await;
    if with_reset {
        connection.reset();
    }
    Ok(())
}

/// Whether a short answer now comes in the usual time.
async fn next(cx: &Context, what: &str) -> Judged {
    let usual = usual(cx).await?;
    let exchange = Chat::new("hello after others have left", HELLO).asked(cx).await;
    let seen = match first_token_ms(&exchange) {
        Ok(first) if first <= usual * 1.5 + 100.0 => {
            return Ok(Outcome::pass(format!("the first word after {first:.0} ms, usually {usual:.0} ms")));
        }
        Ok(first) => format!("the first word after {what} takes {first:.0} ms, usually {usual:.0} ms"),
        Err(_) => format!("after {what}: {}", exchange.summary()),
    };
    Ok(cx.broken(seen).expected(format!("at most {:.0} ms", usual * 1.5 + 100.0)).with(&exchange))
}

async fn hung_up(cx: &Context) -> Judged {
    usual(cx).await?;
    leave(cx, false).await?;
    next(cx, "a client hung up").await
}

async fn reset(cx: &Context) -> Judged {
    usual(cx).await?;
    leave(cx, true).await?;
    next(cx, "a reset").await
}

async fn twenty(cx: &Context) -> Judged {
    usual(cx).await?;
    for _ in 0..20 {
        leave(cx, false).await?;
    }
    next(cx, "twenty clients hung up").await
}

async fn early(cx: &Context) -> Judged {
    usual(cx).await?;
    let ask = Chat::new("a story nobody waits for", STORY).ask(cx).await;
    for _ in 0..10 {
        let mut connection = cx.connected().await?;
        // That it cannot be written is another check's.
        let _ = connection.write_ask(&ask).await;
        cx.sleep(Duration::from_millis(20)).await;
    }
    // The server must have noticed before it counts.
    cx.sleep(Duration::from_millis(200)).await;
    next(cx, "ten clients left early").await
}

async fn half_closed(cx: &Context) -> Judged {
    const LIMIT: Duration = Duration::from_secs(20);
    let mut connection = cx.connected().await?;
    let ask = Chat::new("hello from a client that has said all", HELLO).ask(cx).await;
    let written = async {
        connection.write_ask(&ask).await?;
        connection.finish_writing().await
    };
    if let Err(error) = written.await {
        return Ok(Outcome::error(format!("the request could not be written: {error}")));
    }
    let exchange = connection.next_answer(&ask, Limits { total: LIMIT, ..limits() }).await;
    if matches!(exchange.end, crate::check::raw::End::TimedOut(_)) {
        return Ok(cx.broken(exchange.summary()).with(&exchange));
    }
    Ok(Outcome::pass(exchange.summary()))
}
