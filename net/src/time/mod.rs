//! Time: reading it, waiting for it.
//!
//! Waiting has a resolution of one millisecond in both worlds, counted from the beginning of the world and rounded
//! up; what is due in the same millisecond happens in the order in which it was scheduled.

mod clock;
mod moment;
mod paused;
mod sleep;
mod thread;
mod timers;

pub use clock::{Clock, Elapsed};
pub use moment::Moment;
pub(crate) use paused::Paused;
pub use sleep::Sleep;
