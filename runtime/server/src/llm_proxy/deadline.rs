//! One timer a stream: its time may be put off at every event without a timer being made anew.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};

use bargein_net::{Clock, Moment, Sleep};

/// A wait for a moment that moves. Most often it moves on, and then the timer that runs already is kept: when it
/// fires too early, it is set again.
#[derive(Debug)]
pub(super) struct Deadline {
    clock: Clock,
    set: Option<(Moment, Sleep)>,
}

impl Deadline {
    pub(super) const fn new(clock: Clock) -> Self {
        Self { clock, set: None }
    }

    /// Ready when `at` is over.
    pub(super) fn poll(&mut self, at: Moment, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let (set, sleep) = match &mut self.set {
                Some((set, sleep)) if *set <= at => (*set, sleep),
                unset => {
                    let (set, sleep) = unset.insert((at, self.clock.sleep_until(at)));
                    (*set, sleep)
                }
            };
            if Pin::new(sleep).poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.set = None;
            if set >= at || self.clock.now() >= at {
                return Poll::Ready(());
            }
        }
    }
}
