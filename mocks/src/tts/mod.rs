//! Speech synthesisers played by us.

pub mod custom;
mod sound;
