//! Cartesia over HTTP: bare samples, or server-sent events with the time of each word.
//!
//! Errors are structured from version 2026-03-01 on, plain text before. Deliberately out: compressed formats and other
//! encodings, which are refused.

mod contexts;

use bargein_wire::units::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use self::contexts::Contexts;
use super::http::{Asked, HttpVoice, Refused, router_of_both, streamed};
use super::socket::SocketVoice as _;
use super::speech::{Piece, Speech, Wanted};
use crate::answer::{Answer, Head};
use crate::registry::{Door, TtsRouter, Vendor};
use crate::request::bearer;
use crate::script::Voice;

/// The samples a second that may be asked for.
const RATES: &[u32] = &[8_000, 16_000, 22_050, 24_000, 44_100, 48_000];

/// The vendor. The SDKs take the address before the path.
pub(crate) const VENDOR: Vendor<TtsRouter> = Vendor {
    id: "cartesia",
    router: router_of_both::<Speaking, Contexts>,
    settings,
    door: Door {
        is_web_socket: true,
        takes: |path| Speaking::takes(path) || Contexts::takes(path),
        client: |authority| format!("CARTESIA_BASE_URL=http://{authority}"),
    },
};

/// What a client of this vendor is set to.
fn settings(authority: &str, key: &Secret) -> Value {
    let key = if key.is_empty() { "mock-key" } else { key.expose() };
    json!({ "url": format!("http://{authority}"), "key": key, "voice": "mock-voice" })
}

/// The endpoints.
pub(crate) struct Speaking;

impl HttpVoice for Speaking {
    fn takes(path: &str) -> bool {
        matches!(path, "/tts/bytes" | "/tts/sse")
    }

    fn key(asked: &Asked) -> String {
        let bearer = bearer(&asked.headers);
        if bearer.is_empty() { asked.header("x-api-key") } else { bearer }.to_owned()
    }

    fn text(asked: &Asked) -> Option<&str> {
        asked.string("/transcript")
    }

    fn wanted(asked: &Asked, voice: &Voice) -> Result<Wanted, String> {
        let text = asked.string("/transcript").ok_or("expected a text in `transcript`")?;
        if asked.header("cartesia-version").is_empty() {
            return Err("expected the header Cartesia-Version".to_owned());
        }
        for member in ["model_id", "voice"] {
            if asked.body.get(member).is_none_or(Value::is_null) {
                return Err(format!("expected `{member}`"));
            }
        }
        for (member, expected) in [("container", "raw"), ("encoding", "pcm_s16le")] {
            let got = asked.string(&format!("/output_format/{member}")).unwrap_or("none");
            if got != expected {
                return Err(format!("expected the {member} {expected}, got {got}"));
            }
        }
        let rate = asked.number("/output_format/sample_rate", 0);
        Wanted { text: text.to_owned(), rate, channels: 1 }.check(voice, RATES)
    }

    fn answer(asked: &Asked, speech: Speech) -> Answer {
        if asked.path == "/tts/bytes" {
            let head = Head::new(200).with("content-type", "audio/pcm");
            return streamed(head, speech, |_, piece| piece.bytes.clone(), |_| Bytes::new());
        }
        let with_words = asked.body["add_timestamps"] == true;
        let head = Head::new(200).with("content-type", "text/event-stream");
        streamed(
            head,
            speech,
            move |speech, piece| chunk(speech, piece, with_words),
            |_| event(&json!({ "type": "done", "done": true, "status_code": 206, "step_time": 0.0 })),
        )
    }

    fn refusal(refused: &Refused) -> Answer {
        let body = refused_body(refused);
        refused.answer(refused.status, "application/json", &body)
    }
}

/// The events of one piece: its audio, and the words that begin in it.
fn chunk(speech: &Speech, piece: &Piece, with_words: bool) -> Bytes {
    let data = STANDARD.encode(&piece.bytes);
    let mut bytes =
        event(&json!({ "type": "chunk", "data": data, "done": false, "status_code": 206, "step_time": 1.0 }))
            .to_vec();
    let words = if with_words { speech.words_of(piece) } else { Vec::new() };
    if !words.is_empty() {
        let timestamps = json!({
            "words": words.iter().map(|word| &word.text).collect::<Vec<_>>(),
            "start": words.iter().map(|word| word.start.as_secs_f64()).collect::<Vec<_>>(),
            "end": words.iter().map(|word| word.end.as_secs_f64()).collect::<Vec<_>>(),
        });
        let told =
            json!({ "type": "timestamps", "word_timestamps": timestamps, "done": false, "status_code": 206 });
        bytes.extend_from_slice(&event(&told));
    }
    bytes.into()
}

fn event(event: &Value) -> Bytes {
    format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default()).into()
}

/// The members of a refusal.
fn refused_body(refused: &Refused) -> Value {
    let (code, title) = match refused.status {
        401 | 403 => ("unauthorized", "Unauthorized"),
        402 => ("quota_exceeded", "Credit limit reached"),
        404 => ("voice_not_found", "Voice not found"),
        429 => ("concurrency_limited", "Too many concurrent requests"),
        500.. => ("internal_error", "Internal error"),
        _ => ("bad_request", "Bad request"),
    };
    json!({
        "error_code": refused.code_or(code),
        "title": title,
        "message": refused.message_or(title),
        "request_id": "mock",
    })
}
