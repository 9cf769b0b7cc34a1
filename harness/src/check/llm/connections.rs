//! Connections: kept, reused, and closed when the client wants it.

use std::time::Duration;

use super::chat::{Chat, is_answered, said};
use crate::check::catalogue::{Check, Entry, Level, Pace};
use crate::check::{Context, Judged, Outcome};

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: Entry::new("KAL-01", Level::Must, "a connection serves many answers")
            .rule("five requests on one connection", "five whole answers")
            .advice(
                "an agent keeps a pool of connections",
                "bytes behind the end of a body, or a close that is not announced",
                "end each body once, and keep the connection",
            )
            .quick(),
        judge: |cx| Box::pin(five(cx)),
    },
    Check {
        entry: Entry::new("KAL-02", Level::Should, "an idle connection is kept")
            .rule("a request, `idle_keepalive_s` of silence, a request", "both answered on one connection")
            .advice(
                "a new connection costs the first word one to three round trips",
                "a timeout shorter than a pause in a conversation",
                "keep idle connections for 15 s at least",
            )
            .pace(Pace::Waits)
            .limit(120),
        judge: |cx| Box::pin(idle(cx)),
    },
    Check {
        entry: Entry::new("KAL-03", Level::Should, "the server closes when it is asked to")
            .rule("`Connection: close`", "the connection ends within 2 s after the body")
            .advice(
                "clients of that kind wait for the end",
                "the header is not read",
                "close after the answer",
            ),
        judge: |cx| Box::pin(closes(cx)),
    },
];

async fn five(cx: &Context) -> Judged {
    let mut connection = cx.connected().await?;
    for number in 1..=5 {
        let exchange = Chat::hello()
            .label(&format!("hello {number} of 5 on one connection"))
            .asked_on(cx, &mut connection)
            .await;
        if !is_answered(&exchange) {
            return Ok(cx.broken(format!("request {number}: {}", said(&exchange))).with(&exchange));
        }
    }
    Ok(Outcome::pass("five answers"))
}

async fn idle(cx: &Context) -> Judged {
    let pause = Duration::from_secs_f64(cx.budgets().idle_keepalive_s);
    let mut connection = cx.connected().await?;
    let first = Chat::hello().label("hello before a pause").asked_on(cx, &mut connection).await;
    if !is_answered(&first) {
        return Ok(Outcome::error(said(&first)).with(&first));
    }
    cx.sleep(pause).await;
    let second = Chat::hello().label("hello after a pause").asked_on(cx, &mut connection).await;
    let seen = format!("after {} s: {}", pause.as_secs(), said(&second));
    Ok(if is_answered(&second) { Outcome::pass(seen) } else { cx.broken(seen).with(&second) })
}

async fn closes(cx: &Context) -> Judged {
    let mut connection = cx.connected().await?;
    let chat = Chat::hello().label("hello and close").header("Connection", "close");
    let exchange = chat.asked_on(cx, &mut connection).await;
    if !exchange.is_complete() {
        return Ok(Outcome::error(said(&exchange)).with(&exchange));
    }
    match connection.wait_for_end(Duration::from_secs(2)).await {
        Some(_) => Ok(Outcome::pass("closed")),
        None => Ok(cx.broken("still open 2 s after the answer").with(&exchange)),
    }
}
