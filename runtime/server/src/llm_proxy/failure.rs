//! Why an attempt gave nothing a caller can use, and what the caller is told when it was the last one.

use std::error::Error;
use std::io;
use std::time::Duration;

use bargein_adapters::retry_after;
use bargein_core::{FaultKind, VendorFault};
use bargein_wire::openai::ApiError;
use bargein_wire::units::Secret;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::Value;

use crate::Refusal;

/// Words in codes, classes and messages, and what they mean; the first that is found decides.
const WORDS: [(&str, FaultKind); 16] = [
    // Not to be taken for a rate limit, as whose status and class they come.
    ("quota", FaultKind::Quota),
    ("arrear", FaultKind::Quota),
    ("overdue", FaultKind::Quota),
    ("balance", FaultKind::Quota),
    ("context_length", FaultKind::BadRequest),
    ("rate_limit", FaultKind::RateLimited),
    ("rate limit", FaultKind::RateLimited),
    ("too_many_requests", FaultKind::RateLimited),
    ("api_key", FaultKind::Auth),
    ("authentication", FaultKind::Auth),
    ("unauthorized", FaultKind::Auth),
    ("permission", FaultKind::Auth),
    ("timeout", FaultKind::Timeout),
    ("invalid", FaultKind::BadRequest),
    ("not_found", FaultKind::BadRequest),
    ("inspection", FaultKind::BadRequest),
];

/// What is told of a failure at most, in characters.
const LONGEST: usize = 500;

/// A vendor gave nothing that can be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Failure {
    /// What all policy is decided by.
    pub(super) kind: FaultKind,
    /// What the caller is told.
    pub(super) refusal: Refusal,
    /// The vendor's own body, when it is in the shape that callers know.
    pub(super) body: Option<Bytes>,
    /// The vendor's headers that go on, such as its limits.
    pub(super) headers: HeaderMap,
}

impl Failure {
    pub(super) fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        let refusal = Refusal::of_fault(kind, capped(&message.into()));
        Self { kind, refusal, body: None, headers: HeaderMap::new() }
    }

    /// No connection.
    pub(super) fn of_connect(error: &io::Error) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::TimedOut => FaultKind::Timeout,
            _ => FaultKind::Unavailable,
        };
        Self::new(kind, format!("no connection to the vendor: {}", in_words(error)))
    }

    /// The connection broke, or what came over it was no HTTP.
    pub(super) fn of_break(error: &hyper::Error) -> Self {
        Self::new(FaultKind::Broken, format!("the connection to the vendor broke: {}", in_words(error)))
    }

    /// Something did not come in time.
    pub(super) fn late(what: &str, limit: Duration) -> Self {
        Self::new(FaultKind::Timeout, format!("expected {what} from the vendor within {limit:?}, got none"))
    }

    /// What came is not what the protocol promises.
    pub(super) fn broken(message: impl Into<String>) -> Self {
        Self::new(FaultKind::Broken, message)
    }

    /// The vendor refused, with this status and body. Status, code and the time to come again are kept.
    pub(super) fn of_refusal(
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
        key: &Secret,
        unix_millis: u64,
    ) -> Self {
        let body = without_key(body, key);
        let error = ApiError::from_body(&String::from_utf8_lossy(&body));
        let kind = match (kind_of_status(status), kind_in_words(&error)) {
            // 429 and 403 are also said when the money is gone.
            (FaultKind::RateLimited | FaultKind::Auth, Some(FaultKind::Quota)) => FaultKind::Quota,
            (kind, _) => kind,
        };
        let wait = retry_after(&headers, unix_millis);
        let mut failure = Self::of_error(kind, &error);
        failure.refusal.retry_after = wait;
        // A redirection is no answer that a caller could follow.
        failure.refusal.status = if status.is_redirection() { StatusCode::BAD_GATEWAY } else { status };
        failure.body = is_known_shape(&body).then_some(body);
        failure.headers = headers;
        failure
    }

    /// The vendor failed within an answer whose status is good.
    pub(super) fn of_answer(error: &ApiError, key: &Secret) -> Self {
        let by_status = error.status.and_then(|status| StatusCode::from_u16(status).ok());
        let kind = kind_in_words(error).or_else(|| by_status.map(kind_of_status));
        let mut failure = Self::of_error(kind.unwrap_or(FaultKind::Unavailable), error);
        if let Some(status) = by_status {
            failure.refusal.status = status;
        }
        failure.refusal.message = hidden(&failure.refusal.message, key);
        failure
    }

    /// A fault that an adapter tells.
    pub(super) fn of_fault(fault: VendorFault) -> Self {
        let mut failure = Self::new(fault.kind, fault.message);
        if !fault.code.is_empty() {
            failure.refusal.code = Some(fault.code);
        }
        failure.refusal.retry_after = fault.retry_after;
        failure
    }

    fn of_error(kind: FaultKind, error: &ApiError) -> Self {
        let mut failure = Self::new(kind, error.to_string());
        if !error.code.is_empty() {
            failure.refusal.code = Some(error.code.clone());
        }
        if !error.kind.is_empty() {
            failure.refusal.kind.clone_from(&error.kind);
        }
        failure
    }

    /// Whether another vendor may do better. What is wrong with the request itself is wrong everywhere.
    pub(super) const fn may_fall_back(&self) -> bool {
        !matches!(self.kind, FaultKind::BadRequest)
    }

    /// The event that tells a caller in the middle of a stream.
    pub(super) fn event(&self) -> Bytes {
        format!("data: {}\n\n", self.refusal.body()).into()
    }

    /// The answer that tells a caller who has got none.
    pub(super) fn into_response(self) -> axum::response::Response {
        let Self { refusal, body, headers, .. } = self;
        let mut response = axum::response::IntoResponse::into_response(refusal);
        for (name, value) in &headers {
            // The vendor's own time to come again is the exact one.
            if name != CONTENT_TYPE && (name != RETRY_AFTER || !value.is_empty()) {
                response.headers_mut().insert(name.clone(), value.clone());
            }
        }
        if let Some(body) = body {
            *response.body_mut() = body.into();
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        response
    }
}

