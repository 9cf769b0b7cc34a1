//! Version 3, one way over HTTP: one JSON object a line.

use bargein_core::VendorFault;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{REFUSAL, Settings, of_words};
use crate::tts::post::{Said, body_value, headers};
use crate::tts::samples::{broken, from_base64};
use crate::tts::timing::from_secs;
use crate::tts::{TtsCall, Word};

/// The code of a line with audio or words.
const MORE: i64 = 0;

/// The code of the last line.
const DONE: i64 = 20_000_000;

pub(super) fn request(settings: &Settings, call: &TtsCall) -> Result<(HeaderMap, String), VendorFault> {
    let Settings { app_id, token, resource, .. } = settings;
    let headers = headers([
        ("content-type", "application/json"),
        ("x-api-app-id", app_id),
        ("x-api-app-key", app_id),
        ("x-api-access-key", token.expose()),
        ("x-api-resource-id", resource),
        ("x-api-request-id", &call.request_id),
    ])?;
    let params = params(settings, Some(&call.request.text));
    Ok((headers, json!({ "user": { "uid": users(call) }, "req_params": params }).to_string()))
}

/// What is said and how; of the WebSocket only how.
pub(super) fn params(settings: &Settings, text: Option<&str>) -> Value {
    let Settings { voice, speed, sample_rate, extra, .. } = settings;
    let mut audio = json!({ "format": "pcm", "sample_rate": sample_rate, "enable_timestamp": true });
    if let (Some(speed), Some(audio)) = (speed, audio.as_object_mut()) {
        // In hundredths above the usual speed.
        audio.insert("speech_rate".to_owned(), json!(((speed - 1.0) * 100.0).round()));
    }
    body_value(json!({ "text": text, "speaker": voice, "audio_params": audio }), extra)
}

/// Who the service is told that listens.
pub(super) fn users(call: &TtsCall) -> &str {
    match call.session.user_id.as_str() {
        "" => "bargein",
        user => user,
    }
}

pub(super) fn read(message: &str) -> Result<Said, VendorFault> {
    #[derive(Deserialize)]
    struct Line {
        code: i64,
        #[serde(default)]
        data: Option<String>,
        #[serde(default)]
        sentence: Option<Sentence>,
    }
    let line: Line = serde_json::from_str(message)
        .map_err(|error| broken(&format!("expected a line of the speech, got `{message}`: {error}")))?;
    if !matches!(line.code, MORE | DONE) {
        return Err(of_words(REFUSAL.of_message(&serde_json::from_str(message).unwrap_or_default())));
    }
    Ok(Said {
        audio: from_base64(line.data.as_deref().unwrap_or_default())?,
        words: line.sentence.unwrap_or_default().words(),
        is_last: line.code == DONE,
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Sentence {
    words: Vec<Timed>,
}

impl Sentence {
    /// Its words with their times.
    pub(super) fn words(self) -> Vec<Word> {
        self.words.into_iter().map(Timed::word).collect()
    }
}

/// A word with its times in seconds from the first sample of the request.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Timed {
    word: String,
    start_time: f64,
    end_time: f64,
}

impl Timed {
    fn word(self) -> Word {
        Word { text: self.word, start: from_secs(self.start_time), end: from_secs(self.end_time) }
    }
}
