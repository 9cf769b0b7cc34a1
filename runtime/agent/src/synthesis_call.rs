//! One synthesis call being read: no further than is played, at the session's sample rate, never waiting for ever.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bargein_adapters::tts::{TtsItem, Word};
use bargein_core::{FaultKind, TimedWord, VendorFault};
use bargein_net::Clock;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;

use crate::read_ahead::ReadAhead;
use crate::resample::ToSessionRate;

/// What a synthesis call says to the session.
pub(crate) enum Synthesised {
    /// A good answer has begun.
    Responding,
    /// Audio at the session's rate. Never empty.
    Audio(Bytes),
    /// When words of the text are heard.
    Words(Vec<TimedWord>),
    /// All audio came.
    Finished,
    /// The call is over because of a fault.
    Failed(VendorFault),
}

/// Reads a call.
pub(crate) struct SynthesisCall {
    stream: BoxStream<'static, TtsItem>,
    rate: ToSessionRate,
    level: Arc<ReadAhead>,
    clock: Clock,
    stall: Duration,
    /// Whether audio has come: from then on more of it is waited for no longer than `stall`.
    flowing: bool,
    /// Whether text of the call is still to come: until then it may well be silent.
    is_open: Arc<AtomicBool>,
    /// Said next.
    last: Option<Synthesised>,
}

impl SynthesisCall {
    /// Reads `stream` while `level` has room, waiting for more audio at most `stall` once its text is whole.
    pub(crate) fn new(
        stream: BoxStream<'static, TtsItem>,
        level: Arc<ReadAhead>,
        clock: Clock,
        stall: Duration,
        is_open: Arc<AtomicBool>,
    ) -> Self {
        Self {
            stream,
            rate: ToSessionRate::default(),
            level,
            clock,
            stall,
            flowing: false,
            is_open,
            last: None,
        }
    }

    /// The next thing said. Not to be called again after the last.
    pub(crate) async fn next(&mut self) -> Synthesised {
        loop {
            if let Some(last) = self.last.take() {
                return last;
            }
            self.level.wait_for_room().await;
            let (audio, last) = match self.read().await {
                TtsItem::Responding => return Synthesised::Responding,
                TtsItem::Words(words) => return Synthesised::Words(words.into_iter().map(timed).collect()),
                TtsItem::Audio(audio, format) => (self.rate.push(audio, format.rate), None),
                TtsItem::Finished => (self.rate.finish(), Some(Synthesised::Finished)),
                TtsItem::Failed(fault) => (self.rate.finish(), Some(Synthesised::Failed(fault))),
            };
            match audio {
                Ok(audio) => {
                    self.last = last;
                    if !audio.is_empty() {
                        self.flowing = true;
                        self.level.hold(audio.len());
                        return Synthesised::Audio(audio);
                    }
                }
                Err(fault) => return Synthesised::Failed(fault),
            }
        }
    }

    async fn read(&mut self) -> TtsItem {
        let mut next = pin!(self.stream.next());
        let item = loop {
            if !self.flowing {
                break next.await;
            }
            match self.clock.timeout(self.stall, &mut next).await {
                Ok(item) => break item,
                Err(_) if self.is_open.load(Ordering::Relaxed) => {}
                Err(_) => {
                    let fault = format!("expected more audio within {:?}, got none", self.stall);
                    return TtsItem::Failed(VendorFault::new(FaultKind::Timeout, fault));
                }
            }
        };
        item.unwrap_or_else(|| TtsItem::Failed(crate::executor::ended_early()))
    }
}

fn timed(word: Word) -> TimedWord {
    TimedWord { text: word.text, start: word.start, end: word.end }
}
