//! The pieces of a long text one after the other, the next one asked for while the present one is still coming.
//!
//! One piece ahead and no further: whoever hangs up has paid for little that was not heard. What comes early waits in
//! memory up to a limit; beyond it the vendor waits.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use bargein_core::VendorFault;
use futures_util::stream::Stream;

use super::call::{Audio, Samples};

/// How much audio of the next piece is read before its turn, in bytes.
const READ_AHEAD: usize = 64 * 1024;

/// The audio of all pieces. Dropping it drops every call.
pub(crate) struct InOrder {
    /// Those not asked for yet.
    waiting: VecDeque<Audio>,
    present: Option<Ahead>,
    next: Option<Ahead>,
    /// Whether the present piece has given audio: before that, the vendor has enough to do.
    begun: bool,
}

/// A piece and what came of it before its turn.
struct Ahead {
    audio: Audio,
    items: VecDeque<Result<Samples, VendorFault>>,
    bytes: usize,
    ended: bool,
}

impl InOrder {
    /// These pieces, none of which has been polled.
    pub(crate) fn new(pieces: impl IntoIterator<Item = Audio>) -> Self {
        let mut waiting: VecDeque<_> = pieces.into_iter().collect();
        let present = waiting.pop_front().map(Ahead::new);
        Self { waiting, present, next: None, begun: false }
    }
}

impl Ahead {
    const fn new(audio: Audio) -> Self {
        Self { audio, items: VecDeque::new(), bytes: 0, ended: false }
    }

    /// Reads what has come, up to the limit.
    fn read(&mut self, cx: &mut Context<'_>) {
        while !self.ended && self.bytes < READ_AHEAD {
            match self.audio.as_mut().poll_next(cx) {
                Poll::Pending => return,
                Poll::Ready(None) => self.ended = true,
                Poll::Ready(Some(item)) => {
                    self.ended = item.is_err();
                    self.bytes += item.as_ref().map_or(0, |(samples, _)| samples.len());
                    self.items.push_back(item);
                }
            }
        }
    }
}

impl Stream for InOrder {
    type Item = Result<Samples, VendorFault>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            let Some(present) = &mut this.present else { return Poll::Ready(None) };
            let polled = match present.items.pop_front() {
                Some(item) => Poll::Ready(Some(item)),
                None if present.ended => Poll::Ready(None),
                None => present.audio.as_mut().poll_next(cx),
            };
            match polled {
                Poll::Ready(Some(item)) => {
                    this.begun = true;
                    if item.is_err() {
                        (this.present, this.next) = (None, None);
                        this.waiting.clear();
                    }
                    return Poll::Ready(Some(item));
                }
                Poll::Ready(None) => {
                    this.present = this.next.take().or_else(|| this.waiting.pop_front().map(Ahead::new));
                    this.begun = false;
                }
                Poll::Pending => {
                    if this.begun && this.next.is_none() {
                        this.next = this.waiting.pop_front().map(Ahead::new);
                    }
                    if let Some(next) = &mut this.next {
                        next.read(cx);
                    }
                    return Poll::Pending;
                }
            }
        }
    }
}
