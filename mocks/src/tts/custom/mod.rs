//! The custom TTS protocol: one `POST`, one chunked body of audio.
//!
//! Wire facts: the product manual and `docs/reference`'s custom TTS page. Out: `mp3` and `ogg_opus`, which are
//! refused as the protocol's first phase allows.

pub mod reference;

use std::ops::RangeInclusive;

use bargein_wire::custom_tts::{ERROR_TYPE, ErrorBody, Format, Request};
use bargein_wire::units::Secret;
use bytes::Bytes;
use serde_json::{Value, json};

use super::http::{Asked, HttpVoice, Refused, router, streamed};
use super::speech::{Speech, Wanted};
use crate::answer::{Action, Answer, Head};
use crate::registry::{Door, TtsRouter, Vendor};
use crate::request::bearer;
use crate::script::Voice;

/// The vendor. The service calls whatever address it is configured with.
pub(crate) const VENDOR: Vendor<TtsRouter> = Vendor {
    id: "custom",
    router: router::<Speaking>,
    settings,
    door: Door {
        is_web_socket: false,
        takes: |_| true,
        client: |authority| format!(r#""APIUrl": "http://{authority}/stream-audio""#),
    },
};

/// What a client of this vendor is set to.
fn settings(authority: &str, key: &Secret) -> Value {
    json!({ "url": format!("http://{authority}/stream-audio"), "key": key.expose() })
}

/// `POST` to any path.
pub(crate) struct Speaking;

impl HttpVoice for Speaking {
    fn takes(_path: &str) -> bool {
        true
    }

    fn key(asked: &Asked) -> String {
        bearer(&asked.headers).to_owned()
    }

    fn text(asked: &Asked) -> Option<&str> {
        asked.string("/Text")
    }

    fn wanted(asked: &Asked, voice: &Voice) -> Result<Wanted, String> {
        let wanted = request(asked)?;
        let rates: RangeInclusive<u32> = match voice {
            Voice::Tone => 8_000..=48_000,
            Voice::Speech(_) => 16_000..=16_000,
        };
        if wanted.text.trim().is_empty() {
            return Err("expected something to say in `Text`".to_owned());
        }
        if !matches!(wanted.format, Format::Wav | Format::Pcm) {
            return Err(format!("expected the format wav or pcm, got {}", wanted.format.word()));
        }
        if !rates.contains(&wanted.sample_rate) {
            return Err(format!("expected a sample rate of {rates:?}, got {}", wanted.sample_rate));
        }
        if !matches!(wanted.channel, 1 | 2) {
            return Err(format!("expected 1 or 2 channels, got {}", wanted.channel));
        }
        Ok(Wanted { text: wanted.text, rate: wanted.sample_rate, channels: wanted.channel })
    }

    fn answer(asked: &Asked, speech: Speech) -> Answer {
        // It has been read before.
        let (format, rate, channels) = request(asked)
            .map_or((Format::Wav, 16_000, 1), |wanted| (wanted.format, wanted.sample_rate, wanted.channel));
        let after = speech.after;
        let head = Head::new(200).with("content-type", format.content_type());
        let mut answer = streamed(head, speech, |_, piece| piece.bytes.clone(), |_| Bytes::new());
        if format == Format::Wav {
            let header = Action::send(after, wav_header(rate, channels));
            answer.body = Box::new([header].into_iter().chain(answer.body));
        }
        answer
    }

    fn refusal(refused: &Refused) -> Answer {
        // Code and words of an error by its status, as the protocol suggests them.
        let (code, words) = match refused.status {
            401 | 403 => ("AUTH_FAILED", "the key is wrong or missing"),
            413 => ("TEXT_TOO_LONG", "the text is too long"),
            429 => ("RATE_LIMITED", "too many requests"),
            500.. => ("INTERNAL", "the synthesis failed"),
            _ => ("INVALID_ARGUMENT", "the request is not valid"),
        };
        let body = ErrorBody::new(refused.code_or(code), refused.message_or(words));
        // The body is plain text values: writing it cannot fail.
        refused.answer(refused.status, ERROR_TYPE, &serde_json::to_string(&body).unwrap_or_default())
    }
}

fn request(asked: &Asked) -> Result<Request, String> {
    serde_json::from_value(asked.body.clone()).map_err(|error| error.to_string())
}

/// A WAV header sent before the length is known: both sizes are all ones.
fn wav_header(rate: u32, channels: u16) -> Bytes {
    let frame = channels * 2;
    let mut header = Vec::with_capacity(44);
    header.extend_from_slice(b"RIFF\xff\xff\xff\xffWAVEfmt ");
    header.extend_from_slice(&16_u32.to_le_bytes());
    header.extend_from_slice(&1_u16.to_le_bytes());
    header.extend_from_slice(&channels.to_le_bytes());
    header.extend_from_slice(&rate.to_le_bytes());
    header.extend_from_slice(&(rate * u32::from(frame)).to_le_bytes());
    header.extend_from_slice(&frame.to_le_bytes());
    header.extend_from_slice(&16_u16.to_le_bytes());
    header.extend_from_slice(b"data\xff\xff\xff\xff");
    header.into()
}
