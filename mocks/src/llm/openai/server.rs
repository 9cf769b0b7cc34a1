//! The server: paths and keys in front of the model.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use bargein_wire::units::Dur;
use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use serde_json::{Value, json};

use super::ask::Ask;
use super::dialect::Dialect;
use super::model::answer;
use crate::answer::{Answer, Head};
use crate::ledger::{Call, Exceeded, Ledger};
use crate::llm::refusal::Refusal;
use crate::play::{play, whole_response};
use crate::request::{bearer, body_value};
use crate::script::LlmScript;

/// `POST` to the dialect's paths; `GET` of `…/models` and `…/models/{model}`.
pub(crate) fn router(script: LlmScript, ledger: Arc<Ledger>, dialect: &'static Dialect) -> Router {
    Router::new().fallback(route).with_state(Arc::new(Vendor { script, ledger, dialect }))
}

struct Vendor {
    script: LlmScript,
    ledger: Arc<Ledger>,
    dialect: &'static Dialect,
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
    let clock = vendor.ledger.world.clock.clone();
    if method == Method::POST && vendor.dialect.is_chat(path) {
        let body = body_value(&body);
        let mut call = vendor.ledger.arrive(path, &headers, body.clone(), None);
        let answer =
            vendor.chat(&mut call, key, &body).unwrap_or_else(|refusal| vendor.dialect.answer(&refusal));
        return play(clock, call, answer).await;
    }
    let answer = vendor.lookup(&method, path, key).unwrap_or_else(|refusal| vendor.dialect.answer(&refusal));
    whole_response(answer)
}

impl Vendor {
    fn chat(&self, call: &mut Call, key: &str, body: &Value) -> Result<Answer, Refusal> {
        self.check_key(key)?;
        call.admit(key).map_err(too_many)?;
        let created = self.ledger.world.clock.unix_millis() / 1_000;
        let ask = Ask::read(call.request, created, body, self.dialect).map_err(|error| Refusal {
            param: error.param,
            message: Some(error.to_string()),
            ..Refusal::new(400)
        })?;
        Ok(answer(&ask, self.script.request(call.request), &mut call.rng()))
    }

    /// The catalogue of models. Not a request that a script counts.
    fn lookup(&self, method: &Method, path: &str, key: &str) -> Result<Answer, Refusal> {
        self.check_key(key)?;
        let name = self.dialect.model;
        let model = json!({ "id": name, "object": "model", "created": 0, "owned_by": "mock" });
        let body = match path.rsplit_once("/models") {
            Some((_, "")) if method == Method::GET => json!({ "object": "list", "data": [model] }),
            Some((_, asked)) if method == Method::GET && asked.strip_prefix('/') == Some(name) => model,
            Some(_) if method == Method::GET => return Err(Refusal::new(404)),
            _ => {
                let message = format!("Invalid URL ({method} {path})");
                return Err(Refusal { message: Some(message), ..Refusal::new(404) });
            }
        };
        Ok(Answer::whole(Head::new(200).with("content-type", "application/json"), body.to_string()))
    }

    fn check_key(&self, key: &str) -> Result<(), Refusal> {
        let wanted = self.script.key().expose();
        if wanted.is_empty() || wanted == key { Ok(()) } else { Err(Refusal::new(401)) }
    }
}

fn too_many(exceeded: Exceeded) -> Refusal {
    let retry_after = match exceeded {
        Exceeded::Rate(wait) => Some(Dur::from(wait)),
        Exceeded::Concurrent => None,
    };
    Refusal { retry_after, ..Refusal::new(429) }
}
