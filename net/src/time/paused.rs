//! The driver of virtual time: a task on tokio's paused clock.
//!
//! tokio's clock jumps to its next timer when every task is idle. It is given one timer at a time, the next of ours,
//! and of those due in one millisecond each is fired only when everything the one before it set off has come to rest.
//! So the order of events does not depend on how many tasks a consequence passes through.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use super::moment::Moment;
use super::timers::{Driver, Timers};

/// How far the paused clock jumps when nothing is pending: no scenario waits that long.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3_600);

/// The driver of a virtual world, not yet running.
#[derive(Debug)]
pub(crate) struct Paused {
    begin: Instant,
    timers: Arc<Timers>,
}

/// Nothing is pending and every task is idle: nothing will ever happen again.
#[derive(Debug)]
pub(crate) struct Stuck {
    /// When the last thing happened.
    pub(crate) since: Moment,
}

impl Paused {
    pub(super) fn new(begin: Instant, timers: Arc<Timers>) -> Self {
        Self { begin, timers }
    }

    /// Runs `root` to its end while time passes. The runtime must yield to deferred tasks only when it is idle.
    pub(crate) async fn run<F: Future>(self, root: F) -> Result<F::Output, Stuck> {
        let (stuck, is_stuck) = oneshot::channel();
        let polls = Arc::new(AtomicU64::new(0));
        let driver = tokio::spawn(self.drive(Arc::clone(&polls), stuck));
        let mut root = pin!(root);
        let counted = poll_fn(|cx| {
            polls.fetch_add(1, Ordering::Relaxed);
            root.as_mut().poll(cx)
        });
        let ended = tokio::select! {
            biased;
            output = counted => Ok(output),
            Ok(stuck) = is_stuck => Err(stuck),
        };
        driver.abort();
        ended
    }

    async fn drive(self, root_polls: Arc<AtomicU64>, stuck: oneshot::Sender<Stuck>) {
        let Driver::Task(changed) = self.timers.driver() else { return };
        loop {
            let next = self.timers.lock().first();
            let Some((tick, _)) = next else {
                let since = Instant::now();
                if wait(changed, since + FOR_EVER).await == Wait::Over {
                    let since = Moment::ZERO + since.saturating_duration_since(self.begin);
                    // The receiver is gone only when the run is over anyway.
                    let _ = stuck.send(Stuck { since });
                    return;
                }
                continue;
            };
            let at = self.begin + Duration::from_millis(tick);
            if at > Instant::now() {
                wait(changed, at).await;
                continue;
            }
            let fired = self.timers.lock().pop_due(tick);
            if let Some(Some(waker)) = fired {
                waker.wake();
                come_to_rest(&root_polls).await;
            }
        }
    }
}

#[derive(PartialEq, Eq)]
enum Wait {
    Changed,
    Over,
}

/// Waits for `at` or for an earlier timer.
async fn wait(changed: &Notify, at: Instant) -> Wait {
    tokio::select! {
        biased;
        () = changed.notified() => Wait::Changed,
        () = tokio::time::sleep_until(at) => Wait::Over,
    }
}

/// Returns when every other task is idle.
///
/// A yielding task is resumed when the run queue is empty, but just after the root future was polled, which may have
/// woken others. So it is done when a whole turn has passed without the root.
async fn come_to_rest(root_polls: &AtomicU64) {
    loop {
        let before = root_polls.load(Ordering::Relaxed);
        tokio::task::yield_now().await;
        if root_polls.load(Ordering::Relaxed) == before {
            return;
        }
    }
}
