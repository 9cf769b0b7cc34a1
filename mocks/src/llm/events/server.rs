//! The server: keys and limits in front of a vendor.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use bargein_wire::units::Dur;
use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use serde_json::Value;

use super::Speaks;
use super::stream::answer;
use crate::answer::Answer;
use crate::ledger::{Call, Exceeded, Ledger};
use crate::llm::refusal::Refusal;
use crate::play::{play, whole_response};
use crate::request::{bearer, body_value};
use crate::script::LlmScript;

/// Serves a vendor.
pub(crate) fn router(script: LlmScript, ledger: Arc<Ledger>, speaks: Arc<dyn Speaks>) -> Router {
    Router::new().fallback(route).with_state(Arc::new(Vendor { script, ledger, speaks }))
}

struct Vendor {
    script: LlmScript,
    ledger: Arc<Ledger>,
    speaks: Arc<dyn Speaks>,
}

async fn route(
    State(vendor): State<Arc<Vendor>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path().trim_end_matches('/');
    let key = bearer(&headers);
    let body = body_value(&body);
    if method == Method::POST && vendor.speaks.is_question(path) {
        let clock = vendor.ledger.world.clock.clone();
        let mut call = vendor.ledger.arrive(path, &headers, body.clone(), None);
        let query = uri.query().unwrap_or_default();
        let answer =
            vendor.answer(&mut call, key, query, &body).unwrap_or_else(|refusal| vendor.refuse(&refusal));
        return play(clock, call, answer).await;
    }
    let aside = vendor.check_key(key).map(|()| vendor.speaks.aside(&method, path, &body));
    let answer = match aside {
        Ok(Some(answer)) => answer,
        Ok(None) => {
            let message = format!("Invalid URL ({method} {path})");
            vendor.refuse(&Refusal { message: Some(message), ..Refusal::new(404) })
        }
        Err(refusal) => vendor.refuse(&refusal),
    };
    whole_response(answer)
}

impl Vendor {
    fn answer(&self, call: &mut Call, key: &str, query: &str, body: &Value) -> Result<Answer, Refusal> {
        self.check_key(key)?;
        call.admit(key).map_err(|exceeded| {
            let retry_after = match exceeded {
                Exceeded::Rate(wait) => Some(Dur::from(wait)),
                Exceeded::Concurrent => None,
            };
            Refusal { retry_after, ..Refusal::new(429) }
        })?;
        let created = self.ledger.world.clock.unix_millis() / 1_000;
        let asked = self.speaks.read(call.request, created, query, body)?;
        Ok(answer(&*self.speaks, &asked, self.script.request(call.request), &mut call.rng()))
    }

    fn check_key(&self, key: &str) -> Result<(), Refusal> {
        let wanted = self.script.key().expose();
        if wanted.is_empty() || wanted == key { Ok(()) } else { Err(Refusal::new(401)) }
    }

    fn refuse(&self, refusal: &Refusal) -> Answer {
        refusal.answer_as(self.speaks.refuse(refusal), false)
    }
}
