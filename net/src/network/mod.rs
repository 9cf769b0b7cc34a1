//! Connections by name: pipes in memory, or sockets.

mod faults;
#[expect(clippy::disallowed_types, reason = "one of the two kinds of connections is the system's")]
mod io;
mod link;
mod memory;
#[expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the only place that opens sockets and resolves names"
)]
mod sockets;
mod tls;

use std::io::Result;
use std::net::SocketAddr;
use std::sync::Arc;

use self::faults::FaultyLinks;
pub use self::faults::{Cut, CutAt, CutHow, LinkFaults};
pub use self::io::Io;
use self::memory::Registry;
use self::sockets::Sockets;
pub use self::tls::ServerTls;
use crate::{Clock, Ids, Tasks};

/// Dials and listens. All clones are the same network.
///
/// An authority is `host:port`. In memory any host will do, a missing port is 80, and nothing is resolved or
/// encrypted.
#[derive(Clone, Debug)]
pub struct Network {
    kind: Kind,
    links: Arc<Links>,
}

#[derive(Clone, Debug)]
enum Kind {
    Memory(Arc<Registry>),
    Sockets(Arc<Sockets>),
}

/// The faulty links, and what they need to be at work.
#[derive(Debug)]
struct Links {
    faulty: FaultyLinks,
    clock: Clock,
    ids: Ids,
    tasks: Tasks,
}

/// Accepts connections to one authority. Dropping it frees the authority; connections not yet accepted are closed.
#[derive(Debug)]
pub struct Listener(ListenerKind);

#[derive(Debug)]
enum ListenerKind {
    Memory(memory::Listening),
    Socket(sockets::Listening),
}

impl Network {
    pub(crate) fn memory(clock: &Clock, ids: &Ids, tasks: &Tasks) -> Self {
        Self { kind: Kind::Memory(Arc::default()), links: Links::new(clock, ids, tasks) }
    }

    pub(crate) fn sockets(clock: &Clock, ids: &Ids, tasks: &Tasks) -> Self {
        Self { kind: Kind::Sockets(Arc::default()), links: Links::new(clock, ids, tasks) }
    }

    /// Whether this is the network in memory, and so whether time is virtual.
    #[must_use]
    pub fn is_memory(&self) -> bool {
        matches!(self.kind, Kind::Memory(_))
    }

    /// Connects to an authority.
    ///
    /// # Errors
    ///
    /// `ConnectionRefused` when nobody listens there; on sockets, whatever the system says.
    pub async fn dial(&self, authority: &str) -> Result<Io> {
        let Some((faults, random)) = self.links.faulty.next_connection(authority) else {
            return self.dial_perfect(authority).await;
        };
        let Links { clock, ids, tasks, .. } = &*self.links;
        clock.sleep(faults.latency * 2).await;
        let far = self.dial_perfect(authority).await?;
        let (ours, near) = Io::pair();
        let random = ["out", "back"].map(|direction| ids.rng(&format!("{random}/{direction}")));
        tasks.spawn_background("faulty link", link::carry(near, far, faults, clock.clone(), random));
        Ok(ours)
    }

    /// Connects to an authority over a receive window of about so many bytes: what a slow reader's network looks like.
    /// The link is perfect.
    ///
    /// # Errors
    ///
    /// As [`Network::dial`].
    pub async fn dial_narrow(&self, authority: &str, window: u32) -> Result<Io> {
        match &self.kind {
            Kind::Memory(registry) => registry.dial_narrow(authority, window).await,
            Kind::Sockets(_) => sockets::dial_narrow(authority, window).await,
        }
    }

    /// The addresses that an authority's name stands for. None in memory, where names are all there is.
    ///
    /// # Errors
    ///
    /// Whatever the system says.
    pub async fn addresses(&self, authority: &str) -> Result<Vec<SocketAddr>> {
        match &self.kind {
            Kind::Memory(_) => Ok(Vec::new()),
            Kind::Sockets(_) => sockets::addresses(authority).await,
        }
    }

    async fn dial_perfect(&self, authority: &str) -> Result<Io> {
        match &self.kind {
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
        let io = self.dial(authority).await?;
        match &self.kind {
            Kind::Memory(_) => Ok(io),
            Kind::Sockets(sockets) => sockets.encrypt(authority, io).await,
        }
    }

    /// Trusts these roots besides those of the web, in DER or PEM. Holds for all clones of this network, if it comes
    /// before the first connection over TLS. In memory it does nothing.
    ///
    /// # Errors
    ///
    /// `InvalidData` when there is no certificate in them, `AlreadyExists` when TLS has been spoken.
    pub fn trust(&self, roots: &[u8]) -> Result<()> {
        match &self.kind {
            Kind::Memory(_) => Ok(()),
            Kind::Sockets(sockets) => sockets.trust(roots),
        }
    }

    /// Says what is wrong with the link to an authority. Holds for connections dialed from now on, from any clone of
    /// this network; [`LinkFaults::default`] makes the link perfect again.
    pub fn fault(&self, authority: &str, faults: LinkFaults) {
        self.links.faulty.set(authority, faults);
    }

    /// Listens at an authority. Port 0 asks for a free one: [`Listener::authority`] tells which.
    ///
    /// # Errors
    ///
    /// `AddrInUse` when somebody listens there already; on sockets, whatever the system says.
    pub async fn listen(&self, authority: &str) -> Result<Listener> {
        match &self.kind {
            Kind::Memory(registry) => registry.listen(authority).map(ListenerKind::Memory),
            Kind::Sockets(_) => sockets::Listening::bind(authority).await.map(ListenerKind::Socket),
        }
        .map(Listener)
    }
}

impl Links {
    fn new(clock: &Clock, ids: &Ids, tasks: &Tasks) -> Arc<Self> {
        let (clock, ids, tasks) = (clock.clone(), ids.clone(), tasks.clone());
        Arc::new(Self { faulty: FaultyLinks::default(), clock, ids, tasks })
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
            ListenerKind::Socket(listening) => listening.accept().await,
        }
    }

    /// Where it listens, with the real port.
    #[must_use]
    pub fn authority(&self) -> &str {
        match &self.0 {
            ListenerKind::Memory(listening) => listening.authority(),
            ListenerKind::Socket(listening) => listening.authority(),
        }
    }
}
