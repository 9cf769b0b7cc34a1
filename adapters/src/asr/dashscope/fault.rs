//! The service's codes in the conversation's words.

use bargein_core::{FaultKind, VendorFault};
use bargein_wire::dashscope::DownlinkHeader;
use serde_json::Value;

use crate::fault::capped;

/// Words in codes and messages, in lower case, and what they mean; the first that is found decides.
///
/// The service has no whole list of its codes; these are its documents' and its packages'.
const WORDS: [(&str, FaultKind); 14] = [
    ("arrearage", FaultKind::Quota),
    ("quotaexhausted", FaultKind::Quota),
    ("allocationquota", FaultKind::RateLimited),
    ("throttling", FaultKind::RateLimited),
    ("rate limit", FaultKind::RateLimited),
    ("apikey", FaultKind::Auth),
    ("accessdenied", FaultKind::Auth),
    ("unpurchased", FaultKind::Auth),
    ("timeout", FaultKind::Timeout),
    ("invalid", FaultKind::BadRequest),
    ("notfound", FaultKind::BadRequest),
    ("unsupported", FaultKind::BadRequest),
    ("client_error", FaultKind::BadRequest),
    ("internal", FaultKind::Unavailable),
];

/// A task that failed.
pub(super) fn of_task(header: &DownlinkHeader) -> VendorFault {
    let words = match header.error_message.as_str() {
        "" => "the service ended the task without a word".to_owned(),
        words => capped(words),
    };
    let told = format!("{} {}", header.error_code, header.error_message).to_lowercase();
    let kind = WORDS.into_iter().find(|(word, _)| told.contains(word));
    let fault = VendorFault::new(kind.map_or(FaultKind::Unavailable, |(_, kind)| kind), words);
    if header.error_code.is_empty() { fault } else { fault.with_code(header.error_code.clone()) }
}

/// The code and the words of an answer that is no upgrade.
pub(super) fn of_refusal(body: &[u8]) -> (Option<String>, String) {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| said[name].as_str().map(str::to_owned);
    (text("code"), text("message").unwrap_or_default())
}
