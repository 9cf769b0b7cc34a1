//! The WebSocket: one task a socket, one synthesis for each piece of text.

use std::sync::Arc;

use bargein_core::VendorFault;
use bargein_wire::units::Secret;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, Uri};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::{REFUSAL, Settings};
use crate::tts::TtsCall;
use crate::tts::post::{Said, body_value, headers};
use crate::tts::samples::from_hex;
use crate::tts::socket::{Heard, Surroundings, Turn, Voice, json as read_json, text};

/// The service's sockets.
pub(super) struct Sockets {
    pub(super) uri: Uri,
    pub(super) settings: Arc<Settings>,
}

impl Voice for Sockets {
    type Turn = Task;

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.settings.key]
    }

    fn rate(&self) -> u32 {
        self.settings.sample_rate
    }

    fn address(&self, _: &Surroundings<'_>) -> Result<(Uri, HeaderMap), VendorFault> {
        let bearer = format!("Bearer {}", self.settings.key.expose());
        Ok((self.uri.clone(), headers([("authorization", &bearer)])?))
    }

    fn turn(&self, _: &TtsCall, _: &Surroundings<'_>, _is_new: bool) -> Task {
        Task { settings: Arc::clone(&self.settings), has_started: false }
    }

    fn refusal(&self, status: StatusCode, body: &str) -> VendorFault {
        REFUSAL.fault(status, body)
    }
}

/// One task.
pub(super) struct Task {
    settings: Arc<Settings>,
    has_started: bool,
}

impl Task {
    fn start(&self) -> Message {
        let Settings { model, voice, speed, volume, pitch, sample_rate, extra, .. } = &*self.settings;
        let start = json!({
            "event": "task_start",
            "model": model,
            "voice_setting": { "voice_id": voice, "speed": speed, "vol": volume, "pitch": pitch },
            "audio_setting": { "sample_rate": sample_rate, "format": "pcm", "channel": 1 },
        });
        text(&body_value(start, extra))
    }
}

impl Turn for Task {
    fn begin(&mut self) -> Vec<Message> {
        Vec::new()
    }

    fn is_ready(&self) -> bool {
        self.has_started
    }

    fn say(&mut self, piece: &str) -> Vec<Message> {
        vec![text(&json!({ "event": "task_continue", "text": piece }))]
    }

    fn end(&mut self) -> Vec<Message> {
        vec![text(&json!({ "event": "task_finish" }))]
    }

    fn read(&mut self, message: Message) -> Result<Heard, VendorFault> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Told {
            event: String,
            data: Option<Audio>,
        }
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Audio {
            audio: Option<String>,
        }
        let whole: Value = read_json(&message)?;
        let told: Told = read_json(&message)?;
        let has_failed = whole["base_resp"]["status_code"].as_i64().is_some_and(|code| code != 0);
        if has_failed || told.event == "task_failed" {
            return Err(REFUSAL.of_message(&whole));
        }
        let mut replies = Vec::new();
        match told.event.as_str() {
            "connected_success" => replies.push(self.start()),
            "task_started" => self.has_started = true,
            _ => {}
        }
        // The example of the service has no event beside the audio.
        let audio =
            told.data.and_then(|data| data.audio).map_or(Ok(Bytes::new()), |audio| from_hex(&audio))?;
        let is_last = told.event == "task_finished";
        Ok(Heard { said: Said { audio, is_last, ..Said::default() }, replies })
    }
}
