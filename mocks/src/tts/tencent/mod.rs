//! Tencent Cloud's plain synthesis: `TextToVoice` of its API 3.0.
//!
//! Every refusal has status 200 and the bare media type `application/json`: with a charset behind it the official
//! client would take it for a success. Deliberately out: compressed formats, which are refused, and the streams.

mod stream;

use bargein_wire::tencent_tts::Tc3;
use bargein_wire::units::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use self::stream::Session;
use super::http::{Asked, HttpVoice, Refused, in_one, router_of_both};
use super::socket::SocketVoice as _;
use super::speech::{Speech, Timed, Wanted};
use crate::answer::Answer;
use crate::registry::{Door, TtsRouter, Vendor};
use crate::script::Voice;

/// The vendor. The SDK takes scheme and host apart.
pub(crate) const VENDOR: Vendor<TtsRouter> = Vendor {
    id: "tencent",
    router: router_of_both::<Speaking, Session>,
    settings,
    door: Door {
        is_web_socket: true,
        takes: |path| Speaking::takes(path) || Session::takes(path),
        client: |authority| format!("HttpProfile(protocol=\"http\", endpoint=\"{authority}\")"),
    },
};

/// What a client of this vendor is set to. Without a scripted key any is let in, but a client must have one.
fn settings(authority: &str, key: &Secret) -> Value {
    let secret_key = if key.is_empty() { "mock-key" } else { key.expose() };
    json!({
        "url": format!("ws://{authority}/stream_wsv2"),
        "app_id": 1_300_000_000,
        "secret_id": "mock-id",
        "secret_key": secret_key,
    })
}

/// The interface.
pub(crate) struct Speaking;

impl HttpVoice for Speaking {
    fn takes(path: &str) -> bool {
        path == "/"
    }

    /// The id of the key; the key itself is never sent.
    fn key(asked: &Asked) -> String {
        let credential = asked.header("authorization").split("Credential=").nth(1).unwrap_or_default();
        credential.split('/').next().unwrap_or_default().to_owned()
    }

    fn is_let_in(asked: &Asked, key: &Secret) -> bool {
        let Ok(unix_secs) = asked.header("x-tc-timestamp").parse() else { return false };
        let signed = Tc3 {
            service: "tts",
            host: asked.header("host"),
            content_type: asked.header("content-type"),
            unix_secs,
            body: &asked.bytes,
        };
        asked.header("authorization") == signed.authorization(&Self::key(asked), key)
    }

    fn text(asked: &Asked) -> Option<&str> {
        asked.string("/Text")
    }

    fn wanted(asked: &Asked, voice: &Voice) -> Result<Wanted, String> {
        for (header, expected) in [("x-tc-action", "TextToVoice"), ("x-tc-version", "2019-08-23")] {
            if asked.header(header) != expected {
                return Err(format!("expected {header} {expected}, got {}", asked.header(header)));
            }
        }
        let text = asked.string("/Text").ok_or("expected a text in `Text`")?;
        if asked.string("/SessionId").is_none_or(str::is_empty) {
            return Err("expected a text in `SessionId`".to_owned());
        }
        match asked.string("/Codec") {
            Some("pcm") => {}
            other => return Err(format!("expected the codec pcm, got {}", other.unwrap_or("none"))),
        }
        let rate = asked.number("/SampleRate", 16_000);
        Wanted { text: text.to_owned(), rate, channels: 1 }.check(voice, &[8_000, 16_000, 24_000])
    }

    fn answer(asked: &Asked, speech: Speech) -> Answer {
        let with_words = asked.body["EnableSubtitle"] == true;
        let words = if with_words { speech.characters() } else { Vec::new() };
        let subtitles: Vec<_> = (0..).zip(&words).map(subtitle).collect();
        in_one("application/json", &speech, |whole| {
            let audio = STANDARD.encode(&whole.bytes);
            let session = asked.body["SessionId"].clone();
            json!({ "Response": { "Audio": audio, "SessionId": session, "Subtitles": subtitles, "RequestId": "mock" } })
                .to_string()
                .into()
        })
    }

    fn refusal(refused: &Refused) -> Answer {
        let (code, words) = match refused.status {
            401 | 403 => ("AuthFailure.SignatureFailure", "The provided credentials could not be validated."),
            402 => ("UnsupportedOperation.PkgExhausted", "The resource package is exhausted."),
            413 => ("InvalidParameterValue.TextTooLong", "The text is too long."),
            429 => ("RequestLimitExceeded", "Your current request times exceed the limit."),
            500.. => ("InternalError.InternalError", "Internal error."),
            _ => ("InvalidParameterValue.Text", "The request is not valid."),
        };
        let error = json!({ "Code": refused.code_or(code), "Message": refused.message_or(words) });
        let body = json!({ "Response": { "Error": error, "RequestId": "mock" } });
        refused.answer(200, "application/json", &body)
    }
}

fn subtitle((index, character): (u64, &Timed)) -> Value {
    let millis = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or_default();
    json!({
        "Text": character.text,
        "BeginTime": millis(character.start),
        "EndTime": millis(character.end),
        "BeginIndex": index,
        "EndIndex": index + 1,
        "Phoneme": "",
    })
}
