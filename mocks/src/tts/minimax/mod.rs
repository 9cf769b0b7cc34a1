//! MiniMax T2A v2 over HTTP: server-sent events, or one document, with audio in hexadecimal digits.
//!
//! Every refusal has status 200. The last event repeats all audio unless the request says it shall not. Deliberately
//! out: compressed formats, which are refused.

mod task;

use bargein_wire::hex;
use bargein_wire::units::Secret;
use bytes::Bytes;
use serde_json::{Value, json};

use self::task::Task;
use super::http::{Asked, HttpVoice, Refused, in_one, router_of_both, streamed};
use super::socket::SocketVoice as _;
use super::speech::{Piece, Speech, Wanted};
use crate::answer::{Answer, Head};
use crate::registry::{Door, TtsRouter, Vendor};
use crate::request::bearer;
use crate::script::Voice;

/// The samples a second that may be asked for.
const RATES: &[u32] = &[8_000, 16_000, 22_050, 24_000, 32_000, 44_100];

/// The vendor. Plugins of voice frameworks take the address before the path, or the whole one.
pub(crate) const VENDOR: Vendor<TtsRouter> = Vendor {
    id: "minimax",
    router: router_of_both::<Speaking, Task>,
    settings,
    door: Door {
        is_web_socket: true,
        takes: |path| Speaking::takes(path) || Task::takes(path),
        client: |authority| format!("MINIMAX_BASE_URL=http://{authority}"),
    },
};

/// What a client of this vendor is set to.
fn settings(authority: &str, key: &Secret) -> Value {
    let key = if key.is_empty() { "mock-key" } else { key.expose() };
    json!({ "url": format!("http://{authority}/v1/t2a_v2"), "key": key })
}

/// The endpoint.
pub(crate) struct Speaking;

impl HttpVoice for Speaking {
    fn takes(path: &str) -> bool {
        path == "/v1/t2a_v2"
    }

    fn key(asked: &Asked) -> String {
        bearer(&asked.headers).to_owned()
    }

    fn text(asked: &Asked) -> Option<&str> {
        asked.string("/text")
    }

    fn wanted(asked: &Asked, voice: &Voice) -> Result<Wanted, String> {
        let text = asked.string("/text").ok_or("invalid params, text is missing")?;
        if asked.string("/model").is_none() || asked.string("/voice_setting/voice_id").is_none() {
            return Err("invalid params, model and voice_setting.voice_id are required".to_owned());
        }
        match asked.string("/audio_setting/format") {
            Some("pcm") => {}
            other => return Err(format!("expected the format pcm, got {}", other.unwrap_or("none"))),
        }
        let channels = u16::try_from(asked.number("/audio_setting/channel", 1)).unwrap_or_default();
        if !matches!(channels, 1 | 2) {
            return Err(format!("expected 1 or 2 channels, got {channels}"));
        }
        let rate = asked.number("/audio_setting/sample_rate", 32_000);
        Wanted { text: text.to_owned(), rate, channels }.check(voice, RATES)
    }

    fn answer(asked: &Asked, speech: Speech) -> Answer {
        if asked.body["stream"] != true {
            let speech_info = extra_info(&speech);
            return in_one("application/json", &speech, |whole| {
                let audio = hex::encode(&whole.bytes);
                json!({
                    "data": { "audio": audio, "status": 2 },
                    "extra_info": speech_info,
                    "trace_id": "mock",
                    "base_resp": { "status_code": 0, "status_msg": "success" },
                })
                .to_string()
                .into()
            });
        }
        let repeats = asked.body["stream_options"]["exclude_aggregated_audio"] != true;
        let head = Head::new(200).with("content-type", "text/event-stream");
        streamed(head, speech, chunk, move |speech| {
            let audio = if repeats { hex::encode(&speech.whole().bytes) } else { String::new() };
            event(&json!({ "audio": audio, "status": 2 }), Some(extra_info(speech)))
        })
    }

    fn refusal(refused: &Refused) -> Answer {
        refused.answer(
            200,
            "application/json",
            &json!({ "trace_id": "mock", "base_resp": refused_base(refused) }),
        )
    }
}

fn chunk(_: &Speech, piece: &Piece) -> Bytes {
    event(&json!({ "audio": hex::encode(&piece.bytes), "status": 1 }), None)
}

fn event(data: &Value, extra_info: Option<Value>) -> Bytes {
    let mut event = json!({
        "data": data,
        "trace_id": "mock",
        "base_resp": { "status_code": 0, "status_msg": "success" },
    });
    if let (Some(extra_info), Some(event)) = (extra_info, event.as_object_mut()) {
        event.insert("extra_info".to_owned(), extra_info);
    }
    format!("data: {event}\n\n").into()
}

fn extra_info(speech: &Speech) -> Value {
    json!({
        "audio_length": u64::try_from(speech.length.as_millis()).unwrap_or_default(),
        "audio_format": "pcm",
        "audio_channel": 1,
        "usage_characters": speech.characters().len(),
        "word_count": speech.words().len(),
    })
}

/// The member of every answer that says what went wrong.
fn refused_base(refused: &Refused) -> Value {
    let (code, words) = match refused.status {
        401 | 403 => ("1004", "login fail: Please carry the API secret key in the 'Authorization' field"),
        402 => ("1008", "insufficient balance"),
        408 | 504 => ("1001", "timeout"),
        429 => ("1002", "rate limit exceeded(RPM)"),
        500.. => ("1000", "unknown error"),
        _ => ("2013", "invalid params"),
    };
    let code = refused.code_or(code);
    let code = code.parse::<i64>().map_or_else(|_| json!(code), |code| json!(code));
    json!({ "status_code": code, "status_msg": refused.message_or(words) })
}
