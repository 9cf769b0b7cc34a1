//! Cartesia: a WebSocket that takes a text in pieces, or over HTTP one POST, bare samples or server-sent events.
//! Sockets and events tell the time of each word.
//!
//! Deliberately out: compressed formats. Wire facts: `fixtures/wire/cartesia/SOURCE.md`.

mod contexts;

use std::sync::Arc;

use bargein_core::{FaultKind, VendorFault};
use bargein_net::World;
use bargein_wire::units::Secret;
use http::{StatusCode, Uri};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use self::contexts::Sockets;
use super::post::{Packing, Post, Said, Voice, body, client, headers, is_audio};
use super::refusal::Shape;
use super::samples::{broken, from_base64};
use super::timing::from_secs;
use super::{Tts, TtsCall, Word, socket};
use crate::registry::{OpenError, VendorSettings, address, sample_rate};

/// How the service is reached and what it is asked for.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The address before the path. Default `https://api.cartesia.ai`.
    #[serde(default = "official")]
    pub url: String,
    /// The key, sent as a bearer token.
    pub key: Secret,
    /// The id of the voice.
    pub voice: String,
    /// Which model. Default `sonic-3`.
    #[serde(default = "model")]
    pub model: String,
    /// The version of the interface, a date; it decides what errors look like. Default `2026-08-14`.
    #[serde(default = "version")]
    pub version: String,
    /// The language of the text, such as `zh`. Default the service's.
    #[serde(default)]
    pub language: Option<String>,
    /// Which interface. Default the WebSocket.
    #[serde(default)]
    pub interface: Interface,
    /// Samples a second: 8000, 16000, 22050, 24000, 44100 or 48000. Default 16000.
    #[serde(default = "rate")]
    pub sample_rate: u32,
    /// Further members of the request's body, such as `generation_config`; they win over ours. Default none.
    #[serde(default)]
    pub extra: Map<String, Value>,
}

/// The ways to the same voice.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Interface {
    /// A text in pieces, with the time of each word.
    #[default]
    Websocket,
    /// A whole text, with the time of each word.
    Sse,
    /// A whole text.
    Bytes,
}

fn official() -> String {
    "https://api.cartesia.ai".to_owned()
}

fn model() -> String {
    "sonic-3".to_owned()
}

fn version() -> String {
    "2026-08-14".to_owned()
}

const fn rate() -> u32 {
    16_000
}

impl VendorSettings for Settings {
    type Client = dyn Tts;

    fn open(self, world: &World) -> Result<Arc<dyn Tts>, OpenError> {
        address("url", &self.url, ["http", "https"])?;
        sample_rate(self.sample_rate)?;
        let base = self.url.trim_end_matches('/');
        let end = match self.interface {
            Interface::Websocket => {
                let url = format!("ws{}/tts/websocket", base.strip_prefix("http").unwrap_or(base));
                let uri = address("url", &url, ["ws", "wss"])?;
                return Ok(socket::client(world, Sockets { uri, settings: Arc::new(self) }));
            }
            Interface::Sse => "sse",
            Interface::Bytes => "bytes",
        };
        let uri = address("url", &format!("{base}/tts/{end}"), ["http", "https"])?;
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
        let Settings { key, voice, model, version, language, sample_rate, extra, .. } = &self.settings;
        let asked = json!({
            "model_id": model,
            "output_format": { "container": "raw", "encoding": "pcm_s16le", "sample_rate": sample_rate },
            "transcript": call.request.text,
            "voice": { "mode": "id", "id": voice },
            "add_timestamps": (self.settings.interface == Interface::Sse).then_some(true),
            "language": language,
        });
        let headers = headers([
            ("content-type", "application/json"),
            ("authorization", &format!("Bearer {}", key.expose())),
            ("cartesia-version", version),
        ])?;
        Ok(Post { uri: self.uri.clone(), headers, body: body(asked, extra) })
    }

    fn packing(&self, content_type: &str) -> Option<Packing> {
        if content_type.starts_with("text/event-stream") {
            Some(Packing::Events)
        } else {
            is_audio(content_type).then_some(Packing::Samples)
        }
    }

    fn read(&self, message: &str, _after_audio: bool) -> Result<Said, VendorFault> {
        let event: Event = serde_json::from_str(message)
            .map_err(|error| broken(&format!("expected an event of the speech, got `{message}`: {error}")))?;
        said(event, message)
    }

    fn refusal(&self, status: StatusCode, body: &str) -> VendorFault {
        of_refusal(status, body)
    }
}

/// What an event says; `message` is its text.
fn said(event: Event, message: &str) -> Result<Said, VendorFault> {
    if event.r#type == "error" || !event.error.is_null() {
        let status = event.status_code.and_then(|status| StatusCode::from_u16(status).ok());
        return Err(REFUSAL.fault(status.unwrap_or_default(), message));
    }
    Ok(Said {
        audio: from_base64(event.data.as_deref().unwrap_or_default())?,
        words: event.word_timestamps.map(Timestamps::words).unwrap_or_default(),
        is_last: event.r#type == "done",
    })
}

fn of_refusal(status: StatusCode, body: &str) -> VendorFault {
    let fault = REFUSAL.fault(status, body);
    match body.trim() {
        // Before 2026-03-01 a refusal is a line of text.
        text if !text.is_empty() && !text.starts_with(['{', '<']) => {
            VendorFault { message: crate::fault::capped(text), ..fault }
        }
        _ => fault,
    }
}

/// One event of the speech.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Event {
    r#type: String,
    data: Option<String>,
    word_timestamps: Option<Timestamps>,
    status_code: Option<u16>,
    error: Value,
}

/// When words are heard, in seconds.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Timestamps {
    words: Vec<String>,
    start: Vec<f64>,
    end: Vec<f64>,
}

impl Timestamps {
    fn words(self) -> Vec<Word> {
        let times = self.start.into_iter().zip(self.end);
        let word = |(text, (start, end))| Word { text, start: from_secs(start), end: from_secs(end) };
        self.words.into_iter().zip(times).map(word).collect()
    }
}

/// What the service refuses with, in both of its forms.
const REFUSAL: Shape = Shape {
    code: &["/error_code", "/status_code"],
    words: &["/message", "/error", "/title"],
    kind: |code, _| match code {
        "concurrency_limited" | "rate_limited" => Some(FaultKind::RateLimited),
        "quota_exceeded" | "credits_exhausted" => Some(FaultKind::Quota),
        "model_not_found" | "voice_not_found" => Some(FaultKind::BadRequest),
        _ => None,
    },
};
