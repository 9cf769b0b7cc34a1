//! The WebSocket: one utterance a socket, with the time of each character.

use std::sync::Arc;
use std::time::Duration;

use bargein_core::{FaultKind, VendorFault};
use bargein_wire::units::Secret;
use http::{HeaderMap, StatusCode, Uri};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::alignment::words;
use super::{REFUSAL, Settings};
use crate::tts::TtsCall;
use crate::tts::post::{Said, body_value, headers};
use crate::tts::samples::from_base64;
use crate::tts::socket::{Heard, Surroundings, Turn, Voice, json as read_json, of_close, text};

/// The service's sockets.
pub(super) struct Sockets {
    pub(super) uri: Uri,
    pub(super) settings: Arc<Settings>,
}

impl Voice for Sockets {
    type Turn = Utterance;

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.settings.key]
    }

    fn rate(&self) -> u32 {
        self.settings.sample_rate
    }

    fn address(&self, _: &Surroundings<'_>) -> Result<(Uri, HeaderMap), VendorFault> {
        Ok((self.uri.clone(), headers([("xi-api-key", self.settings.key.expose())])?))
    }

    fn turn(&self, _: &TtsCall, _: &Surroundings<'_>, _is_new: bool) -> Utterance {
        Utterance { settings: Arc::clone(&self.settings), bytes: 0 }
    }

    fn refusal(&self, status: StatusCode, body: &str) -> VendorFault {
        REFUSAL.fault(status, body)
    }
}

/// One utterance.
pub(super) struct Utterance {
    settings: Arc<Settings>,
    /// How much audio came: the times of characters count from the message they are in.
    bytes: u64,
}

/// A message of the service.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Told {
    audio: Option<String>,
    is_final: Option<bool>,
    alignment: Option<Chars>,
    error: Value,
}

/// Characters with their times, in milliseconds from the first sample of the message.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Chars {
    chars: Vec<String>,
    char_start_times_ms: Vec<f64>,
    char_durations_ms: Vec<f64>,
}

impl Turn for Utterance {
    fn begin(&mut self) -> Vec<Message> {
        let begin = json!({
            "text": " ",
            "voice_settings": self.settings.voice_settings,
            "generation_config": { "chunk_length_schedule": [50] },
        });
        vec![text(&body_value(begin, &self.settings.extra))]
    }

    fn is_ready(&self) -> bool {
        true
    }

    fn say(&mut self, piece: &str) -> Vec<Message> {
        // A piece is whole: it is not to wait for more. The space at its end is asked for.
        vec![text(
            &json!({ "text": format!("{} ", piece.trim()), "try_trigger_generation": true, "flush": true }),
        )]
    }

    fn end(&mut self) -> Vec<Message> {
        vec![text(&json!({ "text": "" }))]
    }

    fn read(&mut self, message: Message) -> Result<Heard, VendorFault> {
        let whole: Value = read_json(&message)?;
        let told: Told = read_json(&message)?;
        if !told.error.is_null() {
            return Err(of_error(&whole));
        }
        let audio = from_base64(told.audio.as_deref().unwrap_or_default())?;
        let before = Duration::from_nanos(self.bytes * 500_000_000 / u64::from(self.settings.sample_rate));
        self.bytes += audio.len() as u64;
        let words = told.alignment.map(|chars| chars.words(before)).unwrap_or_default();
        Ok(Said { audio, words, is_last: told.is_final.unwrap_or_default() }.into())
    }

    fn closed(&self, frame: Option<CloseFrame>) -> VendorFault {
        let fault = of_close(frame);
        VendorFault { kind: kind_of(&fault.message).unwrap_or(fault.kind), ..fault }
    }
}

impl Chars {
    fn words(self, before: Duration) -> Vec<crate::tts::Word> {
        let millis =
            |millis: f64| before + Duration::try_from_secs_f64(millis.max(0.0) / 1000.0).unwrap_or_default();
        let times = self.char_start_times_ms.into_iter().zip(self.char_durations_ms);
        let times = times.map(|(start, length)| (millis(start), millis(start + length)));
        words(self.chars.into_iter().zip(times))
    }
}

/// The last message of a failed utterance.
fn of_error(told: &Value) -> VendorFault {
    let error = told["error"].as_str().unwrap_or_default();
    let words = told["message"].as_str().unwrap_or(error);
    let kind = kind_of(error).unwrap_or(FaultKind::BadRequest);
    VendorFault::new(kind, crate::fault::capped(words)).with_code(error)
}

fn kind_of(error: &str) -> Option<FaultKind> {
    const WORDS: [(&str, FaultKind); 6] = [
        ("input_timeout_exceeded", FaultKind::Timeout),
        ("max_active_conversations", FaultKind::RateLimited),
        ("too_many_concurrent_requests", FaultKind::RateLimited),
        ("system_busy", FaultKind::RateLimited),
        ("quota_exceeded", FaultKind::Quota),
        ("invalid_api_key", FaultKind::Auth),
    ];
    WORDS.iter().find(|(word, _)| error.contains(word)).map(|(_, kind)| *kind)
}
