//! Connections to vendors, driven by whoever waits for their answer.
//!
//! A connection has no task of its own: the future or body that waits for it polls it. So a byte of the vendor wakes
//! the task that writes to the caller, and nothing else; and dropping the wait closes the connection at once.

mod pool;
mod wire;

pub(crate) use pool::{Pool, PoolLimits};
pub(crate) use wire::{Answer, AskError, Wire};
