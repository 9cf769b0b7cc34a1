//! Tencent Cloud's synthesis: a signed WebSocket that takes a text in pieces, or `TextToVoice` of its API 3.0, one
//! signed POST and one JSON document with all audio.
//!
//! Refusals come with status 200. Deliberately out: compressed formats, and the streams of whole texts. Wire
//! facts: `fixtures/wire/tencent/SOURCE.md`; the signature is [`bargein_wire::tencent_tts`]'s.

mod stream;

use std::sync::Arc;
use std::time::Duration;

use bargein_core::{FaultKind, VendorFault};
use bargein_net::World;
use bargein_wire::tencent_tts::Tc3;
use bargein_wire::units::Secret;
use http::{StatusCode, Uri};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use self::stream::Sockets;
use super::post::{Packing, Post, Said, Voice, body, client, headers};
use super::refusal::Shape;
use super::samples::{broken, from_base64};
use super::{Tts, TtsCall, Word, socket};
use crate::registry::{OpenError, VendorSettings, address, sample_rate};

/// How the service is reached and what it is asked for.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Which interface. Default the WebSocket.
    #[serde(default)]
    pub interface: Interface,
    /// The whole address; its host is signed. Default `wss://tts.cloud.tencent.com/stream_wsv2` of the WebSocket,
    /// `https://tts.tencentcloudapi.com/` of the plain one.
    #[serde(default)]
    pub url: Option<String>,
    /// The account's number, which the WebSocket asks for. Default 0.
    #[serde(default)]
    pub app_id: u64,
    /// Names the key.
    pub secret_id: String,
    /// The key that signs.
    pub secret_key: Secret,
    /// The region of the account. Default none.
    #[serde(default)]
    pub region: Option<String>,
    /// The number of the voice. Default 101001; 200000000 with a `fast_voice`.
    #[serde(default = "voice")]
    pub voice: u32,
    /// The id of a voice cloned from one sentence. Default none.
    #[serde(default)]
    pub fast_voice: Option<String>,
    /// Speed, -2 to 6: 0 is the usual one, -2 is 0.6 times as fast, 2 is 1.5 times. Default 0.
    #[serde(default)]
    pub speed: f64,
    /// Loudness, -10 to 10. Default 0.
    #[serde(default)]
    pub volume: f64,
    /// 1 Chinese, 2 English, 3 Japanese. Default 1.
    #[serde(default = "chinese")]
    pub language: u8,
    /// Samples a second: 8000, 16000 or 24000. Default 16000.
    #[serde(default = "rate")]
    pub sample_rate: u32,
    /// Further members of the request's body, such as `EmotionCategory`; they win over ours. Default none.
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
    /// A whole text, its audio in one document.
    Plain,
}

const fn voice() -> u32 {
    101_001
}

const fn chinese() -> u8 {
    1
}

const fn rate() -> u32 {
    16_000
}

impl VendorSettings for Settings {
    type Client = dyn Tts;

    fn open(self, world: &World) -> Result<Arc<dyn Tts>, OpenError> {
        sample_rate(self.sample_rate)?;
        if self.interface == Interface::Websocket {
            let url = self.url.as_deref().unwrap_or("wss://tts.cloud.tencent.com/stream_wsv2");
            let uri = address("url", url, ["ws", "wss"])?;
            return Ok(socket::client(world, Sockets { uri, settings: Arc::new(self) }));
        }
        let url = self.url.as_deref().unwrap_or("https://tts.tencentcloudapi.com/");
        let uri = address("url", url, ["http", "https"])?;
        let host = signed_host(&uri);
        Ok(client(world, Speech { uri, host, settings: self }))
    }
}

/// The `Host` header of an address: without the port that its scheme implies.
fn signed_host(uri: &Uri) -> String {
    let host = uri.host().unwrap_or_default();
    match (uri.scheme_str(), uri.port_u16()) {
        (_, None) | (Some("http" | "ws"), Some(80)) | (Some("https" | "wss"), Some(443)) => host.to_owned(),
        (_, Some(port)) => format!("{host}:{port}"),
    }
}

struct Speech {
    uri: Uri,
    host: String,
    settings: Settings,
}

