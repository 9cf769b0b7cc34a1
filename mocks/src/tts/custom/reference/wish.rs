//! What a request asks for, or why that cannot be had.

use std::time::Duration;

use bargein_wire::custom_tts::Format;
use serde_json::Value;

use super::broken::Broken;
use super::speech::{LEAD, Speech, TAIL, samples_in};
use crate::raw::Refusal;

/// The longest text that is spoken, in characters.
const TEXT_LIMIT: usize = 5_000;
/// The rates there are.
const RATES: std::ops::RangeInclusive<u64> = 8_000..=48_000;

/// What is to be made.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    pub(super) format: Format,
    pub(super) rate: u32,
    pub(super) channels: u16,
    pub(super) speech: Speech,
    /// How long the text is.
    pub(super) characters: usize,
    /// Whether it is Chinese, at least in part.
    pub(super) is_chinese: bool,
    /// Whether the format is named, and not left to its default.
    pub(super) names_format: bool,
}

impl Wish {
    /// Reads a request's body.
    pub(super) fn read(
        body: &[u8],
        broken: Broken,
        spoken: impl FnOnce(&str) -> Result<String, Refusal>,
    ) -> Result<Self, Refusal> {
        let bad = |message: String| Refusal::new(400, message);
        // Some writers begin a text with a mark of its byte order.
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let body: Value =
            serde_json::from_slice(body).map_err(|error| bad(format!("expected JSON: {error}")))?;
        let Value::Object(keys) = body else { return Err(bad("expected an object".to_owned())) };
        let text = keys.get("Text").and_then(Value::as_str);
        let text = text.ok_or_else(|| bad("expected a string under `Text`".to_owned()))?.to_owned();
        let format = match keys.get("Format") {
            None => Format::Wav,
            Some(word) if word == Format::Wav.word() => Format::Wav,
            Some(word) if word == Format::Pcm.word() => Format::Pcm,
            Some(other) => return Err(bad(format!("expected `Format` to be wav or pcm, got {other}"))),
        };
        let whole = |key: &str, default: u64, allowed: std::ops::RangeInclusive<u64>| match keys.get(key) {
            None => Ok(default),
            Some(value) => {
                let number = value.as_u64().filter(|number| allowed.contains(number));
                number.ok_or_else(|| bad(format!("expected `{key}` within {allowed:?}, got {value}")))
            }
        };
        let rate = u32::try_from(whole("SampleRate", 16_000, RATES)?).unwrap_or_default();
        let channels = u16::try_from(whole("Channel", 1, 1..=2)?).unwrap_or_default();
        let length = text.chars().count();
        if length > TEXT_LIMIT {
            return Err(Refusal::new(413, format!("expected at most {TEXT_LIMIT} characters, got {length}")));
        }
        let text = spoken(&text)?;
        let (mut lead, mut tail) = (LEAD, TAIL);
        match broken.id() {
            Some("LAT-08") => lead = Duration::from_millis(400),
            Some("LAT-09") => tail = Duration::from_millis(900),
            _ => {}
        }
        let speech = Speech::of(&text, broken.voice_rate(format, rate), lead, tail);
        let speech = speech.ok_or_else(|| bad("expected something to say in `Text`".to_owned()))?;
        let is_chinese = text.contains(|c: char| matches!(c, '\u{3400}'..='\u{9fff}'));
        let names_format = keys.contains_key("Format");
        Ok(Self { format, rate, channels, speech, characters: length, is_chinese, names_format })
    }

    /// How many samples of one channel so much time is.
    pub(super) fn samples_in(&self, length: Duration) -> u64 {
        samples_in(length, self.rate)
    }

    /// Whether a header comes before the samples.
    pub(super) fn is_wav(&self) -> bool {
        self.format == Format::Wav
    }

    /// Samples as bytes, every channel the same.
    pub(super) fn interleaved(&self, samples: &[i16]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(samples.len() * usize::from(self.channels) * 2);
        for sample in samples {
            for _ in 0..self.channels {
                bytes.extend_from_slice(&sample.to_le_bytes());
            }
        }
        bytes
    }

    /// A WAV header sent before the length is known: both sizes are all ones.
    pub(super) fn header(&self, rate: u32) -> Vec<u8> {
        let frame = self.channels * 2;
        let mut header = Vec::with_capacity(44);
        header.extend_from_slice(b"RIFF\xff\xff\xff\xffWAVEfmt ");
        header.extend_from_slice(&16_u32.to_le_bytes());
        header.extend_from_slice(&1_u16.to_le_bytes());
        header.extend_from_slice(&self.channels.to_le_bytes());
        header.extend_from_slice(&rate.to_le_bytes());
        header.extend_from_slice(&(rate * u32::from(frame)).to_le_bytes());
        header.extend_from_slice(&frame.to_le_bytes());
        header.extend_from_slice(&16_u16.to_le_bytes());
        header.extend_from_slice(b"data\xff\xff\xff\xff");
        header
    }
}
