//! The WebSocket of text in pieces, `/stream_wsv2`: one session a socket, signed in its address.

use std::time::Duration;

use axum::extract::ws::Message;
use bargein_wire::tencent_tts::signature;
use bargein_wire::units::Secret;
use serde_json::{Value, json};

use super::{Speaking, subtitle};
use crate::answer::Answer;
use crate::tts::http::{Asked, HttpVoice, Refused};
use crate::tts::socket::{Ask, SocketVoice};
use crate::tts::speech::{Piece, Speech, Timed};

/// One socket.
pub(crate) struct Session {
    id: String,
    codec: String,
    rate: String,
    with_words: bool,
    /// How many characters were said before the text that is being said.
    characters: u64,
}

impl SocketVoice for Session {
    fn takes(path: &str) -> bool {
        path == "/stream_wsv2"
    }

    fn key(asked: &Asked) -> String {
        asked.query.get("SecretId").cloned().unwrap_or_default()
    }

    fn is_let_in(asked: &Asked, key: &Secret) -> bool {
        let signature = signature(asked.header("host"), &asked.path, &asked.query, key);
        asked.query.get("Signature") == Some(&signature)
    }

    fn refusal(refused: &Refused) -> Answer {
        // The service opens the socket and says no there; only paths that are nobody's come here, and wrong keys.
        Speaking::refusal(refused)
    }

    fn open(asked: &Asked) -> (Self, Vec<Message>) {
        let parameter = |name: &str| asked.query.get(name).cloned().unwrap_or_default();
        let session = Self {
            id: parameter("SessionId"),
            codec: parameter("Codec"),
            rate: parameter("SampleRate"),
            with_words: parameter("EnableSubtitle").eq_ignore_ascii_case("true"),
            characters: 0,
        };
        let ready = session.message(&json!({ "ready": 1 }));
        (session, vec![ready])
    }

    fn read(&mut self, message: &Message) -> Result<Vec<Ask>, Refused> {
        let told: Value = serde_json::from_slice(&message.clone().into_data()).unwrap_or_default();
        let text = told["data"].as_str().unwrap_or_default();
        match told["action"].as_str().unwrap_or_default() {
            "ACTION_SYNTHESIS" if text.trim().is_empty() => Ok(Vec::new()),
            "ACTION_SYNTHESIS" => Ok(vec![Ask::Say(text.to_owned())]),
            "ACTION_COMPLETE" => Ok(vec![Ask::End]),
            "ACTION_RESET" => Ok(vec![Ask::Cancel, Ask::Reply(self.message(&json!({ "reset": 1 })))]),
            other => Err(Refused::saying(400, format!("expected an action, got {other}"))),
        }
    }

    fn rate(&self) -> Result<u32, String> {
        if self.codec != "pcm" {
            return Err(format!("expected the codec pcm, got {}", self.codec));
        }
        let rate = self.rate.parse().ok().filter(|rate| [8_000, 16_000, 24_000].contains(rate));
        rate.ok_or_else(|| format!("expected a sample rate of 8000, 16000 or 24000, got {}", self.rate))
    }

    fn audio(&mut self, speech: &Speech, piece: &Piece, before: Duration) -> Vec<Message> {
        let (start, end) = piece.at;
        let from = self.characters;
        let characters = speech.characters();
        if end >= speech.length {
            self.characters += characters.len() as u64;
        }
        let begun = |character: &Timed| (start..end).contains(&character.start);
        let characters =
            (from..).zip(characters).filter(|(_, character)| self.with_words && begun(character));
        let subtitles: Vec<_> = characters
            .map(|(index, character)| {
                let (start, end) = (before + character.start, before + character.end);
                subtitle((index, &Timed { text: character.text, start, end }))
            })
            .collect();
        let told =
            (!subtitles.is_empty()).then(|| self.message(&json!({ "result": { "subtitles": subtitles } })));
        [Message::Binary(piece.bytes.clone())].into_iter().chain(told).collect()
    }

    fn done(&mut self) -> Vec<Message> {
        vec![self.message(&json!({ "final": 1 }))]
    }

    fn failed(&mut self, refused: &Refused) -> (Vec<Message>, Option<(u16, String)>) {
        // No document has the numbers: a script may give others.
        let (code, words) = match refused.status {
            401 | 403 => ("10003", "authentication failed"),
            402 => ("10004", "the account is in arrears"),
            413 => ("10009", "the text is too long"),
            429 => ("10005", "too many sessions at once"),
            500.. => ("10010", "internal error"),
            _ => ("10001", "bad parameter"),
        };
        let code: i64 = refused.code_or(code).parse().unwrap_or(10_001);
        let failed = self.message(&json!({ "code": code, "message": refused.message_or(words) }));
        (vec![failed], Some((1000, String::new())))
    }

    fn serves_once() -> bool {
        true
    }
}

impl Session {
    fn message(&self, more: &Value) -> Message {
        let mut told = json!({
            "code": 0,
            "message": "success",
            "session_id": self.id,
            "request_id": "mock",
            "message_id": "mock",
            "final": 0,
            "result": null,
        });
        if let (Some(told), Some(more)) = (told.as_object_mut(), more.as_object()) {
            told.extend(more.clone());
        }
        Message::text(told.to_string())
    }
}
