//! What differs from one recogniser to the next: how a stream is opened, and what its messages look like.
//!
//! Sans-IO. The server, the ear, the delays, the limits and the faults are shared; see the files beside this one.

use std::collections::BTreeMap;
use std::time::Duration;

use bargein_wire::units::Secret;
use bytes::Bytes;
use http::HeaderMap;

use super::hearing::Transcript;
use crate::answer::Answer;
use crate::ledger::{Exceeded, Ledger};
use crate::script::Faults;

/// A recogniser over WebSocket.
pub(super) trait Service: Send + Sync + 'static {
    /// Opens a stream to whoever asks like this, or answers in place of the upgrade.
    fn open(&self, handshake: &Handshake<'_>) -> Result<Opened, Answer>;

    /// An answer with this status in place of the upgrade.
    fn refusal(&self, status: u16, faults: &Faults) -> Answer;

    /// The answer in place of the upgrade when the account has too many streams. Default: the stream itself says so
    /// ([`Trouble::TooMany`]).
    fn crowded(&self, _exceeded: Exceeded) -> Option<Answer> {
        None
    }
}

/// A request for a stream.
pub(super) struct Handshake<'a> {
    /// Which request of the mock, counted from 1.
    pub request: u64,
    /// The path.
    pub path: &'a str,
    /// The query, decoded.
    pub query: &'a BTreeMap<String, String>,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The key that is let in; empty: any.
    pub key: &'a Secret,
    /// What was asked before.
    pub ledger: &'a Ledger,
}

/// A stream that is upgraded.
pub(super) struct Opened {
    /// Its protocol.
    pub protocol: Box<dyn Protocol>,
    /// Whose limits it counts for.
    pub account: String,
    /// Samples a second of its audio, when it takes audio from the beginning. Else [`Uplink::begins`] says so.
    pub begins: Option<u32>,
    /// Why it is ended at once.
    pub refused: Option<Trouble>,
}

/// One message of a WebSocket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Frame {
    /// Text.
    Text(String),
    /// Bytes.
    Binary(Bytes),
}

impl Frame {
    /// The first half of it: what a broken message looks like.
    pub(super) fn broken(self) -> Self {
        match self {
            Self::Text(text) => Self::Text(text.chars().take(text.chars().count() / 2).collect()),
            Self::Binary(bytes) => Self::Binary(bytes.slice(..bytes.len() / 2)),
        }
    }
}

/// The messages of one stream.
pub(super) trait Protocol: Send {
    /// How patient the vendor is.
    fn patience(&self) -> Patience;

    /// What a client is told before it has said anything.
    fn greeting(&mut self) -> Vec<Frame> {
        Vec::new()
    }

    /// What a message of the client means.
    fn uplink(&mut self, message: &Frame) -> Result<Uplink, Trouble>;

    /// From now on the stream takes audio.
    fn accepted(&mut self) -> Vec<Frame>;

    /// A transcript. `is_first`: nothing was told of this utterance before.
    fn transcript(&mut self, transcript: &Transcript, is_first: bool) -> Vec<Frame>;

    /// The stream has ended well: the client's [`Ends::Stream`] is answered, all results are told.
    fn ended(&mut self) -> Vec<Frame>;

    /// The stream is over.
    fn failed(&mut self, trouble: &Trouble) -> Vec<Frame>;
}

/// How patient a vendor is. Past each of these the stream is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Patience {
    /// How long it waits for audio, or for the message that begins the stream.
    pub idle: Duration,
    /// How much audio it takes ahead of real time; `None`: any.
    pub ahead: Option<Duration>,
}

/// What a message of the client means.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Uplink {
    /// The stream begins, with so many samples a second.
    pub begins: Option<u32>,
    /// Audio: signed 16-bit little-endian mono, cut anywhere.
    pub audio: Bytes,
    /// What ends with it.
    pub ends: Ends,
    /// What is answered at once.
    pub answer: Vec<Frame>,
}

/// What a message ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Ends {
    /// Nothing.
    #[default]
    Nothing,
    /// The audio: what is still to be told follows.
    Stream,
}

/// Why a stream is over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Trouble {
    /// The script says so, with this code.
    Scripted(String),
    /// The vendor says so, with a code of its own and words.
    Refused {
        /// The vendor's code.
        code: String,
        /// What was expected and what was got.
        words: String,
    },
    /// The account has too many streams.
    TooMany,
    /// No audio came for [`Patience::idle`].
    Idle,
    /// More than [`Patience::ahead`] came.
    TooFast,
}