impl Voice for Speech {
    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.settings.secret_key]
    }

    fn rate(&self) -> u32 {
        self.settings.sample_rate
    }

    fn post(&self, call: &TtsCall, unix_secs: u64) -> Result<Post, VendorFault> {
        let Settings { secret_id, secret_key, region, voice, fast_voice, .. } = &self.settings;
        let Settings { speed, volume, language, sample_rate, extra, .. } = &self.settings;
        let asked = json!({
            "Text": call.request.text,
            "SessionId": call.request_id,
            "ModelType": 1,
            "VoiceType": voice,
            "FastVoiceType": fast_voice,
            "Speed": speed,
            "Volume": volume,
            "PrimaryLanguage": language,
            "SampleRate": sample_rate,
            "Codec": "pcm",
            "EnableSubtitle": true,
        });
        let body = body(asked, extra);
        let content_type = "application/json";
        let signed = Tc3 { service: "tts", host: &self.host, content_type, unix_secs, body: body.as_bytes() };
        let headers = headers([
            ("content-type", content_type),
            ("host", &self.host),
            ("x-tc-action", "TextToVoice"),
            ("x-tc-version", "2019-08-23"),
            ("x-tc-timestamp", &unix_secs.to_string()),
            ("x-tc-region", region.as_deref().unwrap_or_default()),
            ("authorization", &signed.authorization(secret_id, secret_key)),
        ])?;
        Ok(Post { uri: self.uri.clone(), headers, body })
    }

    fn packing(&self, content_type: &str) -> Option<Packing> {
        content_type.starts_with("application/json").then_some(Packing::Document)
    }

    fn read(&self, message: &str, _after_audio: bool) -> Result<Said, VendorFault> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Document {
            response: Answer,
        }
        let Document { response } = serde_json::from_str(message).map_err(|error| {
            broken(&format!("expected an answer of the service, got `{message}`: {error}"))
        })?;
        if !response.error.is_null() {
            return Err(REFUSAL.of_message(&json!({ "Response": { "Error": response.error } })));
        }
        Ok(Said {
            audio: from_base64(response.audio.as_deref().unwrap_or_default())?,
            words: response.subtitles.unwrap_or_default().into_iter().map(Subtitle::word).collect(),
            is_last: true,
        })
    }

    fn refusal(&self, status: StatusCode, body: &str) -> VendorFault {
        REFUSAL.fault(status, body)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    audio: Option<String>,
    #[serde(default)]
    subtitles: Option<Vec<Subtitle>>,
    #[serde(default)]
    error: Value,
}

/// A character or word of the text, in milliseconds.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Subtitle {
    text: String,
    begin_time: u64,
    end_time: u64,
}

impl Subtitle {
    fn word(self) -> Word {
        Word {
            text: self.text,
            start: Duration::from_millis(self.begin_time),
            end: Duration::from_millis(self.end_time),
        }
    }
}

/// What the service refuses with; the codes are words with dots, the first of which says most.
const REFUSAL: Shape = Shape {
    code: &["/Response/Error/Code"],
    words: &["/Response/Error/Message"],
    kind: |code, _| {
        let (class, detail) = code.split_once('.').unwrap_or((code, ""));
        Some(match (class, detail) {
            ("AuthFailure" | "UnauthorizedOperation", _)
            | ("UnsupportedOperation", "ServerNotOpen" | "ServerStopped") => FaultKind::Auth,
            // Spelled so by the service.
            ("UnsupportedOperation", "AccountArrears" | "NoBanlance" | "NoFreeAccount" | "PkgExhausted") => {
                FaultKind::Quota
            }
            ("LimitExceeded" | "RequestLimitExceeded", _) => FaultKind::RateLimited,
            ("InternalError" | "ResourceUnavailable", _) => FaultKind::Unavailable,
            _ => FaultKind::BadRequest,
        })
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signed_host_is_the_header_that_is_sent() {
        for (url, host) in [
            ("https://tts.tencentcloudapi.com/", "tts.tencentcloudapi.com"),
            ("http://tts.mock:80/", "tts.mock"),
            ("https://tts.mock:443/", "tts.mock"),
            ("http://127.0.0.1:4100/", "127.0.0.1:4100"),
        ] {
            assert_eq!(signed_host(&url.parse().expect("an address")), host);
        }
    }
}
