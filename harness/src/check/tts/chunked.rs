//! Chunked framing: every border, the end, and how the audio is spread over chunks.

use std::sync::Arc;
use std::time::Duration;

use super::speak::{Format, Say, long_text, quantile};
use crate::check::catalogue::{Check, Entry, Level};
use crate::check::raw::{BodyFraming, End, Exchange, Limits, millis};
use crate::check::{Context, Heard, Judged, Outcome};

/// How long to wait behind an answer for bytes that should not be there.
const LINGER: Duration = Duration::from_millis(60);

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: Entry::new("CHK-01", Level::Must, "every chunk is a size in hex, CR LF, data, CR LF")
            .rule("T-ZH", "no deviation in any chunk")
            .advice(
                "strict decoders abort the stream",
                "chunks written by hand: LF alone, `0x` before the size, a size that counts characters",
                "let the HTTP server write the chunks, or write `{:x}\\r\\n`, the data, `\\r\\n`",
            )
            .quick(),
        judge: |cx| Box::pin(borders(cx)),
    },
    Check {
        entry: Entry::new(
            "CHK-02",
            Level::Must,
            "the body ends with a chunk of length zero and an empty line",
        )
        .rule("T-ZH", "0, CR LF, CR LF at the end")
        .advice(
            "the only mark of \"complete\": without it a client cannot tell an end from a cut",
            "the connection is closed when the audio is out",
            "end the stream in the server's own way, or write `0\\r\\n\\r\\n`",
        )
        .quick(),
        judge: |cx| Box::pin(last_chunk(cx)),
    },
    Check {
        entry: Entry::new("CHK-03", Level::Must, "nothing follows the end of the body")
            .rule("T-ZH, and a wait behind the end", "no byte")
            .advice(
                "what follows becomes the head of the next answer",
                "a newline or a second end written by hand behind the stream",
                "write nothing after the last chunk",
            ),
        judge: |cx| Box::pin(nothing_after(cx)),
    },
    Check {
        entry: Entry::new("CHK-04", Level::Must, "the audio streams")
            .rule("T-300", "several chunks, and the first audio in the first half of the answer's time")
            .advice(
                "chunked but held back is not streaming: the caller waits for the whole text",
                "the framework or a proxy saves up the body, or the synthesis returns everything at once",
                "flush after each piece, turn off buffering in proxies, call the model in streaming mode",
            )
            .quick()
            .limit(180),
        judge: |cx| Box::pin(streams(cx)),
    },
    Check {
        entry: Entry::new("CHK-05", Level::Should, "no chunk holds more than a second of audio")
            .rule("T-300", "every chunk at most 1 s of audio")
            .advice(
                "coarse chunks come late after an interruption and make the player wait",
                "a chunk a sentence",
                "cut the audio into pieces of 20 to 200 ms",
            )
            .limit(180),
        judge: |cx| Box::pin(not_coarse(cx)),
    },
    Check {
        entry: Entry::new("CHK-06", Level::Should, "chunks are not tiny")
            .rule("T-300", "the median chunk holds at least 10 ms of audio")
            .advice(
                "tiny chunks cost both sides a wake-up each",
                "every sample or model frame is written by itself",
                "collect at least 20 ms before writing",
            )
            .limit(180),
        judge: |cx| Box::pin(not_tiny(cx)),
    },
    Check {
        entry: Entry::new("CHK-07", Level::May, "whether chunks have extensions or trailers")
            .rule("T-ZH", "none; reported")
            .advice("legal and rarely handled", "a gateway that signs chunks", "leave them out"),
        judge: |cx| Box::pin(extras(cx)),
    },
    Check {
        entry: Entry::new("CHK-08", Level::Must, "no chunk of length zero stands in the middle")
            .rule("T-1, 20 times", "no chunk follows the end")
            .advice(
                "it ends the body early in every client",
                "an empty piece of the model written as a chunk",
                "skip pieces without bytes",
            ),
        judge: |cx| Box::pin(no_early_end(cx)),
    },
    Check {
        entry: Entry::new("CHK-09", Level::Should, "the first chunk is small")
            .rule("T-300", "at most 300 ms of audio in the first chunk")
            .advice(
                "bytes were saved up before the first flush, and time with them",
                "a buffer of 8 or 64 KiB in the framework",
                "flush the first piece at once",
            )
            .limit(180),
        judge: |cx| Box::pin(first_is_small(cx)),
    },
];

