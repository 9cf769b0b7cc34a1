//! The WebSocket: contexts, one at a time, whose transcripts are joined as they are.

use axum::extract::ws::Message;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::time::Duration;

use super::{RATES, Speaking, refused_body};
use crate::answer::Answer;
use crate::request::bearer;
use crate::tts::http::{Asked, HttpVoice, Refused};
use crate::tts::socket::{Ask, SocketVoice};
use crate::tts::speech::{Piece, Speech};

/// One socket.
#[derive(Default)]
pub(crate) struct Contexts {
    /// The context that is being said.
    id: Value,
    /// What was asked for first; later messages must ask for the same.
    asked: Value,
}

impl SocketVoice for Contexts {
    fn takes(path: &str) -> bool {
        path == "/tts/websocket"
    }

    fn key(asked: &Asked) -> String {
        let bearer = bearer(&asked.headers);
        let query = ["api_key", "access_token"].iter().find_map(|name| asked.query.get(*name));
        match (bearer, asked.header("x-api-key")) {
            ("", "") => query.cloned().unwrap_or_default(),
            ("", key) => key.to_owned(),
            (bearer, _) => bearer.to_owned(),
        }
    }

    fn refusal(refused: &Refused) -> Answer {
        Speaking::refusal(refused)
    }

    fn open(_: &Asked) -> (Self, Vec<Message>) {
        (Self::default(), Vec::new())
    }

    fn read(&mut self, message: &Message) -> Result<Vec<Ask>, Refused> {
        let told: Value = serde_json::from_slice(&message.clone().into_data()).unwrap_or_default();
        let id = &told["context_id"];
        if told["cancel"] == true {
            return Ok(if *id == self.id { vec![Ask::Cancel] } else { Vec::new() });
        }
        let Some(transcript) = told["transcript"].as_str() else {
            return Err(Refused::saying(400, "expected a text in `transcript`".to_owned()));
        };
        for member in ["context_id", "model_id", "voice", "output_format"] {
            if told[member].is_null() {
                return Err(Refused::saying(400, format!("expected `{member}`")));
            }
        }
        let asked = json!([told["model_id"], told["voice"], told["output_format"], told["language"]]);
        if *id == self.id && asked != self.asked {
            return Err(Refused::saying(400, "expected a context to go on as it began".to_owned()));
        }
        (self.id, self.asked) = (id.clone(), asked);
        let goes_on = told["continue"] == true;
        let say = (!transcript.trim().is_empty()).then(|| Ask::Say(transcript.to_owned()));
        Ok(say.into_iter().chain((!goes_on).then_some(Ask::End)).collect())
    }

    fn rate(&self) -> Result<u32, String> {
        let format = &self.asked[2];
        if (&format["container"], &format["encoding"]) != (&json!("raw"), &json!("pcm_s16le")) {
            return Err(format!("expected raw pcm_s16le, got {format}"));
        }
        let rate =
            format["sample_rate"].as_u64().and_then(|rate| u32::try_from(rate).ok()).unwrap_or_default();
        if RATES.contains(&rate) {
            Ok(rate)
        } else {
            Err(format!("expected a sample rate of {RATES:?}, got {rate}"))
        }
    }

    fn audio(&mut self, speech: &Speech, piece: &Piece, before: Duration) -> Vec<Message> {
        let data = STANDARD.encode(&piece.bytes);
        let chunk = self.message(json!({
            "type": "chunk", "data": data, "done": false, "status_code": 206, "step_time": 1.0,
        }));
        let words = speech.words_of(piece);
        let secs = |time: Duration| (before + time).as_secs_f64();
        let timestamps = (!words.is_empty()).then(|| {
            let told = json!({
                "words": words.iter().map(|word| &word.text).collect::<Vec<_>>(),
                "start": words.iter().map(|word| secs(word.start)).collect::<Vec<_>>(),
                "end": words.iter().map(|word| secs(word.end)).collect::<Vec<_>>(),
            });
            self.message(
                json!({ "type": "timestamps", "word_timestamps": told, "done": false, "status_code": 206 }),
            )
        });
        [chunk].into_iter().chain(timestamps).collect()
    }

    fn done(&mut self) -> Vec<Message> {
        vec![self.message(json!({ "type": "done", "done": true, "status_code": 206 }))]
    }

    fn failed(&mut self, refused: &Refused) -> (Vec<Message>, Option<(u16, String)>) {
        let mut told = refused_body(refused);
        if let Some(members) = told.as_object_mut() {
            members.insert("type".to_owned(), "error".into());
            members.insert("done".to_owned(), true.into());
            members.insert("status_code".to_owned(), refused.status.into());
        }
        (vec![self.message(told)], None)
    }
}

impl Contexts {
    /// A message of the context: clients fail on one without its name.
    fn message(&self, mut told: Value) -> Message {
        if let Some(members) = told.as_object_mut() {
            members.insert("context_id".to_owned(), self.id.clone());
        }
        Message::text(told.to_string())
    }
}
