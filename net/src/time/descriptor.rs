//! The driver of real time on Linux: a timer of the kernel in the runtime's own event queue.
//!
//! It is late by less than a parked thread, and wakes nobody but the thread that will do the work, together with
//! whatever has arrived on its connections by then.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::timers::{Driver, Timers};

/// The tick of a descriptor that is not set.
const NEVER: u64 = u64::MAX;

/// The timer of the kernel.
#[derive(Debug)]
pub(super) struct Descriptor {
    descriptor: Arc<OwnedFd>,
    begin: Instant,
    /// The millisecond it is set for. Changed under the lock of the queue only.
    set_for: AtomicU64,
}

impl Descriptor {
    pub(super) fn new(begin: Instant) -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let descriptor = Arc::new(timerfd_create(TimerfdClockId::Monotonic, flags)?);
        Ok(Self { descriptor, begin, set_for: AtomicU64::new(NEVER) })
    }

    /// Wakes the driver in this millisecond, if it is not to wake before. Called under the lock of the queue.
    pub(super) fn wake_by(&self, tick: u64) {
        if tick < self.set_for.load(Ordering::Relaxed) {
            self.set(tick);
        }
    }

    fn set(&self, tick: u64) {
        self.set_for.store(tick, Ordering::Relaxed);
        // Nothing left would unset it.
        let left =
            Duration::from_millis(tick).saturating_sub(self.begin.elapsed()).max(Duration::from_nanos(1));
        let seconds = i64::try_from(left.as_secs()).unwrap_or(i64::MAX);
        let it_value = Timespec { tv_sec: seconds, tv_nsec: left.subsec_nanos().into() };
        let once = Itimerspec { it_interval: Timespec::default(), it_value };
        if let Err(error) = timerfd_settime(&self.descriptor, TimerfdTimerFlags::empty(), &once) {
            tracing::error!(%error, "the timer of the system could not be set: waits will not end");
        }
    }

    fn now_tick(&self) -> u64 {
        u64::try_from(self.begin.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Starts the driver as a task of the runtime this is called in. It ends when the timers are closed.
pub(super) fn start(timers: Arc<Timers>) -> io::Result<()> {
    let Driver::Descriptor(descriptor) = timers.driver() else { return Ok(()) };
    #[expect(
        deprecated,
        reason = "its successor is unsafe code; the descriptor stays open for as long as it is shared"
    )]
    let events = AsyncFd::with_interest(Arc::clone(&descriptor.descriptor), Interest::READABLE)?;
    tokio::spawn(drive(timers, events));
    Ok(())
}

async fn drive(timers: Arc<Timers>, events: AsyncFd<Arc<OwnedFd>>) {
    let Driver::Descriptor(descriptor) = timers.driver() else { return };
    // It is not read: setting it again empties it, and the next event is told apart from the last by the runtime.
    while let Ok(mut event) = events.readable().await {
        event.clear_ready();
        if !fire(&timers, descriptor) {
            return;
        }
    }
}

/// Fires what is due and sets the descriptor for what is due next. Tells whether to go on.
fn fire(timers: &Timers, descriptor: &Descriptor) -> bool {
    let mut fired = Vec::new();
    loop {
        let mut queue = timers.lock();
        let now_tick = descriptor.now_tick();
        while let Some(waker) = queue.pop_due(now_tick) {
            fired.extend(waker);
        }
        if fired.is_empty() {
            descriptor.set_for.store(NEVER, Ordering::Relaxed);
            if let Some((tick, _)) = queue.first() {
                descriptor.set(tick);
            }
            return !queue.is_closed();
        }
        drop(queue);
        fired.drain(..).for_each(std::task::Waker::wake);
    }
}
