//! The checker is checked: with a server that keeps every rule, with one that breaks just one, and with servers that
//! are no servers.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a failed assumption is a failed test")]

mod command;
mod trouble;
