//! Everything impure: the network, the clock, ids and random numbers, and the ownership of tasks.
//!
//! One stack runs in two worlds, chosen at the top of a run and nowhere else:
//!
//! | | virtual: [`run_virtual`] | real: [`run_real`] |
//! |---|---|---|
//! | network | pipes in memory, names like `llm.mock` | TCP and TLS |
//! | time | jumps to the next timer when every task is idle | the machine's |
//! | wall clock | starts at 2025-01-01T00:00:00Z | the machine's |
//!
//! No other crate of the workspace opens a socket, reads a clock, draws a random number or spawns a task by itself:
//! they are handed a [`World`]. In the virtual world a run then depends on its code and its seed alone.
//!
//! Deliberately out: every protocol above HTTP/1.1. This crate moves bytes and requests; it knows no vendor.

mod http;
mod ids;
mod network;
mod run;
mod tasks;
mod termination;
mod time;
mod world;

pub use http::{
    ClientEnd, Connector, Held, HyperExecutor, HyperTimer, ServerHandle, http_client, http_client_over,
    serve, serve_with,
};
pub use ids::Ids;
pub use network::{Cut, CutAt, CutHow, Io, LinkFaults, Listener, Network, ServerTls};
pub use rand_chacha::ChaCha8Rng;
pub use run::{RunError, run_real, run_virtual};
pub use tasks::{PANICS_KEPT, Panicked, Stopped, Task, Tasks};
pub use termination::{Hangup, Termination};
pub use time::{Clock, Elapsed, Moment, Sleep};
pub use world::World;
