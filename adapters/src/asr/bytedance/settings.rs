//! What a stream is asked for.

use std::fmt::Display;

use bargein_wire::bytedance::recognition::PATHS;
use bargein_wire::units::{Dur, Secret};
use http::{HeaderMap, HeaderName, HeaderValue};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::registry::OpenError;

/// The least that the service takes for [`Settings::end_window_size`].
const LEAST_SILENCE: Dur = Dur::from_millis(200);

/// How the service is reached and what it is asked for.
///
/// Always sent besides: PCM of 16 bits and one channel at 16 kHz, `show_utterances` and `result_type: full`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The address, `ws://` or `wss://`. Default
    /// `wss://openspeech.bytedance.com/api/v3/sauc/bigmodel_async`, which answers when something has changed.
    #[serde(default = "official")]
    pub url: String,
    /// The application, with `access_key`. Default none.
    #[serde(default)]
    pub app_key: Option<String>,
    /// The application's key. Default none.
    #[serde(default)]
    pub access_key: Secret,
    /// The single key of the new console, in place of both. Default none.
    #[serde(default)]
    pub api_key: Secret,
    /// What is paid for. Default `volc.bigasr.sauc.duration`.
    #[serde(default = "resource_id")]
    pub resource_id: String,
    /// What recognises. Default `bigmodel`.
    #[serde(default = "model_name")]
    pub model_name: String,
    /// Silence after which a sentence is final. At least 200ms, default 300ms: shorter than the service's own 800ms,
    /// because the session measures silence itself and a final sentence must be there when it has decided.
    #[serde(default = "end_window_size")]
    pub end_window_size: Dur,
    /// The language, such as `zh-CN`. Default the service guesses.
    #[serde(default)]
    pub language: Option<String>,
    /// Words to expect. Default none.
    #[serde(default)]
    pub hot_words: Vec<String>,
    /// The id of a table of hot words kept by the service. Default none.
    #[serde(default)]
    pub boosting_table_id: Option<String>,
    /// Whether numbers and dates are written as digits. Default true.
    #[serde(default = "yes")]
    pub enable_itn: bool,
    /// Whether sentences have punctuation. Default true.
    #[serde(default = "yes")]
    pub enable_punc: bool,
    /// Whether filler words are left out. Default false.
    #[serde(default)]
    pub enable_ddc: bool,
    /// Further members of `request`; they win over ours. Default none.
    #[serde(default)]
    pub extra: Map<String, Value>,
}

fn official() -> String {
    let [_, path, _] = PATHS;
    format!("wss://openspeech.bytedance.com{path}")
}

fn resource_id() -> String {
    "volc.bigasr.sauc.duration".to_owned()
}

fn model_name() -> String {
    "bigmodel".to_owned()
}

const fn end_window_size() -> Dur {
    Dur::from_millis(300)
}

const fn yes() -> bool {
    true
}

impl Settings {
    /// Looks for what the service would refuse.
    pub(super) fn check(&self) -> Result<(), OpenError> {
        if self.api_key.is_empty() && self.app_key.is_none() {
            return Err(wrong("api_key", "a key, or an app_key with its access_key", &""));
        }
        if self.api_key.is_empty() && self.access_key.is_empty() {
            return Err(wrong("access_key", "the application's key", &""));
        }
        if self.end_window_size < LEAST_SILENCE {
            return Err(wrong(
                "end_window_size",
                &format!("at least {LEAST_SILENCE}"),
                &self.end_window_size,
            ));
        }
        Ok(())
    }

    /// The key that opens the door.
    pub(super) const fn key(&self) -> &Secret {
        if self.api_key.is_empty() { &self.access_key } else { &self.api_key }
    }

    /// The headers of every handshake.
    pub(super) fn headers(&self) -> Result<HeaderMap, OpenError> {
        let mut headers = HeaderMap::new();
        let mut set = |name: &'static str, path: &str, value: &str| {
            let wrong = |_| wrong(path, "no control characters", &"some");
            let mut value = HeaderValue::from_str(value).map_err(wrong)?;
            value.set_sensitive(name.ends_with("-key"));
            headers.insert(HeaderName::from_static(name), value);
            Ok(())
        };
        if self.api_key.is_empty() {
            set("x-api-app-key", "app_key", self.app_key.as_deref().unwrap_or_default())?;
            set("x-api-access-key", "access_key", self.access_key.expose())?;
        } else {
            set("x-api-key", "api_key", self.api_key.expose())?;
        }
        set("x-api-resource-id", "resource_id", &self.resource_id)?;
        Ok(headers)
    }

    /// The payload of the first frame.
    pub(super) fn request(&self, uid: &str) -> Value {
        let mut audio = json!({ "format": "pcm", "codec": "raw", "rate": 16_000, "bits": 16, "channel": 1 });
        if let Some(language) = &self.language {
            audio["language"] = json!(language);
        }
        let mut request = json!({
            "model_name": self.model_name,
            "enable_itn": self.enable_itn,
            "enable_punc": self.enable_punc,
            "enable_ddc": self.enable_ddc,
            "show_utterances": true,
            "result_type": "full",
            "end_window_size": self.end_window_size.get().as_millis() as u64,
        });
        if let Some(id) = &self.boosting_table_id {
            request["corpus"]["boosting_table_id"] = json!(id);
        }
        if !self.hot_words.is_empty() {
            let words: Vec<_> = self.hot_words.iter().map(|word| json!({ "word": word })).collect();
            // The service wants JSON in a text here.
            request["corpus"]["context"] = json!(json!({ "hotwords": words }).to_string());
        }
        for (name, value) in &self.extra {
            request[name] = value.clone();
        }
        json!({ "user": { "uid": uid }, "audio": audio, "request": request })
    }
}

fn wrong(path: &str, expected: &str, got: &dyn Display) -> OpenError {
    OpenError::Settings { path: path.to_owned(), message: format!("expected {expected}, got `{got}`") }
}
