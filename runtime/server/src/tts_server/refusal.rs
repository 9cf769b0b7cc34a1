//! A refused request in the custom protocol's shape: `{"error":{"code","message"}}`, codes for machines.

use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bargein_core::{FaultKind, VendorFault};
use bargein_wire::custom_tts::{ERROR_TYPE, ErrorBody};
use http::header::{ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};

use crate::Denied;
use crate::error::UNTIL_ONE_HAS_ENDED;

/// The longest message, in bytes: it is copied into messages of rooms.
const LONGEST_MESSAGE: usize = 512;

/// Why nothing is said. Codes never change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Code {
    /// The request cannot be read, or a value is not one that can be honoured.
    InvalidArgument,
    /// The key is missing or wrong.
    AuthFailed,
    /// There is no such path.
    NotFound,
    /// There is no such voice.
    VoiceNotFound,
    /// Only `POST` is answered.
    MethodNotAllowed,
    /// The request did not arrive whole in time.
    RequestTimeout,
    /// The client closed its side before it was answered.
    ClientClosed,
    /// The body is too long.
    BodyTooLarge,
    /// The text is too long.
    TextTooLong,
    /// The body is no JSON by its own word.
    UnsupportedMediaType,
    /// The client asked too often or for too much at once, or the vendor says that we did.
    RateLimited,
    /// The vendor did not speak in time.
    VendorTimeout,
    /// The vendor failed.
    VendorFailed,
    /// We failed.
    Internal,
}

impl Code {
    /// The word on the wire, and the status.
    const fn parts(self) -> (&'static str, StatusCode) {
        match self {
            Self::InvalidArgument => ("INVALID_ARGUMENT", StatusCode::BAD_REQUEST),
            Self::AuthFailed => ("AUTH_FAILED", StatusCode::UNAUTHORIZED),
            Self::NotFound => ("NOT_FOUND", StatusCode::NOT_FOUND),
            Self::VoiceNotFound => ("VOICE_NOT_FOUND", StatusCode::NOT_FOUND),
            Self::MethodNotAllowed => ("METHOD_NOT_ALLOWED", StatusCode::METHOD_NOT_ALLOWED),
            Self::RequestTimeout => ("REQUEST_TIMEOUT", StatusCode::REQUEST_TIMEOUT),
            Self::ClientClosed => ("CLIENT_CLOSED", StatusCode::BAD_REQUEST),
            Self::BodyTooLarge => ("BODY_TOO_LARGE", StatusCode::PAYLOAD_TOO_LARGE),
            Self::TextTooLong => ("TEXT_TOO_LONG", StatusCode::PAYLOAD_TOO_LARGE),
            Self::UnsupportedMediaType => ("UNSUPPORTED_MEDIA_TYPE", StatusCode::UNSUPPORTED_MEDIA_TYPE),
            Self::RateLimited => ("RATE_LIMITED", StatusCode::TOO_MANY_REQUESTS),
            Self::VendorTimeout => ("VENDOR_TIMEOUT", StatusCode::GATEWAY_TIMEOUT),
            Self::VendorFailed => ("VENDOR_FAILED", StatusCode::BAD_GATEWAY),
            Self::Internal => ("INTERNAL", StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    /// The word on the wire.
    pub(crate) const fn word(self) -> &'static str {
        self.parts().0
    }

    /// Whether the connection cannot be used for another request.
    const fn closes(self) -> bool {
        matches!(self, Self::RequestTimeout | Self::ClientClosed | Self::BodyTooLarge)
    }
}

/// A refusal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct NotSpoken {
    pub(crate) code: Code,
    /// What was expected, what was got, how to mend it. No secrets, no text of the caller.
    pub(crate) message: String,
    /// When to come again.
    pub(crate) retry_after: Option<Duration>,
    /// The vendor's failure behind it.
    pub(crate) fault: Option<FaultKind>,
}

impl NotSpoken {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retry_after: None, fault: None }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidArgument, message)
    }

    pub(crate) const fn status(&self) -> StatusCode {
        self.code.parts().1
    }
}

impl From<Denied> for NotSpoken {
    fn from(denied: Denied) -> Self {
        let message = denied.to_string();
        match denied {
            Denied::NoKey | Denied::WrongKey => Self::new(Code::AuthFailed, message),
            Denied::Rate { retry_after } => {
                Self { retry_after: Some(retry_after), ..Self::new(Code::RateLimited, message) }
            }
            Denied::Concurrent { .. } => {
                Self { retry_after: Some(UNTIL_ONE_HAS_ENDED), ..Self::new(Code::RateLimited, message) }
            }
        }
    }
}

impl From<VendorFault> for NotSpoken {
    fn from(fault: VendorFault) -> Self {
        let code = match fault.kind {
            FaultKind::Timeout => Code::VendorTimeout,
            FaultKind::RateLimited => Code::RateLimited,
            FaultKind::BadRequest => Code::InvalidArgument,
            // The vendor's refusal of *our* key or account is no business of the caller's key.
            FaultKind::Auth | FaultKind::Quota | FaultKind::Unavailable | FaultKind::Broken => {
                Code::VendorFailed
            }
        };
        let message = match fault.code.as_str() {
            "" => format!("{}: {}", fault.kind.word(), fault.message),
            code => format!("{} ({code}): {}", fault.kind.word(), fault.message),
        };
        Self { code, message, retry_after: fault.retry_after, fault: Some(fault.kind) }
    }
}

impl IntoResponse for NotSpoken {
    fn into_response(self) -> Response {
        let (word, status) = self.code.parts();
        let body = ErrorBody::new(word, shortened(&self.message));
        let mut response = Response::new(Body::from(serde_json::to_string(&body).unwrap_or_default()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(ERROR_TYPE));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.code == Code::MethodNotAllowed {
            headers.insert(ALLOW, HeaderValue::from_static("POST"));
        }
        if self.code.closes() {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(wait) = self.retry_after {
            let seconds = u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u64::MAX);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The beginning of a message, of whole characters.
fn shortened(message: &str) -> &str {
    let mut end = message.len().min(LONGEST_MESSAGE);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    &message[..end]
}
