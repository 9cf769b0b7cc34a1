//! The LLM proxy: any vendor's model behind `/v1/models` and `/v1/chat/completions`.
//!
//! A request goes through [`chat`] (keys, body), `chain` (retries, the next vendor), `attempt` (one vendor until it
//! has said something) and, when it is a stream, `relay` (the rest). All of it is one future of the caller's
//! connection: no task is spawned, and nothing outlives the caller.

mod ask;
mod attempt;
mod chain;
mod chat;
mod context;
mod deadline;
mod events;
mod failure;
mod feed;
mod headers;
mod hedge;
mod models;
mod reading;
mod relay;
mod trace;
mod turn;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

pub(crate) use chat::{PATH as CHAT, chat};
pub(crate) use context::Contexts;
pub use models::{Model, Models};

use crate::{Refusal, ServerState};

/// The paths that are asked for rarely.
pub(crate) fn router() -> Router<Arc<ServerState>> {
    Router::new().route("/v1/models", get(list)).route("/v1/models/{*name}", get(look_up))
}

async fn list(State(state): State<Arc<ServerState>>, headers: HeaderMap) -> Response {
    let live = state.live();
    if let Err(denied) = live.clients.check(&headers) {
        return Refusal::from(denied).into_response();
    }
    let models: Vec<Value> = live.models.names().map(entry).collect();
    document(&json!({ "object": "list", "data": models }))
}

async fn look_up(
    State(state): State<Arc<ServerState>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let live = state.live();
    if let Err(denied) = live.clients.check(&headers) {
        return Refusal::from(denied).into_response();
    }
    match live.models.find(&name) {
        Some(_) => document(&entry(&name)),
        None => Refusal::no_model(&name).into_response(),
    }
}

fn entry(name: &str) -> Value {
    json!({ "id": name, "object": "model", "created": 0, "owned_by": "bargein" })
}

fn document(value: &Value) -> Response {
    let mut response = Response::new(value.to_string().into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
