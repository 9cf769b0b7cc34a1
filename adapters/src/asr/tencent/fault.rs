//! The service's codes in the conversation's words.

use bargein_core::{FaultKind, VendorFault};
use bargein_wire::tencent_asr::{Downlink, code};

use crate::fault::capped;

/// A message whose code says that the stream is over.
pub(super) fn of_message(message: &Downlink) -> VendorFault {
    let words = match message.message.as_str() {
        "" => format!("the service ended the stream with the code {} and no word", message.code),
        words => capped(words),
    };
    VendorFault::new(kind_of_code(message.code), words).with_code(message.code.to_string())
}

/// What a code of the service means.
const fn kind_of_code(code: i64) -> FaultKind {
    match code {
        code::AUTH_FAILED | code::NOT_OPEN | code::OUTSIDE => FaultKind::Auth,
        code::QUOTA | code::ARREARS => FaultKind::Quota,
        code::CONCURRENCY => FaultKind::RateLimited,
        code::IDLE => FaultKind::Timeout,
        code::CLIENT_CLOSED => FaultKind::Broken,
        // What we did wrong, known (4000, 4001, 4007, 4010) or not.
        4000..=4999 => FaultKind::BadRequest,
        // From `code::OVERLOADED` on: the service's own trouble.
        5000..=5999 => FaultKind::Unavailable,
        _ => FaultKind::Broken,
    }
}

/// The code and the words of an answer that is no upgrade.
pub(super) fn of_refusal(body: &[u8]) -> (Option<String>, String) {
    let said: Downlink = serde_json::from_slice(body).unwrap_or_default();
    ((said.code != 0).then(|| said.code.to_string()), said.message)
}
