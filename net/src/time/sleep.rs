//! A wait.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::clock::Clock;
use super::timers::Key;

/// A wait, scheduled when it was made rather than when it is first polled. Dropping it forgets it.
#[derive(Debug)]
#[must_use = "a sleep does nothing unless it is awaited"]
pub struct Sleep {
    clock: Clock,
    /// `None` once it is over.
    pending: Option<Key>,
}

impl Sleep {
    pub(super) fn new(clock: Clock, pending: Option<Key>) -> Self {
        Self { clock, pending }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(key) = self.pending else { return Poll::Ready(()) };
        let poll = self.clock.timers().poll(key, cx);
        if poll.is_ready() {
            self.pending = None;
        }
        poll
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(key) = self.pending {
            self.clock.timers().remove(key);
        }
    }
}

impl hyper::rt::Sleep for Sleep {}
