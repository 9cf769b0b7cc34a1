//! ElevenLabs: a WebSocket that takes a text in pieces, or over HTTP one POST, bare samples or lines of JSON.
//! Sockets and lines tell the time of each character.
//!
//! Deliberately out: compressed formats. Wire facts: `fixtures/wire/elevenlabs/SOURCE.md`.

mod alignment;
mod stream_input;

use std::sync::Arc;

use bargein_core::{FaultKind, VendorFault};
use bargein_net::World;
use bargein_wire::units::Secret;
use http::{StatusCode, Uri};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use self::alignment::Alignment;
use self::stream_input::Sockets;
use super::post::{Packing, Post, Said, Voice, body, client, headers, is_audio};
use super::refusal::Shape;
use super::samples::{broken, from_base64};
use super::{Tts, TtsCall, socket};
use crate::registry::{OpenError, VendorSettings, address, sample_rate};

/// How the service is reached and what it is asked for.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The address up to its version. Default `https://api.elevenlabs.io`.
    #[serde(default = "official")]
    pub url: String,
    /// The key.
    pub key: Secret,
    /// The id of the voice.
    pub voice: String,
    /// Which model. Default `eleven_turbo_v2_5`.
    #[serde(default = "model")]
    pub model: String,
    /// Which interface. Default the WebSocket.
    #[serde(default)]
    pub interface: Interface,
    /// Samples a second: 8000, 16000, 22050, 24000, 44100 or 48000. Default 16000.
    #[serde(default = "rate")]
    pub sample_rate: u32,
    /// The service's `voice_settings`: `stability`, `similarity_boost`, `style`, `use_speaker_boost`, `speed`. Default
    /// those of the voice.
    #[serde(default)]
    pub voice_settings: Option<Map<String, Value>>,
    /// Further members of the request's body, such as `language_code` or `seed`; they win over ours. Default none.
    #[serde(default)]
    pub extra: Map<String, Value>,
}

/// The ways to the same voice.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Interface {
    /// A text in pieces, with the time of each character.
    #[default]
    Websocket,
    /// A whole text, with the time of each character.
    WithTimestamps,
    /// A whole text.
    Stream,
}

fn official() -> String {
    "https://api.elevenlabs.io".to_owned()
}

fn model() -> String {
    "eleven_turbo_v2_5".to_owned()
}

const fn rate() -> u32 {
    16_000
}

impl VendorSettings for Settings {
    type Client = dyn Tts;

    fn open(self, world: &World) -> Result<Arc<dyn Tts>, OpenError> {
        address("url", &self.url, ["http", "https"])?;
        sample_rate(self.sample_rate)?;
        let voice = utf8_percent_encode(&self.voice, NON_ALPHANUMERIC).to_string();
        // The id of a voice may hold what needs no escape in a path.
        let voice = voice.replace("%2D", "-").replace("%5F", "_");
        let base = self.url.trim_end_matches('/');
        let end = match self.interface {
            Interface::Websocket => {
                let base = base.strip_prefix("http").unwrap_or(base);
                let query = format!("model_id={}&output_format=pcm_{}", self.model, self.sample_rate);
                let url = format!("ws{base}/v1/text-to-speech/{voice}/stream-input?{query}");
                let uri = address("url", &url, ["ws", "wss"])?;
                return Ok(socket::client(world, Sockets { uri, settings: Arc::new(self) }));
            }
            Interface::WithTimestamps => "stream/with-timestamps",
            Interface::Stream => "stream",
        };
        let url = format!("{base}/v1/text-to-speech/{voice}/{end}?output_format=pcm_{}", self.sample_rate);
        let uri = address("url", &url, ["http", "https"])?;
        Ok(client(world, Speech { uri, settings: self }))
    }
}

struct Speech {
    uri: Uri,
    settings: Settings,
}

impl Voice for Speech {
    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.settings.key]
    }

    fn rate(&self) -> u32 {
        self.settings.sample_rate
    }

    fn post(&self, call: &TtsCall, _unix_secs: u64) -> Result<Post, VendorFault> {
        let Settings { key, model, voice_settings, extra, .. } = &self.settings;
        let asked = json!({
            "text": call.request.text,
            "model_id": model,
            "voice_settings": voice_settings,
        });
        let headers = headers([("content-type", "application/json"), ("xi-api-key", key.expose())])?;
        Ok(Post { uri: self.uri.clone(), headers, body: body(asked, extra) })
    }

    fn packing(&self, content_type: &str) -> Option<Packing> {
        // The type of lines of JSON is not documented; what answers is one of the two.
        if self.settings.interface == Interface::WithTimestamps {
            Some(Packing::Lines)
        } else {
            is_audio(content_type).then_some(Packing::Samples)
        }
    }

    fn read(&self, message: &str, _after_audio: bool) -> Result<Said, VendorFault> {
        #[derive(Deserialize)]
        #[serde(default)]
        #[derive(Default)]
        struct Line {
            audio_base64: Option<String>,
            alignment: Option<Alignment>,
            detail: Value,
        }
        let line: Line = serde_json::from_str(message)
            .map_err(|error| broken(&format!("expected a line of the speech, got `{message}`: {error}")))?;
        if !line.detail.is_null() {
            return Err(REFUSAL.of_message(&json!({ "detail": line.detail })));
        }
        let audio = from_base64(line.audio_base64.as_deref().unwrap_or_default())?;
        Ok(Said { audio, words: line.alignment.map(Alignment::words).unwrap_or_default(), is_last: false })
    }

    fn is_whole_without_mark(&self) -> bool {
        true
    }

    fn refusal(&self, status: StatusCode, body: &str) -> VendorFault {
        REFUSAL.fault(status, body)
    }
}

/// What the service refuses with.
const REFUSAL: Shape = Shape {
    code: &["/detail/status", "/detail/code", "/detail/0/type"],
    words: &["/detail/message", "/detail/0/msg", "/detail"],
    kind: |code, _| match code {
        // Under the status of a wrong key.
        "quota_exceeded" => Some(FaultKind::Quota),
        "too_many_concurrent_requests" | "system_busy" => Some(FaultKind::RateLimited),
        "invalid_api_key" | "missing_permissions" => Some(FaultKind::Auth),
        "voice_not_found" | "max_character_limit_exceeded" => Some(FaultKind::BadRequest),
        _ => None,
    },
};
