//! Chunked framing: every border, the end, and how the audio is spread over chunks.

use super::speak::{Format, Say};
use crate::check::catalogue::{Check, Entry, Level};
use crate::check::{Context, Judged, Outcome};

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[Check {
    entry: Entry::new("CHK-01", Level::Must, "every chunk is a size in hex, CR LF, data, CR LF")
        .rule("T-ZH", "no deviation in any chunk")
        .advice(
            "strict decoders abort the stream",
            "chunks written by hand: a size in decimal, `0x` before it, LF alone, or a size that counts characters",
            "let the HTTP server write the chunks, or write `{:x}\\r\\n`, the data, `\\r\\n`",
        )
        .quick(),
    judge: |cx| Box::pin(borders(cx)),
}];

async fn borders(cx: &Context) -> Judged {
    let exchange = Say::format("T-ZH", Format::Pcm).said_once(cx).await;
    if !exchange.faults.is_empty() {
        return Ok(cx.broken(exchange.faults.join("; ")).with(&exchange));
    }
    if exchange.chunks.is_empty() {
        return Ok(Outcome::skip(format!("no chunks: {}", exchange.summary())));
    }
    Ok(Outcome::pass(format!("{} chunks", exchange.chunks.len())))
}
