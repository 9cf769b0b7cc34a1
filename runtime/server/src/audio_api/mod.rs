//! The audio endpoints that clients of chat completions know: `/v1/audio/speech` over the voices of the TTS server,
//! `/v1/audio/transcriptions` over a recogniser.
//!
//! Refusals have that protocol's shape. Deliberately out: how audio is made, kept and packed, which is
//! [`tts_server`](crate::tts_server)'s; translations.

mod events;
mod recognisers;
mod speech;
mod transcriptions;
mod upload;

use std::sync::Arc;

use axum::Router;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use bargein_core::FaultKind;
use http::header::CONNECTION;
use http::{HeaderValue, StatusCode};

pub use self::recognisers::{Recogniser, Recognisers};
use crate::request_body::BodyError;
use crate::tts_server::{Code, NotSpoken, Telling};
use crate::{Denied, Refusal, ServerState};

/// The paths of both endpoints.
pub(crate) fn router() -> Router<Arc<ServerState>> {
    Router::new()
        .route(speech::PATH, post(speech::speech))
        .route(transcriptions::PATH, post(transcriptions::transcribe))
}

/// A refused request, and what is told of it.
struct Refused {
    refusal: Refusal,
    fault: Option<FaultKind>,
    /// Whether the client has closed its side: as far as anybody can tell, it has hung up.
    is_gone: bool,
}

impl Refused {
    fn respond(self, telling: &mut Telling) -> Response {
        let Self { refusal, fault, is_gone } = self;
        if !is_gone {
            telling.refused(refusal.status, fault);
        }
        let mut response = refusal.into_response();
        if is_gone || response.status() == StatusCode::PAYLOAD_TOO_LARGE {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, fault: None, is_gone: false }
    }
}

impl From<Denied> for Refused {
    fn from(denied: Denied) -> Self {
        Refusal::from(denied).into()
    }
}

impl From<NotSpoken> for Refused {
    fn from(refusal: NotSpoken) -> Self {
        let (fault, is_gone) = (refusal.fault, refusal.code == Code::ClientClosed);
        Self { refusal: refusal.into(), fault, is_gone }
    }
}

impl From<BodyError> for Refused {
    fn from(error: BodyError) -> Self {
        NotSpoken::from(error).into()
    }
}

impl From<NotSpoken> for Refusal {
    fn from(refusal: NotSpoken) -> Self {
        let status = refusal.status();
        let (class, code) = match (refusal.code, refusal.fault) {
            (_, Some(kind)) => {
                let of_fault = Self::of_fault(kind, "");
                (of_fault.kind, of_fault.code)
            }
            (Code::RateLimited, None) => ("requests".to_owned(), Some("rate_limit_exceeded".to_owned())),
            (Code::AuthFailed, None) => {
                ("invalid_request_error".to_owned(), Some("invalid_api_key".to_owned()))
            }
            (Code::Internal, None) => ("server_error".to_owned(), None),
            (code, None) => ("invalid_request_error".to_owned(), Some(code.word().to_ascii_lowercase())),
        };
        let retry_after = refusal.retry_after;
        Self { retry_after, ..Self::new(status, &class, code.as_deref(), refusal.message) }
    }
}