/// The answer to a text in the plainest format, when it is chunked.
async fn in_chunks(cx: &Context, id: &str) -> Result<Arc<Exchange>, Outcome> {
    chunked(Say::format(id, Format::plain(cx)).said_once(cx).await)
}

fn chunked(exchange: Arc<Exchange>) -> Result<Arc<Exchange>, Outcome> {
    if let End::Unreached(why) = &exchange.end {
        return Err(Outcome::error(why.to_string()));
    }
    if exchange.framing != BodyFraming::Chunked {
        return Err(Outcome::skip(format!(
            "the answer is not chunked: see HTTP-03 ({})",
            exchange.summary()
        )));
    }
    Ok(exchange)
}

async fn borders(cx: &Context) -> Judged {
    let exchange = in_chunks(cx, "T-ZH").await?;
    if exchange.faults.is_empty() {
        return Ok(Outcome::pass(format!("{} chunks", exchange.chunks.len())));
    }
    Ok(cx.broken(exchange.faults.join("; ")).with(&exchange))
}

async fn last_chunk(cx: &Context) -> Judged {
    let say =
        if Format::Wav.offered(cx).is_ok() { Say::new("T-ZH") } else { Say::format("T-ZH", Format::Pcm) };
    let exchange = chunked(say.said_once(cx).await)?;
    match &exchange.end {
        End::Complete => Ok(Outcome::pass("complete")),
        End::Closed | End::Broken(_) | End::TimedOut(_) => {
            let (length, ms) = (exchange.body.len(), exchange.end_ms());
            Ok(cx
                .broken(format!("{} after {length} bytes of audio, at {ms:.0} ms", exchange.end))
                .with(&exchange))
        }
        other => Err(Outcome::error(other.to_string()).with(&exchange)),
    }
}

