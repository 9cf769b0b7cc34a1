//! MiniMax T2A v2: a WebSocket that takes a text in pieces, or one POST and server-sent events; audio in hexadecimal
//! digits.
//!
//! The last event repeats all audio unless it is asked not to, and on some hosts even then: audio of the last event
//! counts only when there was none before. Refusals come with status 200. Deliberately out: compressed formats,
//! subtitle files. Wire facts: `fixtures/wire/minimax/SOURCE.md`.

mod task;

use std::sync::Arc;

use bargein_core::{FaultKind, VendorFault};
use bargein_net::World;
use bargein_wire::units::Secret;
use bytes::Bytes;
use http::{StatusCode, Uri};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use self::task::Sockets;
use super::post::{Packing, Post, Said, Voice, body, client, headers};
use super::refusal::Shape;
use super::samples::{broken, from_hex};
use super::{Tts, TtsCall, socket};
use crate::registry::{OpenError, VendorSettings, address, sample_rate};

/// How the service is reached and what it is asked for.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The whole address over HTTP, from which that of the WebSocket follows. Default
    /// `https://api.minimax.chat/v1/t2a_v2`.
    #[serde(default = "official")]
    pub url: String,
    /// Which interface. Default the WebSocket.
    #[serde(default)]
    pub interface: Interface,
    /// The key, sent as a bearer token.
    pub key: Secret,
    /// The account's group, which older hosts ask for. Default none.
    #[serde(default)]
    pub group_id: Option<String>,
    /// Which model. Default `speech-02-turbo`.
    #[serde(default = "model")]
    pub model: String,
    /// The id of the voice. Default `female-tianmei-jingpin`.
    #[serde(default = "voice")]
    pub voice: String,
    /// Multiple of the usual speed, 0.5 to 2. Default 1.
    #[serde(default = "one")]
    pub speed: f64,
    /// Loudness, above 0 up to 10. Default 1.
    #[serde(default = "one")]
    pub volume: f64,
    /// Pitch in steps, -12 to 12. Default 0.
    #[serde(default)]
    pub pitch: i8,
    /// Samples a second: 8000, 16000, 22050, 24000, 32000 or 44100. Default 16000.
    #[serde(default = "rate")]
    pub sample_rate: u32,
    /// Further members of the request's body, such as `language_boost`; they win over ours. Default none.
    #[serde(default)]
    pub extra: Map<String, Value>,
}

/// The ways to the same voice.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Interface {
    /// A text in pieces.
    #[default]
    Websocket,
    /// A whole text.
    Stream,
}

fn official() -> String {
    "https://api.minimax.chat/v1/t2a_v2".to_owned()
}

fn model() -> String {
    "speech-02-turbo".to_owned()
}

fn voice() -> String {
    "female-tianmei-jingpin".to_owned()
}

const fn one() -> f64 {
    1.0
}

const fn rate() -> u32 {
    16_000
}

impl VendorSettings for Settings {
    type Client = dyn Tts;

    fn open(self, world: &World) -> Result<Arc<dyn Tts>, OpenError> {
        address("url", &self.url, ["http", "https"])?;
        sample_rate(self.sample_rate)?;
        if self.interface == Interface::Websocket {
            let base = self.url.split("/v1/").next().unwrap_or(&self.url).trim_end_matches('/');
            let url = format!("ws{}/ws/v1/t2a_v2", base.strip_prefix("http").unwrap_or(base));
            let uri = address("url", &url, ["ws", "wss"])?;
            return Ok(socket::client(world, Sockets { uri, settings: Arc::new(self) }));
        }
        let group = self
            .group_id
            .as_ref()
            .map(|id| format!("?GroupId={}", utf8_percent_encode(id, NON_ALPHANUMERIC)));
        let uri = address("url", &format!("{}{}", self.url, group.unwrap_or_default()), ["http", "https"])?;
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
        let Settings { key, model, voice, speed, volume, pitch, sample_rate, extra, .. } = &self.settings;
        let asked = json!({
            "model": model,
            "text": call.request.text,
            "stream": true,
            "stream_options": { "exclude_aggregated_audio": true },
            "voice_setting": { "voice_id": voice, "speed": speed, "vol": volume, "pitch": pitch },
            "audio_setting": { "sample_rate": sample_rate, "format": "pcm", "channel": 1 },
        });
        let bearer = format!("Bearer {}", key.expose());
        let headers = headers([("content-type", "application/json"), ("authorization", &bearer)])?;
        Ok(Post { uri: self.uri.clone(), headers, body: body(asked, extra) })
    }

    fn packing(&self, content_type: &str) -> Option<Packing> {
        if content_type.starts_with("text/event-stream") {
            Some(Packing::Events)
        } else {
            // A refusal, or audio that was not asked for in pieces.
            content_type.starts_with("application/json").then_some(Packing::Document)
        }
    }

    fn read(&self, message: &str, after_audio: bool) -> Result<Said, VendorFault> {
        read(message, after_audio)
    }

    fn refusal(&self, status: StatusCode, body: &str) -> VendorFault {
        REFUSAL.fault(status, body)
    }
}

/// One event, or a whole answer.
fn read(message: &str, after_audio: bool) -> Result<Said, VendorFault> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Event {
        data: Option<Audio>,
        base_resp: Option<BaseResp>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Audio {
        audio: Option<String>,
        status: u8,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct BaseResp {
        status_code: i64,
    }
    /// The status of the last event.
    const LAST: u8 = 2;
    let event: Event = serde_json::from_str(message)
        .map_err(|error| broken(&format!("expected an event of the speech, got `{message}`: {error}")))?;
    if event.base_resp.is_some_and(|told| told.status_code != 0) {
        return Err(REFUSAL.of_message(&serde_json::from_str(message).unwrap_or_default()));
    }
    let data = event.data.unwrap_or_default();
    let is_last = data.status == LAST;
    let audio = match data.audio {
        Some(audio) if !(is_last && after_audio) => from_hex(&audio)?,
        _ => Bytes::new(),
    };
    Ok(Said { audio, is_last, ..Said::default() })
}

/// What the service refuses with, most often with status 200.
const REFUSAL: Shape = Shape {
    code: &["/base_resp/status_code"],
    words: &["/base_resp/status_msg"],
    kind: |code, _| match code {
        "1001" => Some(FaultKind::Timeout),
        "1002" | "1039" | "1041" | "2045" => Some(FaultKind::RateLimited),
        "1004" | "2042" | "2049" => Some(FaultKind::Auth),
        "1008" | "2056" => Some(FaultKind::Quota),
        "1026" | "1027" | "1042" | "1043" | "1044" | "2013" | "2054" | "20132" => Some(FaultKind::BadRequest),
        "1000" | "1024" | "1033" => Some(FaultKind::Unavailable),
        _ => None,
    },
};
