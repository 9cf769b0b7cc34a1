//! What a speech synthesiser does.

use std::io;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bargein_wire::units::{Dur, Size};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::text_form::as_text;
use super::{Behaviour, Delay, Faults, Script, ScriptError, Unit};
use crate::registry;

/// The behaviour of a speech synthesiser.
pub type TtsScript = Script<TtsBehaviour>;

/// What one request to a speech synthesiser is answered with.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TtsBehaviour {
    /// Request to the first audio. Default 150ms.
    pub first_audio: Delay,
    /// How fast audio comes: so many times its own length. Default `4x`.
    pub speed: Speed,
    /// How much audio leaves at once: a duration, or a size such as `641B` that may split samples. Default 20ms.
    pub chunk: Chunk,
    /// How long a CJK character is spoken. Default 220ms.
    pub seconds_per_char: Dur,
    /// How long any other character is spoken, spaces and marks included. Default 60ms.
    pub seconds_per_latin_char: Dur,
    /// What is heard: `tone`, or `speech FILE`, a WAV of 16 kHz mono 16 bit that is repeated as needed. Default `tone`.
    pub voice: Voice,
}

impl Default for TtsBehaviour {
    fn default() -> Self {
        Self {
            first_audio: Delay::from_millis(150),
            speed: Speed::DEFAULT,
            chunk: Chunk::Duration(Duration::from_millis(20)),
            seconds_per_char: Dur::from_millis(220),
            seconds_per_latin_char: Dur::from_millis(60),
            voice: Voice::Tone,
        }
    }
}

/// A multiple of real time, above zero: `4x`, `0.5x`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Speed {
    thousandths: u32,
}

impl Speed {
    const DEFAULT: Self = Self { thousandths: 4_000 };

    /// How long it takes until so much audio has come.
    #[must_use]
    pub fn time_for(self, audio: Duration) -> Duration {
        let nanos = audio.as_nanos() * 1_000 / u128::from(self.thousandths);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// How much audio leaves at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Chunk {
    /// So much audio.
    Duration(Duration),
    /// So many bytes.
    Bytes(u64),
}

/// What a synthesiser sounds like.
#[derive(Clone, PartialEq, Debug)]
pub enum Voice {
    /// A sine of 440 Hz, 20 Hz more for each further request, back at 440 Hz after the twentieth.
    Tone,
    /// Recorded speech.
    Speech(Speech),
}

/// A recording: 16 kHz, mono, 16 bit.
#[derive(Clone, PartialEq, Debug)]
pub struct Speech {
    /// The file as the script names it.
    pub file: String,
    /// Its samples, at least one.
    pub samples: Arc<[i16]>,
}

impl Script<TtsBehaviour> {
    /// Reads a script. `read` gives the bytes of a file that a `speech FILE` names.
    ///
    /// # Errors
    /// What is wrong, and under which key.
    pub fn parse(value: &Value, read: impl Fn(&str) -> io::Result<Vec<u8>>) -> Result<Self, ScriptError> {
        let mut script = Self::from_value(value)?;
        for (block, request) in script.requests_mut() {
            if let Voice::Speech(speech) = &mut request.does.voice {
                speech.samples = samples(&speech.file, &read).map_err(|error| match &block {
                    Some(block) => error.below(block),
                    None => error,
                })?;
            }
        }
        Ok(script)
    }
}

fn samples(file: &str, read: impl Fn(&str) -> io::Result<Vec<u8>>) -> Result<Arc<[i16]>, ScriptError> {
    let wrong = |got: String| ScriptError::wrong(&["voice"], "a WAV file of 16 kHz, mono, 16 bit", got);
    let bytes = read(file).map_err(|error| wrong(format!("`{file}`: {error}")))?;
    let wav = hound::WavReader::new(bytes.as_slice()).map_err(|error| wrong(format!("`{file}`: {error}")))?;
    let spec = wav.spec();
    if (spec.sample_rate, spec.channels, spec.bits_per_sample) != (16_000, 1, 16) {
        let (rate, channels, bits) = (spec.sample_rate, spec.channels, spec.bits_per_sample);
        return Err(wrong(format!("`{file}` of {rate} Hz, {channels} channels, {bits} bit")));
    }
    let samples: Result<Vec<i16>, _> = wav.into_samples().collect();
    match samples {
        Ok(samples) if !samples.is_empty() => Ok(samples.into()),
        Ok(_) => Err(wrong(format!("`{file}` without samples"))),
        Err(error) => Err(wrong(format!("`{file}`: {error}"))),
    }
}

impl Behaviour for TtsBehaviour {
    const UNIT: Unit = Unit::Chunk;

    fn vendors() -> Vec<&'static str> {
        registry::ids(registry::TTS)
    }

    fn check(&self, faults: &Faults) -> Result<(), ScriptError> {
        faults.check_code()
    }
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("expected a multiple of real time such as `4x`, above 0.001x, got `{text}`");
        let number = text.trim().strip_suffix('x').ok_or_else(wrong)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if fraction.len() > 3 || whole.is_empty() || !number.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        {
            return Err(wrong());
        }
        let thousandths = format!("{whole}{fraction:0<3}").parse::<u32>().map_err(|_| wrong())?;
        if thousandths == 0 { Err(wrong()) } else { Ok(Self { thousandths }) }
    }
}

impl FromStr for Chunk {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let duration = text.parse::<Dur>().map(Duration::from).ok().filter(|chunk| !chunk.is_zero());
        let bytes = text.parse::<Size>().map(Size::bytes).ok().filter(|bytes| *bytes > 0);
        match (duration, bytes) {
            (Some(duration), _) => Ok(Self::Duration(duration)),
            (None, Some(bytes)) => Ok(Self::Bytes(bytes)),
            (None, None) => {
                Err(format!("expected a duration such as `20ms` or a size such as `641B`, got `{text}`"))
            }
        }
    }
}

impl FromStr for Voice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(' ') {
            None if text == "tone" => Ok(Self::Tone),
            Some(("speech", file)) if !file.trim().is_empty() => {
                Ok(Self::Speech(Speech { file: file.trim().to_owned(), samples: Arc::default() }))
            }
            _ => Err(format!("expected `tone` or `speech FILE`, got `{text}`")),
        }
    }
}

as_text!(Speed, "a multiple of real time such as `4x`", ["4x", "0.5x"]);
as_text!(Chunk, "a duration such as `20ms` or a size such as `641B`", ["20ms", "641B"]);
as_text!(Voice, "`tone` or `speech FILE`", ["tone", "speech hello-world.wav"]);
