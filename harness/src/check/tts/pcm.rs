//! Samples: whole, signed 16 bit, little-endian, at the rate and in the channels that were asked for.

use std::sync::Arc;

use bargein_wire::pcm;
use serde_json::json;

use super::audio::first_channel;
use super::signal::{Encoding, ORDERS, OTHERS, SMOOTH, distances, mirror, roughness};
use super::speak::{Format, Say, same_length};
use crate::check::catalogue::{Check, Entry, Level};
use crate::check::raw::Exchange;
use crate::check::{Context, Judged, Outcome};

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: Entry::new("PCM-01", Level::Must, "the body is whole samples")
            .rule("T-ZH as pcm", "a count of bytes that 2 x channels divides")
            .advice(
                "half a sample left over shifts everything after it",
                "the audio is cut by bytes, not by samples",
                "cut at multiples of 2 x channels",
            )
            .quick(),
        judge: |cx| Box::pin(whole(cx)),
    },
    Check {
        entry: Entry::new("PCM-02", Level::Should, "every chunk is whole samples")
            .rule("T-ZH as pcm", "each chunk's size is a multiple of 2 x channels")
            .advice(
                "clients that do not carry the odd byte over drop it, and hear noise",
                "chunks of a buffer's size, such as 4095 bytes",
                "cut chunks at whole samples",
            ),
        judge: |cx| Box::pin(whole_chunks(cx)),
    },
    Check {
        entry: Entry::new("PCM-03", Level::Must, "samples have no header")
            .rule(
                "T-ZH as pcm",
                "no RIFF, ID3, OggS or MPEG frames at the beginning, and no RIFF....WAVE later",
            )
            .advice(
                "header bytes are heard as a click",
                "the WAV writer is used for pcm too",
                "send the samples without their container",
            )
            .quick(),
        judge: |cx| Box::pin(no_header(cx)),
    },
    Check {
        entry: Entry::new("PCM-04", Level::Must, "samples are little-endian")
            .rule("T-ZH as pcm", "the steps from sample to sample are smaller when read as little-endian")
            .advice(
                "the wrong order is loud noise",
                "the registered type audio/L16 is big-endian, and the server takes it by its word",
                "send little-endian samples, as WAV files hold them",
            )
            .quick(),
        judge: |cx| Box::pin(order(cx)),
    },
    Check {
        entry: Entry::new("PCM-05", Level::Must, "samples are signed, of 16 bits")
            .rule(
                "T-ZH as pcm",
                "no other encoding makes more sense of the bytes: unsigned, 8 bit, mu-law, A-law, float",
            )
            .advice(
                "any other encoding is loud noise",
                "the model's floats are sent as they are, or a telephone encoding",
                "convert: (x * 32767) as int16",
            ),
        judge: |cx| Box::pin(encoding(cx)),
    },
    Check {
        entry: Entry::new("PCM-06", Level::Must, "the rate is the one that was asked for")
            .rule("T-EN as pcm at 8000, 16000, 24000 and 48000 Hz", "durations within 10 % of each other")
            .advice(
                "a server of one rate that claims another speaks too fast or too slowly",
                "SampleRate is ignored for pcm",
                "resample to SampleRate, or refuse it",
            )
            .limit(90),
        judge: |cx| Box::pin(rates(cx)),
    },
    Check {
        entry: Entry::new("PCM-07", Level::Should, "a higher rate is no mirror image")
            .rule("T-EN as pcm at 48000 Hz", "what is above 8 kHz does not mirror what is below")
            .advice(
                "repeated or interpolated samples hiss",
                "samples are doubled or tripled in place of resampling",
                "resample with a filter",
            )
            .limit(90),
        judge: |cx| Box::pin(no_mirror(cx)),
    },
    Check {
        entry: Entry::new("PCM-08", Level::Must, "two channels are two channels")
            .rule("T-ZH as pcm in 2 channels", "interleaved, both with sound, as long as in one channel")
            .advice(
                "one channel's bytes labelled as two play at double speed",
                "Channel is ignored for pcm",
                "write every sample once a channel, or refuse Channel 2",
            ),
        judge: |cx| Box::pin(stereo(cx)),
    },
];

async fn said(cx: &Context) -> Result<Arc<Exchange>, Outcome> {
    Format::Pcm.offered(cx)?;
    let exchange = Say::format("T-ZH", Format::Pcm).said_once(cx).await;
    exchange.audio()?;
    Ok(exchange)
}

