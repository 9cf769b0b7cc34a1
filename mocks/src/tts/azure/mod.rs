//! Azure's speech service over REST: SSML in, bare samples out.
//!
//! Deliberately out: compressed formats, the list of voices, tokens.

mod ssml;
mod turns;

use bargein_wire::units::Secret;
use bytes::Bytes;
use serde_json::{Value, json};

use self::turns::Turns;
use super::http::{Asked, HttpVoice, Refused, router_of_both, streamed};
use super::socket::SocketVoice as _;
use super::speech::{Speech, Wanted};
use crate::answer::{Answer, Head};
use crate::registry::{Door, TtsRouter, Vendor};
use crate::script::Voice;

/// The formats that are played, with their samples a second.
const FORMATS: &[(&str, u32)] = &[
    ("raw-8khz-16bit-mono-pcm", 8_000),
    ("raw-16khz-16bit-mono-pcm", 16_000),
    ("raw-22050hz-16bit-mono-pcm", 22_050),
    ("raw-24khz-16bit-mono-pcm", 24_000),
    ("raw-44100hz-16bit-mono-pcm", 44_100),
    ("raw-48khz-16bit-mono-pcm", 48_000),
];

/// The vendor. Its SDK takes a host; clients of the REST interface take the whole address with its path.
pub(crate) const VENDOR: Vendor<TtsRouter> = Vendor {
    id: "azure",
    router: router_of_both::<Speaking, Turns>,
    settings,
    door: Door {
        is_web_socket: true,
        takes: |path| Speaking::takes(path) || Turns::takes(path),
        client: |authority| format!("SpeechConfig(subscription=key, host=\"ws://{authority}\")"),
    },
};

/// What a client of this vendor is set to.
fn settings(authority: &str, key: &Secret) -> Value {
    let key = if key.is_empty() { "mock-key" } else { key.expose() };
    json!({ "url": format!("ws://{authority}/cognitiveservices/websocket/v2"), "key": key })
}

/// The endpoint.
pub(crate) struct Speaking;

impl HttpVoice for Speaking {
    fn takes(path: &str) -> bool {
        path.ends_with("/cognitiveservices/v1")
    }

    fn key(asked: &Asked) -> String {
        asked.header("ocp-apim-subscription-key").to_owned()
    }

    fn text(asked: &Asked) -> Option<&str> {
        asked.body.as_str()
    }

    fn wanted(asked: &Asked, voice: &Voice) -> Result<Wanted, String> {
        if asked.header("user-agent").is_empty() {
            return Err("expected the header User-Agent".to_owned());
        }
        if !asked.header("content-type").starts_with("application/ssml+xml") {
            return Err(format!("expected application/ssml+xml, got {}", asked.header("content-type")));
        }
        let format = asked.header("x-microsoft-outputformat");
        let rate = FORMATS.iter().find(|(word, _)| *word == format).map(|(_, rate)| *rate);
        let rate = rate.ok_or_else(|| format!("expected a format of bare samples, got {format}"))?;
        let text = ssml::text(&String::from_utf8_lossy(&asked.bytes))?;
        Wanted { text, rate, channels: 1 }.check(voice, &[rate])
    }

    fn answer(_: &Asked, speech: Speech) -> Answer {
        let head = Head::new(200).with("content-type", "audio/x-wav");
        streamed(head, speech, |_, piece| piece.bytes.clone(), |_| Bytes::new())
    }

    fn refusal(refused: &Refused) -> Answer {
        // A wrong key and a rate are told by the gateway, what is wrong with a request in plain words.
        if !matches!(refused.status, 401 | 403 | 429) {
            return refused.answer(refused.status, "text/plain", &refused.message_or(""));
        }
        let words = usual(refused.status);
        let code = refused.status.to_string();
        let error = json!({ "code": refused.code_or(&code), "message": refused.message_or(words) });
        refused.answer(refused.status, "application/json", &json!({ "error": error }))
    }
}

/// The words of a refusal.
const fn usual(status: u16) -> &'static str {
    match status {
        401 | 403 => "Access denied due to invalid subscription key or wrong API endpoint.",
        429 => "Requests have exceeded the rate limit of the pricing tier.",
        500.. => "The service is not available.",
        _ => "The request is not valid.",
    }
}
