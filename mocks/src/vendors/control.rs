//! What answers at a company's port: its roles, and the two paths that are no vendor's.
//!
//! `GET /__mock/journal` lists what was asked. `PUT /__mock/behaviour` changes scripts while they play.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value, json};
use tower_service::Service as _;

use super::part::Part;
use crate::ledger::JournalEntry;
use crate::observe::Role;
use crate::script::ScriptError;

/// What is shown in place of a secret.
const HIDDEN: &str = "*****";

pub(super) fn router(id: &'static str, parts: &Arc<[Part]>) -> Router {
    Router::new()
        .route("/__mock/journal", get(journal))
        .route("/__mock/behaviour", put(behave))
        .fallback(route)
        .with_state(Company { id, parts: Arc::clone(parts) })
}

#[derive(Clone)]
struct Company {
    id: &'static str,
    parts: Arc<[Part]>,
}

/// Gives a request to the role whose path it names, or else to the first, which says no in the vendor's own way.
async fn route(State(company): State<Company>, request: Request) -> Response {
    let path = request.uri().path();
    let part = company.parts.iter().find(|part| (part.door.takes)(path)).or_else(|| company.parts.first());
    let router = part.map(Part::router).unwrap_or_default();
    let answer = router.into_service().call(request).await;
    answer.unwrap_or_else(|never| match never {})
}

/// What was asked, in the order of arrival.
async fn journal(State(company): State<Company>) -> Json<Value> {
    let of_part = |part: &Part| {
        let role = part.role;
        part.ledger.journal().into_iter().map(move |entry| (entry.at, role, entry))
    };
    let mut entries: Vec<_> = company.parts.iter().flat_map(of_part).collect();
    entries.sort_by_key(|(at, ..)| *at);
    let forgotten: u64 = company.parts.iter().map(|part| part.ledger.forgotten()).sum();
    let requests: Vec<_> = entries.into_iter().map(|(_, role, entry)| entry_json(role, entry)).collect();
    Json(json!({ "vendor": company.id, "forgotten": forgotten, "requests": requests }))
}

fn entry_json(role: Role, entry: JournalEntry) -> Value {
    let JournalEntry { request, at, path, headers, body, cut } = entry;
    let mut by_name = Map::new();
    for (name, value) in headers {
        let value = if is_secret(&name) { hidden(&value) } else { value };
        // A header that came several times means its values in a row.
        match by_name.get_mut(&name) {
            Some(Value::String(before)) => *before = format!("{before}, {value}"),
            _ => by_name.extend([(name, value.into())]),
        }
    }
    json!({
        "role": role.word(),
        "request": request,
        "at_ms": at.as_millis(),
        "path": path,
        "headers": by_name,
        "body": body,
        "cut": cut,
    })
}

fn is_secret(header: &str) -> bool {
    header.ends_with("authorization") || header.ends_with("-key") || header == "cookie"
}

/// A header's value without the secret; the scheme before it stays.
fn hidden(value: &str) -> String {
    value.split_once(' ').map_or_else(|| HIDDEN.to_owned(), |(scheme, _)| format!("{scheme} {HIDDEN}"))
}

/// Reads all scripts before the first of them holds, so that a change is made whole or not at all.
async fn behave(State(company): State<Company>, body: Bytes) -> Response {
    match staged(&company.parts, &body) {
        Ok(scripts) => {
            scripts.into_iter().for_each(|(part, script)| part.play(script));
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => {
            let said =
                json!({ "error": { "key": error.path.join("."), "message": error.problem.to_string() } });
            (StatusCode::BAD_REQUEST, Json(said)).into_response()
        }
    }
}

fn staged<'a>(parts: &'a [Part], body: &[u8]) -> Result<Vec<(&'a Part, super::part::Staged)>, ScriptError> {
    let value: Value =
        serde_json::from_slice(body).map_err(|error| ScriptError::wrong(&[], "JSON", error.to_string()))?;
    let roles = value.as_object();
    let roles = roles.ok_or_else(|| ScriptError::wrong(&[], "a map of roles", value.to_string()))?;
    let stage = |(role, script): (&String, &Value)| {
        let known = || parts.iter().map(|part| part.role.word().to_owned()).collect();
        let part = parts.iter().find(|part| part.role.word() == role);
        let part = part.ok_or_else(|| ScriptError::unknown_key(&[role], known()))?;
        let script = part.read(script).map_err(|error| error.below(role))?;
        Ok((part, script))
    };
    roles.iter().map(stage).collect()
}
