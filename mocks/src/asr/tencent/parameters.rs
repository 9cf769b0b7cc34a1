//! What a client of the classic version must say to open a stream.

use bargein_wire::tencent_asr::{Query, code};
use bargein_wire::units::Secret;

use super::downlink::words;
use super::refused;
use crate::asr::protocol::Trouble;

/// Parameters without which no stream is opened.
const REQUIRED: [&str; 7] =
    ["secretid", "timestamp", "expired", "nonce", "engine_model_type", "voice_id", "signature"];

/// Checks the parameters of a stream. `key` is the secret that must have signed them; empty: anyone may.
///
/// Gives the audio's samples a second.
pub(super) fn check(query: &Query, app_id: &str, key: &Secret) -> Result<u32, Trouble> {
    let bad = |words: String| refused(code::BAD_PARAMETER, words);
    for name in REQUIRED {
        if query.get(name).is_none_or(str::is_empty) {
            return Err(bad(format!("missing parameter: {name}")));
        }
    }
    let number = |name: &str| {
        let value = query.get(name).unwrap_or_default();
        value.parse::<u64>().map_err(|_| bad(format!("expected a number in {name}, got {value}")))
    };
    if number("expired")? <= number("timestamp")? {
        return Err(bad("expected expired to be later than timestamp".to_owned()));
    }
    if number("nonce")? == 0 {
        return Err(bad("expected a positive nonce".to_owned()));
    }
    if !key.expose().is_empty() && !query.is_signed_by(app_id, key) {
        return Err(refused(code::AUTH_FAILED, words(code::AUTH_FAILED)));
    }
    rate(query.get("voice_format"), query.get("engine_model_type"))
}

/// Samples a second of the audio that is announced.
pub(super) fn rate(voice_format: Option<&str>, engine: Option<&str>) -> Result<u32, Trouble> {
    match voice_format {
        Some("1") => {}
        // The vendor's own default is another format.
        other => {
            let words = format!("expected voice_format 1 (pcm), got {}", other.unwrap_or("none"));
            return Err(refused(code::BAD_PARAMETER, words));
        }
    }
    let is_narrow = engine.is_some_and(|engine| engine.starts_with("8k"));
    Ok(if is_narrow { 8_000 } else { 16_000 })
}
