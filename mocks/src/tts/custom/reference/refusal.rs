//! How the reference says no: the protocol's error, with a status that fits.

use bargein_wire::custom_tts::ErrorBody;

use crate::raw::Refusal;

/// The code of a refusal: for machines, and the same for the same mistake.
pub(super) const fn code(status: u16) -> &'static str {
    match status {
        401 => "AUTH_FAILED",
        404 => "NOT_FOUND",
        405 => "METHOD_NOT_ALLOWED",
        408 => "TIMEOUT",
        413 => "TOO_LONG",
        429 => "RATE_LIMITED",
        500.. => "INTERNAL",
        _ => "INVALID_ARGUMENT",
    }
}

/// The body of a refusal.
pub(super) fn body(refusal: &Refusal) -> Vec<u8> {
    // Two texts: writing them cannot fail.
    serde_json::to_vec(&ErrorBody::new(code(refusal.status), refusal.message.as_str())).unwrap_or_default()
}