async fn whole(cx: &Context) -> Judged {
    let exchange = said(cx).await?;
    let length = exchange.body.len();
    if length % 2 == 0 {
        return Ok(Outcome::pass(format!("{length} bytes")));
    }
    Ok(cx.broken(format!("{length} bytes: half a sample is left over")).with(&exchange))
}

async fn whole_chunks(cx: &Context) -> Judged {
    let exchange = said(cx).await?;
    let odd: Vec<_> = exchange.chunks.iter().enumerate().filter(|(_, chunk)| chunk.size % 2 != 0).collect();
    let count = exchange.chunks.len();
    match odd.first() {
        _ if count == 0 => Err(Outcome::skip("the answer is not chunked: see HTTP-03")),
        None => Ok(Outcome::pass(format!("{count} chunks"))),
        // The last one alone is the body's fault.
        Some((at, chunk)) if at + 1 == count => {
            Ok(Outcome::skip(format!("only the last chunk, of {} bytes: see PCM-01", chunk.size)))
        }
        Some((at, chunk)) => {
            let seen =
                format!("{} of {count}, the first is chunk {} of {} bytes", odd.len(), at + 1, chunk.size);
            Ok(cx.broken(seen).with(&exchange))
        }
    }
}

async fn no_header(cx: &Context) -> Judged {
    let exchange = said(cx).await?;
    let body = &exchange.body;
    let known = [("RIFF", &b"RIFF"[..]), ("ID3", b"ID3"), ("OggS", b"OggS"), ("fLaC", b"fLaC")];
    let begins = known.iter().find(|(_, magic)| body.starts_with(magic)).map(|(name, _)| *name);
    if let Some(name) = begins.or_else(|| is_mpeg(body).then_some("MPEG frames")) {
        return Ok(cx.broken(format!("the samples begin with {name}")).with(&exchange));
    }
    let later = body.windows(12).position(|window| window.starts_with(b"RIFF") && window.ends_with(b"WAVE"));
    match later {
        Some(at) => Ok(cx.broken(format!("RIFF....WAVE at byte {at}")).with(&exchange)),
        None => Ok(Outcome::pass("samples only")),
    }
}

