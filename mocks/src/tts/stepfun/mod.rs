//! StepFun's speech endpoint: OpenAI's, with a choice of rates.
//!
//! Deliberately out: compressed formats, which are refused.

use bargein_wire::units::Secret;
use serde_json::{Value, json};

use super::http::{Asked, HttpVoice, Refused, router};
use super::openai;
use super::speech::{Speech, Wanted};
use crate::answer::Answer;
use crate::registry::{Door, TtsRouter, Vendor};
use crate::script::Voice;

/// The vendor. Clients of the protocol it copies add the path to their base.
pub(crate) const VENDOR: Vendor<TtsRouter> = Vendor {
    id: "stepfun",
    router: router::<Speaking>,
    settings,
    door: Door {
        is_web_socket: false,
        takes: Speaking::takes,
        client: |authority| format!("base_url=\"http://{authority}/v1\""),
    },
};

/// What a client of this vendor is set to.
fn settings(authority: &str, key: &Secret) -> Value {
    let key = if key.is_empty() { "mock-key" } else { key.expose() };
    json!({ "url": format!("http://{authority}/v1/audio/speech"), "key": key })
}

/// The endpoint.
pub(crate) struct Speaking;

impl HttpVoice for Speaking {
    fn takes(path: &str) -> bool {
        path.ends_with("/audio/speech")
    }

    fn key(asked: &Asked) -> String {
        openai::Speaking::key(asked)
    }

    fn text(asked: &Asked) -> Option<&str> {
        asked.string("/input")
    }

    fn wanted(asked: &Asked, voice: &Voice) -> Result<Wanted, String> {
        openai::wanted(asked, voice, 1000, 24_000, &[8_000, 16_000, 22_050, 24_000])
    }

    fn answer(asked: &Asked, speech: Speech) -> Answer {
        openai::answer(asked, speech, "audio/pcm")
    }

    fn refusal(refused: &Refused) -> Answer {
        openai::Speaking::refusal(refused)
    }
}
