//! What bargein promises about speed, measured: the parts of the load measurement `sessions`.
//!
//! The criterion benches are in `benches/benches`; how to read both is in `docs/benches.md`.

pub mod sessions;