/// Whether bytes behind an end are more chunks: a size in hex and CR LF.
fn are_chunks(after: &[u8]) -> bool {
    let digits = after.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    (1..=8).contains(&digits) && after[digits..].starts_with(b"\r\n")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

async fn nothing_after(cx: &Context) -> Judged {
    in_chunks(cx, "T-ZH").await?;
    let ask = Say::format("T-ZH", Format::plain(cx)).ask(cx).label("T-ZH, and a wait");
    let exchange = cx.ask(&ask, Limits::seconds(15).linger(LINGER)).await;
    if !exchange.is_complete() {
        return Err(Outcome::skip(format!("the body has no end: see CHK-02 ({})", exchange.summary())));
    }
    if are_chunks(&exchange.after) {
        return Err(Outcome::skip("the body goes on behind its end: see CHK-08"));
    }
    if exchange.after.is_empty() {
        return Ok(Outcome::pass("nothing"));
    }
    Ok(cx.broken(format!("{} bytes: {}", exchange.after.len(), hex(&exchange.after))).with(&exchange))
}

async fn streams(cx: &Context) -> Judged {
    let exchange = in_chunks(cx, long_text(cx)).await?;
    exchange.audio()?;
    let first = exchange.first_audio_ms().unwrap_or(f64::INFINITY);
    let total = exchange.last_byte_ms();
    let seen = format!("{} chunks, first audio at {first:.0} ms of {total:.0} ms", exchange.chunks.len());
    if exchange.chunks.len() > 1 && first < total / 2.0 {
        return Ok(Outcome::pass(seen).with(&exchange).keep());
    }
    Ok(cx.broken(seen).with(&exchange))
}

/// How many milliseconds of audio so many bytes are.
fn audio_ms(audio: &Heard, bytes: u64) -> f64 {
    let a_second = f64::from(audio.rate) * f64::from(audio.channels) * 2.0;
    bytes as f64 * 1_000.0 / a_second
}

async fn not_coarse(cx: &Context) -> Judged {
    let exchange = in_chunks(cx, long_text(cx)).await?;
    let audio = exchange.audio()?;
    let largest = exchange.chunks.iter().max_by_key(|chunk| chunk.size);
    let Some(largest) = largest else { return Err(Outcome::skip("no chunk")) };
    let length = audio_ms(&audio, largest.size);
    let seen = format!("the largest holds {length:.0} ms, at {:.0} ms", exchange.ms(largest.at));
    // A header in front is no audio.
    if length <= 1_005.0 { Ok(Outcome::pass(seen)) } else { Ok(cx.broken(seen).with(&exchange)) }
}

async fn not_tiny(cx: &Context) -> Judged {
    let exchange = in_chunks(cx, long_text(cx)).await?;
    let audio = exchange.audio()?;
    let lengths: Vec<_> = exchange.chunks.iter().map(|chunk| audio_ms(&audio, chunk.size)).collect();
    let median = quantile(&lengths, 50).ok_or_else(|| Outcome::skip("no chunk"))?;
    let seen = format!("the median of {} chunks holds {median:.1} ms", lengths.len());
    if median >= 10.0 { Ok(Outcome::pass(seen)) } else { Ok(cx.broken(seen).with(&exchange)) }
}

async fn extras(cx: &Context) -> Judged {
    let exchange = in_chunks(cx, "T-ZH").await?;
    let extended = exchange.chunks.iter().filter(|chunk| !chunk.extension.is_empty());
    let (count, first) = (extended.clone().count(), extended.map(|chunk| chunk.extension.as_str()).next());
    let trailers: Vec<_> = exchange.trailers.iter().map(|(name, _)| name.as_str()).collect();
    match (first, trailers.as_slice()) {
        (None, []) => Ok(Outcome::pass("neither")),
        (Some(first), _) => {
            Ok(cx.broken(format!("{count} chunks with extensions such as `{first}`")).with(&exchange))
        }
        (None, names) => Ok(cx.broken(format!("trailers: {}", names.join(", "))).with(&exchange)),
    }
}

async fn no_early_end(cx: &Context) -> Judged {
    in_chunks(cx, "T-ZH").await?;
    let began = cx.clock().now();
    for number in 1..=20 {
        let ask = Say::format("T-1", Format::plain(cx)).ask(cx).label(format!("T-1, time {number}"));
        let exchange = cx.ask(&ask, Limits::seconds(15).linger(LINGER)).await;
        if exchange.is_complete() && are_chunks(&exchange.after) {
            let seen = format!(
                "time {number}: after {} bytes of audio the end, then {}",
                exchange.body.len(),
                hex(&exchange.after)
            );
            return Ok(cx.broken(seen).with(&exchange));
        }
    }
    Ok(Outcome::pass(format!("none of 20 answers in {:.0} ms", millis(cx.clock().now().since(began)))))
}

async fn first_is_small(cx: &Context) -> Judged {
    let exchange = in_chunks(cx, long_text(cx)).await?;
    let audio = exchange.audio()?;
    // The chunk with the first audio: a header may have one of its own.
    let offset = audio.offset as u64;
    let first = exchange.chunks.iter().find(|chunk| chunk.offset + chunk.size > offset);
    let Some(first) = first else { return Err(Outcome::skip("no chunk of audio")) };
    let length = audio_ms(&audio, first.size.saturating_sub(offset.saturating_sub(first.offset)));
    let seen = format!("{length:.0} ms of audio, at {:.0} ms", exchange.ms(first.at));
    if length <= 300.0 { Ok(Outcome::pass(seen)) } else { Ok(cx.broken(seen).with(&exchange)) }
}
