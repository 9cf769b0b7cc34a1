//! A refused request in the shape that clients of chat completions know:
//! `{"error":{"message","type","param","code"}}`.

use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bargein_core::FaultKind;
use bargein_wire::openai::ErrorBody;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode};

use crate::Denied;

/// When to come again when too much is in progress. Nobody knows when something of it will end: soon, in live speech.
pub(crate) const UNTIL_ONE_HAS_ENDED: Duration = Duration::from_secs(1);

const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");

/// Why a request is not answered as was hoped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The status, 400 to 599.
    pub status: StatusCode,
    /// The class, such as `invalid_request_error`.
    pub kind: String,
    /// The exact code, such as `model_not_found`.
    pub code: Option<String>,
    /// In words: what was expected, what was got, how to mend it. No secrets.
    pub message: String,
    /// The member of the request at fault.
    pub param: Option<String>,
    /// When to come again.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// A refusal of this class.
    #[must_use]
    pub fn new(status: StatusCode, kind: &str, code: Option<&str>, message: impl Into<String>) -> Self {
        Self {
            status,
            kind: kind.to_owned(),
            code: code.map(str::to_owned),
            message: message.into(),
            param: None,
            retry_after: None,
        }
    }

    /// The request itself is wrong: 400.
    #[must_use]
    pub fn invalid(message: impl Into<String>, param: Option<&str>) -> Self {
        let refusal = Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", None, message);
        Self { param: param.map(str::to_owned), ..refusal }
    }

    /// Nobody has this model: 404.
    #[must_use]
    pub fn no_model(name: &str) -> Self {
        let message = format!("The model `{name}` does not exist: `GET /v1/models` lists those that do");
        let refusal =
            Self::new(StatusCode::NOT_FOUND, "invalid_request_error", Some("model_not_found"), message);
        Self { param: Some("model".to_owned()), ..refusal }
    }

    /// A vendor's failure, when it gave no status of its own.
    #[must_use]
    pub fn of_fault(kind: FaultKind, message: impl Into<String>) -> Self {
        let (status, class) = match kind {
            FaultKind::Timeout => (StatusCode::GATEWAY_TIMEOUT, "timeout"),
            FaultKind::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "requests"),
            FaultKind::Auth => (StatusCode::UNAUTHORIZED, "invalid_request_error"),
            FaultKind::Quota => (StatusCode::TOO_MANY_REQUESTS, "insufficient_quota"),
            FaultKind::BadRequest => (StatusCode::BAD_REQUEST, "invalid_request_error"),
            FaultKind::Unavailable | FaultKind::Broken => (StatusCode::BAD_GATEWAY, "server_error"),
        };
        let code = match kind {
            FaultKind::RateLimited => "rate_limit_exceeded",
            FaultKind::Quota => "insufficient_quota",
            FaultKind::Timeout
            | FaultKind::Auth
            | FaultKind::BadRequest
            | FaultKind::Unavailable
            | FaultKind::Broken => kind.word(),
        };
        Self::new(status, class, Some(code), message)
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> String {
        let mut body = ErrorBody::new(&self.message, &self.kind, self.code.as_deref());
        body.error.param.clone_from(&self.param);
        serde_json::to_string(&body).unwrap_or_default()
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        let message = denied.to_string();
        match denied {
            Denied::NoKey | Denied::WrongKey => {
                Self::new(StatusCode::UNAUTHORIZED, "invalid_request_error", Some("invalid_api_key"), message)
            }
            Denied::Rate { retry_after } => Self {
                retry_after: Some(retry_after),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, "requests", Some("rate_limit_exceeded"), message)
            },
            Denied::Concurrent { .. } => {
                let code = Some("concurrency_limit_exceeded");
                Self {
                    retry_after: Some(UNTIL_ONE_HAS_ENDED),
                    ..Self::new(StatusCode::TOO_MANY_REQUESTS, "requests", code, message)
                }
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(wait) = self.retry_after {
            let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            headers.insert(RETRY_AFTER, HeaderValue::from(millis.div_ceil(1000)));
            headers.insert(RETRY_AFTER_MS, HeaderValue::from(millis));
        }
        response
    }
}
