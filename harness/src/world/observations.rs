//! What the mock vendors see, as entries of the timeline.

use bargein_core::Time;
use bargein_mocks::{Observation, Role, What};
use serde_json::{Map, Value};

use crate::timeline::Entry;
use crate::vocabulary::Observed;

/// The entry of an observation; `None` when the language has no word for it.
pub(super) fn entry(at: Time, observation: &Observation) -> Option<Entry> {
    let entry = |event: Observed| Entry::new(at, event);
    let of_request = |event| entry(event).with("request", request_number(observation));
    Some(match (observation.role, &observation.what) {
        (Role::Asr, What::Request { headers, body, .. }) => {
            entry(Observed::AsrRequest).with("header", header(headers)).with("query", body.clone())
        }
        (Role::Asr, What::Interim { text }) => entry(Observed::AsrInterim).with("text", text.as_str()),
        (Role::Asr, What::Final { text }) => entry(Observed::AsrFinal).with("text", text.as_str()),
        (Role::Asr, What::ClosedByAgent) => entry(Observed::AsrClosedByAgent),

        (Role::Llm, What::Request { headers, body, .. }) => entry(Observed::LlmRequest)
            .with("messages", body.get("messages").cloned().unwrap_or_default())
            .with("header", header(headers))
            .with("body", body.clone()),
        (Role::Llm, What::FirstToken) => of_request(Observed::LlmFirstToken),
        (Role::Llm, What::Response { status, text }) => {
            of_request(Observed::LlmResponse).with("status", *status).with("text", text.as_str())
        }
        (Role::Llm, What::ClosedByAgent) => of_request(Observed::LlmClosedByAgent),

        (Role::Tts, What::Request { headers, body, text }) => entry(Observed::TtsRequest)
            .with("text", text.as_deref().unwrap_or_default())
            .with("header", header(headers))
            .with("body", body.clone()),
        (Role::Tts, What::FirstAudio { .. }) => of_request(Observed::TtsFirstAudio),
        (Role::Tts, What::Response { status, .. }) => {
            of_request(Observed::TtsResponse).with("status", *status)
        }
        (Role::Tts, What::ClosedByAgent) => of_request(Observed::TtsClosedByAgent),

        (Role::Asr, What::FirstToken | What::FirstAudio { .. } | What::Response { .. })
        | (Role::Llm, What::FirstAudio { .. } | What::Interim { .. } | What::Final { .. })
        | (Role::Tts, What::FirstToken | What::Interim { .. } | What::Final { .. }) => return None,
    })
}

fn request_number(observation: &Observation) -> u32 {
    u32::try_from(observation.request).unwrap_or(u32::MAX)
}

/// The one header that is random in every world.
const RANDOM: &str = "sec-websocket-key";

/// Headers as a map; of a name that stands there twice, the last.
fn header(headers: &[(String, String)]) -> Value {
    let told = headers.iter().filter(|(name, _)| name != RANDOM);
    Value::Object(told.map(|(name, value)| (name.clone(), value.as_str().into())).collect::<Map<_, _>>())
}
