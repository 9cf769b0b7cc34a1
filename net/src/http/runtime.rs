//! What hyper asks of a runtime: tasks and timers.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use hyper::rt::{Executor, Sleep, Timer};

use crate::{Clock, Tasks};

/// Runs hyper's connections as tasks of a set. They serve the set's other tasks: a stop ends them last and does not
/// count them as left over.
#[derive(Clone, Debug)]
pub struct HyperExecutor(pub Tasks);

impl<F> Executor<F> for HyperExecutor
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, future: F) {
        self.0.spawn_background("http client connection", future);
    }
}

/// Times hyper's waits by a clock of ours.
#[derive(Clone, Debug)]
pub struct HyperTimer(pub Clock);

impl Timer for HyperTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        Box::pin(self.0.sleep(duration))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(self.0.sleep_until(self.0.moment(deadline)))
    }

    fn now(&self) -> Instant {
        self.0.instant(self.0.now())
    }
}
