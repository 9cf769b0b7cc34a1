//! StepFun: its speech endpoint speaks OpenAI's protocol, with the rate of the samples as a member of its own.
//!
//! Deliberately out: compressed formats. Wire facts: `fixtures/wire/stepfun/SOURCE.md`.

use std::sync::Arc;

use bargein_core::VendorFault;
use bargein_net::World;
use bargein_wire::units::Secret;
use http::{StatusCode, Uri};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::openai::{REFUSAL, packing, read};
use super::post::{Packing, Post, Said, Voice, body, client, headers};
use super::{Tts, TtsCall};
use crate::registry::{OpenError, VendorSettings, address, sample_rate};

/// How the service is reached and what it is asked for.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The whole address. Default `https://api.stepfun.com/v1/audio/speech`.
    #[serde(default = "official")]
    pub url: String,
    /// The key, sent as a bearer token.
    pub key: Secret,
    /// Which model. Default `step-tts-mini`.
    #[serde(default = "model")]
    pub model: String,
    /// Which voice. Default `cixingnansheng`.
    #[serde(default = "voice")]
    pub voice: String,
    /// Multiple of the usual speed, 0.5 to 2. Default the service's, 1.
    #[serde(default)]
    pub speed: Option<f64>,
    /// Multiple of the usual loudness, 0.1 to 2. Default the service's, 1.
    #[serde(default)]
    pub volume: Option<f64>,
    /// Samples a second: 8000, 16000, 22050 or 24000. Default 16000.
    #[serde(default = "rate")]
    pub sample_rate: u32,
    /// Further members of the request's body; they win over ours. Default none.
    #[serde(default)]
    pub extra: Map<String, Value>,
}

fn official() -> String {
    "https://api.stepfun.com/v1/audio/speech".to_owned()
}

fn model() -> String {
    "step-tts-mini".to_owned()
}

fn voice() -> String {
    "cixingnansheng".to_owned()
}

const fn rate() -> u32 {
    16_000
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
        let Settings { key, model, voice, speed, volume, sample_rate, extra, .. } = &self.settings;
        let asked = json!({
            "model": model,
            "input": call.request.text,
            "voice": voice,
            "response_format": "pcm",
            "sample_rate": sample_rate,
            "speed": speed,
            "volume": volume,
        });
        let bearer = format!("Bearer {}", key.expose());
        let headers = headers([("content-type", "application/json"), ("authorization", &bearer)])?;
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
