//! The HTTP/1.1 client on a world's network.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http_body::Body;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioIo;
use tower_service::Service;

use super::ready::Ready;
use super::{HyperExecutor, HyperTimer};
use crate::{Clock, Io, Network, World};

/// How long dialing may take, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an unused connection is kept. Shorter than servers commonly keep theirs, so that a request seldom meets
/// a connection that the server is just closing.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// How many unused connections are kept to one authority.
const POOL_IDLE_PER_HOST: usize = 32;

/// How much of a body is read before anyone asks for it; also the longest head of a response. Small, so that a server
/// feels it when its answer is left unread.
const MOST_UNREAD: usize = 32 * 1024;

/// A client with a connection pool of its own. Connections are tasks of `world.tasks`. Dropping a response's future or
/// its body before the end closes the connection at once, which is how a call is cancelled.
#[must_use]
pub fn http_client<B>(world: &World) -> Client<Connector, B>
where
    B: Body + Send,
    B::Data: Send,
{
    http_client_over(world, Connector::new(world))
}

/// The same over a connector that the caller keeps, to have connections ready before they are needed
/// ([`Connector::warm`]).
#[must_use]
pub fn http_client_over<B>(world: &World, connector: Connector) -> Client<Connector, B>
where
    B: Body + Send,
    B::Data: Send,
{
    Client::builder(HyperExecutor(world.tasks.clone()))
        .pool_timer(HyperTimer(world.clock.clone()))
        .pool_idle_timeout(POOL_IDLE_TIMEOUT)
        .pool_max_idle_per_host(POOL_IDLE_PER_HOST)
        .http1_max_buf_size(MOST_UNREAD)
        .build(connector)
}

/// Dials what a URI names: `http` and `ws` plain, `https` and `wss` over TLS, with the ports these words imply.
#[derive(Clone, Debug)]
pub struct Connector {
    network: Network,
    clock: Clock,
    ready: Ready,
}

impl Connector {
    /// A connector on the network of this world.
    #[must_use]
    pub fn new(world: &World) -> Self {
        Self { network: world.network.clone(), clock: world.clock.clone(), ready: Ready::default() }
    }

    /// Has a connection ready for the next call to what `uri` names, TLS included, so that the call pays no handshake. It
    /// is kept for 10 s. Nothing is sent over it.
    ///
    /// # Errors
    ///
    /// As [`Self::dial`].
    pub async fn warm(&self, uri: &Uri) -> io::Result<()> {
        let (_, authority) = target(uri)?;
        let io = match self.ready.take(&authority, self.clock.now()) {
            Some(io) => io,
            None => self.dial(uri).await?,
        };
        self.ready.keep(authority, self.clock.now(), io);
        Ok(())
    }

    /// Dials what `uri` names, for at most 5 s.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when the URI has no host or another scheme, `TimedOut` after 5 s; else those of
    /// [`Network::dial`] and [`Network::dial_tls`].
    pub async fn dial(&self, uri: &Uri) -> io::Result<Io> {
        let (is_tls, authority) = target(uri)?;
        let dialing = async {
            if is_tls { self.network.dial_tls(&authority).await } else { self.network.dial(&authority).await }
        };
        let timed_out = || {
            let message =
                format!("expected a connection to {authority} within {CONNECT_TIMEOUT:?}, got none");
            io::Error::new(io::ErrorKind::TimedOut, message)
        };
        self.clock.timeout(CONNECT_TIMEOUT, dialing).await.map_err(|_| timed_out())?
    }
}

/// Whether a URI is dialled over TLS, and where.
fn target(uri: &Uri) -> io::Result<(bool, String)> {
    let (is_tls, implied_port) = match uri.scheme_str() {
        Some("http" | "ws") => (false, 80),
        Some("https" | "wss") => (true, 443),
        _ => return Err(invalid("http, https, ws or wss", uri)),
    };
    let host = uri.host().ok_or_else(|| invalid("a host", uri))?;
    Ok((is_tls, format!("{host}:{}", uri.port_u16().unwrap_or(implied_port))))
}

fn invalid(expected: &str, uri: &Uri) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("expected {expected}, got {uri}"))
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Io>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<TokioIo<Io>>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move {
            let (_, authority) = target(&uri)?;
            let io = match connector.ready.take(&authority, connector.clock.now()) {
                Some(io) => io,
                None => connector.dial(&uri).await?,
            };
            Ok(TokioIo::new(io))
        })
    }
}
