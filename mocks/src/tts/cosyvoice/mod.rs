//! Alibaba Cloud's CosyVoice: tasks on a WebSocket of DashScope, text in pieces, audio in messages of bytes.
//!
//! Deliberately out: compressed formats, which are refused, SSML, and the interface over HTTP.

use std::time::Duration;

use axum::extract::ws::Message;
use bargein_wire::dashscope::{Action, Downlink, Event, Uplink};
use bargein_wire::units::Secret;
use serde_json::{Value, json};

use super::http::{Asked, Refused, router_of_sockets};
use super::socket::{Ask, SocketVoice};
use super::speech::{Piece, Speech};
use crate::answer::Answer;
use crate::registry::{Door, TtsRouter, Vendor};
use crate::request::bearer;

/// The samples a second that may be asked for.
const RATES: &[u32] = &[8_000, 16_000, 22_050, 24_000, 44_100, 48_000];

/// The vendor. The SDK takes the whole address.
pub(crate) const VENDOR: Vendor<TtsRouter> = Vendor {
    id: "cosyvoice",
    router: router_of_sockets::<Tasks>,
    settings,
    door: Door {
        is_web_socket: true,
        takes: Tasks::takes,
        client: |authority| format!("DASHSCOPE_WEBSOCKET_BASE_URL=ws://{authority}/api-ws/v1/inference"),
    },
};

/// What a client of this vendor is set to.
fn settings(authority: &str, key: &Secret) -> Value {
    let key = if key.is_empty() { "mock-key" } else { key.expose() };
    json!({ "url": format!("ws://{authority}/api-ws/v1/inference"), "key": key })
}

/// One socket.
#[derive(Default)]
pub(crate) struct Tasks {
    /// The task that is being said.
    id: String,
    parameters: Value,
    /// Whether it was asked to be dropped.
    is_cancelled: bool,
    characters: usize,
}

impl SocketVoice for Tasks {
    fn takes(path: &str) -> bool {
        path.trim_end_matches('/') == "/api-ws/v1/inference"
    }

    fn key(asked: &Asked) -> String {
        bearer(&asked.headers).to_owned()
    }

    fn refusal(refused: &Refused) -> Answer {
        let (code, words) = usual(refused.status);
        let body = json!({ "code": refused.code_or(code), "message": refused.message_or(words), "request_id": "mock" });
        refused.answer(refused.status, "application/json", &body)
    }

    fn open(_: &Asked) -> (Self, Vec<Message>) {
        (Self::default(), Vec::new())
    }

    fn read(&mut self, message: &Message) -> Result<Vec<Ask>, Refused> {
        let asked: Uplink = serde_json::from_slice(&message.clone().into_data())
            .map_err(|error| Refused::saying(400, error.to_string()))?;
        let payload = &asked.payload;
        if asked.header.action == Action::RunTask {
            (self.id, self.parameters) = (asked.header.task_id.clone(), payload["parameters"].clone());
            (self.is_cancelled, self.characters) = (false, 0);
            for (member, expected) in
                [("task_group", "audio"), ("task", "tts"), ("function", "SpeechSynthesizer")]
            {
                if payload[member] != expected {
                    return Err(Refused::saying(
                        400,
                        format!("expected {member} {expected}, got {}", payload[member]),
                    ));
                }
            }
            return Ok(vec![Ask::Reply(self.message(Event::TaskStarted, json!({})))]);
        }
        if asked.header.task_id != self.id {
            return Err(Refused::saying(400, "expected the task that is running".to_owned()));
        }
        let input = &payload["input"];
        if asked.header.action == Action::ContinueTask {
            let text = input["text"].as_str().unwrap_or_default();
            self.characters += text.chars().count();
            let say = (!text.trim().is_empty()).then(|| Ask::Say(text.to_owned()));
            return Ok(say.into_iter().collect());
        }
        let is_cancel = input["directive"] == "cancel";
        Ok(if is_cancel { vec![Ask::Cancel, Ask::End] } else { vec![Ask::End] })
    }

    fn rate(&self) -> Result<u32, String> {
        match self.parameters["format"].as_str() {
            Some("pcm") => {}
            other => return Err(format!("expected the format pcm, got {}", other.unwrap_or("none"))),
        }
        let rate = self.parameters["sample_rate"].as_u64().and_then(|rate| u32::try_from(rate).ok());
        let rate = rate.unwrap_or(22_050);
        if RATES.contains(&rate) {
            Ok(rate)
        } else {
            Err(format!("expected a sample rate of {RATES:?}, got {rate}"))
        }
    }

    fn audio(&mut self, speech: &Speech, piece: &Piece, before: Duration) -> Vec<Message> {
        let is_last = piece.at.1 >= speech.length;
        let announced =
            self.message(Event::ResultGenerated, json!({ "output": { "type": "sentence-synthesis" } }));
        let ended = is_last.then(|| {
            let millis = |time: Duration| u64::try_from((before + time).as_millis()).unwrap_or_default();
            let words: Vec<_> = speech
                .words()
                .iter()
                .map(|word| json!({ "text": word.text, "begin_time": millis(word.start), "end_time": millis(word.end) }))
                .collect();
            let output = json!({ "type": "sentence-end", "sentence": { "words": words } });
            self.message(Event::ResultGenerated, json!({ "output": output }))
        });
        [announced, Message::Binary(piece.bytes.clone())].into_iter().chain(ended).collect()
    }

    fn done(&mut self) -> Vec<Message> {
        let payload = json!({ "output": {}, "usage": { "characters": self.characters } });
        vec![self.message(Event::TaskFinished, payload)]
    }

    fn failed(&mut self, refused: &Refused) -> (Vec<Message>, Option<(u16, String)>) {
        let (code, words) = usual(refused.status);
        let failed = Downlink::failed(&self.id, refused.code_or(code), refused.message_or(words));
        (vec![text(&failed)], Some((1000, String::new())))
    }
}

impl Tasks {
    fn message(&self, event: Event, payload: Value) -> Message {
        text(&Downlink::new(event, &self.id, payload))
    }
}

fn text(told: &Downlink) -> Message {
    // Texts and numbers: writing them cannot fail.
    Message::text(serde_json::to_string(told).unwrap_or_default())
}

/// Code and words of a refusal by its status.
const fn usual(status: u16) -> (&'static str, &'static str) {
    match status {
        401 | 403 => ("InvalidApiKey", "Invalid API-key provided."),
        402 => ("Arrearage", "Access denied, please make sure your account is in good standing."),
        429 => ("Throttling.RateQuota", "Requests rate limit exceeded, please try again later."),
        500.. => ("InternalError", "An internal error has occurred."),
        _ => ("InvalidParameter", "[tts:]Engine return error code: 418"),
    }
}
