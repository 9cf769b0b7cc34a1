//! All doors at one listener.
//!
//! A path that is asked for at every turn of a conversation is dispatched here by hand, before any router; all else is
//! an axum router, one a door, merged in [`router`].

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use bargein_net::{Listener, ServerHandle, serve_with};
use http::{Method, Request, StatusCode, Uri};
use hyper::body::Incoming;
use tower_service::Service;

use crate::{Refusal, ServerState, audio_api, health, llm_proxy, metrics, openapi, tts_server};

/// Opens all doors at a listener. Connections are tasks of the state's world.
pub fn open(listener: Listener, state: &Arc<ServerState>) -> ServerHandle {
    let world = &state.world;
    let unread = state.live().config.server.unread.get();
    let doors = Doors { router: router(state), state: Arc::clone(state) };
    serve_with(world, listener, doors, unread)
}

/// The paths that are not dispatched by hand.
fn router(state: &Arc<ServerState>) -> Router {
    Router::new()
        .merge(health::router())
        .merge(metrics::router())
        .merge(llm_proxy::router())
        .merge(tts_server::router())
        .merge(audio_api::router())
        .merge(openapi::router())
        .fallback(no_such_path)
        .with_state(Arc::clone(state))
}

async fn no_such_path(method: Method, uri: Uri) -> Response {
    let message = format!("Invalid URL ({method} {})", uri.path());
    Refusal::new(StatusCode::NOT_FOUND, "invalid_request_error", None, message).into_response()
}

#[derive(Clone)]
struct Doors {
    router: Router,
    state: Arc<ServerState>,
}

impl Service<Request<Incoming>> for Doors {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        if request.uri().path() == llm_proxy::CHAT && request.method() == Method::POST {
            let answering = llm_proxy::chat(Arc::clone(&self.state), request);
            return Box::pin(async move { Ok(answering.await) });
        }
        let answering = self.router.call(request);
        Box::pin(answering)
    }
}
