//! The network in memory: a registry of names and pipes between them.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Result};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;

use super::faults::key;
use super::io::Io;

/// How many connections may wait to be accepted before dialing waits, as a socket's backlog does.
const BACKLOG: usize = 128;

/// The first port given to one who asks for port 0.
const FIRST_FREE_PORT: u16 = 49_152;

/// Who listens where.
#[derive(Debug, Default)]
pub(super) struct Registry(Mutex<Names>);

#[derive(Debug)]
struct Names {
    listening: BTreeMap<String, mpsc::Sender<Io>>,
    next_port: u16,
}

/// One taken name.
#[derive(Debug)]
pub(super) struct Listening {
    authority: String,
    incoming: mpsc::Receiver<Io>,
    registry: Arc<Registry>,
}

impl Registry {
    pub(super) async fn dial(&self, authority: &str) -> Result<Io> {
        self.connect(authority, Io::pair()).await
    }

    /// A connection that holds no more than this window in each direction.
    pub(super) async fn dial_narrow(&self, authority: &str, window: u32) -> Result<Io> {
        self.connect(authority, Io::narrow_pair(usize::try_from(window).unwrap_or(usize::MAX))).await
    }

    async fn connect(&self, authority: &str, (ours, theirs): (Io, Io)) -> Result<Io> {
        let authority = key(authority);
        let listener = self.lock().listening.get(&authority).cloned();
        let refused = || Error::new(ErrorKind::ConnectionRefused, format!("nobody listens at {authority}"));
        listener.ok_or_else(refused)?.send(theirs).await.map_err(|_| refused())?;
        Ok(ours)
    }

    pub(super) fn listen(self: &Arc<Self>, authority: &str) -> Result<Listening> {
        let mut names = self.lock();
        let authority = match key(authority) {
            any if any.ends_with(":0") => names.free(any.trim_end_matches('0')),
            named => named,
        };
        if names.listening.contains_key(&authority) {
            return Err(Error::new(ErrorKind::AddrInUse, format!("somebody listens at {authority} already")));
        }
        let (sender, incoming) = mpsc::channel(BACKLOG);
        names.listening.insert(authority.clone(), sender);
        Ok(Listening { authority, incoming, registry: Arc::clone(self) })
    }

    fn lock(&self) -> MutexGuard<'_, Names> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listening {
    pub(super) async fn accept(&mut self) -> Result<Io> {
        // The registry holds a sender for as long as this exists.
        self.incoming.recv().await.ok_or_else(|| ErrorKind::NotConnected.into())
    }

    pub(super) fn authority(&self) -> &str {
        &self.authority
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.registry.lock().listening.remove(&self.authority);
    }
}

impl Default for Names {
    fn default() -> Self {
        Self { listening: BTreeMap::new(), next_port: FIRST_FREE_PORT }
    }
}

impl Names {
    /// The next free name that begins with this.
    fn free(&mut self, host_and_colon: &str) -> String {
        loop {
            let authority = format!("{host_and_colon}{}", self.next_port);
            self.next_port = self.next_port.checked_add(1).unwrap_or(FIRST_FREE_PORT);
            if !self.listening.contains_key(&authority) {
                return authority;
            }
        }
    }
}
