//! WAV in a stream: one true header, then samples, then nothing.

use std::sync::Arc;

use serde_json::json;

use super::audio::WavHeader;
use super::speak::{Format, Say, same_length};
use crate::check::catalogue::{Check, Entry, Level};
use crate::check::raw::Exchange;
use crate::check::{Context, Judged, Outcome};

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: Entry::new("WAV-01", Level::Must, "a WAV begins with RIFF....WAVE")
            .rule("T-ZH as wav", "the first 12 bytes are RIFF, a size, WAVE")
            .advice(
                "every reader refuses samples under the label of a WAV",
                "the header is forgotten in the streaming path",
                "send the header before the first sample",
            )
            .quick(),
        judge: |cx| Box::pin(magic(cx)),
    },
    Check {
        entry: Entry::new("WAV-02", Level::Must, "the format is plain PCM, and stands before the samples")
            .rule("T-ZH as wav", "`fmt ` before `data`, format tag 1")
            .advice(
                "players expect plain PCM",
                "floats (tag 3) or mu-law (tag 7) of the model's library",
                "convert to 16 bit and write tag 1",
            )
            .quick(),
        judge: |cx| Box::pin(plain_pcm(cx)),
    },
    Check {
        entry: Entry::new("WAV-03", Level::Must, "the header's arithmetic is right")
            .rule("T-ZH as wav", "16 bits; block align = 2 x channels; byte rate = rate x block align")
            .advice(
                "strict readers refuse wrong figures",
                "a header built by hand",
                "compute the figures from rate and channels",
            )
            .quick(),
        judge: |cx| Box::pin(arithmetic(cx)),
    },
    Check {
        entry: Entry::new("WAV-04", Level::Must, "the header names the rate that was asked for")
            .rule("T-ZH as wav at 16000 and 24000 Hz", "the asked rate in the header, or a refusal")
            .advice(
                "the wrong rate is heard as the wrong pitch",
                "a constant in the header",
                "write the rate of the samples, and resample to the asked one",
            )
            .quick(),
        judge: |cx| Box::pin(rate(cx)),
    },
    Check {
        entry: Entry::new("WAV-05", Level::Must, "the header names the channels that were asked for")
            .rule("T-ZH as wav in 1 and 2 channels", "the asked channels in the header, or a refusal")
            .advice("half or double speed", "a constant in the header", "write the channels of the samples")
            .quick(),
        judge: |cx| Box::pin(channels(cx)),
    },
    Check {
        entry: Entry::new("WAV-06", Level::Must, "there is one header only")
            .rule("T-ZH as wav, which has two sentences", "RIFF....WAVE once in the whole body")
            .advice(
                "a header a sentence or chunk is a click each time",
                "every sentence is made into a file of its own, and they are sent one after the other",
                "strip the header of every piece but the first",
            )
            .quick(),
        judge: |cx| Box::pin(one_header(cx)),
    },
    Check {
        entry: Entry::new(
            "WAV-07",
            Level::Must,
            "the sizes in the header are true, or say that they are not known",
        )
        .rule("T-ZH as wav", "true sizes, or 0, 0x7FFFFFFF or 0xFFFFFFFF")
        .advice(
            "readers that obey a false size stop early, or wait for more",
            "the size of the first sentence, or a large invented number",
            "write 0xFFFFFFFF in both sizes of a stream",
        )
        .quick(),
        judge: |cx| Box::pin(sizes(cx)),
    },
    Check {
        entry: Entry::new("WAV-08", Level::Must, "nothing follows the samples")
            .rule("T-ZH as wav", "behind a true size padding and whole RIFF chunks; else nothing")
            .advice(
                "a LIST or C2PA chunk at the end is played as a loud click",
                "an encoder writes its tags at the end",
                "turn metadata off",
            ),
        judge: |cx| Box::pin(nothing_behind(cx)),
    },
    Check {
        entry: Entry::new("WAV-09", Level::Should, "the header is short and comes in one piece")
            .rule("T-ZH as wav", "at most 44 bytes and a LIST of 256, wholly in the first chunk")
            .advice(
                "simple clients strip 44 bytes",
                "a large LIST, or a flush in the middle of the header",
                "write the plain header of 44 bytes at once",
            ),
        judge: |cx| Box::pin(short_header(cx)),
    },
    Check {
        entry: Entry::new("WAV-10", Level::Should, "wav and pcm are the same audio")
            .rule("T-ZH as wav and as pcm", "durations within 5 %")
            .advice(
                "two paths in the code drift apart",
                "one path trims silence or resamples",
                "make both from the same samples",
            ),
        judge: |cx| Box::pin(same_as_pcm(cx)),
    },
    Check {
        entry: Entry::new("WAV-11", Level::Should, "the header comes with the audio")
            .rule("T-ZH as wav", "the header at most 50 ms before the first sample")
            .advice(
                "an early header makes the time to the first byte look good, and helps nobody",
                "the header is flushed before the synthesis begins",
                "send it with the first samples",
            ),
        judge: |cx| Box::pin(header_with_audio(cx)),
    },
    Check {
        entry: Entry::new("WAV-12", Level::Must, "the samples are whole")
            .rule("T-ZH as wav", "bytes of samples that the block align divides")
            .advice(
                "half a sample left over is a click, and shifts what follows",
                "the audio is cut by bytes",
                "cut at multiples of the block align",
            ),
        judge: |cx| Box::pin(whole(cx)),
    },
];

