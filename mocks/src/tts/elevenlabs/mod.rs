//! ElevenLabs over HTTP: bare samples, or lines of JSON with the time of each character.
//!
//! Deliberately out: compressed formats, which are refused.

mod stream_input;

use bargein_wire::units::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use self::stream_input::StreamInput;
use super::http::{Asked, HttpVoice, Refused, router_of_both, streamed};
use super::socket::SocketVoice as _;
use super::speech::{Piece, Speech, Wanted};
use crate::answer::{Answer, Head};
use crate::registry::{Door, TtsRouter, Vendor};
use crate::script::Voice;

/// The samples a second that a format may name behind `pcm_`.
const RATES: &[u32] = &[8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];

/// The vendor. The SDKs take the address before the version.
pub(crate) const VENDOR: Vendor<TtsRouter> = Vendor {
    id: "elevenlabs",
    router: router_of_both::<Speaking, StreamInput>,
    settings,
    door: Door {
        is_web_socket: true,
        takes: |path| Speaking::takes(path) || StreamInput::takes(path),
        client: |authority| format!("ElevenLabs(base_url=\"http://{authority}\")"),
    },
};

/// What a client of this vendor is set to.
fn settings(authority: &str, key: &Secret) -> Value {
    let key = if key.is_empty() { "mock-key" } else { key.expose() };
    json!({ "url": format!("http://{authority}"), "key": key, "voice": "mock-voice" })
}

/// The endpoints of one voice.
pub(crate) struct Speaking;

impl HttpVoice for Speaking {
    fn takes(path: &str) -> bool {
        path.starts_with("/v1/text-to-speech/")
    }

    fn key(asked: &Asked) -> String {
        asked.header("xi-api-key").to_owned()
    }

    fn text(asked: &Asked) -> Option<&str> {
        asked.string("/text")
    }

    fn wanted(asked: &Asked, voice: &Voice) -> Result<Wanted, String> {
        let text = asked.string("/text").ok_or("expected a text in `text`")?;
        let format = asked.query.get("output_format").map_or("mp3_44100_128", String::as_str);
        let rate = format.strip_prefix("pcm_").and_then(|rate| rate.parse().ok());
        let rate =
            rate.ok_or_else(|| format!("expected an output_format such as pcm_16000, got {format}"))?;
        Wanted { text: text.to_owned(), rate, channels: 1 }.check(voice, RATES)
    }

    fn answer(asked: &Asked, speech: Speech) -> Answer {
        if !asked.path.ends_with("/with-timestamps") {
            let head = Head::new(200).with("content-type", "audio/pcm").with("request-id", "mock");
            return streamed(head, speech, |_, piece| piece.bytes.clone(), |_| Bytes::new());
        }
        let head = Head::new(200).with("content-type", "application/json").with("request-id", "mock");
        streamed(head, speech, line, |_| Bytes::new())
    }

    fn refusal(refused: &Refused) -> Answer {
        let (status, words) = usual(refused.status);
        // No quota has the status of a wrong key.
        let http = if refused.status == 402 { 401 } else { refused.status };
        let detail = json!({ "status": refused.code_or(status), "message": refused.message_or(words) });
        refused.answer(http, "application/json", &json!({ "detail": detail }))
    }
}

/// One line: audio, and the characters that begin in it.
fn line(speech: &Speech, piece: &Piece) -> Bytes {
    let (start, end) = piece.at;
    let characters: Vec<_> =
        speech.characters().into_iter().filter(|character| (start..end).contains(&character.start)).collect();
    let alignment = (!characters.is_empty()).then(|| {
        json!({
            "characters": characters.iter().map(|character| &character.text).collect::<Vec<_>>(),
            "character_start_times_seconds":
                characters.iter().map(|character| character.start.as_secs_f64()).collect::<Vec<_>>(),
            "character_end_times_seconds":
                characters.iter().map(|character| character.end.as_secs_f64()).collect::<Vec<_>>(),
        })
    });
    let line = json!({
        "audio_base64": STANDARD.encode(&piece.bytes),
        "alignment": alignment,
        "normalized_alignment": alignment,
    });
    Bytes::from(format!("{line}\n"))
}

/// Code and words of a refusal by its status.
const fn usual(status: u16) -> (&'static str, &'static str) {
    match status {
        401 | 403 => ("invalid_api_key", "Invalid API key"),
        402 => ("quota_exceeded", "This request exceeds your quota."),
        404 => ("voice_not_found", "A voice for the voice_id was not found."),
        429 => ("too_many_concurrent_requests", "Too many concurrent requests."),
        500.. => ("internal_error", "An error occurred."),
        _ => ("invalid_request", "The request is not valid."),
    }
}
