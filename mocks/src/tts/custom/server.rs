//! The server: keys and limits in front of the model.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use bargein_wire::units::{Dur, Secret};
use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use serde_json::{Value, json};

use super::model::answer;
use super::refusal::Refusal;
use crate::answer::Answer;
use crate::ledger::{Call, Exceeded, Ledger};
use crate::play::{play, whole_response};
use crate::registry::Door;
use crate::request::{bearer, body_value};
use crate::script::TtsScript;

/// `POST` to any path.
pub(crate) fn router(script: TtsScript, ledger: Arc<Ledger>) -> Router {
    Router::new().fallback(route).with_state(Arc::new(Vendor { script, ledger }))
}

/// What a client of this vendor is set to.
pub(crate) fn settings(authority: &str, key: &Secret) -> Value {
    json!({ "url": format!("http://{authority}/stream-audio"), "key": key.expose() })
}

/// The service calls whatever address it is configured with.
pub(crate) const DOOR: Door = Door {
    is_web_socket: false,
    takes: |_| true,
    client: |authority| format!(r#""APIUrl": "http://{authority}/stream-audio""#),
};

struct Vendor {
    script: TtsScript,
    ledger: Arc<Ledger>,
}

async fn route(
    State(vendor): State<Arc<Vendor>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if method != Method::POST {
        let message = Some(format!("expected POST, got {method}"));
        return whole_response(Refusal { message, ..Refusal::new(405) }.answer());
    }
    let body = body_value(&body);
    let text = body.get("Text").and_then(Value::as_str).map(str::to_owned);
    let mut call = vendor.ledger.arrive(uri.path(), &headers, body.clone(), text);
    let answer = vendor.speak(&mut call, bearer(&headers), &body).unwrap_or_else(|refusal| refusal.answer());
    play(vendor.ledger.world.clock.clone(), call, answer).await
}

impl Vendor {
    fn speak(&self, call: &mut Call, key: &str, body: &Value) -> Result<Answer, Refusal> {
        let wanted = self.script.key().expose();
        if !wanted.is_empty() && wanted != key {
            return Err(Refusal::new(401));
        }
        call.admit(key).map_err(|exceeded| {
            let retry_after = match exceeded {
                Exceeded::Rate(wait) => Some(Dur::from(wait)),
                Exceeded::Concurrent => None,
            };
            Refusal { retry_after, ..Refusal::new(429) }
        })?;
        Ok(answer(call.request, body, self.script.request(call.request), &mut call.rng()))
    }
}
