//! OpenAI's speech endpoint, as its reference has it: samples of 24 kHz, or server-sent events.
//!
//! Deliberately out: compressed formats, which are refused.

use bargein_wire::units::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use super::http::{Asked, HttpVoice, Refused, router, streamed};
use super::speech::{Speech, Wanted};
use crate::answer::{Answer, Head};
use crate::registry::{Door, TtsRouter, Vendor};
use crate::request::bearer;
use crate::script::Voice;

/// The longest text, in characters.
const LONGEST: usize = 4096;

/// The vendor. The SDK adds the path to its base.
pub(crate) const VENDOR: Vendor<TtsRouter> = Vendor {
    id: "openai",
    router: router::<Speaking>,
    settings,
    door: Door {
        is_web_socket: false,
        takes: Speaking::takes,
        client: |authority| format!("OPENAI_BASE_URL=http://{authority}/v1"),
    },
};

/// What a client of this vendor is set to.
fn settings(authority: &str, key: &Secret) -> Value {
    json!({ "url": format!("http://{authority}/v1/audio/speech"), "key": key.expose() })
}

/// The endpoint.
pub(crate) struct Speaking;

impl HttpVoice for Speaking {
    fn takes(path: &str) -> bool {
        path.ends_with("/audio/speech")
    }

    fn key(asked: &Asked) -> String {
        bearer(&asked.headers).to_owned()
    }

    fn text(asked: &Asked) -> Option<&str> {
        asked.string("/input")
    }

    fn wanted(asked: &Asked, voice: &Voice) -> Result<Wanted, String> {
        wanted(asked, voice, LONGEST, 24_000, &[24_000])
    }

    fn answer(asked: &Asked, speech: Speech) -> Answer {
        answer(asked, speech, "audio/pcm")
    }

    fn refusal(refused: &Refused) -> Answer {
        let (kind, code, words) = match refused.status {
            401 | 403 => ("invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
            402 => ("insufficient_quota", "insufficient_quota", "You exceeded your current quota."),
            404 => ("invalid_request_error", "not_found", "Invalid URL."),
            429 => ("requests", "rate_limit_exceeded", "Rate limit reached."),
            500.. => ("server_error", "server_error", "The server had an error processing your request."),
            _ => ("invalid_request_error", "invalid_value", "Invalid request."),
        };
        // No quota has the status of a rate.
        let status = if refused.status == 402 { 429 } else { refused.status };
        let error = json!({ "error": {
            "message": refused.message_or(words),
            "type": kind,
            "param": null,
            "code": refused.code_or(code),
        } });
        refused.answer(status, "application/json", &error)
    }
}

/// Reads a request in this protocol or a copy of it.
pub(in crate::tts) fn wanted(
    asked: &Asked,
    voice: &Voice,
    longest: usize,
    rate: u32,
    rates: &[u32],
) -> Result<Wanted, String> {
    let text = asked.string("/input").ok_or("expected a text in `input`")?;
    for member in ["model", "voice"] {
        if asked.body.get(member).is_none_or(Value::is_null) {
            return Err(format!("Missing required parameter: '{member}'."));
        }
    }
    if text.chars().count() > longest {
        return Err(format!(
            "expected at most {longest} characters in `input`, got {}",
            text.chars().count()
        ));
    }
    match asked.string("/response_format") {
        Some("pcm") => {}
        other => return Err(format!("expected the response_format pcm, got {}", other.unwrap_or("none"))),
    }
    Wanted { text: text.to_owned(), rate: asked.number("/sample_rate", rate), channels: 1 }
        .check(voice, rates)
}

/// Samples or events, as the request has it.
pub(in crate::tts) fn answer(asked: &Asked, speech: Speech, content_type: &str) -> Answer {
    if asked.string("/stream_format") != Some("sse") {
        let head = Head::new(200).with("content-type", content_type);
        return streamed(head, speech, |_, piece| piece.bytes.clone(), |_| Bytes::new());
    }
    let head = Head::new(200).with("content-type", "text/event-stream");
    let event = |event: Value| Bytes::from(format!("data: {event}\n\n"));
    let delta = move |_: &Speech, piece: &super::speech::Piece| {
        event(json!({ "type": "speech.audio.delta", "audio": STANDARD.encode(&piece.bytes) }))
    };
    let usage = json!({ "input_tokens": 1, "output_tokens": 1, "total_tokens": 2 });
    streamed(head, speech, delta, move |_| event(json!({ "type": "speech.audio.done", "usage": usage })))
}
