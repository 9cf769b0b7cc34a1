//! Version 3, two ways over a WebSocket: sessions one after the other, in binary frames.

use std::time::Duration;

use axum::extract::ws::Message;
use bargein_wire::bytedance::{Frame, Kind, Order};
use serde_json::{Value, json};

use super::{Speaking, usual, word};
use crate::answer::Answer;
use crate::tts::http::{Asked, HttpVoice, Refused};
use crate::tts::socket::{Ask, SocketVoice};
use crate::tts::speech::{Piece, Speech, Timed};

/// One socket.
#[derive(Default)]
pub(crate) struct Dialogue {
    connection: String,
    /// The session that is being said; empty between two.
    session: String,
    params: Value,
}

impl SocketVoice for Dialogue {
    fn takes(path: &str) -> bool {
        path == "/api/v3/tts/bidirection"
    }

    fn key(asked: &Asked) -> String {
        Speaking::key(asked)
    }

    fn refusal(refused: &Refused) -> Answer {
        Speaking::refusal(refused)
    }

    fn open(asked: &Asked) -> (Self, Vec<Message>) {
        let connection = asked.header("x-api-connect-id").to_owned();
        (Self { connection, ..Self::default() }, Vec::new())
    }

    fn read(&mut self, message: &Message) -> Result<Vec<Ask>, Refused> {
        let bad = |message: String| Refused::saying(400, message);
        let frame = Frame::read(&message.clone().into_data()).map_err(|error| bad(error.to_string()))?;
        let Order::Event { event, name } = &frame.order else {
            return Err(bad("expected an event".to_owned()));
        };
        let told: Value = serde_json::from_slice(&frame.payload).unwrap_or_default();
        match event {
            1 => Ok(vec![Ask::Reply(self.frame(50, Kind::Response, &json!({})))]),
            2 => Ok(vec![Ask::Reply(self.frame(52, Kind::Response, &json!({})))]),
            100 if !self.session.is_empty() => Err(bad("expected one session at a time".to_owned())),
            100 => {
                self.session.clone_from(name);
                self.params = told["req_params"].clone();
                if self.params["speaker"].as_str().is_none_or(str::is_empty) {
                    return Err(bad("expected a speaker".to_owned()));
                }
                Ok(vec![Ask::Reply(self.frame(150, Kind::Response, &json!({})))])
            }
            _ if *name != self.session => Err(bad(format!("non-exist session: {name}"))),
            101 => {
                let reply = self.frame(151, Kind::Response, &json!({}));
                self.session.clear();
                Ok(vec![Ask::Cancel, Ask::Reply(reply)])
            }
            102 => Ok(vec![Ask::End]),
            200 => {
                let text = told["req_params"]["text"].as_str().unwrap_or_default();
                let say = (!text.trim().is_empty()).then(|| Ask::Say(text.to_owned()));
                Ok(say.into_iter().collect())
            }
            other => Err(bad(format!("unexpected event {other}"))),
        }
    }

    fn rate(&self) -> Result<u32, String> {
        let audio = &self.params["audio_params"];
        match audio["format"].as_str() {
            Some("pcm") => {}
            other => return Err(format!("expected the format pcm, got {}", other.unwrap_or("none"))),
        }
        let rate = audio["sample_rate"].as_u64().and_then(|rate| u32::try_from(rate).ok()).unwrap_or(24_000);
        let rates = [8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];
        if rates.contains(&rate) {
            Ok(rate)
        } else {
            Err(format!("expected a sample rate of {rates:?}, got {rate}"))
        }
    }

    fn audio(&mut self, speech: &Speech, piece: &Piece, before: Duration) -> Vec<Message> {
        let (start, end) = piece.at;
        let begins = start.is_zero().then(|| self.frame(350, Kind::Response, &json!({ "text": "" })));
        let order = Order::Event { event: 352, name: self.session.clone() };
        // Raw: clients try to parse audio that is marked as JSON.
        let audio = Frame { order, is_json: false, ..Frame::words(Kind::Speech, piece.bytes.to_vec()) };
        let ends = (end >= speech.length).then(|| {
            let later =
                |timed: Timed| Timed { start: before + timed.start, end: before + timed.end, ..timed };
            let words: Vec<_> = speech.words().into_iter().map(|timed| word(&later(timed))).collect();
            self.frame(351, Kind::Response, &json!({ "text": "", "words": words }))
        });
        begins.into_iter().chain([Message::binary(audio.write())]).chain(ends).collect()
    }

    fn done(&mut self) -> Vec<Message> {
        let done = self.frame(152, Kind::Response, &json!({ "status_code": 20_000_000, "message": "ok" }));
        self.session.clear();
        vec![done]
    }

    fn failed(&mut self, refused: &Refused) -> (Vec<Message>, Option<(u16, String)>) {
        let (_, _, words) = usual(refused.status);
        let code = match refused.status {
            401 | 403 => "45000030",
            429 | 402 => "45000000",
            500.. => "55000000",
            _ => "45000001",
        };
        let code: u32 = refused.code_or(code).parse().unwrap_or(45_000_001);
        let words = refused.message_or(words).to_owned();
        let failed = Frame::failure(code, json!({ "error": words }).to_string().into_bytes());
        self.session.clear();
        (vec![Message::binary(failed.write())], Some((1000, words)))
    }
}

impl Dialogue {
    fn frame(&self, event: i32, kind: Kind, payload: &Value) -> Message {
        let name = if (50..60).contains(&event) { &self.connection } else { &self.session };
        let order = Order::Event { event, name: name.clone() };
        let frame = Frame { order, ..Frame::words(kind, payload.to_string().into_bytes()) };
        Message::binary(frame.write())
    }
}
