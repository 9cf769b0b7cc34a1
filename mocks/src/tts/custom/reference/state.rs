//! What the reference knows of itself between requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts, shared by all connections.
#[derive(Debug, Default)]
pub(super) struct State {
    active: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
}

/// Counts one while it exists.
#[derive(Debug)]
pub(super) struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn one(of: &Arc<AtomicUsize>) -> Self {
        of.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(of))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl State {
    /// How many texts are being spoken.
    pub(super) fn active(&self) -> usize {
        self.active.load(Ordering::Relaxed)
    }

    /// How many connections are open.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// One text more is being spoken.
    pub(super) fn speaking(&self) -> Counted {
        Counted::one(&self.active)
    }

    /// One connection more is open.
    pub(super) fn connected(&self) -> Counted {
        Counted::one(&self.connections)
    }
}
