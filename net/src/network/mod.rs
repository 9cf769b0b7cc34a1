//! Connections by name: pipes in memory, or sockets.

mod io;
mod memory;
mod sockets;

use std::io::Result;
use std::sync::Arc;

pub use self::io::Io;
use self::memory::Registry;
use self::sockets::Sockets;
use crate::{Clock, Ids, Tasks};

/// Dials and listens. All clones are the same network.
///
/// An authority is `host:port`. In memory any host will do, a missing port is 80, and nothing is resolved or
/// encrypted.
#[derive(Clone, Debug)]
pub struct Network(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Memory(Arc<Registry>),
    Sockets(Arc<Sockets>),
}

/// Accepts connections to one authority. Dropping it frees the authority; connections not yet accepted are closed.
#[derive(Debug)]
pub struct Listener(ListenerKind);

#[derive(Debug)]
enum ListenerKind {
    Memory(memory::Listening),
    Socket(tokio::net::TcpListener, String),
}

impl Network {
    pub(crate) fn memory(_tasks: &Tasks, _clock: &Clock, _ids: &Ids) -> Self {
        Self(Kind::Memory(Arc::default()))
    }

    pub(crate) fn sockets(_tasks: &Tasks, _clock: &Clock, _ids: &Ids) -> Self {
        Self(Kind::Sockets(Arc::default()))
    }

    /// Whether this is the network in memory, and so whether time is virtual.
    #[must_use]
    pub fn is_memory(&self) -> bool {
        matches!(self.0, Kind::Memory(_))
    }

    /// Connects to an authority.
    ///
    /// # Errors
    ///
    /// `ConnectionRefused` when nobody listens there; on sockets, whatever the system says.
    pub async fn dial(&self, authority: &str) -> Result<Io> {
        match &self.0 {
            Kind::Memory(registry) => registry.dial(authority).await,
            Kind::Sockets(_) => sockets::dial(authority).await,
        }
    }

    /// Connects to an authority and speaks TLS to it, trusting the roots of the web. In memory this is
    /// [`Network::dial`].
    ///
    /// # Errors
    ///
    /// As [`Network::dial`]; `InvalidInput` when the host is no name a certificate can have, `InvalidData` when the
    /// peer's certificate or handshake is refused.
    pub async fn dial_tls(&self, authority: &str) -> Result<Io> {
        match &self.0 {
            Kind::Memory(registry) => registry.dial(authority).await,
            Kind::Sockets(sockets) => sockets.dial_tls(authority).await,
        }
    }

    /// Listens at an authority. Port 0 asks for a free one: [`Listener::authority`] tells which.
    ///
    /// # Errors
    ///
    /// `AddrInUse` when somebody listens there already; on sockets, whatever the system says.
    pub async fn listen(&self, authority: &str) -> Result<Listener> {
        match &self.0 {
            Kind::Memory(registry) => registry.listen(authority).map(ListenerKind::Memory),
            Kind::Sockets(_) => {
                sockets::listen(authority).await.map(|(listener, real)| ListenerKind::Socket(listener, real))
            }
        }
        .map(Listener)
    }
}

impl Listener {
    /// Waits for the next connection.
    ///
    /// # Errors
    ///
    /// On sockets, whatever the system says: about the one connection, or about a lack of resources. The listener
    /// goes on listening.
    pub async fn accept(&mut self) -> Result<Io> {
        match &mut self.0 {
            ListenerKind::Memory(listening) => listening.accept().await,
            ListenerKind::Socket(listener, _) => sockets::accept(listener).await,
        }
    }

    /// Where it listens, with the real port.
    #[must_use]
    pub fn authority(&self) -> &str {
        match &self.0 {
            ListenerKind::Memory(listening) => listening.authority(),
            ListenerKind::Socket(_, authority) => authority,
        }
    }
}
