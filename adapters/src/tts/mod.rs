//! Speech synthesis.

pub mod azure;
pub mod bytedance;
pub mod cartesia;
pub mod cosyvoice;
pub mod custom;
pub mod elevenlabs;
pub mod minimax;
pub mod openai;
mod post;
mod refusal;
mod samples;
mod socket;
pub mod stepfun;
pub mod tencent;
mod timing;

use std::sync::Arc;
use std::time::Duration;

use bargein_core::{TtsRequest, VendorFault};
use bytes::Bytes;
use futures_util::stream::BoxStream;
use tokio::sync::mpsc;

use crate::{OnWritten, SessionIdentity};

/// A client of a synthesiser.
pub trait Tts: Send + Sync {
    /// Has a text spoken. Nothing is sent before the stream is polled.
    ///
    /// The stream is [`TtsItem::Responding`], audio, and one last [`TtsItem::Finished`] or [`TtsItem::Failed`]; a call
    /// that fails at once is only the last. A stream that is not polled is not read either: the vendor feels it.
    fn start(&self, call: TtsCall) -> BoxStream<'static, TtsItem>;

    /// The same client for texts that come in pieces; `None`, the default, when its vendor takes whole texts only.
    fn pieces(&self) -> Option<&dyn TextInPieces> {
        None
    }
}

/// A client of a synthesiser that takes a text while its beginning is already being said.
pub trait TextInPieces: Send + Sync {
    /// Has a text spoken: that of the call, then each piece of `more` behind it, until that channel ends.
    ///
    /// One call may be a whole reply: its audio is one stream without a mark between the pieces. Otherwise as
    /// [`Tts::start`]: dropping the stream cancels, at any time.
    fn start(&self, call: TtsCall, more: mpsc::Receiver<String>) -> BoxStream<'static, TtsItem>;
}

/// One attempt at one segment.
#[derive(Clone, Debug)]
pub struct TtsCall {
    /// What to say.
    pub request: TtsRequest,
    /// The request's name on the wire: the same over its retries.
    pub request_id: String,
    /// Who asks.
    pub session: Arc<SessionIdentity>,
    /// Who is told that the request has been written.
    pub written: OnWritten,
}

/// What a synthesis call gives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TtsItem {
    /// Status and headers of a good answer arrived; no audio yet.
    Responding,
    /// Audio: whole samples, signed 16-bit little-endian, mono. Never empty.
    Audio(Bytes, Format),
    /// Words of the text and when they are heard, where the vendor tells. They may come before or after their audio.
    Words(Vec<Word>),
    /// All audio arrived, and there was some.
    Finished,
    /// The call is over because of a fault. What arrived before can be played.
    Failed(VendorFault),
}

/// How the samples of some audio are to be played.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Format {
    /// Samples a second.
    pub rate: u32,
}

/// A word of a text as it is said. Where the script has no spaces it is a character or a mark.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Word {
    /// The word as the vendor spells it.
    pub text: String,
    /// When it begins, counted from the call's first sample.
    pub start: Duration,
    /// When it ends.
    pub end: Duration,
}
