//! What a client must say to open a stream.

use bargein_wire::tencent_asr::{Query, code};
use bargein_wire::units::Secret;

/// Parameters without which no stream is opened.
const REQUIRED: [&str; 7] =
    ["secretid", "timestamp", "expired", "nonce", "engine_model_type", "voice_id", "signature"];

/// Why a stream is not opened: a code of the vendor and words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Refused {
    pub code: i64,
    pub words: String,
}

impl Refused {
    /// A refusal with the vendor's words for its code.
    pub(super) fn new(code: i64) -> Self {
        Self { code, words: words(code).to_owned() }
    }
}

/// Checks the parameters of a stream. `key` is the secret that must have signed them; empty: anyone may.
///
/// Gives the audio's samples a second.
pub(super) fn check(query: &Query, app_id: &str, key: &Secret) -> Result<u32, Refused> {
    let bad = |words: String| Refused { code: code::BAD_PARAMETER, words };
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
        return Err(Refused::new(code::AUTH_FAILED));
    }
    match query.get("voice_format") {
        Some("1") => {}
        // The vendor's own default is another format.
        other => return Err(bad(format!("expected voice_format 1 (pcm), got {}", other.unwrap_or("none")))),
    }
    let is_narrow = query.get("engine_model_type").is_some_and(|engine| engine.starts_with("8k"));
    Ok(if is_narrow { 8_000 } else { 16_000 })
}

/// The vendor's words for a code, in short.
const fn words(code: i64) -> &'static str {
    match code {
        code::TOO_FAST => "audio is sent too fast",
        code::AUTH_FAILED => "authentication failed",
        code::NOT_OPEN => "the service is not open for this account",
        code::QUOTA => "the resource package is used up",
        code::ARREARS => "the account is in arrears",
        code::CONCURRENCY => "too many streams at once",
        code::UNDECODABLE => "the audio cannot be decoded",
        code::IDLE => "no audio for more than 15 seconds",
        code::UNKNOWN_TEXT => "unknown text message",
        5000.. => "internal error of the recognition",
        _ => "bad parameter",
    }
}
