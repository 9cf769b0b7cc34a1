//! ByteDance (Volcano Engine) over HTTP: the one-way interfaces of both generations.
//!
//! Deliberately out: compressed formats, which are refused, SSML, and the binary protocol of the WebSockets.

mod dialogue;

use bargein_wire::units::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use self::dialogue::Dialogue;
use super::http::{Asked, HttpVoice, Refused, in_one, router_of_both, streamed};
use super::socket::SocketVoice as _;
use super::speech::{Piece, Speech, Wanted};
use crate::answer::{Answer, Head};
use crate::registry::{Door, TtsRouter, Vendor};
use crate::script::Voice;

/// Version 1.
const FIRST: &str = "/api/v1/tts";

/// Version 3, with a JSON object a line; below it `/sse`, with the same objects as events.
const THIRD: &str = "/api/v3/tts/unidirectional";

/// The vendor. There is no client of the vendor's own over HTTP.
pub(crate) const VENDOR: Vendor<TtsRouter> = Vendor {
    id: "bytedance",
    router: router_of_both::<Speaking, Dialogue>,
    settings,
    door: Door {
        is_web_socket: true,
        takes: |path| Speaking::takes(path) || Dialogue::takes(path),
        client: |authority| format!("http://{authority}/api/v3/tts/unidirectional"),
    },
};

/// What a client of this vendor is set to.
fn settings(authority: &str, key: &Secret) -> Value {
    let token = if key.is_empty() { "mock-key" } else { key.expose() };
    json!({ "url": format!("http://{authority}"), "app_id": "mock-app", "token": token })
}

/// The interfaces.
pub(crate) struct Speaking;

impl HttpVoice for Speaking {
    fn takes(path: &str) -> bool {
        path == FIRST || path == THIRD || path == "/api/v3/tts/unidirectional/sse"
    }

    fn key(asked: &Asked) -> String {
        let token = match asked.path.as_str() {
            FIRST => asked.header("authorization").strip_prefix("Bearer;").unwrap_or_default().trim(),
            _ if asked.header("x-api-access-key").is_empty() => asked.header("x-api-key"),
            _ => asked.header("x-api-access-key"),
        };
        token.to_owned()
    }

    fn text(asked: &Asked) -> Option<&str> {
        asked.string(if asked.path == FIRST { "/request/text" } else { "/req_params/text" })
    }

    fn wanted(asked: &Asked, voice: &Voice) -> Result<Wanted, String> {
        let is_first = asked.path == FIRST;
        let text = Self::text(asked).ok_or("illegal input text!")?;
        let (needed, format, rate): (&[&str], _, _) = if is_first {
            (
                &[
                    "/app/appid",
                    "/app/token",
                    "/app/cluster",
                    "/user/uid",
                    "/audio/voice_type",
                    "/request/reqid",
                ],
                "/audio/encoding",
                "/audio/rate",
            )
        } else {
            (
                &["/req_params/speaker"],
                "/req_params/audio_params/format",
                "/req_params/audio_params/sample_rate",
            )
        };
        if let Some(missing) = needed.iter().find(|pointer| asked.string(pointer).is_none_or(str::is_empty)) {
            return Err(format!("expected a text at {missing}"));
        }
        if !is_first && asked.header("x-api-resource-id").is_empty() {
            return Err("expected the header X-Api-Resource-Id".to_owned());
        }
        match asked.string(format) {
            Some("pcm") => {}
            other => return Err(format!("expected the format pcm, got {}", other.unwrap_or("none"))),
        }
        let rate = asked.number(rate, 24_000);
        Wanted { text: text.to_owned(), rate, channels: 1 }.check(voice, &[8_000, 16_000, 22_050, 24_000])
    }

    fn answer(asked: &Asked, speech: Speech) -> Answer {
        if asked.path == FIRST {
            let reqid = asked.body["request"]["reqid"].clone();
            let duration = speech.length.as_millis().to_string();
            return in_one("application/json", &speech, |whole| {
                let data = STANDARD.encode(&whole.bytes);
                json!({
                    "reqid": reqid, "code": 3000, "operation": "query", "message": "Success", "sequence": -1,
                    "data": data, "addition": { "duration": duration },
                })
                .to_string()
                .into()
            });
        }
        let as_events = asked.path != THIRD;
        let content_type = if as_events { "text/event-stream" } else { "application/json" };
        let head = Head::new(200).with("content-type", content_type).with("x-tt-logid", "mock");
        let line = move |object: &Value| -> Bytes {
            if as_events { format!("data: {object}\n\n").into() } else { format!("{object}\n").into() }
        };
        let chunk = move |speech: &Speech, piece: &Piece| {
            let mut bytes =
                line(&json!({ "code": 0, "message": "", "data": STANDARD.encode(&piece.bytes) })).to_vec();
            let words: Vec<_> = speech.words_of(piece).iter().map(word).collect();
            if !words.is_empty() {
                let sentence = json!({ "text": "", "words": words });
                bytes.extend_from_slice(&line(
                    &json!({ "code": 0, "message": "", "data": null, "sentence": sentence }),
                ));
            }
            bytes.into()
        };
        streamed(head, speech, chunk, move |_| {
            line(&json!({ "code": 20_000_000, "message": "ok", "data": null }))
        })
    }

    fn refusal(refused: &Refused) -> Answer {
        let (status, code, words) = usual(refused.status);
        let code = refused.code_or(code);
        let code = code.parse::<i64>().map_or_else(|_| json!(code), |code| json!(code));
        let body = json!({ "reqid": "", "code": code, "message": refused.message_or(words), "sequence": -1, "data": null });
        refused.answer(status, "application/json", &body)
    }
}

/// A word in seconds.
fn word(word: &super::speech::Timed) -> Value {
    json!({
        "word": word.text,
        "startTime": word.start.as_secs_f64(),
        "endTime": word.end.as_secs_f64(),
        "confidence": 1.0,
    })
}

/// Status, code and words of a refusal.
const fn usual(status: u16) -> (u16, &'static str, &'static str) {
    match status {
        401 | 403 => (401, "3001", "authenticate request: load grant: requested grant not found"),
        402 => (200, "3001", "quota exceeded for types: text_words_lifetime"),
        413 => (200, "3010", "text too long"),
        429 => (200, "3003", "quota exceeded for types: concurrency"),
        500.. => (200, "3031", "processing error"),
        status => (status, "3001", "invalid request"),
    }
}
