//! The conversation through its public face: what it does, by behaviour, and what it promises in any interleaving.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests may")]

mod barge_in;
mod driver;
mod ending;
mod interleavings;
mod memory;
mod order;
mod over_the_user;
mod pieces;
mod properties;
mod speeches;
mod talk;
mod turns;
mod updates;
mod vendors;
mod walkie_talkie;
