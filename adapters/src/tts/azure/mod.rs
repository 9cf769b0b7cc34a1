//! Azure's speech service: the SDK's WebSocket, which takes a text in pieces and tells the time of each word, or over
//! REST one POST of SSML and bare samples.
//!
//! Deliberately out: compressed formats, custom voices, tokens in place of the key. Wire facts:
//! `fixtures/wire/azure/SOURCE.md`.

mod ssml;
mod turns;

use std::sync::Arc;

use bargein_core::VendorFault;
use bargein_net::World;
use bargein_wire::units::Secret;
use http::{StatusCode, Uri};
use schemars::JsonSchema;
use serde::Deserialize;

use self::turns::Sockets;
use super::post::{Packing, Post, Said, Voice, client, headers, is_audio};
use super::refusal::Shape;
use super::samples::broken;
use super::{Tts, TtsCall, socket};
use crate::fault::capped;
use crate::registry::{OpenError, VendorSettings, address};

/// How the service is reached and what it is asked for.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Which interface. Default the WebSocket.
    #[serde(default)]
    pub interface: Interface,
    /// The whole address. Default that of the region: `wss://REGION.tts.speech.microsoft.com/cognitiveservices/websocket/v2`
    /// or `https://REGION.tts.speech.microsoft.com/cognitiveservices/v1`.
    #[serde(default)]
    pub url: Option<String>,
    /// The region of the account, such as `chinanorth3`. Needed unless there is a `url`.
    #[serde(default)]
    pub region: Option<String>,
    /// The key of the account.
    pub key: Secret,
    /// Which voice. Default `zh-CN-XiaoxiaoNeural`.
    #[serde(default = "voice")]
    pub voice: String,
    /// The language of the text. Default `zh-CN`.
    #[serde(default = "language")]
    pub language: String,
    /// Multiple of the usual speed, 0.5 to 2. Default 1.
    #[serde(default)]
    pub rate: Option<f64>,
    /// Samples a second: 8000, 16000, 22050, 24000, 44100 or 48000. Default 16000.
    #[serde(default = "rate")]
    pub sample_rate: u32,
}

/// The ways to the same voice.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Interface {
    /// A text in pieces, with the time of each word.
    #[default]
    Websocket,
    /// A whole text.
    Rest,
}

fn voice() -> String {
    "zh-CN-XiaoxiaoNeural".to_owned()
}

fn language() -> String {
    "zh-CN".to_owned()
}

const fn rate() -> u32 {
    16_000
}

impl VendorSettings for Settings {
    type Client = dyn Tts;

    fn open(self, world: &World) -> Result<Arc<dyn Tts>, OpenError> {
        let url = match (&self.url, &self.region) {
            (Some(url), _) => url.clone(),
            (None, Some(region)) => of_region(region, self.interface),
            (None, None) => {
                let message = "expected a `region` or a `url`, got neither".to_owned();
                return Err(OpenError::Settings { path: "region".to_owned(), message });
            }
        };
        let is_socket = self.interface == Interface::Websocket;
        let uri = address("url", &url, if is_socket { ["ws", "wss"] } else { ["http", "https"] })?;
        let Some(format) = format(self.sample_rate) else {
            let got = self.sample_rate;
            let message =
                format!("expected 8000, 16000, 22050, 24000, 44100 or 48000 samples a second, got {got}");
            return Err(OpenError::Settings { path: "sample_rate".to_owned(), message });
        };
        if is_socket {
            return Ok(socket::client(world, Sockets { uri, format, settings: Arc::new(self) }));
        }
        Ok(client(world, Speech { uri, format, settings: self }))
    }
}

/// Each of the separate clouds has a host of its own.
fn of_region(region: &str, interface: Interface) -> String {
    let host = if region.starts_with("china") {
        "tts.speech.azure.cn"
    } else if region.starts_with("usgov") {
        "tts.speech.azure.us"
    } else {
        "tts.speech.microsoft.com"
    };
    match interface {
        Interface::Websocket => format!("wss://{region}.{host}/cognitiveservices/websocket/v2"),
        Interface::Rest => format!("https://{region}.{host}/cognitiveservices/v1"),
    }
}

/// The service's word for bare samples of this rate.
const fn format(rate: u32) -> Option<&'static str> {
    match rate {
        8_000 => Some("raw-8khz-16bit-mono-pcm"),
        16_000 => Some("raw-16khz-16bit-mono-pcm"),
        22_050 => Some("raw-22050hz-16bit-mono-pcm"),
        24_000 => Some("raw-24khz-16bit-mono-pcm"),
        44_100 => Some("raw-44100hz-16bit-mono-pcm"),
        48_000 => Some("raw-48khz-16bit-mono-pcm"),
        _ => None,
    }
}

struct Speech {
    uri: Uri,
    format: &'static str,
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
        let Settings { key, voice, language, rate, .. } = &self.settings;
        let headers = headers([
            ("content-type", "application/ssml+xml"),
            ("ocp-apim-subscription-key", key.expose()),
            ("x-microsoft-outputformat", self.format),
            ("user-agent", "bargein"),
        ])?;
        let body = ssml::of(&call.request.text, voice, language, *rate);
        Ok(Post { uri: self.uri.clone(), headers, body })
    }

    fn packing(&self, content_type: &str) -> Option<Packing> {
        is_audio(content_type).then_some(Packing::Samples)
    }

    fn read(&self, message: &str, _after_audio: bool) -> Result<Said, VendorFault> {
        Err(broken(&format!("expected bare samples, got `{message}`")))
    }

    fn refusal(&self, status: StatusCode, body: &str) -> VendorFault {
        of_refusal(status, body)
    }
}

fn of_refusal(status: StatusCode, body: &str) -> VendorFault {
    let fault = REFUSAL.fault(status, body);
    match body.trim() {
        // What is wrong with a request is said in plain words.
        text if !text.is_empty() && !text.starts_with(['{', '<']) => {
            VendorFault { message: capped(text), ..fault }
        }
        _ => fault,
    }
}

/// The gateway's form; the service itself answers in plain words or none.
const REFUSAL: Shape = Shape { code: &["/error/code"], words: &["/error/message"], kind: |_, _| None };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cloud_has_its_host() {
        for (region, host) in [
            ("westeurope", "westeurope.tts.speech.microsoft.com"),
            ("chinanorth3", "chinanorth3.tts.speech.azure.cn"),
            ("usgovvirginia", "usgovvirginia.tts.speech.azure.us"),
        ] {
            assert_eq!(of_region(region, Interface::Rest), format!("https://{host}/cognitiveservices/v1"));
            let socket = format!("wss://{host}/cognitiveservices/websocket/v2");
            assert_eq!(of_region(region, Interface::Websocket), socket);
        }
    }
}
