//! The connections to one vendor's host: kept when an answer was read to its end, and one spare from the start.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bargein_net::{Clock, Connector, Moment, World};
use http::Uri;
use tokio::sync::Notify;

use super::{Answer, Wire};

/// How long an unused connection is kept. Shorter than servers commonly keep theirs, so that a request seldom meets a
/// connection that the server is just closing.
const KEPT: Duration = Duration::from_secs(20);

/// How many unused connections are kept: the turns that many sessions may begin at once without connecting.
const MOST_KEPT: usize = 128;

/// How often the spare is looked after.
const LOOK: Duration = Duration::from_secs(5);

/// The pause after a spare could not be made.
const PAUSE: Duration = Duration::from_secs(1);

/// Which connections a pool makes.
#[derive(Clone, Debug)]
pub(crate) struct PoolLimits {
    /// Where to.
    pub(crate) url: Uri,
    /// How long connecting may take, TLS included.
    pub(crate) connect: Duration,
}

/// Connections to one host.
pub(crate) struct Pool {
    limits: PoolLimits,
    connector: Connector,
    clock: Clock,
    /// The one that was used last is last.
    kept: Mutex<Vec<Kept>>,
    /// The last one was taken: a spare is wanted.
    wanted: Arc<Notify>,
}

/// A connection that is not in use.
struct Kept {
    since: Moment,
    state: KeptState,
}

enum KeptState {
    /// It can serve.
    Ready(Wire),
    /// The caller had all it needed when the body's end had not come yet: it most often has by the next request.
    Ending(Answer),
}

impl KeptState {
    fn into_wire(self) -> Option<Wire> {
        match self {
            Self::Ready(mut wire) => wire.can_serve().then_some(wire),
            Self::Ending(answer) => answer.into_wire(),
        }
    }
}

impl Pool {
    pub(crate) fn new(world: &World, limits: PoolLimits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            connector: Connector::new(world),
            clock: world.clock.clone(),
            kept: Mutex::default(),
            wanted: Arc::default(),
        })
    }

    /// A connection, and whether it has served before.
    ///
    /// # Errors
    /// `TimedOut` when connecting took too long; else what the network says.
    pub(crate) async fn connection(&self) -> io::Result<(Wire, bool)> {
        match self.take() {
            Some(wire) => Ok((wire, true)),
            None => self.connect().await.map(|wire| (wire, false)),
        }
    }

    /// A new connection.
    ///
    /// # Errors
    /// As [`Self::connection`].
    pub(crate) async fn connect(&self) -> io::Result<Wire> {
        let limit = self.limits.connect;
        // Boxed: most requests find a connection, and do not carry the room for making one.
        let connecting = Box::pin(async {
            let io = self.connector.dial(&self.limits.url).await?;
            Wire::over(io).await.map_err(io::Error::other)
        });
        self.clock.timeout(limit, connecting).await.unwrap_or_else(|_| {
            let message = format!("expected a connection within {limit:?}, got none");
            Err(io::Error::new(io::ErrorKind::TimedOut, message))
        })
    }

    /// A kept connection that can serve. Those that cannot any more are closed on the way.
    fn take(&self) -> Option<Wire> {
        let now = self.clock.now();
        loop {
            let (kept, is_last) = {
                let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
                let kept = all.pop();
                (kept, all.is_empty())
            };
            if is_last {
                self.wanted.notify_one();
            }
            let kept = kept?;
            if now.since(kept.since) < KEPT
                && let Some(wire) = kept.state.into_wire()
            {
                return Some(wire);
            }
        }
    }

    /// Keeps the connection of an answer for the next request, if its body is at its end or about to be.
    pub(crate) fn keep(&self, answer: Answer) {
        self.push(KeptState::Ending(answer));
    }

    fn push(&self, state: KeptState) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MOST_KEPT {
            kept.push(Kept { since: self.clock.now(), state });
        }
    }

    /// Keeps one connection at hand, resolved, connected and through TLS, for as long as somebody else holds the
    /// pool: also while the one before is in use, because a barge-in will close it. What fails here fails again, and is
    /// told, when a request needs it.
    pub(crate) async fn keep_warm(self: Arc<Self>) {
        let weak = Arc::downgrade(&self);
        let (clock, wanted) = (self.clock.clone(), Arc::clone(&self.wanted));
        let mut pool = Some(self);
        while let Some(held) = pool.take() {
            held.close_old();
            if held.is_empty() {
                match held.connect().await {
                    Ok(wire) => held.push(KeptState::Ready(wire)),
                    // A vendor that is down is not asked at every request.
                    Err(_) => clock.sleep(PAUSE).await,
                }
            }
            drop(held);
            tokio::select! {
                biased;
                () = wanted.notified() => {}
                () = clock.sleep(LOOK) => {}
            }
            pool = weak.upgrade();
        }
    }

    /// Closes what was unused for too long, or was closed by the vendor.
    fn close_old(&self) {
        let now = self.clock.now();
        let before = std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner));
        for Kept { since, state } in before {
            if now.since(since) < KEPT
                && let Some(wire) = state.into_wire()
            {
                let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.push(Kept { since, state: KeptState::Ready(wire) });
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}