/// `{"error":{"message":…}}`: goes on as it is.
fn is_known_shape(body: &[u8]) -> bool {
    let document = serde_json::from_slice::<Value>(body).unwrap_or_default();
    document["error"]["message"].is_string()
}

fn kind_of_status(status: StatusCode) -> FaultKind {
    match status.as_u16() {
        401 | 403 => FaultKind::Auth,
        402 => FaultKind::Quota,
        408 | 504 => FaultKind::Timeout,
        429 => FaultKind::RateLimited,
        409 | 425 | 500..=599 => FaultKind::Unavailable,
        400..=499 => FaultKind::BadRequest,
        _ => FaultKind::Broken,
    }
}

fn kind_in_words(error: &ApiError) -> Option<FaultKind> {
    [&error.code, &error.kind, &error.message].into_iter().find_map(|text| {
        let text = text.to_ascii_lowercase();
        WORDS.iter().find(|(word, _)| text.contains(word)).map(|(_, kind)| *kind)
    })
}

/// Vendors like to quote the key they refuse.
fn without_key(body: Bytes, key: &Secret) -> Bytes {
    if key.is_empty() || memchr::memmem::find(&body, key.expose().as_bytes()).is_none() {
        return body;
    }
    hidden(&String::from_utf8_lossy(&body), key).into()
}

fn hidden(text: &str, key: &Secret) -> String {
    if key.is_empty() { text.to_owned() } else { text.replace(key.expose(), &key.to_string()) }
}

fn in_words(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    let mut words: Vec<String> = causes.map(ToString::to_string).collect();
    // Many an error repeats its cause.
    words.dedup_by(|cause, told| told.ends_with(cause.as_str()));
    words.join(": ")
}

fn capped(message: &str) -> String {
    message.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_status_code_and_shape_and_loses_the_key() {
        let key = Secret::new("sk-1234");
        for (status, body, kind, told_status, told, is_kept) in [
            (
                429,
                r#"{"error":{"message":"slow","type":"requests","param":null,"code":"rate_limit_exceeded"}}"#,
                FaultKind::RateLimited,
                429,
                r#"{"error":{"message":"slow","type":"requests","param":null,"code":"rate_limit_exceeded"}}"#,
                true,
            ),
            (
                429,
                r#"{"error":{"message":"m","type":"insufficient_quota","code":"insufficient_quota"}}"#,
                FaultKind::Quota,
                429,
                r#"{"error":{"message":"m","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
                true,
            ),
            (
                401,
                r#"{"code":1004,"message":"wrong key sk-1234"}"#,
                FaultKind::Auth,
                401,
                r#"{"error":{"message":"wrong key *****","type":"invalid_request_error","param":null,"code":"1004"}}"#,
                false,
            ),
            (
                503,
                "upstream down",
                FaultKind::Unavailable,
                503,
                r#"{"error":{"message":"upstream down","type":"server_error","param":null,"code":"unavailable"}}"#,
                false,
            ),
            (
                302,
                "",
                FaultKind::Broken,
                502,
                r#"{"error":{"message":"a failure without a word","type":"server_error","param":null,"code":"broken"}}"#,
                false,
            ),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let failure = Failure::of_refusal(status, HeaderMap::new(), Bytes::from(body), &key, 0);
            assert_eq!(failure.kind, kind, "{body}");
            assert_eq!(failure.refusal.status.as_u16(), told_status, "{body}");
            assert_eq!(failure.refusal.body(), told, "{body}");
            assert_eq!(failure.body.is_some(), is_kept, "{body}");
        }
    }
}
