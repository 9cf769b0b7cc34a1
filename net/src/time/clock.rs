//! The clock of a world.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;
use tokio::time::Instant;

#[cfg(target_os = "linux")]
use super::descriptor;
use super::moment::Moment;
use super::paused;
use super::sleep::Sleep;
#[cfg(any(test, not(target_os = "linux")))]
use super::thread;
use super::timers::{Driver, Timers};

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

    /// The machine's clock, with a driver that ends with the last clone: a task of the runtime this is called in.
    #[cfg(target_os = "linux")]
    pub(crate) fn machine() -> io::Result<Self> {
        let begin = Instant::now();
        let descriptor = descriptor::Descriptor::new(begin.into_std())?;
        let timers = Arc::new(Timers::new(Driver::Descriptor(descriptor)));
        descriptor::start(Arc::clone(&timers))?;
        Ok(Self(Arc::new(Inner { begin, wall: Wall::Machine, timers })))
    }

    /// The machine's clock, with a driver that ends with the last clone: a thread.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn machine() -> io::Result<Self> {
        Self::machine_with_thread()
    }

    /// The machine's clock, with a thread for its timers.
    #[cfg(any(test, not(target_os = "linux")))]
    fn machine_with_thread() -> io::Result<Self> {
        let begin = Instant::now();
        let timers = Arc::new(Timers::new(Driver::Thread(std::sync::Condvar::new())));
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

#[cfg(test)]
mod tests {
    use tokio::runtime::Builder;

    use super::*;

    /// Waits of 1 to 20 ms, all at once and polled in another order: who woke, and how late at most.
    fn woken(clock: impl FnOnce() -> io::Result<Clock>) -> io::Result<(Vec<u64>, Duration)> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let _entered = runtime.enter();
        let clock = clock()?;
        runtime.block_on(async {
            let begin = Moment::from_millis(clock.now().as_millis() + 5);
            let (mut woken, mut latest) = (Vec::new(), Duration::ZERO);
            let mut waits: futures_util::stream::FuturesUnordered<_> = (1..=20_u64)
                .rev()
                .map(|millis| {
                    let at = begin + Duration::from_millis(millis);
                    let wait = clock.sleep_until(at);
                    async move {
                        wait.await;
                        (millis, at)
                    }
                })
                .collect();
            while let Some((millis, at)) = futures_util::StreamExt::next(&mut waits).await {
                assert!(clock.now() >= at, "{millis} ms: woke at {} of {at}", clock.now());
                woken.push(millis);
                latest = latest.max(clock.now().since(at));
            }
            Ok((woken, latest))
        })
    }

    #[test]
    fn whoever_drives_real_time_wakes_waiters_in_order_and_never_early() -> io::Result<()> {
        for clock in [Clock::machine as fn() -> _, Clock::machine_with_thread] {
            let (woken, latest) = woken(clock)?;
            assert_eq!(woken, (1..=20).collect::<Vec<_>>());
            assert!(latest < Duration::from_secs(2), "{latest:?} late");
        }
        Ok(())
    }
}