async fn said(cx: &Context) -> Result<Arc<Exchange>, Outcome> {
    Format::Wav.offered(cx)?;
    let exchange = Say::format("T-ZH", Format::Wav).said_once(cx).await;
    answered(&exchange)?;
    Ok(exchange)
}

/// That an answer succeeded with a body, WAV or not.
fn answered(exchange: &Exchange) -> Result<(), Outcome> {
    if exchange.body.len() > 12 && exchange.status() == 200 && !super::refusal::is_json(exchange) {
        return Ok(());
    }
    exchange.audio().map(drop)
}

async fn header(cx: &Context) -> Result<(Arc<Exchange>, WavHeader), Outcome> {
    let exchange = said(cx).await?;
    match WavHeader::read(&exchange.body) {
        Some(header) => Ok((exchange, header)),
        None => Err(Outcome::skip("there is no header with samples behind it: see WAV-01 and WAV-02")),
    }
}

async fn magic(cx: &Context) -> Judged {
    let exchange = said(cx).await?;
    let first = &exchange.body[..12];
    let shown = first.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
    if first.starts_with(b"RIFF") && first.ends_with(b"WAVE") {
        return Ok(Outcome::pass(shown));
    }
    Ok(cx.broken(shown).expected("52 49 46 46 .. .. .. .. 57 41 56 45").with(&exchange))
}

async fn plain_pcm(cx: &Context) -> Judged {
    let exchange = said(cx).await?;
    if !exchange.body.starts_with(b"RIFF") {
        return Err(Outcome::skip("no RIFF: see WAV-01"));
    }
    let Some(header) = WavHeader::read(&exchange.body) else {
        return Ok(cx.broken("no `data` within the first 4096 bytes").with(&exchange));
    };
    match (header.has_format, header.tag, header.sub_tag) {
        (false, ..) => Ok(cx.broken("`data` before `fmt `").with(&exchange)),
        (true, 1, _) => Ok(Outcome::pass("format tag 1")),
        (true, 0xFFFE, Some(1)) => {
            Ok(Outcome::warn("format tag 0xFFFE with the sub-format PCM").with(&exchange))
        }
        (true, tag, _) => Ok(cx.broken(format!("format tag {tag:#x}")).with(&exchange)),
    }
}

async fn arithmetic(cx: &Context) -> Judged {
    let (exchange, header) = header(cx).await?;
    let WavHeader { bits, block_align, channels, byte_rate, rate, .. } = header;
    let seen = format!(
        "{bits} bits, block align {block_align}, {channels} channels, byte rate {byte_rate}, rate {rate}"
    );
    let is_right = bits == 16
        && u32::from(block_align) == 2 * u32::from(channels)
        && u64::from(byte_rate) == u64::from(rate) * u64::from(block_align);
    if is_right { Ok(Outcome::pass(seen)) } else { Ok(cx.broken(seen).with(&exchange)) }
}

