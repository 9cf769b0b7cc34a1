//! ByteDance (Volcano Engine): the two-way WebSocket of version 3, which takes a text in pieces, and the one-way
//! interfaces of both generations over HTTP.
//!
//! Version 1 answers with one document, version 3 with lines of JSON and the time of each word. Deliberately out:
//! compressed formats, SSML, and the binary protocol of the WebSockets. Wire facts: `fixtures/wire/bytedance/SOURCE.md`.

mod dialogue;
mod first;
mod third;

use std::sync::Arc;

use bargein_core::{FaultKind, VendorFault};
use bargein_net::World;
use bargein_wire::units::Secret;
use http::{StatusCode, Uri};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use self::dialogue::Sockets;
use super::post::{Packing, Post, Said, Voice, client};
use super::refusal::Shape;
use super::{Tts, TtsCall, socket};
use crate::registry::{OpenError, VendorSettings, address, sample_rate};

/// How the service is reached and what it is asked for.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The address before the path. Default `https://openspeech.bytedance.com`.
    #[serde(default = "official")]
    pub url: String,
    /// Which interface. Default the WebSocket of version 3.
    #[serde(default)]
    pub interface: Interface,
    /// The id of the application.
    pub app_id: String,
    /// The application's token.
    pub token: Secret,
    /// Where the voice runs, of version 1. Default `volcano_tts`.
    #[serde(default = "cluster")]
    pub cluster: String,
    /// What the voice belongs to, of version 3. Default `seed-tts-1.0`.
    #[serde(default = "resource")]
    pub resource: String,
    /// Which voice. Default `zh_female_wanwanxiaohe_moon_bigtts`.
    #[serde(default = "voice")]
    pub voice: String,
    /// Multiple of the usual speed, 0.5 to 2. Default the service's, 1.
    #[serde(default)]
    pub speed: Option<f64>,
    /// Samples a second: 8000, 16000 or 24000. Default 16000.
    #[serde(default = "rate")]
    pub sample_rate: u32,
    /// Further members of the request's `audio` (version 1) or `req_params` (version 3); they win over ours. Default
    /// none.
    #[serde(default)]
    pub extra: Map<String, Value>,
}

/// The generations of the interface.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Interface {
    /// All audio in one document.
    V1,
    /// Audio as it is made, with the time of each word.
    V3,
    /// A text in pieces, with the time of each word.
    #[default]
    Websocket,
}

fn official() -> String {
    "https://openspeech.bytedance.com".to_owned()
}

fn cluster() -> String {
    "volcano_tts".to_owned()
}

fn resource() -> String {
    "seed-tts-1.0".to_owned()
}

fn voice() -> String {
    "zh_female_wanwanxiaohe_moon_bigtts".to_owned()
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
        let path = match self.interface {
            Interface::Websocket => {
                let url = format!("ws{}/api/v3/tts/bidirection", base.strip_prefix("http").unwrap_or(base));
                let uri = address("url", &url, ["ws", "wss"])?;
                return Ok(socket::client(world, Sockets { uri, settings: Arc::new(self) }));
            }
            Interface::V1 => "/api/v1/tts",
            Interface::V3 => "/api/v3/tts/unidirectional",
        };
        let uri = address("url", &format!("{base}{path}"), ["http", "https"])?;
        Ok(client(world, Speech { uri, settings: self }))
    }
}

struct Speech {
    uri: Uri,
    settings: Settings,
}

impl Voice for Speech {
    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.settings.token]
    }

    fn rate(&self) -> u32 {
        self.settings.sample_rate
    }

    fn post(&self, call: &TtsCall, _unix_secs: u64) -> Result<Post, VendorFault> {
        let (headers, body) = match self.settings.interface {
            Interface::V1 => first::request(&self.settings, call)?,
            Interface::V3 | Interface::Websocket => third::request(&self.settings, call)?,
        };
        Ok(Post { uri: self.uri.clone(), headers, body })
    }

    fn packing(&self, content_type: &str) -> Option<Packing> {
        match self.settings.interface {
            _ if content_type.starts_with("text/html") => None,
            Interface::V1 => Some(Packing::Document),
            Interface::V3 if content_type.starts_with("text/event-stream") => Some(Packing::Events),
            Interface::V3 | Interface::Websocket => Some(Packing::Lines),
        }
    }

    fn read(&self, message: &str, _after_audio: bool) -> Result<Said, VendorFault> {
        match self.settings.interface {
            Interface::V1 => first::read(message),
            Interface::V3 | Interface::Websocket => third::read(message),
        }
    }

    fn refusal(&self, status: StatusCode, body: &str) -> VendorFault {
        of_words(REFUSAL.fault(status, body))
    }
}

/// What both generations refuse with.
const REFUSAL: Shape = Shape {
    code: &["/code", "/header/code"],
    words: &["/message", "/header/message"],
    kind: |code, _| match code {
        "3003" | "3005" => Some(FaultKind::RateLimited),
        "3001" | "3006" | "3010" | "3011" | "3050" | "40402003" | "45000000" | "45000001" => {
            Some(FaultKind::BadRequest)
        }
        "3030" | "3032" | "45000081" => Some(FaultKind::Timeout),
        "45000030" | "45000010" => Some(FaultKind::Auth),
        _ => None,
    },
};

/// One code stands for many things: the words decide.
fn of_words(fault: VendorFault) -> VendorFault {
    const WORDS: [(&str, FaultKind); 6] = [
        ("types: concurrency", FaultKind::RateLimited),
        ("quota exceeded", FaultKind::Quota),
        ("_lifetime", FaultKind::Quota),
        ("grant not found", FaultKind::Auth),
        ("access denied", FaultKind::Auth),
        ("authenticate", FaultKind::Auth),
    ];
    let found = WORDS.iter().find(|(words, _)| fault.message.contains(words));
    VendorFault { kind: found.map_or(fault.kind, |(_, kind)| *kind), ..fault }
}
