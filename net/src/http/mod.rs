//! hyper on our network, clock and tasks: the client's parts, and the server.

mod client;
mod ready;
#[expect(clippy::disallowed_types, reason = "hyper speaks of time in std's instants")]
mod runtime;
mod server;
mod watched;

pub use client::{Connector, http_client, http_client_over};
pub use runtime::{HyperExecutor, HyperTimer};
pub use server::{ServerHandle, serve, serve_with};
pub use watched::{ClientEnd, Held};
