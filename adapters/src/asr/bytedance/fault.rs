//! The service's codes in the conversation's words.

use bargein_core::{FaultKind, VendorFault};
use bargein_wire::bytedance::recognition::code;
use serde_json::Value;

use crate::fault::capped;

/// Words in messages, in lower case, and what they mean; the first that is found decides. The codes alone are too few.
const WORDS: [(&str, FaultKind); 5] = [
    ("concurrency", FaultKind::RateLimited),
    ("lifetime", FaultKind::Quota),
    ("quota exceeded", FaultKind::RateLimited),
    ("grant", FaultKind::Auth),
    ("access denied", FaultKind::Auth),
];

/// A frame that says the stream is over.
pub(super) fn of_frame(code: u32, payload: &[u8]) -> VendorFault {
    let told = words(payload);
    let lower = told.to_lowercase();
    let kind = WORDS.into_iter().find(|(word, _)| lower.contains(word)).map(|(_, kind)| kind);
    let words = match told.as_str() {
        "" => format!("the service ended the stream with the code {code} and no word"),
        told => capped(told),
    };
    VendorFault::new(kind.unwrap_or_else(|| kind_of_code(code)), words).with_code(code.to_string())
}

/// The code and the words of an answer that is no upgrade.
pub(super) fn of_refusal(body: &[u8]) -> (Option<String>, String) {
    (None, words(body))
}

const fn kind_of_code(code: u32) -> FaultKind {
    match code {
        code::NOT_GRANTED => FaultKind::Auth,
        code::IDLE => FaultKind::Timeout,
        45_000_000..=45_999_999 => FaultKind::BadRequest,
        55_000_000..=55_999_999 => FaultKind::Unavailable,
        _ => FaultKind::Broken,
    }
}

/// The message of a failure: text, or a text in JSON.
fn words(payload: &[u8]) -> String {
    let said: Value = serde_json::from_slice(payload).unwrap_or_default();
    let member = ["error", "message"].into_iter().find_map(|name| said[name].as_str());
    member.map_or_else(|| String::from_utf8_lossy(payload).into_owned(), str::to_owned)
}
