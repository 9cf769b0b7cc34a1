//! Version 3, two ways over a WebSocket: sessions one after the other, in binary frames.

use std::sync::Arc;
use std::time::Duration;

use bargein_core::VendorFault;
use bargein_wire::bytedance::{Frame, Kind, Order};
use bargein_wire::units::Secret;
use http::{HeaderMap, StatusCode, Uri};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::third::{Sentence, params, users};
use super::{REFUSAL, Settings, of_words};
use crate::tts::TtsCall;
use crate::tts::post::{Said, headers};
use crate::tts::samples::broken;
use crate::tts::socket::{Heard, Surroundings, Turn, Voice};

/// The service closes a socket that did nothing for half a minute.
const IDLE: Duration = Duration::from_secs(20);

/// What happens, by the numbers of the protocol.
mod event {
    pub(super) const START_CONNECTION: i32 = 1;
    pub(super) const CONNECTION_STARTED: i32 = 50;
    pub(super) const CONNECTION_FAILED: i32 = 51;
    pub(super) const START_SESSION: i32 = 100;
    pub(super) const FINISH_SESSION: i32 = 102;
    pub(super) const SESSION_STARTED: i32 = 150;
    pub(super) const SESSION_FINISHED: i32 = 152;
    pub(super) const SESSION_FAILED: i32 = 153;
    pub(super) const TASK_REQUEST: i32 = 200;
    pub(super) const SENTENCE_END: i32 = 351;
}

/// The service's sockets.
pub(super) struct Sockets {
    pub(super) uri: Uri,
    pub(super) settings: Arc<Settings>,
}

impl Voice for Sockets {
    type Turn = Session;

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.settings.token]
    }

    fn rate(&self) -> u32 {
        self.settings.sample_rate
    }

    fn address(&self, surroundings: &Surroundings<'_>) -> Result<(Uri, HeaderMap), VendorFault> {
        let Settings { app_id, token, resource, .. } = &*self.settings;
        let connection = surroundings.ids.uuid().to_string();
        let headers = headers([
            ("x-api-app-id", app_id),
            ("x-api-app-key", app_id),
            ("x-api-access-key", token.expose()),
            ("x-api-resource-id", resource),
            ("x-api-connect-id", &connection),
        ])?;
        Ok((self.uri.clone(), headers))
    }

    fn turn(&self, call: &TtsCall, surroundings: &Surroundings<'_>, is_new: bool) -> Session {
        Session {
            id: surroundings.ids.uuid().to_string(),
            user: users(call).to_owned(),
            settings: Arc::clone(&self.settings),
            is_connected: !is_new,
            has_started: false,
        }
    }

    fn refusal(&self, status: StatusCode, body: &str) -> VendorFault {
        of_words(REFUSAL.fault(status, body))
    }

    fn idle(&self) -> Option<Duration> {
        Some(IDLE)
    }
}

/// One session.
pub(super) struct Session {
    id: String,
    user: String,
    settings: Arc<Settings>,
    is_connected: bool,
    has_started: bool,
}

impl Session {
    fn message(&self, event: i32, payload: &Value) -> Message {
        let name = if event == event::START_CONNECTION { String::new() } else { self.id.clone() };
        let order = Order::Event { event, name };
        let frame = Frame { order, ..Frame::words(Kind::Request, payload.to_string().into_bytes()) };
        Message::binary(frame.write())
    }

    fn start(&self) -> Message {
        let asked = json!({
            "user": { "uid": self.user },
            "event": event::START_SESSION,
            "namespace": "BidirectionalTTS",
            "req_params": params(&self.settings, None),
        });
        self.message(event::START_SESSION, &asked)
    }
}

impl Turn for Session {
    fn begin(&mut self) -> Vec<Message> {
        vec![if self.is_connected { self.start() } else { self.message(event::START_CONNECTION, &json!({})) }]
    }

    fn is_ready(&self) -> bool {
        self.has_started
    }

    fn say(&mut self, piece: &str) -> Vec<Message> {
        let asked = json!({
            "event": event::TASK_REQUEST,
            "namespace": "BidirectionalTTS",
            "req_params": { "text": piece },
        });
        vec![self.message(event::TASK_REQUEST, &asked)]
    }

    fn end(&mut self) -> Vec<Message> {
        vec![self.message(event::FINISH_SESSION, &json!({}))]
    }

    fn read(&mut self, message: Message) -> Result<Heard, VendorFault> {
        let Message::Binary(bytes) = message else {
            return Err(broken("expected a frame of bytes, got a message of text"));
        };
        let frame = Frame::read(&bytes).map_err(|error| broken(&error.to_string()))?;
        let (event, name) = match frame.order {
            Order::Code(code) => return Err(failed(&frame.payload, Some(code))),
            Order::Event { event, name } => (event, name),
            Order::None | Order::Sequence(_) => return Ok(Heard::default()),
        };
        let mut heard = Heard::default();
        match event {
            event::CONNECTION_STARTED => heard.replies.push(self.start()),
            event::CONNECTION_FAILED => return Err(failed(&frame.payload, None)),
            // Of a session that is over.
            _ if name != self.id => {}
            event::SESSION_STARTED => self.has_started = true,
            event::SESSION_FAILED => return Err(failed(&frame.payload, None)),
            event::SESSION_FINISHED => heard.said.is_last = true,
            // By its kind: some mark the audio as JSON.
            _ if frame.kind == Kind::Speech => heard.said.audio = frame.payload.into(),
            event::SENTENCE_END => {
                // The service was seen to send words that are no JSON.
                let sentence: Sentence = serde_json::from_slice(&frame.payload).unwrap_or_default();
                heard.said = Said { words: sentence.words(), ..Said::default() };
            }
            _ => {}
        }
        Ok(heard)
    }
}

/// A failure in words, with the code of its frame or its own.
fn failed(payload: &[u8], code: Option<u32>) -> VendorFault {
    let mut told: Value = serde_json::from_slice(payload).unwrap_or_default();
    if told.is_null() {
        told = json!({ "message": String::from_utf8_lossy(payload) });
    }
    let own = told.get("status_code").cloned();
    if let (Some(code), Some(members)) = (code.map(Value::from).or(own), told.as_object_mut()) {
        let words = members.get("error").cloned();
        members.insert("code".to_owned(), code);
        if let Some(words) = words.filter(|_| !members.contains_key("message")) {
            members.insert("message".to_owned(), words);
        }
    }
    of_words(REFUSAL.of_message(&told))
}
