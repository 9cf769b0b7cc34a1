//! The body of a good answer: chunks as they come, and all that must live as long as it does.
//!
//! A failure in its middle, and a client that closes its side, break the connection without the last chunk: audio has
//! no other word for it. Where the answer is made of events, a failure is one, and the last.

use std::pin::Pin;
use std::task::{Context, Poll};

use bargein_core::VendorFault;
use bargein_net::{ClientEnd, Held};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _};
use http_body::{Body, Frame};

use super::shared::Chunks;
use super::telling::Telling;

/// See the module. Dropping it cancels what is being made for it.
pub(crate) struct Answer {
    /// `None` when it is over.
    chunks: Option<Chunks>,
    client_ended: BoxFuture<'static, ()>,
    /// How a failure is told to clients that can be told.
    last_words: Option<LastWords>,
    telling: Telling,
    _held: Held,
}

/// A failure in the words of the answer's own protocol.
pub(crate) type LastWords = fn(&VendorFault) -> Bytes;

/// Why a connection is broken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    #[error("the vendor failed in the middle of an answer: {}", .0.message)]
    Vendor(VendorFault),
    #[error("the client closed its side in the middle of an answer")]
    ClientEnded,
}

impl Answer {
    pub(crate) fn new(
        chunks: Chunks,
        last_words: Option<LastWords>,
        client: ClientEnd,
        held: Held,
        telling: Telling,
    ) -> Self {
        let client_ended = async move { client.ended().await }.boxed();
        Self { chunks: Some(chunks), client_ended, last_words, telling, _held: held }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let this = &mut *self;
        let Some(chunks) = &mut this.chunks else { return Poll::Ready(None) };
        if this.client_ended.poll_unpin(cx).is_ready() {
            this.chunks = None;
            return Poll::Ready(Some(Err(Broken::ClientEnded)));
        }
        match chunks.poll_next_unpin(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(chunk))) => {
                this.telling.chunk(chunk.len());
                Poll::Ready(Some(Ok(Frame::data(chunk))))
            }
            Poll::Ready(Some(Err(fault))) => {
                this.chunks = None;
                this.telling.ended(Some(fault.kind));
                Poll::Ready(Some(match this.last_words {
                    Some(words) => Ok(Frame::data(words(&fault))),
                    None => Err(Broken::Vendor(fault)),
                }))
            }
            Poll::Ready(None) => {
                this.chunks = None;
                this.telling.ended(None);
                Poll::Ready(None)
            }
        }
    }
}
