//! HTTP and the head of the answer: status, version, framing, type.

use super::speak::{Format, Say};
use crate::check::catalogue::{Check, Entry, Level};
use crate::check::raw::End;
use crate::check::{Context, Judged, Outcome};

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: Entry::new("HTTP-01", Level::Must, "a plain request is answered with status 200")
            .rule("POST over HTTP/1.1, T-ZH, everything by default", "status 200 and a body")
            .advice(
                "the base case: all others need it",
                "the path or the key is not the configured one, or the server redirects",
                "answer POST on exactly the configured APIUrl with 200; never redirect",
            )
            .quick(),
        judge: |cx| Box::pin(status(cx)),
    },
    Check {
        entry: Entry::new("HTTP-02", Level::Must, "the answer is HTTP/1.1")
            .rule("POST over HTTP/1.1, T-ZH", "a status line of HTTP/1.1")
            .advice(
                "chunked transfer does not exist in HTTP/1.0, and clients close the connection after it",
                "a server of a scripting language's standard library that speaks 1.0 unless told otherwise",
                "set the protocol version to HTTP/1.1, or put the server behind one that speaks it",
            )
            .quick(),
        judge: |cx| Box::pin(version(cx)),
    },
    Check {
        entry: Entry::new("HTTP-03", Level::Must, "the answer is chunked, once")
            .rule("POST over HTTP/1.1, T-ZH", "exactly one header `Transfer-Encoding: chunked`")
            .advice(
                "the platform checks it by force",
                "the framework knows the whole body and sends a Content-Length instead",
                "answer with a stream or generator, so that the length is not known when the head is sent",
            )
            .quick(),
        judge: |cx| Box::pin(chunked(cx)),
    },
];

async fn status(cx: &Context) -> Judged {
    let exchange = Say::new("T-ZH").said_once(cx).await;
    if exchange.status() != 200 {
        return Ok(cx.broken(exchange.summary()).with(&exchange));
    }
    match &exchange.end {
        End::Complete | End::Closed | End::Malformed(_) => Ok(Outcome::pass(exchange.summary())),
        _ => Ok(cx.broken(exchange.summary()).with(&exchange)),
    }
}

async fn version(cx: &Context) -> Judged {
    let exchange = Say::new("T-ZH").said_once(cx).await;
    let version = exchange.head.as_ref().map_or("no head", |head| &head.version).to_owned();
    if version == "HTTP/1.1" {
        return Ok(Outcome::pass(version));
    }
    Ok(cx.broken(version).with(&exchange))
}

async fn chunked(cx: &Context) -> Judged {
    let exchange = Say::format("T-ZH", Format::Wav).said_once(cx).await;
    let head = exchange.head.as_ref().ok_or_else(|| Outcome::error(exchange.summary()).with(&exchange))?;
    let values: Vec<_> = head.values("transfer-encoding").collect();
    match values.as_slice() {
        [one] if one.eq_ignore_ascii_case("chunked") => Ok(Outcome::pass("Transfer-Encoding: chunked")),
        [] => Ok(cx.broken("no Transfer-Encoding").with(&exchange)),
        several => Ok(cx.broken(format!("Transfer-Encoding: {}", several.join(" and "))).with(&exchange)),
    }
}
