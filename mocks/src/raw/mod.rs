//! A server that writes its own bytes: for vendors played with mistakes that a library would mend.
//!
//! Here are connections, requests and the life of both. What is answered, down to the last byte, is the
//! [`RawVendor`]'s. Out: TLS, HTTP/2, upgrades.

mod peer;
mod reference;
mod request;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bargein_net::{Clock, Io, Listener, ServerTls, Stopped, Tasks, World};
use tokio::sync::watch;

pub(crate) use peer::{Gone, Peer};
pub use reference::{Mutant, MutantVendor, Reference};
pub(crate) use request::{RawRequest, Refusal, Rules};
use request::{Unread, read};

/// How long to wait after the system refused a connection for want of resources.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How long a client may take to shake hands.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// A vendor that answers in bytes.
pub(crate) trait RawVendor: Send + Sync + 'static {
    /// How requests are read.
    fn rules(&self) -> Rules {
        Rules::default()
    }

    /// Answers a request, and says what becomes of the connection. Dropped when the server is.
    fn answer(
        &self,
        request: &RawRequest,
        peer: &mut Peer,
    ) -> impl Future<Output = Result<Next, Gone>> + Send;

    /// The whole answer to a request that cannot be read. The connection is closed after it.
    fn unreadable(&self, refusal: &Refusal) -> Vec<u8>;

    /// What is said to a client that was silent for too long.
    fn farewell(&self) -> &'static [u8] {
        b""
    }

    /// A connection was opened; what this returns is dropped when it is closed.
    fn connected(&self) -> Box<dyn Send + Sync> {
        Box::new(())
    }
}

/// What becomes of a connection after an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    /// It waits for the next request.
    Keep,
    /// It is closed in order.
    Close,
    /// It is dropped as it is.
    Drop,
    /// The client gets an error instead of an end.
    Reset,
}

/// A server at work. Dropping it closes the listener and every connection at once.
#[derive(Debug)]
#[must_use = "dropping a server closes it"]
pub(crate) struct RawServer {
    authority: String,
    tasks: Tasks,
    /// Closed by being dropped.
    _open: watch::Sender<()>,
}

impl RawServer {
    /// Where it listens, with the real port.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// Accepts no more, lets requests in flight end within `grace`, then closes what is left.
    pub(crate) async fn stop(self, grace: Duration) -> Stopped {
        self.tasks.stop(grace).await
    }
}

/// Serves a vendor at a listener.
pub(crate) fn serve_raw<V: RawVendor>(
    world: &World,
    mut listener: Listener,
    vendor: Arc<V>,
    tls: Option<ServerTls>,
) -> RawServer {
    let tasks = world.tasks.child();
    let (open, closed) = watch::channel(());
    let server = RawServer { authority: listener.authority().to_owned(), tasks: tasks.clone(), _open: open };
    let (clock, connections) = (world.clock.clone(), tasks.clone());
    let accepting = async move {
        let mut dropped = closed.clone();
        loop {
            let accepted = tokio::select! {
                biased;
                () = connections.stopping() => return,
                _ = dropped.changed() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok(io) => {
                    let (vendor, tasks, closed) = (Arc::clone(&vendor), connections.clone(), closed.clone());
                    let (clock, tls) = (clock.clone(), tls.clone());
                    let connected = async move {
                        let stall = vendor.rules().write_stall;
                        let Some(io) = encrypted(io, tls, &clock).await else { return };
                        let peer = Peer::new(io, clock, tasks.clone(), stall);
                        connection(vendor, peer, tasks, closed).await;
                    };
                    connections.spawn("raw connection", connected).detach();
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    clock.sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    tasks.spawn("raw server", accepting).detach();
    server
}

/// The connection once hands were shaken, if there is TLS.
async fn encrypted(io: Io, tls: Option<ServerTls>, clock: &Clock) -> Option<Io> {
    match tls {
        None => Some(io),
        // Who refuses the certificate says so by going away.
        Some(tls) => clock.timeout(HANDSHAKE, tls.accept(io)).await.ok()?.ok(),
    }
}

async fn connection<V: RawVendor>(
    vendor: Arc<V>,
    mut peer: Peer,
    tasks: Tasks,
    mut closed: watch::Receiver<()>,
) {
    let _connected = vendor.connected();
    tokio::select! {
        biased;
        _ = closed.changed() => {}
        next = requests(&*vendor, &mut peer, &tasks) => match next {
            Next::Keep | Next::Drop => {}
            Next::Close => tokio::select! {
                biased;
                _ = closed.changed() => {}
                () = peer.close() => {}
            },
            Next::Reset => peer.reset(),
        },
    }
}

/// One request after the other; returns how the connection is to end.
async fn requests<V: RawVendor>(vendor: &V, peer: &mut Peer, tasks: &Tasks) -> Next {
    let rules = vendor.rules();
    let mut number = 0;
    loop {
        let request = tokio::select! {
            biased;
            () = tasks.stopping() => return Next::Close,
            request = read(peer, &rules) => request,
        };
        let next = match request {
            Ok(mut request) => {
                number += 1;
                request.number = number;
                vendor.answer(&request, peer).await
            }
            Err(Unread::Refused(refusal)) => {
                let written = peer.write(&vendor.unreadable(&refusal)).await;
                written.map(|()| Next::Close)
            }
            Err(Unread::Over) => return Next::Close,
            Err(Unread::Idle) => {
                // Whoever is silent may be gone.
                let _ = peer.write(vendor.farewell()).await;
                return Next::Close;
            }
        };
        match next {
            Ok(Next::Keep) => {}
            Ok(other) => return other,
            Err(Gone) => return Next::Drop,
        }
    }
}
