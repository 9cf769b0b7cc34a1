//! The OpenAPI document of all doors: a file kept by hand, which a test holds against the routes.

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use http::HeaderValue;
use http::header::CONTENT_TYPE;

use crate::ServerState;

/// The document, as JSON.
pub const OPENAPI: &str = include_str!("../openapi.json");

/// The path of the document.
pub(crate) fn router() -> Router<Arc<ServerState>> {
    Router::new().route("/openapi.json", get(show))
}

async fn show() -> Response {
    let mut response = Response::new(OPENAPI.into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