async fn rate(cx: &Context) -> Judged {
    header(cx).await?;
    let mut seen = Vec::new();
    for rate in [16_000_u32, 24_000] {
        let exchange = Say::format("T-ZH", Format::Wav).with("SampleRate", json!(rate)).said_once(cx).await;
        let Some(header) = WavHeader::read(&exchange.body).filter(|_| exchange.audio().is_ok()) else {
            seen.push(format!("{rate} is not served"));
            continue;
        };
        if header.rate != rate {
            return Ok(cx
                .broken(format!("asked {rate} Hz, the header says {}", header.rate))
                .with(&exchange));
        }
        seen.push(format!("{rate} Hz"));
    }
    Ok(Outcome::pass(seen.join(", ")))
}

async fn channels(cx: &Context) -> Judged {
    header(cx).await?;
    let mut seen = Vec::new();
    for channels in [1_u16, 2] {
        let exchange = Say::format("T-ZH", Format::Wav).with("Channel", json!(channels)).said_once(cx).await;
        let Some(header) = WavHeader::read(&exchange.body).filter(|_| exchange.audio().is_ok()) else {
            seen.push(format!("{channels} is not served"));
            continue;
        };
        if header.channels != channels {
            return Ok(cx
                .broken(format!("asked {channels}, the header says {}", header.channels))
                .with(&exchange));
        }
        seen.push(format!("{channels}"));
    }
    Ok(Outcome::pass(seen.join(", ")))
}

async fn one_header(cx: &Context) -> Judged {
    let exchange = said(cx).await?;
    let is_header = |window: &[u8]| window.starts_with(b"RIFF") && window.ends_with(b"WAVE");
    let at: Vec<_> = exchange
        .body
        .windows(12)
        .enumerate()
        .filter(|(_, window)| is_header(window))
        .map(|(at, _)| at)
        .collect();
    match at.as_slice() {
        [] => Err(Outcome::skip("no header: see WAV-01")),
        [_] => Ok(Outcome::pass("one")),
        [_, second, ..] => {
            Ok(cx.broken(format!("{}, the second at byte {second}", at.len())).with(&exchange))
        }
    }
}

/// What is behind the samples of a true size: `true` when it is padding and whole RIFF chunks.
fn are_riff_chunks(mut rest: &[u8]) -> bool {
    while rest.len() >= 8 {
        let size = u32::from_le_bytes([rest[4], rest[5], rest[6], rest[7]]);
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let is_id = rest[..4].iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
        match rest.get(8..).and_then(|content| content.get(size..)) {
            Some(next) if is_id => rest = next.get(size % 2..).unwrap_or_default(),
            _ => return false,
        }
    }
    rest.iter().all(|byte| *byte == 0)
}

async fn sizes(cx: &Context) -> Judged {
    let (exchange, header) = header(cx).await?;
    let length = exchange.body.len();
    let seen = format!(
        "RIFF {:#x}, data {:#x}; the body has {length} bytes, {} of them behind the header",
        header.riff_size,
        header.data_size,
        length - header.data
    );
    let data_end = header.data as u64 + u64::from(header.data_size);
    let rest = exchange.body.get(header.data_end(length)..).unwrap_or_default();
    let is_data_true =
        WavHeader::is_placeholder(header.data_size) || data_end <= length as u64 && are_riff_chunks(rest);
    // Some writers add the header to "not known": the sum is as good a mark.
    let is_riff_true = WavHeader::is_placeholder(header.riff_size)
        || u64::from(header.riff_size) + 8 == length as u64
        || WavHeader::is_placeholder(header.data_size)
            && header.riff_size == header.data_size.wrapping_add(36);
    if is_data_true && is_riff_true { Ok(Outcome::pass(seen)) } else { Ok(cx.broken(seen).with(&exchange)) }
}

