//! Version 1: one document with all audio.

use bargein_core::VendorFault;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{REFUSAL, Settings, of_words};
use crate::tts::TtsCall;
use crate::tts::post::{Said, body, headers};
use crate::tts::samples::{broken, from_base64};

/// The code of every good answer.
const SUCCESS: i64 = 3000;

pub(super) fn request(settings: &Settings, call: &TtsCall) -> Result<(HeaderMap, String), VendorFault> {
    let Settings { app_id, token, cluster, voice, speed, sample_rate, extra, .. } = settings;
    let audio = json!({ "voice_type": voice, "encoding": "pcm", "rate": sample_rate, "speed_ratio": speed });
    let audio: Value = serde_json::from_str(&body(audio, extra)).unwrap_or_default();
    let user = match call.session.user_id.as_str() {
        "" => "bargein",
        user => user,
    };
    let asked = json!({
        "app": { "appid": app_id, "token": token.expose(), "cluster": cluster },
        "user": { "uid": user },
        "audio": audio,
        // Every attempt needs an id of its own: the service refuses one it has seen.
        "request": {
            "reqid": format!("{}-{}", call.request_id, call.request.attempt),
            "text": call.request.text,
            "operation": "query",
        },
    });
    // With a semicolon and without a space: it is so.
    let bearer = format!("Bearer;{}", token.expose());
    let headers = headers([("content-type", "application/json"), ("authorization", &bearer)])?;
    Ok((headers, asked.to_string()))
}

pub(super) fn read(message: &str) -> Result<Said, VendorFault> {
    #[derive(Deserialize)]
    struct Document {
        code: i64,
        #[serde(default)]
        data: Option<String>,
    }
    let document: Document = serde_json::from_str(message)
        .map_err(|error| broken(&format!("expected an answer of the service, got `{message}`: {error}")))?;
    if document.code != SUCCESS {
        return Err(of_words(REFUSAL.of_message(&serde_json::from_str(message).unwrap_or_default())));
    }
    let audio = from_base64(document.data.as_deref().unwrap_or_default())?;
    Ok(Said { audio, is_last: true, ..Said::default() })
}
