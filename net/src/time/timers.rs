//! What is waited for, in the order in which it will happen.
//!
//! The queue is the same in both worlds. Who empties it differs: a task on the paused clock, a task that a timer of the
//! kernel wakes, or a parked thread.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::sync::Notify;

/// The millisecond a timer is due in, and the number it was scheduled under.
pub(super) type Key = (u64, u64);

/// All pending timers of a world.
#[derive(Debug)]
pub(super) struct Timers {
    queue: Mutex<Queue>,
    driver: Driver,
}

/// Pending timers and what the driver must know.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// One entry a pending timer; a waker once it was polled. Removed when it fires or is dropped.
    pending: BTreeMap<Key, Option<Waker>>,
    scheduled: u64,
    closed: bool,
}

/// How the driver learns that an earlier timer came in.
#[derive(Debug)]
pub(super) enum Driver {
    /// A task of the virtual world.
    Task(Notify),
    /// A task of the real world, on Linux.
    #[cfg(target_os = "linux")]
    Descriptor(super::descriptor::Descriptor),
    /// A thread of the real world, elsewhere.
    #[cfg(any(test, not(target_os = "linux")))]
    Thread(std::sync::Condvar),
}

impl Timers {
    pub(super) fn new(driver: Driver) -> Self {
        Self { queue: Mutex::default(), driver }
    }

    pub(super) fn driver(&self) -> &Driver {
        &self.driver
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a timer behind all others of its millisecond.
    pub(super) fn schedule(&self, tick: u64) -> Key {
        let mut queue = self.lock();
        let key = queue.push(tick);
        if queue.first() == Some(key) {
            self.alert(tick);
        }
        key
    }

    /// Queues a timer that is due already behind those that are due too, or returns `None` when there are none.
    pub(super) fn schedule_behind(&self, now_tick: u64) -> Option<Key> {
        let mut queue = self.lock();
        queue.first().filter(|(tick, _)| *tick <= now_tick)?;
        Some(queue.push(now_tick))
    }

    /// Ready once the timer has fired.
    pub(super) fn poll(&self, key: Key, cx: &Context<'_>) -> Poll<()> {
        match self.lock().pending.get_mut(&key) {
            None => Poll::Ready(()),
            Some(waker) => {
                if !waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                    *waker = Some(cx.waker().clone());
                }
                Poll::Pending
            }
        }
    }

    /// Forgets a timer; nothing happens when it has fired.
    pub(super) fn remove(&self, key: Key) {
        // The waker may be the last owner of something with a timer of its own: it must not drop under the lock.
        let removed = self.lock().pending.remove(&key);
        drop(removed);
    }

    /// Tells the driver that nobody can wait any more.
    pub(super) fn close(&self) {
        let mut queue = self.lock();
        queue.closed = true;
        self.alert(0);
    }

    /// Has the driver look at the queue, at the latest in this millisecond. Called under the queue's lock.
    fn alert(&self, tick: u64) {
        match &self.driver {
            Driver::Task(changed) => changed.notify_one(),
            #[cfg(target_os = "linux")]
            Driver::Descriptor(descriptor) => descriptor.wake_by(tick),
            #[cfg(any(test, not(target_os = "linux")))]
            Driver::Thread(changed) => changed.notify_one(),
        }
    }
}

impl Queue {
    fn push(&mut self, tick: u64) -> Key {
        self.scheduled += 1;
        let key = (tick, self.scheduled);
        self.pending.insert(key, None);
        key
    }

    /// The timer that is due next.
    pub(super) fn first(&self) -> Option<Key> {
        self.pending.first_key_value().map(|(key, _)| *key)
    }

    /// Takes the next timer out, if it is due in this millisecond or before.
    pub(super) fn pop_due(&mut self, now_tick: u64) -> Option<Option<Waker>> {
        let entry = self.pending.first_entry().filter(|entry| entry.key().0 <= now_tick)?;
        Some(entry.remove())
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }
}
