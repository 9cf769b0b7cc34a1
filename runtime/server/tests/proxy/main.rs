//! The LLM proxy between a caller and mock vendors, in the virtual world: every time is exact.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]

mod access;
mod callers;
mod cancelling;
mod client;
mod context;
mod failing;
mod limits;
mod plain;
mod raw_vendor;
mod routes;
mod sockets;
mod stage;
mod streams;
mod warm;
