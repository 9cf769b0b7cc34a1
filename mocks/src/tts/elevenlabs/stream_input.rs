//! The WebSocket: one utterance a socket, with the time of each character.

use std::time::Duration;

use axum::extract::ws::Message;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{RATES, Speaking, usual};
use crate::answer::Answer;
use crate::tts::http::{Asked, HttpVoice, Refused};
use crate::tts::socket::{Ask, SocketVoice};
use crate::tts::speech::{Piece, Speech};

/// One socket.
pub(crate) struct StreamInput {
    format: String,
    has_begun: bool,
}

impl SocketVoice for StreamInput {
    fn takes(path: &str) -> bool {
        path.starts_with("/v1/text-to-speech/") && path.ends_with("/stream-input")
    }

    fn key(asked: &Asked) -> String {
        asked.header("xi-api-key").to_owned()
    }

    fn refusal(refused: &Refused) -> Answer {
        Speaking::refusal(refused)
    }

    fn open(asked: &Asked) -> (Self, Vec<Message>) {
        let format = asked.query.get("output_format").cloned().unwrap_or_else(|| "mp3_44100_128".to_owned());
        (Self { format, has_begun: false }, Vec::new())
    }

    fn read(&mut self, message: &Message) -> Result<Vec<Ask>, Refused> {
        let told: Value = serde_json::from_slice(&message.clone().into_data()).unwrap_or_default();
        let Some(text) = told["text"].as_str() else {
            return Err(Refused::saying(400, "expected a text in `text`".to_owned()));
        };
        match text {
            "" => Ok(vec![Ask::End]),
            " " if !self.has_begun => {
                self.has_begun = true;
                Ok(Vec::new())
            }
            _ if text.trim().is_empty() => Ok(Vec::new()),
            // The space is how the service tells words apart.
            _ => Ok(vec![Ask::Say(text.strip_suffix(' ').unwrap_or(text).to_owned())]),
        }
    }

    fn rate(&self) -> Result<u32, String> {
        let rate = self.format.strip_prefix("pcm_").and_then(|rate| rate.parse().ok());
        let rate = rate.filter(|rate| RATES.contains(rate));
        rate.ok_or_else(|| format!("expected an output_format such as pcm_16000, got {}", self.format))
    }

    /// Times count from the first sample of the message.
    fn audio(&mut self, speech: &Speech, piece: &Piece, _before: Duration) -> Vec<Message> {
        let (start, end) = piece.at;
        let characters: Vec<_> = speech
            .characters()
            .into_iter()
            .filter(|character| (start..end).contains(&character.start))
            .collect();
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or_default();
        let alignment = (!characters.is_empty()).then(|| {
            json!({
                "chars": characters.iter().map(|character| &character.text).collect::<Vec<_>>(),
                "charStartTimesMs":
                    characters.iter().map(|character| millis(character.start - start)).collect::<Vec<_>>(),
                "charDurationsMs":
                    characters.iter().map(|character| millis(character.end - character.start)).collect::<Vec<_>>(),
            })
        });
        let audio = STANDARD.encode(&piece.bytes);
        let told = json!({ "audio": audio, "isFinal": null, "alignment": alignment, "normalizedAlignment": alignment });
        vec![Message::text(told.to_string())]
    }

    fn done(&mut self) -> Vec<Message> {
        vec![Message::text(json!({ "audio": null, "isFinal": true }).to_string())]
    }

    fn failed(&mut self, refused: &Refused) -> (Vec<Message>, Option<(u16, String)>) {
        let (error, words) = usual(refused.status);
        let (error, words) = (refused.code_or(error), refused.message_or(words));
        let told = json!({ "message": words, "error": error, "code": 1008 });
        (vec![Message::text(told.to_string())], Some((1008, words.to_owned())))
    }

    fn serves_once() -> bool {
        true
    }
}
