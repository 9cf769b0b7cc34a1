//! DashScope's duplex tasks over WebSocket, both sides: the envelope that all of them share, and recognition.
//!
//! A client runs a task under a name of its own, sends audio or text, and finishes it; the service says that the task
//! has started, what it made, and how it ended. Deliberately out: the HTTP interfaces, and running a second task on
//! a connection.
//! Source: the service's documents and its Python package, `fixtures/wire/dashscope/SOURCE.md`.

mod recognition;
mod task;

pub use recognition::{Output, Sentence, Transcription};
pub use task::{Action, Downlink, DownlinkHeader, Event, Uplink, UplinkHeader};

/// The header that carries the key, after `Bearer `.
pub const KEY_HEADER: &str = "authorization";

/// The header that names a workspace.
pub const WORKSPACE_HEADER: &str = "x-dashscope-workspace";

/// The path of all duplex tasks.
pub const PATH: &str = "/api-ws/v1/inference";
