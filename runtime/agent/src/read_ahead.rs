//! How much unplayed audio one synthesis call holds, known to both sides of it.
//!
//! The task that reads the vendor counts what comes in, the playout what goes out. While the call holds its limit the
//! task leaves the vendor's stream unread, and the vendor feels it through its connection.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use crate::frame::BYTES_PER_MS;

/// The level of one call's audio, in bytes of 16 kHz s16 mono.
pub(crate) struct ReadAhead {
    held: AtomicUsize,
    limit: usize,
    fell: Notify,
}

impl ReadAhead {
    /// Nothing held yet, of at most `limit` (exceeded by the vendor's last chunk).
    pub(crate) fn new(limit: Duration) -> Self {
        let limit = usize::try_from(limit.as_millis()).unwrap_or(usize::MAX).saturating_mul(BYTES_PER_MS);
        Self { held: AtomicUsize::new(0), limit, fell: Notify::new() }
    }

    /// Audio came in.
    pub(crate) fn hold(&self, bytes: usize) {
        self.held.fetch_add(bytes, Ordering::AcqRel);
    }

    /// Audio was played.
    pub(crate) fn release(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::AcqRel);
        self.fell.notify_one();
    }

    /// Waits until more audio may be read. One waiter only.
    pub(crate) async fn wait_for_room(&self) {
        while !self.has_room() {
            self.fell.notified().await;
        }
    }

    /// Whether more audio may be read.
    pub(crate) fn has_room(&self) -> bool {
        self.held.load(Ordering::Acquire) < self.limit
    }
}
