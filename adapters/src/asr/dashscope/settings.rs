//! What a task is asked for.

use std::fmt::Display;
use std::ops::RangeInclusive;

use bargein_wire::dashscope::{KEY_HEADER, PATH, WORKSPACE_HEADER};
use bargein_wire::units::{Dur, Secret};
use http::{HeaderMap, HeaderName, HeaderValue};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::registry::OpenError;

/// What the service takes for [`Settings::max_sentence_silence`].
const SILENCE: RangeInclusive<Dur> = Dur::from_millis(200)..=Dur::from_millis(6000);

/// How the service is reached and what it is asked for.
///
/// Always sent besides: `format: pcm` and `sample_rate: 16000`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The address, `ws://` or `wss://`. Default `wss://dashscope.aliyuncs.com/api-ws/v1/inference`.
    #[serde(default = "official")]
    pub url: String,
    /// The account's key.
    pub api_key: Secret,
    /// The workspace it works for. Default the account's own.
    #[serde(default)]
    pub workspace: Option<String>,
    /// What recognises. Default `paraformer-realtime-v2`.
    #[serde(default = "model")]
    pub model: String,
    /// Silence after which a sentence is final. 200ms to 6s, default 300ms: shorter than the service's own, because the
    /// session measures silence itself and a final sentence must be there when it has decided. Gummy's parameter of
    /// the same meaning is set by it too.
    #[serde(default = "max_sentence_silence")]
    pub max_sentence_silence: Dur,
    /// Whether sentences end where the sense does, in place of the silence: slower, for minutes of talk.
    /// Default false.
    #[serde(default)]
    pub semantic_punctuation_enabled: bool,
    /// The id of a table of hot words kept by the service. Default none.
    #[serde(default)]
    pub vocabulary_id: Option<String>,
    /// The languages that are spoken, such as `zh` and `en`. Default the service guesses.
    #[serde(default)]
    pub language_hints: Vec<String>,
    /// Whether filler words are left out. Default the service's, false.
    #[serde(default)]
    pub disfluency_removal_enabled: Option<bool>,
    /// Further parameters of the task; they win over ours. Default none.
    #[serde(default)]
    pub extra: Map<String, Value>,
}

fn official() -> String {
    format!("wss://dashscope.aliyuncs.com{PATH}")
}

fn model() -> String {
    "paraformer-realtime-v2".to_owned()
}

const fn max_sentence_silence() -> Dur {
    Dur::from_millis(300)
}

impl Settings {
    /// Looks for what the service would refuse.
    pub(super) fn check(&self) -> Result<(), OpenError> {
        let silence = self.max_sentence_silence;
        if self.api_key.is_empty() {
            return Err(wrong("api_key", "a key", &""));
        }
        if self.model.is_empty() {
            return Err(wrong("model", "the name of a model", &""));
        }
        if !SILENCE.contains(&silence) {
            let expected = format!("{} to {}", SILENCE.start(), SILENCE.end());
            return Err(wrong("max_sentence_silence", &expected, &silence));
        }
        Ok(())
    }

    /// The headers of the handshake: the key, and whom it works for.
    pub(super) fn headers(&self) -> Result<HeaderMap, OpenError> {
        let mut headers = HeaderMap::new();
        let bearer = HeaderValue::from_str(&format!("Bearer {}", self.api_key.expose()));
        let mut bearer = bearer.map_err(|_| wrong("api_key", "a key without control characters", &"such"))?;
        bearer.set_sensitive(true);
        headers.insert(HeaderName::from_static(KEY_HEADER), bearer);
        if let Some(workspace) = &self.workspace {
            let value = HeaderValue::from_str(workspace);
            let value =
                value.map_err(|_| wrong("workspace", "a name without control characters", workspace))?;
            headers.insert(HeaderName::from_static(WORKSPACE_HEADER), value);
        }
        Ok(headers)
    }

    /// The payload that runs a task.
    pub(super) fn task(&self) -> Value {
        let mut parameters = Map::new();
        let mut set = |name: &str, value: Value| parameters.insert(name.to_owned(), value);
        set("format", json!("pcm"));
        set("sample_rate", json!(16_000));
        let silence = json!(self.max_sentence_silence.get().as_millis() as u64);
        if self.model.starts_with("gummy") {
            set("transcription_enabled", json!(true));
            set("max_end_silence", silence);
        } else {
            set("max_sentence_silence", silence);
            set("semantic_punctuation_enabled", json!(self.semantic_punctuation_enabled));
        }
        if let Some(id) = &self.vocabulary_id {
            set("vocabulary_id", json!(id));
        }
        if !self.language_hints.is_empty() {
            set("language_hints", json!(self.language_hints));
        }
        if let Some(enabled) = self.disfluency_removal_enabled {
            set("disfluency_removal_enabled", json!(enabled));
        }
        parameters.extend(self.extra.clone());
        json!({
            "model": self.model,
            "task_group": "audio",
            "task": "asr",
            "function": "recognition",
            "parameters": parameters,
            "input": {},
        })
    }
}

fn wrong(path: &str, expected: &str, got: &dyn Display) -> OpenError {
    OpenError::Settings { path: path.to_owned(), message: format!("expected {expected}, got `{got}`") }
}
