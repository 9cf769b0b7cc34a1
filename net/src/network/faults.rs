//! What can be wrong with the link to an authority, and where that is written down.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How a link misbehaves. The default is a perfect one. Bytes are delayed and lost by a cut, never reordered.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LinkFaults {
    /// How long a packet of at most 1,460 bytes is under way, in each direction. Connecting takes twice that.
    pub latency: Duration,
    /// The most that is added to the latency of a packet: whole milliseconds, evenly drawn from the world's seed.
    pub jitter: Duration,
    /// Bytes a second in each direction; `None` is without limit.
    pub bandwidth: Option<NonZeroU64>,
    /// When the connection is cut, if ever.
    pub cut: Option<Cut>,
}

/// The end of a connection before its time, for both of its ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cut {
    /// When.
    pub at: CutAt,
    /// What the ends see.
    pub how: CutHow,
}

/// When a connection is cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CutAt {
    /// When so many bytes have reached the end that dialed. With 0, none does.
    Byte(u64),
    /// So long after the connection was made.
    Time(Duration),
}

/// What the ends of a connection see of a cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CutHow {
    /// The end of the bytes, as when the peer closes.
    Clean,
    /// The error `ConnectionReset`, after the bytes that arrived before.
    Reset,
}

/// The faulty links of a network.
#[derive(Debug, Default)]
pub(super) struct FaultyLinks(Mutex<BTreeMap<String, FaultyLink>>);

#[derive(Debug)]
struct FaultyLink {
    faults: LinkFaults,
    connections: u64,
}

impl FaultyLinks {
    /// Writes down what is wrong with the link from now on.
    pub(super) fn set(&self, authority: &str, faults: LinkFaults) {
        let mut links = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        links
            .entry(key(authority))
            .and_modify(|link| link.faults = faults.clone())
            .or_insert(FaultyLink { faults, connections: 0 });
    }

    /// The faults of the next connection to an authority, and the name of its random numbers; `None` when the link
    /// is perfect.
    pub(super) fn next_connection(&self, authority: &str) -> Option<(LinkFaults, String)> {
        let key = key(authority);
        let mut links = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let link = links.get_mut(&key)?;
        link.connections += 1;
        let stream = format!("link/{key}/{}", link.connections);
        (link.faults != LinkFaults::default()).then(|| (link.faults.clone(), stream))
    }
}

/// The full form of an authority: lower case, port 80 unless it says another.
pub(super) fn key(authority: &str) -> String {
    let mut full = authority.to_ascii_lowercase();
    // A colon inside the brackets of an IPv6 address is none of a port.
    if !full.rsplit(']').next().unwrap_or_default().contains(':') {
        full.push_str(":80");
    }
    full
}
