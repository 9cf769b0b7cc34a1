//! `/healthz`: the process answers. `/readyz`: it takes requests, which ends when it is asked to end.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use http::StatusCode;

use crate::ServerState;

pub(crate) fn router() -> Router<Arc<ServerState>> {
    Router::new().route("/healthz", get(async || "ok\n")).route("/readyz", get(ready))
}

async fn ready(State(state): State<Arc<ServerState>>) -> (StatusCode, &'static str) {
    if state.in_flight.is_draining() {
        (StatusCode::SERVICE_UNAVAILABLE, "draining\n")
    } else {
        (StatusCode::OK, "ready\n")
    }
}
