//! The WebSocket: one task a socket, one synthesis for each piece of text.

use std::time::Duration;

use axum::extract::ws::Message;
use bargein_wire::hex;
use serde_json::{Value, json};

use super::{RATES, Speaking, refused_base};
use crate::answer::Answer;
use crate::request::bearer;
use crate::tts::http::{Asked, HttpVoice, Refused};
use crate::tts::socket::{Ask, SocketVoice};
use crate::tts::speech::{Piece, Speech};

/// One socket.
#[derive(Default)]
pub(crate) struct Task {
    /// What the task was begun with.
    started: Option<Value>,
}

fn told(event: &str, more: Value) -> Message {
    let mut told = json!({
        "event": event,
        "session_id": "mock",
        "trace_id": "mock",
        "base_resp": { "status_code": 0, "status_msg": "success" },
    });
    if let (Some(told), Value::Object(more)) = (told.as_object_mut(), more) {
        told.extend(more);
    }
    Message::text(told.to_string())
}

impl SocketVoice for Task {
    fn takes(path: &str) -> bool {
        path == "/ws/v1/t2a_v2"
    }

    fn key(asked: &Asked) -> String {
        bearer(&asked.headers).to_owned()
    }

    fn refusal(refused: &Refused) -> Answer {
        Speaking::refusal(refused)
    }

    fn open(_: &Asked) -> (Self, Vec<Message>) {
        (Self::default(), vec![told("connected_success", json!({}))])
    }

    fn read(&mut self, message: &Message) -> Result<Vec<Ask>, Refused> {
        let asked: Value = serde_json::from_slice(&message.clone().into_data()).unwrap_or_default();
        match (asked["event"].as_str().unwrap_or_default(), &self.started) {
            ("task_start", None) => {
                self.started = Some(asked);
                Ok(vec![Ask::Reply(told("task_started", json!({})))])
            }
            ("task_continue", Some(_)) => match asked["text"].as_str().filter(|text| !text.trim().is_empty())
            {
                Some(text) => Ok(vec![Ask::Say(text.to_owned())]),
                None => Err(Refused::saying(400, "invalid params, text is empty".to_owned())),
            },
            ("task_finish", Some(_)) => Ok(vec![Ask::End]),
            (event, _) => Err(Refused::saying(400, format!("invalid params, unexpected event {event}"))),
        }
    }

    fn rate(&self) -> Result<u32, String> {
        let audio = self.started.as_ref().map(|asked| &asked["audio_setting"]);
        match audio.and_then(|audio| audio["format"].as_str()) {
            Some("pcm") => {}
            other => return Err(format!("expected the format pcm, got {}", other.unwrap_or("none"))),
        }
        let rate = audio.and_then(|audio| audio["sample_rate"].as_u64()).unwrap_or(32_000);
        let rate = u32::try_from(rate).unwrap_or_default();
        if RATES.contains(&rate) {
            Ok(rate)
        } else {
            Err(format!("expected a sample rate of {RATES:?}, got {rate}"))
        }
    }

    fn audio(&mut self, _: &Speech, piece: &Piece, _before: Duration) -> Vec<Message> {
        let audio = hex::encode(&piece.bytes);
        vec![told("task_continued", json!({ "data": { "audio": audio }, "is_final": false }))]
    }

    fn said(&mut self) -> Vec<Message> {
        let extra = json!({ "audio_format": "pcm", "audio_channel": 1 });
        vec![told(
            "task_continued",
            json!({ "data": { "audio": "" }, "is_final": true, "extra_info": extra }),
        )]
    }

    fn done(&mut self) -> Vec<Message> {
        vec![told("task_finished", json!({}))]
    }

    fn failed(&mut self, refused: &Refused) -> (Vec<Message>, Option<(u16, String)>) {
        let failed = told("task_failed", json!({ "base_resp": refused_base(refused) }));
        (vec![failed], Some((1000, String::new())))
    }

    fn serves_once() -> bool {
        true
    }
}
