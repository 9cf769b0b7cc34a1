//! The custom TTS protocol: one POST, one chunked body of audio.
//!
//! The request and error bodies, the formats and their content types, for both sides. Session headers are in
//! [`session_headers`](crate::session_headers), the audio itself in [`wav`](crate::wav) and [`pcm`](crate::pcm).
//! Source: the product manual, `fixtures/wire/custom/SOURCE.md`.

use serde::{Deserialize, Deserializer, Serialize};

/// The `Content-Type` of a request.
pub const REQUEST_TYPE: &str = "application/json;charset=UTF-8";
/// The `Content-Type` of a failure, whatever its status.
pub const ERROR_TYPE: &str = "application/json";

/// The body of a request. Keys that are absent take their defaults; unknown ones are ignored.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    /// What to say: one sentence, at most a few hundred characters.
    pub text: String,
    /// How the audio is packed. Default WAV.
    #[serde(default)]
    pub format: Format,
    /// Samples a second. Default 16000.
    #[serde(default = "default_rate")]
    pub sample_rate: u32,
    /// 1 or 2, interleaved. Default 1.
    #[serde(default = "default_channel")]
    pub channel: u16,
}

const fn default_rate() -> u32 {
    16_000
}

const fn default_channel() -> u16 {
    1
}

/// How the audio is packed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A RIFF header, then as [`Self::Pcm`]. The length is not known when the header is sent.
    #[default]
    Wav,
    /// Signed 16-bit little-endian samples.
    Pcm,
    /// Named by the protocol, used by nobody yet.
    Mp3,
    /// Named by the protocol, used by nobody yet.
    OggOpus,
}

impl Format {
    /// The word for this format in requests.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Pcm => "pcm",
            Self::Mp3 => "mp3",
            Self::OggOpus => "ogg_opus",
        }
    }

    /// The only content type that a successful answer in this format may have.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Wav => "audio/wav",
            Self::Pcm => "audio/L16",
            Self::Mp3 => "audio/mpeg",
            Self::OggOpus => "audio/ogg",
        }
    }

    /// Content types that servers are seen to send instead; a lenient client takes them.
    #[must_use]
    pub const fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::Wav => &["audio/x-wav", "audio/wave", "audio/vnd.wave", "application/octet-stream"],
            Self::Pcm => &["audio/pcm", "audio/x-pcm", "audio/raw", "application/octet-stream"],
            Self::Mp3 => &["audio/mp3", "application/octet-stream"],
            Self::OggOpus => &["audio/opus", "application/ogg", "application/octet-stream"],
        }
    }
}

/// A `Content-Type`, as far as the protocol looks at it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContentType {
    /// Type and subtype, in lower case.
    pub essence: String,
    /// The parameter `rate`: samples a second.
    pub rate: Option<u32>,
    /// The parameter `channels`.
    pub channels: Option<u16>,
}

impl ContentType {
    /// Reads a header's value; parameters other than `rate` and `channels` are ignored.
    #[must_use]
    pub fn read(value: &str) -> Self {
        let mut parts = value.split(';');
        let essence = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let mut read = Self { essence, rate: None, channels: None };
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "rate" => read.rate = value.parse().ok(),
                "channels" => read.channels = value.parse().ok(),
                _ => {}
            }
        }
        read
    }

    /// Whether this is exactly the type of the format.
    #[must_use]
    pub fn is(&self, format: Format) -> bool {
        self.essence.eq_ignore_ascii_case(format.content_type())
    }

    /// Whether this is the type of the format or one of its aliases.
    #[must_use]
    pub fn is_like(&self, format: Format) -> bool {
        self.is(format) || format.aliases().contains(&self.essence.as_str())
    }

    /// Whether this is the type of a failure.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.essence == ERROR_TYPE
    }
}

/// The body of a failure.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What it holds.
    pub error: ErrorDetail,
}

/// What a failure says.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ErrorDetail {
    /// The server's own code. Read from a number too.
    #[serde(default, deserialize_with = "text_or_number")]
    pub code: String,
    /// The server's own words.
    #[serde(default)]
    pub message: String,
}

impl ErrorBody {
    /// A failure with this code and these words.
    #[must_use]
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { error: ErrorDetail { code: code.into(), message: message.into() } }
    }
}

/// The protocol wants a text; servers write numbers.
fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::String(text) => text,
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manuals_request_reads_and_is_written() {
        let manual = include_str!("../../fixtures/wire/custom/request.json");
        let text = "你好, 世界! 这是流式 TTS API 的测试。".to_owned();
        let request = Request { text, format: Format::Wav, sample_rate: 16_000, channel: 1 };
        assert_eq!(serde_json::from_str::<Request>(manual).ok(), Some(request.clone()));
        let tree = serde_json::from_str::<serde_json::Value>(manual).ok();
        assert_eq!(serde_json::to_value(request).ok(), tree);
    }

    #[test]
    fn absent_keys_take_the_manuals_defaults() {
        let request = serde_json::from_str::<Request>(r#"{"Text":"hi","Speed":1}"#).ok();
        let expected = Request { text: "hi".into(), format: Format::Wav, sample_rate: 16_000, channel: 1 };
        assert_eq!(request, Some(expected));
        assert!(serde_json::from_str::<Request>(r#"{"Format":"pcm"}"#).is_err());
        assert!(serde_json::from_str::<Request>(r#"{"Text":"hi","Format":"flac"}"#).is_err());
    }

    #[test]
    fn the_manuals_error_reads_and_codes_may_be_numbers() {
        for (body, code, message) in [
            (
                include_str!("../../fixtures/wire/custom/error.json"),
                "ERROR_CODE",
                "A description of the error",
            ),
            (r#"{"error":{"code":429,"message":"slow down","hint":"later"}}"#, "429", "slow down"),
            (r#"{"error":{}}"#, "", ""),
        ] {
            assert_eq!(serde_json::from_str::<ErrorBody>(body).ok(), Some(ErrorBody::new(code, message)));
        }
    }

    #[test]
    fn content_types_compare_without_case_and_parameters() {
        let check = |value: &str, format: Format| {
            let read = ContentType::read(value);
            (read.is(format), read.is_like(format), read.rate, read.channels)
        };
        assert_eq!(check("audio/wav", Format::Wav), (true, true, None, None));
        assert_eq!(check("Audio/WAV; charset=binary", Format::Wav), (true, true, None, None));
        assert_eq!(
            check("audio/l16;rate=16000; Channels=\"1\"", Format::Pcm),
            (true, true, Some(16_000), Some(1))
        );
        assert_eq!(check("audio/pcm", Format::Pcm), (false, true, None, None));
        assert_eq!(check("audio/L16", Format::Wav), (false, false, None, None));
        assert_eq!(check("", Format::Wav), (false, false, None, None));
        assert!(ContentType::read("application/json; charset=utf-8").is_error());
    }
}
