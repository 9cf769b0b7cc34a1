//! The checker is checked: with references that keep every rule, with mutants that break just one, and with servers that
//! are no servers.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a failed assumption is a failed test")]

mod catalogue;
mod command;
mod doors;
mod llm;
mod matrix;
mod page;
mod sockets;
mod trouble;
mod tts;