/// Whether these are frames of MPEG audio. Two bytes do not tell: `ff ff` is the sample -1. So the next frame
/// must stand where the first one ends.
fn is_mpeg(bytes: &[u8]) -> bool {
    const KBPS: [u32; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
    const KBPS_LOW: [u32; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
    let frame = |bytes: &[u8]| -> Option<usize> {
        let four = bytes.get(..4)?;
        let is_sync = four[0] == 0xff && four[1] & 0xe0 == 0xe0;
        // Layer III of version 1, 2 or 2.5.
        let version = four[1] >> 3 & 3;
        if !is_sync || four[1] >> 1 & 3 != 1 || version == 1 {
            return None;
        }
        let kbps = *(if version == 3 { &KBPS } else { &KBPS_LOW })
            .get(usize::from(four[2] >> 4))
            .filter(|kbps| **kbps > 0)?;
        let rate = [44_100_u32, 48_000, 32_000].get(usize::from(four[2] >> 2 & 3))?
            >> match version {
                3 => 0,
                2 => 1,
                _ => 2,
            };
        let samples = if version == 3 { 144 } else { 72 };
        usize::try_from(samples * kbps * 1_000 / rate + u32::from(four[2] >> 1 & 1)).ok()
    };
    frame(bytes).and_then(|length| bytes.get(length..)).and_then(frame).is_some()
}

/// How rough the bytes are when read in an encoding; nothing makes more sense of silence than anything else.
fn rough(bytes: &[u8], (_, read): &Encoding) -> f64 {
    roughness(&read(bytes)).unwrap_or(f64::INFINITY)
}

async fn order(cx: &Context) -> Judged {
    let exchange = said(cx).await?;
    let bytes = &exchange.body[..exchange.body.len() & !1];
    let [little, big] = [rough(bytes, &ORDERS[0]), rough(bytes, &ORDERS[1])];
    if little.is_infinite() {
        return Err(Outcome::skip("silence has no byte order: see TXT-01"));
    }
    let seen = format!("roughness {little:.2} as little-endian, {big:.2} as big-endian");
    // Other encodings are rough both ways, and PCM-05's matter.
    if big < little * 0.8 {
        Ok(cx.broken(format!("big-endian: {seen}")).with(&exchange))
    } else {
        Ok(Outcome::pass(seen))
    }
}

async fn encoding(cx: &Context) -> Judged {
    let exchange = said(cx).await?;
    let bytes = &exchange.body[..exchange.body.len() & !3];
    let as_it_is = rough(bytes, &ORDERS[0]).min(rough(bytes, &ORDERS[1]));
    if as_it_is.is_infinite() {
        return Err(Outcome::skip("silence has no encoding: see TXT-01"));
    }
    let rough = OTHERS.iter().map(|other| (other.0, rough(bytes, other)));
    let best = rough.min_by(|one, other| one.1.total_cmp(&other.1));
    if let Some((name, best)) = best.filter(|(_, best)| *best < SMOOTH) {
        let seen = format!("{name}: roughness {best:.2} as such, {as_it_is:.2} as 16 bit");
        return Ok(cx.broken(seen).with(&exchange));
    }
    let (signed, unsigned) = distances(bytes);
    let seen = format!("{signed:.0} from the middle as signed samples, {unsigned:.0} as unsigned");
    if unsigned < signed / 2.0 {
        Ok(cx.broken(format!("unsigned: {seen}")).with(&exchange))
    } else {
        Ok(Outcome::pass(seen))
    }
}

async fn rates(cx: &Context) -> Judged {
    Format::Pcm.offered(cx)?;
    let mut seen: Vec<(u32, f64, Arc<Exchange>)> = Vec::new();
    for rate in [8_000, 16_000, 24_000, 48_000] {
        let exchange = Say::format("T-EN", Format::Pcm).with("SampleRate", json!(rate)).said_once(cx).await;
        if let Ok(audio) = exchange.audio() {
            // By the rate that was asked for, whatever a header says.
            seen.push((rate, audio.samples.len() as f64 / (2.0 * f64::from(rate)), exchange));
        }
    }
    let told: Vec<_> = seen.iter().map(|(rate, seconds, _)| format!("{rate} Hz {seconds:.2} s")).collect();
    let shortest = seen.iter().min_by(|one, other| one.1.total_cmp(&other.1));
    let longest = seen.iter().max_by(|one, other| one.1.total_cmp(&other.1));
    match (shortest, longest) {
        (Some((_, short, one)), Some((_, long, other))) if seen.len() > 1 => {
            if same_length(*short, *long, 0.10) {
                return Ok(Outcome::pass(told.join(", ")));
            }
            Ok(cx.broken(told.join(", ")).with(one).with(other))
        }
        _ => Err(Outcome::skip(format!("only {} of the rates is offered", seen.len()))),
    }
}

async fn no_mirror(cx: &Context) -> Judged {
    Format::Pcm.offered(cx)?;
    let exchange = Say::format("T-EN", Format::Pcm).with("SampleRate", json!(48_000)).said_once(cx).await;
    let samples = first_channel(&exchange.audio()?);
    for pivot in [8_000.0, 11_025.0, 12_000.0] {
        if let Some((alike, weaker)) = mirror(&samples, 48_000, pivot)
            && alike > 0.85
        {
            let seen = format!(
                "above {pivot:.0} Hz it mirrors what is below: correlation {alike:.2}, {weaker:.0} dB weaker"
            );
            return Ok(cx.broken(seen).with(&exchange));
        }
    }
    Ok(Outcome::pass("no mirror around 8000, 11025 or 12000 Hz"))
}

async fn stereo(cx: &Context) -> Judged {
    let mono = said(cx).await?;
    let exchange = Say::format("T-ZH", Format::Pcm).with("Channel", json!(2)).said_once(cx).await;
    exchange.audio()?;
    let (one, two) = (mono.body.len() as f64 / 2.0, exchange.body.len() as f64 / 4.0);
    let samples: Vec<_> = pcm::samples(&exchange.body).collect();
    let level = |channel: usize| pcm::level(samples.iter().copied().skip(channel).step_by(2));
    let (left, right) = (level(0), level(1));
    let seen = format!(
        "{:.2} s in one channel, {:.2} s in two; {left:.0} and {right:.0} dBFS",
        one / 16_000.0,
        two / 16_000.0
    );
    if exchange.body.len() % 4 != 0 {
        return Ok(cx
            .broken(format!("{} bytes are no whole frames of 4", exchange.body.len()))
            .with(&exchange));
    }
    let both_sound = left > -60.0 && right > -60.0 || left <= -60.0 && right <= -60.0;
    if same_length(two, one, 0.10) && both_sound {
        Ok(Outcome::pass(seen))
    } else {
        Ok(cx.broken(seen).with(&exchange))
    }
}
