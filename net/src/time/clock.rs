//! The clock of a world.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;
use tokio::time::Instant;

use super::moment::Moment;
use super::sleep::Sleep;
use super::timers::{Driver, Timers};
use super::{paused, thread};

/// 2025-01-01T00:00:00Z in Unix milliseconds: when every virtual world begins.
const VIRTUAL_WALL_START: u64 = 1_735_689_600_000;

/// Reads and waits for time. All clones are the same clock.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    begin: Instant,
    wall: Wall,
    timers: Arc<Timers>,
}

#[derive(Debug)]
enum Wall {
    Virtual,
    Machine,
}

/// The time given to [`Clock::timeout`] was over first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected an end within {limit:?}, got none")]
pub struct Elapsed {
    /// The time that was given.
    pub limit: Duration,
}

impl Clock {
    /// A clock on tokio's paused one, with the driver that must run beside the scenario.
    pub(crate) fn paused() -> (Self, paused::Paused) {
        let timers = Arc::new(Timers::new(Driver::Task(Notify::new())));
        let begin = Instant::now();
        let driver = paused::Paused::new(begin, Arc::clone(&timers));
        (Self(Arc::new(Inner { begin, wall: Wall::Virtual, timers })), driver)
    }

    /// The machine's clock, with a thread of its own that ends with the last clone.
    pub(crate) fn machine() -> io::Result<Self> {
        let timers = Arc::new(Timers::new(Driver::Thread(std::sync::Condvar::new())));
        let begin = Instant::now();
        thread::start(begin.into_std(), Arc::clone(&timers))?;
        Ok(Self(Arc::new(Inner { begin, wall: Wall::Machine, timers })))
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Moment {
        Moment::ZERO + Instant::now().saturating_duration_since(self.0.begin)
    }

    /// The time of the wall clock in Unix milliseconds. Starts at 2025-01-01T00:00:00Z in the virtual world; may
    /// jump in the real one, so differences are taken of [`Clock::now`].
    #[must_use]
    pub fn unix_millis(&self) -> u64 {
        match self.0.wall {
            Wall::Virtual => VIRTUAL_WALL_START + self.now().as_millis(),
            Wall::Machine => {
                let since_epoch =
                    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
                u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
            }
        }
    }

    /// Waits until `duration` has passed, rounded up to the next whole millisecond of the world.
    pub fn sleep(&self, duration: Duration) -> Sleep {
        self.sleep_until(self.now() + duration)
    }

    /// Waits until `at`, rounded up to the next whole millisecond of the world. A moment that is over does not wait,
    /// except for those that were scheduled before it and are over too.
    pub fn sleep_until(&self, at: Moment) -> Sleep {
        let now = self.now();
        let timers = self.timers();
        let pending = if at <= now {
            timers.schedule_behind(now.as_millis())
        } else {
            Some(timers.schedule(at.tick()))
        };
        Sleep::new(self.clone(), pending)
    }

    /// Waits until `at`; `None` waits for ever.
    pub async fn sleep_until_option(&self, at: Option<Moment>) {
        match at {
            Some(at) => self.sleep_until(at).await,
            None => std::future::pending().await,
        }
    }

    /// Runs `future`, for at most `limit`. When both end in the same poll, the future has won.
    ///
    /// # Errors
    ///
    /// [`Elapsed`] when the time was over first; the future is dropped.
    pub async fn timeout<F: Future>(&self, limit: Duration, future: F) -> Result<F::Output, Elapsed> {
        let sleep = self.sleep(limit);
        tokio::select! {
            biased;
            output = future => Ok(output),
            () = sleep => Err(Elapsed { limit }),
        }
    }

    /// What hyper calls time: this moment as the standard library's instant.
    pub(crate) fn instant(&self, at: Moment) -> std::time::Instant {
        self.0.begin.into_std() + at.since(Moment::ZERO)
    }

    /// The moment of an instant; the beginning of the world for what lies before it.
    pub(crate) fn moment(&self, at: std::time::Instant) -> Moment {
        Moment::ZERO + at.saturating_duration_since(self.0.begin.into_std())
    }

    pub(super) fn timers(&self) -> &Timers {
        &self.0.timers
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.timers.close();
    }
}
