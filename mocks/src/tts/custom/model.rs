//! From a request and its script to the audio.

use std::time::Duration;

use bargein_wire::custom_tts::{Format, Request as Wanted};
use bytes::Bytes;
use rand::RngCore;
use serde_json::Value;

use super::refusal::Refusal;
use crate::answer::{Action, Actions, Answer, Does, Head};
use crate::cjk::spoken_for;
use crate::mischief;
use crate::observe::What;
use crate::refusal::scripted_refusal;
use crate::script::{Chunk, Request, TtsBehaviour, Voice};
use crate::tts::sound::Sound;

/// The answer to request `number` with this body. Draws come from `rng` alone.
#[must_use]
pub(super) fn answer(
    number: u64,
    body: &Value,
    request: &Request<TtsBehaviour>,
    rng: &mut impl RngCore,
) -> Answer {
    let Request { does, faults } = request;
    let vendors = |status| {
        let code = faults.code.as_ref().map(|code| code.0.clone());
        Refusal { code, retry_after: faults.retry_after, ..Refusal::new(status) }.answer()
    };
    let mut answer = scripted_refusal(faults, vendors).unwrap_or_else(|| match wanted(body, &does.voice) {
        Ok(wanted) => spoken(number, &wanted, does, faults.after.get(), rng),
        Err(refusal) => refusal.answer(),
    });
    answer.body = mischief::disturbed(answer.body, faults, without_last_byte);
    answer.body = mischief::finished(answer.body, faults);
    mischief::change_head(&mut answer.head, faults);
    answer
}

/// Reads what is to be said, and refuses what cannot be.
fn wanted(body: &Value, voice: &Voice) -> Result<Wanted, Refusal> {
    let refused = |message: String| Refusal { message: Some(message), ..Refusal::new(400) };
    let wanted: Wanted = serde_json::from_value(body.clone()).map_err(|error| refused(error.to_string()))?;
    let rates = match voice {
        Voice::Tone => 8_000..=48_000,
        Voice::Speech(_) => 16_000..=16_000,
    };
    if wanted.text.trim().is_empty() {
        return Err(refused("expected something to say in `Text`".to_owned()));
    }
    if !matches!(wanted.format, Format::Wav | Format::Pcm) {
        return Err(refused(format!("expected the format wav or pcm, got {}", wanted.format.word())));
    }
    if !rates.contains(&wanted.sample_rate) {
        return Err(refused(format!("expected a sample rate of {rates:?}, got {}", wanted.sample_rate)));
    }
    if !matches!(wanted.channel, 1 | 2) {
        return Err(refused(format!("expected 1 or 2 channels, got {}", wanted.channel)));
    }
    Ok(wanted)
}

fn spoken(
    number: u64,
    wanted: &Wanted,
    does: &TtsBehaviour,
    after: Duration,
    rng: &mut impl RngCore,
) -> Answer {
    let first = does.first_audio.draw(0, rng).max(after);
    let mut head = Head::new(200).with("content-type", wanted.format.content_type());
    head.after = Some(after);
    let header = match wanted.format {
        Format::Wav => Some(Action::send(after, wav_header(wanted.sample_rate, wanted.channel))),
        Format::Pcm | Format::Mp3 | Format::OggOpus => None,
    };
    let speech = spoken_for(&wanted.text, does.seconds_per_char.get(), does.seconds_per_latin_char.get());
    let body = header.into_iter().chain([Action::tell(first, What::FirstAudio { speech })]);
    let body = body.chain(audio(number, wanted, does, first, speech));
    Answer { head, body: Box::new(body), words: String::new() }
}

/// The chunks of audio. Each leaves when, at the script's speed, all audio before it has.
fn audio(number: u64, wanted: &Wanted, does: &TtsBehaviour, first: Duration, speech: Duration) -> Actions {
    let sound = Sound::new(&does.voice, number, wanted.sample_rate);
    let frame = u64::from(wanted.channel) * 2;
    let bytes_a_second = u64::from(wanted.sample_rate) * frame;
    let total = samples_in(speech, wanted.sample_rate) * frame;
    let chunk = match does.chunk {
        Chunk::Duration(length) => (samples_in(length, wanted.sample_rate) * frame).max(frame),
        Chunk::Bytes(bytes) => bytes,
    };
    let (speed, channels) = (does.speed, wanted.channel);
    Box::new((0..total.div_ceil(chunk)).map(move |index| {
        let (start, end) = (index * chunk, ((index + 1) * chunk).min(total));
        let before = Duration::from_nanos(start.saturating_mul(1_000_000_000) / bytes_a_second);
        let bytes = sound.bytes(start..end, channels);
        let after = first + whole_millis(speed.time_for(before));
        Action { after, does: Does::Send { bytes, unit: Some(index + 1) } }
    }))
}

fn samples_in(length: Duration, rate: u32) -> u64 {
    u64::try_from(length.as_nanos() * u128::from(rate) / 1_000_000_000).unwrap_or(u64::MAX)
}

fn whole_millis(time: Duration) -> Duration {
    let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_millis(nanos.saturating_add(500_000) / 1_000_000)
}

/// A WAV header sent before the length is known: both sizes are all ones.
fn wav_header(rate: u32, channels: u16) -> Bytes {
    let frame = channels * 2;
    let mut header = Vec::with_capacity(44);
    header.extend_from_slice(b"RIFF\xff\xff\xff\xffWAVEfmt ");
    header.extend_from_slice(&16_u32.to_le_bytes());
    header.extend_from_slice(&1_u16.to_le_bytes());
    header.extend_from_slice(&channels.to_le_bytes());
    header.extend_from_slice(&rate.to_le_bytes());
    header.extend_from_slice(&(rate * u32::from(frame)).to_le_bytes());
    header.extend_from_slice(&frame.to_le_bytes());
    header.extend_from_slice(&16_u16.to_le_bytes());
    header.extend_from_slice(b"data\xff\xff\xff\xff");
    header.into()
}

/// A broken chunk: every sample after it is made of halves of two.
fn without_last_byte(chunk: &Bytes) -> Bytes {
    chunk.slice(..chunk.len().saturating_sub(1))
}
