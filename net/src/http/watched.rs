//! A server's side of a connection: the end of the client's bytes is told instead of breaking the answer, and a
//! client that does not read is not waited for without end.
//!
//! A client that hangs up and one that has merely sent its last byte look the same from here: both are an end of what
//! can be read. hyper either breaks the answer at that point or does not look for it at all. Deliberately out: what an
//! answer does about it, which is the service's business.

use std::future::Future;
use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;

use crate::{Clock, Io, Sleep};

/// Tells a request that its client has sent its last byte: it has hung up, or it only waits for the answer. Among the
/// extensions of every request of [`serve_with`](crate::serve_with).
#[derive(Clone, Debug, Default)]
pub struct ClientEnd(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    ended: Notify,
}

#[derive(Debug, Default)]
struct State {
    ended: bool,
    /// How many guards there are.
    held: usize,
    /// Who waits for more bytes, of which none will come.
    reader: Option<Waker>,
}

/// While it exists, the end of the client's bytes does not break its connection's answer. Dropping it lets the
/// connection see the end.
#[derive(Debug)]
#[must_use = "dropping it lets the end of the client's bytes break the answer"]
pub struct Held(ClientEnd);

impl ClientEnd {
    /// Keeps the connection open for its answer, whatever the client does. To be taken before the first await: a
    /// request that came together with the client's end is broken otherwise, as is any other.
    pub fn hold(&self) -> Held {
        self.lock().held += 1;
        Held(self.clone())
    }

    /// Resolves when the client has sent its last byte; at once when it has.
    pub async fn ended(&self) {
        let notified = self.0.ended.notified();
        let mut notified = std::pin::pin!(notified);
        notified.as_mut().enable();
        if !self.lock().ended {
            notified.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.held -= 1;
        if state.held == 0
            && let Some(reader) = state.reader.take()
        {
            drop(state);
            reader.wake();
        }
    }
}

/// The connection itself.
pub(super) struct Watched {
    io: Io,
    end: ClientEnd,
    clock: Clock,
    /// The longest wait for a client that takes no byte.
    stall: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Watched {
    pub(super) fn new(io: Io, end: ClientEnd, clock: Clock, stall: Duration) -> Self {
        Self { io, end, clock, stall, stalled: None }
    }

    /// A write that waits, for as long as it may.
    fn patiently<T>(&mut self, cx: &mut Context<'_>, poll: Poll<Result<T>>) -> Poll<Result<T>> {
        if poll.is_ready() {
            self.stalled = None;
            return poll;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(self.clock.sleep(self.stall)));
        match stalled.as_mut().poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => {
                let message =
                    format!("expected the client to read within {:?}, got no byte taken", self.stall);
                Poll::Ready(Err(Error::new(ErrorKind::TimedOut, message)))
            }
        }
    }
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let this = &mut *self;
        if !this.end.lock().ended {
            let (before, room) = (buf.filled().len(), buf.remaining());
            let poll = Pin::new(&mut this.io).poll_read(cx, buf);
            let is_end = matches!(poll, Poll::Ready(Ok(()))) && buf.filled().len() == before && room > 0;
            if !is_end {
                return poll;
            }
            this.end.lock().ended = true;
            this.end.0.ended.notify_waiters();
            // Seen at the next poll: a request whose bytes came with the end takes hold of it before that.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let mut state = this.end.lock();
        if state.held == 0 {
            return Poll::Ready(Ok(()));
        }
        state.reader = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let poll = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.patiently(cx, poll)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[std::io::IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let poll = Pin::new(&mut self.io).poll_write_vectored(cx, slices);
        self.patiently(cx, poll)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
