//! What holds for all doors: where they listen, how much a stranger may send, how they end.

use bargein_wire::units::{Dur, Size};
use serde::Deserialize;

/// The section `[server]`.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerText {
    /// Where to listen. Default `127.0.0.1:8080`. A reload does not change it.
    pub listen: String,
    /// The longest body of a request; a longer one is answered 413. Default 4MiB.
    pub body_limit: Size,
    /// How long a request may take to arrive whole, from its head on; then 408. Default 10s.
    pub body_timeout: Dur,
    /// How long a caller may take nothing of its answer; then it is closed, and the vendor's connection with it.
    /// Default 30s. A reload does not change it.
    pub unread: Dur,
    /// Where a line is written for every request: `stdout`, `off`, or the path of a file that is appended to. Default
    /// `stdout`. A reload does not change it.
    pub access_log: String,
    /// How long answers in progress may take to end after SIGTERM. Default 30s.
    pub drain: Dur,
    /// Hosts that vendors may be at, each as `host` or `host:port`. Default empty: those of the targets, and no other.
    pub upstream_hosts: Vec<String>,
}

impl Default for ServerText {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            body_limit: Size::from_bytes(4 << 20),
            body_timeout: Dur::from_secs(10),
            unread: Dur::from_secs(30),
            access_log: "stdout".to_owned(),
            drain: Dur::from_secs(30),
            upstream_hosts: Vec::new(),
        }
    }
}
