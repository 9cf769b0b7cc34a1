//! OpenAI's speech endpoint: one POST, bare samples or server-sent events.
//!
//! Samples are 24 kHz whatever is asked for; servers that copy the protocol send other rates, hence the setting.
//! Deliberately out: compressed formats. Wire facts: `fixtures/wire/openai/SOURCE.md`.

use std::sync::Arc;

use bargein_core::{FaultKind, VendorFault};
use bargein_net::World;
use bargein_wire::units::Secret;
use http::{StatusCode, Uri};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::post::{Packing, Post, Said, Voice, body, client, headers, is_audio};
use super::refusal::Shape;
use super::samples::{broken, from_base64};
use super::{Tts, TtsCall};
use crate::registry::{OpenError, VendorSettings, address, sample_rate};

/// How the service is reached and what it is asked for.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The whole address. Default `https://api.openai.com/v1/audio/speech`.
    #[serde(default = "official")]
    pub url: String,
    /// The key, sent as a bearer token. Default none.
    #[serde(default)]
    pub key: Secret,
    /// Which model. Default `gpt-4o-mini-tts`.
    #[serde(default = "model")]
    pub model: String,
    /// Which voice. Default `alloy`.
    #[serde(default = "voice")]
    pub voice: String,
    /// How to speak, in words. Default none.
    #[serde(default)]
    pub instructions: Option<String>,
    /// Multiple of the usual speed, 0.25 to 4. Default the service's, 1.
    #[serde(default)]
    pub speed: Option<f64>,
    /// Whether the answer is asked for as server-sent events. Default false: bare samples. Either is understood.
    #[serde(default)]
    pub events: bool,
    /// Samples a second of the service. Default 24000.
    #[serde(default = "rate")]
    pub sample_rate: u32,
    /// Further members of the request's body; they win over ours. Default none.
    #[serde(default)]
    pub extra: Map<String, Value>,
}

fn official() -> String {
    "https://api.openai.com/v1/audio/speech".to_owned()
}

fn model() -> String {
    "gpt-4o-mini-tts".to_owned()
}

fn voice() -> String {
    "alloy".to_owned()
}

const fn rate() -> u32 {
    24_000
}

impl VendorSettings for Settings {
    type Client = dyn Tts;

    fn open(self, world: &World) -> Result<Arc<dyn Tts>, OpenError> {
        let uri = address("url", &self.url, ["http", "https"])?;
        sample_rate(self.sample_rate)?;
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
        let Settings { key, model, voice, instructions, speed, events, extra, .. } = &self.settings;
        let asked = json!({
            "model": model,
            "input": call.request.text,
            "voice": voice,
            "instructions": instructions,
            "response_format": "pcm",
            "speed": speed,
            "stream_format": events.then_some("sse"),
        });
        let headers = headers([
            ("content-type", "application/json"),
            ("authorization", &format!("Bearer {}", key.expose())),
            ("x-client-request-id", &call.request_id),
        ])?;
        Ok(Post { uri: self.uri.clone(), headers, body: body(asked, extra) })
    }

    fn packing(&self, content_type: &str) -> Option<Packing> {
        packing(content_type)
    }

    fn read(&self, message: &str, _after_audio: bool) -> Result<Said, VendorFault> {
        read(message)
    }

    fn refusal(&self, status: StatusCode, body: &str) -> VendorFault {
        REFUSAL.fault(status, body)
    }
}

/// Events or samples, as the answer itself says.
pub(super) fn packing(content_type: &str) -> Option<Packing> {
    if content_type.starts_with("text/event-stream") {
        Some(Packing::Events)
    } else {
        is_audio(content_type).then_some(Packing::Samples)
    }
}

/// One event. Audio stands in `audio`, in copies of the protocol in `delta`.
pub(super) fn read(message: &str) -> Result<Said, VendorFault> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Event {
        r#type: String,
        audio: Option<String>,
        delta: Option<String>,
        error: Value,
    }
    let event: Event = serde_json::from_str(message)
        .map_err(|error| broken(&format!("expected an event of the speech, got `{message}`: {error}")))?;
    if !event.error.is_null() || event.r#type == "error" {
        return Err(REFUSAL.of_message(&serde_json::from_str(message).unwrap_or_default()));
    }
    let audio = from_base64(event.audio.or(event.delta).as_deref().unwrap_or_default())?;
    Ok(Said { audio, is_last: event.r#type == "speech.audio.done", ..Said::default() })
}

/// What the service, and every copy of it, refuses with.
pub(super) const REFUSAL: Shape = Shape {
    code: &["/error/code", "/error/type", "/code"],
    words: &["/error/message", "/message", "/detail"],
    kind: |code, _| match code {
        // The same status as a rate, but final.
        "insufficient_quota" | "billing_hard_limit_reached" => Some(FaultKind::Quota),
        "rate_limit_exceeded" => Some(FaultKind::RateLimited),
        "invalid_api_key" => Some(FaultKind::Auth),
        _ => None,
    },
};
