//! The WebSocket: one context a call, whose transcripts are joined as they are.

use std::sync::Arc;
use std::time::Duration;

use bargein_core::VendorFault;
use bargein_wire::units::Secret;
use http::{HeaderMap, StatusCode, Uri};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::{Event, Settings, of_refusal, said};
use crate::tts::TtsCall;
use crate::tts::post::{body_value, headers};
use crate::tts::samples::broken;
use crate::tts::socket::{Heard, Surroundings, Turn, Voice, json as read_json, text};

/// The service closes a socket that did nothing for five minutes.
const IDLE: Duration = Duration::from_secs(240);

/// The service's sockets.
pub(super) struct Sockets {
    pub(super) uri: Uri,
    pub(super) settings: Arc<Settings>,
}

impl Voice for Sockets {
    type Turn = Context;

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.settings.key]
    }

    fn rate(&self) -> u32 {
        self.settings.sample_rate
    }

    fn address(&self, _: &Surroundings<'_>) -> Result<(Uri, HeaderMap), VendorFault> {
        let bearer = format!("Bearer {}", self.settings.key.expose());
        let headers = headers([("authorization", &bearer), ("cartesia-version", &self.settings.version)])?;
        Ok((self.uri.clone(), headers))
    }

    fn turn(&self, _: &TtsCall, surroundings: &Surroundings<'_>, _is_new: bool) -> Context {
        Context { id: surroundings.ids.uuid().to_string(), settings: Arc::clone(&self.settings) }
    }

    fn refusal(&self, status: StatusCode, body: &str) -> VendorFault {
        of_refusal(status, body)
    }

    fn idle(&self) -> Option<Duration> {
        Some(IDLE)
    }
}

/// One context.
pub(super) struct Context {
    id: String,
    settings: Arc<Settings>,
}

impl Context {
    fn message(&self, transcript: &str, goes_on: bool) -> Vec<Message> {
        let Settings { voice, model, language, sample_rate, extra, .. } = &*self.settings;
        let asked = json!({
            "context_id": self.id,
            "model_id": model,
            "transcript": transcript,
            "voice": { "mode": "id", "id": voice },
            "output_format": { "container": "raw", "encoding": "pcm_s16le", "sample_rate": sample_rate },
            "continue": goes_on,
            "language": language,
            "add_timestamps": true,
        });
        vec![text(&body_value(asked, extra))]
    }
}

impl Turn for Context {
    fn begin(&mut self) -> Vec<Message> {
        Vec::new()
    }

    fn is_ready(&self) -> bool {
        true
    }

    fn say(&mut self, piece: &str) -> Vec<Message> {
        self.message(piece, true)
    }

    fn end(&mut self) -> Vec<Message> {
        self.message("", false)
    }

    fn read(&mut self, message: Message) -> Result<Heard, VendorFault> {
        let event: Value = read_json(&message)?;
        // An error may come without a context; all else of another one is of a call that is over.
        let is_ours = event["context_id"].as_str().is_none_or(|id| id == self.id);
        if !is_ours || event["type"] == "flush_done" {
            return Ok(Heard::default());
        }
        let told = event.to_string();
        let event: Event = serde_json::from_value(event)
            .map_err(|error| broken(&format!("expected an event of the speech, got `{told}`: {error}")))?;
        said(event, &told).map(Heard::from)
    }
}
