//! The HTTP/1.1 server on a world's network.

use std::error::Error;
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tower_service::Service;

use super::HyperTimer;
use super::watched::{ClientEnd, Watched};
use crate::tasks::Stopped;
use crate::{Clock, Io, Listener, Tasks, World};

/// How long a connection may take to send the head of a request, an idle one its next request included.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// How much of a body may wait to be sent, so that whoever makes it soon feels a slow reader; also the longest head of
/// a request.
const MOST_UNSENT: usize = 32 * 1024;

/// How long to wait after the system refused a connection for want of resources.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A server at work. Dropping it closes the listener and every connection at once.
#[derive(Debug)]
#[must_use = "dropping a server closes it"]
pub struct ServerHandle {
    authority: String,
    tasks: Tasks,
}

impl ServerHandle {
    /// Where it listens, with the real port.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// How many connections are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        // One task is the accepting one.
        self.tasks.len().saturating_sub(1)
    }

    /// Accepts no more, lets requests in flight end within `grace`, then closes what is left.
    pub async fn stop(self, grace: Duration) -> Stopped {
        self.tasks.stop(grace).await
    }
}

impl Drop for ServerHandle {
    fn drop(&mut self) {
        self.tasks.abort_all();
    }
}

/// Serves `service` at `listener`; any tower service will do, such as an axum router. Connections are tasks of
/// `world.tasks`. HTTP/1.1 with keep-alive and upgrades; without `Date` headers in memory.
///
/// A client that goes away in the middle of an answer, or before it, takes the request with it: the service's future
/// and the answer's body are dropped at once.
pub fn serve<S, B>(world: &World, listener: Listener, service: S) -> ServerHandle
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let http = http(&world.clock, world.network.is_memory());
    accept(world, listener, move |io, tasks| connection(http.clone(), io, service.clone(), tasks))
}

/// As [`serve`], for clients that nobody knows: whoever takes no byte of an answer for `write_stall` loses the
/// connection, and every request has a [`ClientEnd`] among its extensions, by which it may answer a client that has
/// closed its side.
pub fn serve_with<S, B>(world: &World, listener: Listener, service: S, write_stall: Duration) -> ServerHandle
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let http = http(&world.clock, world.network.is_memory());
    let clock = world.clock.clone();
    accept(world, listener, move |io, tasks| {
        let end = ClientEnd::default();
        let io = Watched::new(io, end.clone(), clock.clone(), write_stall);
        connection(http.clone(), io, WithEnd { service: service.clone(), end }, tasks)
    })
}

/// Puts the client's end among the extensions of each request.
#[derive(Clone)]
struct WithEnd<S> {
    service: S,
    end: ClientEnd,
}

impl<S: Service<Request<Incoming>>> Service<Request<Incoming>> for WithEnd<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Incoming>) -> S::Future {
        request.extensions_mut().insert(self.end.clone());
        self.service.call(request)
    }
}

/// Accepts connections until a stop; each is a task.
fn accept<F>(
    world: &World,
    mut listener: Listener,
    connection: impl Fn(Io, Tasks) -> F + Send + 'static,
) -> ServerHandle
where
    F: Future<Output = ()> + Send + 'static,
{
    let tasks = world.tasks.child();
    let server = ServerHandle { authority: listener.authority().to_owned(), tasks: tasks.clone() };
    let clock = world.clock.clone();
    let connections = tasks.clone();
    let accepting = async move {
        loop {
            let accepted = tokio::select! {
                biased;
                () = connections.stopping() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok(io) => {
                    connections.spawn("http connection", connection(io, connections.clone())).detach();
                }
                Err(error) => {
                    tracing::warn!(%error, authority = listener.authority(), "a connection could not be accepted");
                    clock.sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    tasks.spawn("http server", accepting).detach();
    server
}

fn http(clock: &Clock, is_memory: bool) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(HyperTimer(clock.clone()))
        .header_read_timeout(HEAD_TIMEOUT)
        .keep_alive(true)
        .max_buf_size(MOST_UNSENT)
        // Off: the end of the client's bytes means that the client is gone.
        .half_close(false)
        // The date is the machine's, which would differ from run to run.
        .auto_date_header(!is_memory);
    http
}

async fn connection<I, S, B>(http: http1::Builder, io: I, service: S, tasks: Tasks)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let serving = http.serve_connection(TokioIo::new(io), TowerToHyperService::new(service)).with_upgrades();
    let mut serving = pin!(serving);
    let ended = tokio::select! {
        biased;
        () = tasks.stopping() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
        ended = &mut serving => ended,
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended before its time");
    }
}
