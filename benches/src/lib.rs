//! What bargein promises about speed, measured: the parts of the load measurements `sessions` and `proxy`.
//!
//! The criterion benches are in `benches/benches`; how to read both is in `docs/benches.md`.

pub mod proxy;
pub mod sessions;
