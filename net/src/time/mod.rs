//! Time: reading it, waiting for it.
//!
//! Waiting has a resolution of one millisecond in both worlds, counted from the beginning of the world and rounded
//! up; what is due in the same millisecond happens in the order in which it was scheduled.
//! In the virtual world all that one timer sets off comes to rest before the next one fires.

#[expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the only place that reads the machine's clocks"
)]
mod clock;
#[cfg(target_os = "linux")]
#[expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the one place that waits for the machine's clock"
)]
mod descriptor;
mod moment;
#[expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "virtual time is made from tokio's")]
mod paused;
mod sleep;
#[cfg(any(test, not(target_os = "linux")))]
#[expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the one timer thread of the real world, where its system has no timer descriptors"
)]
mod thread;
mod timers;

pub use clock::{Clock, Elapsed};
pub use moment::Moment;
pub(crate) use paused::Paused;
pub use sleep::Sleep;
