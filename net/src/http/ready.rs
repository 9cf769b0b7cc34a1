//! Connections made before they are needed, at most one for each authority.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead as _, ReadBuf};

use crate::{Io, Moment};

/// How long a connection is kept that nobody uses: servers close those on which no request comes.
const KEPT_FOR: Duration = Duration::from_secs(10);

/// The connections of one client.
#[derive(Clone, Debug, Default)]
pub(super) struct Ready(Arc<Mutex<BTreeMap<String, (Moment, Io)>>>);

impl Ready {
    /// Takes the connection to an authority out, if there is one that is still of use.
    pub(super) fn take(&self, authority: &str, now: Moment) -> Option<Io> {
        let (since, mut io) = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(authority)?;
        (now.since(since) <= KEPT_FOR && is_quiet(&mut io)).then_some(io)
    }

    /// Keeps a connection; one that was kept before is closed.
    pub(super) fn keep(&self, authority: String, now: Moment, io: Io) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(authority, (now, io));
    }
}

/// Whether the other side has neither closed the connection nor said anything, which it must not before a request.
fn is_quiet(io: &mut Io) -> bool {
    let mut byte = [0];
    let mut context = Context::from_waker(Waker::noop());
    matches!(Pin::new(io).poll_read(&mut context, &mut ReadBuf::new(&mut byte)), Poll::Pending)
}
