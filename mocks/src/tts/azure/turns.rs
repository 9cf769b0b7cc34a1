//! The WebSocket of the SDK: turns one after the other, of SSML (version 1) or of text in pieces (version 2).

use std::time::Duration;

use axum::extract::ws::Message;
use bargein_wire::azure::Message as Told;
use serde_json::{Value, json};

use super::{FORMATS, Speaking, ssml, usual};
use crate::answer::Answer;
use crate::tts::http::{Asked, HttpVoice, Refused};
use crate::tts::socket::{Ask, SocketVoice};
use crate::tts::speech::{Piece, Speech};

/// The name of the audio of every turn: clients drop audio of another.
const STREAM: &str = "mock";

/// One socket.
#[derive(Default)]
pub(crate) struct Turns {
    /// The turn that is being said.
    id: String,
    format: String,
    has_begun: bool,
}

impl SocketVoice for Turns {
    fn takes(path: &str) -> bool {
        path.trim_start_matches("/tts").starts_with("/cognitiveservices/websocket/")
    }

    fn key(asked: &Asked) -> String {
        Speaking::key(asked)
    }

    fn refusal(refused: &Refused) -> Answer {
        Speaking::refusal(refused)
    }

    fn open(_: &Asked) -> (Self, Vec<Message>) {
        (Self::default(), Vec::new())
    }

    fn read(&mut self, message: &Message) -> Result<Vec<Ask>, Refused> {
        let told = match message {
            Message::Text(text) => Told::read_text(text),
            message => Told::read_bytes(&message.clone().into_data()),
        };
        let told = told.map_err(|error| Refused::saying(400, error.to_string()))?;
        let body = String::from_utf8_lossy(&told.body);
        match told.header("path").to_ascii_lowercase().as_str() {
            "synthesis.context" => {
                let context: Value = serde_json::from_str(&body).unwrap_or_default();
                let format = &context["synthesis"]["audio"]["outputFormat"];
                self.format = format.as_str().unwrap_or_default().to_owned();
                self.id = told.header("x-requestid").to_owned();
                self.has_begun = false;
                Ok(Vec::new())
            }
            "ssml" => {
                let text = ssml::text(&body).map_err(|error| Refused::saying(400, error))?;
                Ok(vec![Ask::Say(text), Ask::End])
            }
            "text.piece" if body.trim().is_empty() => Ok(Vec::new()),
            "text.piece" => Ok(vec![Ask::Say(body.into_owned())]),
            "text.end" => Ok(vec![Ask::End]),
            "synthesis.control" => Ok(vec![Ask::Cancel, Ask::End]),
            // Configuration and telemetry say nothing of the speech.
            _ => Ok(Vec::new()),
        }
    }

    fn rate(&self) -> Result<u32, String> {
        let rate = FORMATS.iter().find(|(word, _)| *word == self.format).map(|(_, rate)| *rate);
        rate.ok_or_else(|| format!("expected a format of bare samples, got {}", self.format))
    }

    fn audio(&mut self, speech: &Speech, piece: &Piece, before: Duration) -> Vec<Message> {
        let mut messages = Vec::new();
        if !std::mem::replace(&mut self.has_begun, true) {
            let context = json!({ "serviceTag": "mock" });
            messages.push(self.text("turn.start", &json!({ "context": context })));
            let audio = json!({ "type": "inline", "streamId": STREAM });
            messages.push(self.text("response", &json!({ "context": context, "audio": audio })));
        }
        let ticks = |time: Duration| u64::try_from(time.as_nanos() / 100).unwrap_or_default();
        for word in speech.words_of(piece) {
            let text = json!({
                "Text": word.text,
                "Length": word.text.chars().count(),
                "BoundaryType": "WordBoundary",
            });
            let boundary = json!({ "Offset": ticks(before + word.start), "Duration": ticks(word.end - word.start), "text": text });
            let metadata = json!({ "Metadata": [{ "Type": "WordBoundary", "Data": boundary }] });
            messages.push(self.text("audio.metadata", &metadata));
        }
        let headers = [
            ("Path", "audio"),
            ("X-RequestId", self.id.as_str()),
            ("X-StreamId", STREAM),
            ("Content-Type", "audio/x-wav"),
        ];
        messages.push(Message::binary(Told::new(&headers, piece.bytes.to_vec()).write_bytes()));
        messages
    }

    fn done(&mut self) -> Vec<Message> {
        vec![self.text("turn.end", &json!({}))]
    }

    fn failed(&mut self, refused: &Refused) -> (Vec<Message>, Option<(u16, String)>) {
        let code = match refused.status {
            401 | 403 => 1008,
            429 => 4429,
            500.. => 1011,
            _ => 1007,
        };
        (Vec::new(), Some((code, refused.message_or(usual(refused.status)).to_owned())))
    }
}

impl Turns {
    fn text(&self, path: &str, body: &Value) -> Message {
        let headers = [
            ("Path", path),
            ("X-RequestId", self.id.as_str()),
            ("Content-Type", "application/json; charset=utf-8"),
        ];
        Message::text(Told::new(&headers, body.to_string()).write_text())
    }
}