/// Chunks that stand behind samples in files.
const TRAILING: [&[u8; 4]; 9] =
    [b"LIST", b"C2PA", b"id3 ", b"ID3 ", b"bext", b"cue ", b"fact", b"JUNK", b"INFO"];
/// How far from the end a trailing chunk is looked for.
const TRAILING_REACH: usize = 64 * 1024;

async fn nothing_behind(cx: &Context) -> Judged {
    let (exchange, header) = header(cx).await?;
    let length = exchange.body.len();
    if !WavHeader::is_placeholder(header.data_size) {
        let rest = exchange.body.get(header.data_end(length)..).unwrap_or_default();
        return match (rest.len(), are_riff_chunks(rest)) {
            (_, false) => Err(Outcome::skip("the size of the samples is false: see WAV-07")),
            (0, true) => Ok(Outcome::pass("nothing")),
            (more, true) => {
                Ok(Outcome::pass(format!("{more} bytes of whole RIFF chunks behind a true size")))
            }
        };
    }
    let from = length.saturating_sub(TRAILING_REACH).max(header.data);
    let ends_body = |at: &usize| {
        let chunk = &exchange.body[*at..];
        let is_known = TRAILING.iter().any(|id| chunk.starts_with(*id));
        is_known && chunk.len() >= 8 && are_riff_chunks(chunk)
    };
    match (from..length.saturating_sub(8)).find(ends_body) {
        Some(at) => {
            let id = String::from_utf8_lossy(&exchange.body[at..at + 4]).into_owned();
            Ok(cx
                .broken(format!("a chunk `{id}` at byte {at}, {} bytes from the end", length - at))
                .with(&exchange))
        }
        None => Ok(Outcome::pass("nothing")),
    }
}

async fn short_header(cx: &Context) -> Judged {
    let (exchange, header) = header(cx).await?;
    let first = exchange.chunks.first().map_or(header.data as u64, |chunk| chunk.size);
    let seen = format!("{} bytes of header, {first} bytes in the first chunk", header.data);
    // 44 bytes, and a LIST with its head.
    if header.data <= 44 + 264 && first >= header.data as u64 {
        return Ok(Outcome::pass(seen));
    }
    Ok(cx.broken(seen).with(&exchange))
}

async fn same_as_pcm(cx: &Context) -> Judged {
    Format::Pcm.offered(cx)?;
    let (exchange, _) = header(cx).await?;
    let pcm = Say::format("T-ZH", Format::Pcm).said_once(cx).await;
    let (one, other) = (exchange.audio()?.seconds(), pcm.audio()?.seconds());
    let seen = format!("{one:.2} s as wav, {other:.2} s as pcm");
    if same_length(one, other, 0.05) {
        Ok(Outcome::pass(seen))
    } else {
        Ok(cx.broken(seen).with(&exchange).with(&pcm))
    }
}

async fn header_with_audio(cx: &Context) -> Judged {
    let (exchange, header) = header(cx).await?;
    let (first, audio) = (exchange.arrival_of(0), exchange.arrival_of(header.data));
    let (Some(first), Some(audio)) = (first, audio) else {
        return Err(Outcome::skip("no sample behind the header"));
    };
    let ahead = exchange.ms(audio) - exchange.ms(first);
    let seen = format!("header at {:.0} ms, audio at {:.0} ms", exchange.ms(first), exchange.ms(audio));
    if ahead <= 50.0 { Ok(Outcome::pass(seen)) } else { Ok(cx.broken(seen).with(&exchange)) }
}

async fn whole(cx: &Context) -> Judged {
    let (exchange, header) = header(cx).await?;
    let block = usize::from(header.channels.max(1)) * 2;
    let length = header.data_end(exchange.body.len()) - header.data;
    let seen = format!("{length} bytes of samples, {block} a block");
    if length % block == 0 { Ok(Outcome::pass(seen)) } else { Ok(cx.broken(seen).with(&exchange)) }
}
