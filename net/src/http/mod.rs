//! hyper on our network, clock and tasks: the client's parts, and the server.

mod client;
#[expect(clippy::disallowed_types, reason = "hyper speaks of time in std's instants")]
mod runtime;
mod server;

pub use client::{Connector, http_client};
pub use runtime::{HyperExecutor, HyperTimer};
pub use server::{ServerHandle, serve};
