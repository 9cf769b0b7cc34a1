//! Speech recognition.

pub mod bytedance;
pub mod dashscope;
mod socket;
pub mod tencent;

use std::sync::Arc;

use bargein_core::AsrEvent;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use tokio::sync::mpsc;

use crate::SessionIdentity;

/// A client of a recogniser.
pub trait Asr: Send + Sync {
    /// Opens a stream. Nothing is sent before the events are polled.
    ///
    /// `audio` is frames of 20 ms: signed 16-bit little-endian mono at 16 kHz. Its end asks for the last results:
    /// then the events end with [`AsrEvent::Closed`]. They begin with [`AsrEvent::Ready`], before which no audio is
    /// taken from the channel, unless the stream fails at once.
    fn open(&self, call: AsrCall, audio: mpsc::Receiver<Bytes>) -> BoxStream<'static, AsrEvent>;
}

/// One stream.
#[derive(Clone, Debug)]
pub struct AsrCall {
    /// Who asks.
    pub session: Arc<SessionIdentity>,
}
