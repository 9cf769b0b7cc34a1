//! One connection, of either world.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// A connection: bytes both ways. Dropping it closes it, which the peer sees at once; what was written before is
/// still delivered. After the peer is gone, reads end (0 bytes) and writes fail with `BrokenPipe`, on sockets also
/// with `ConnectionReset`. Both give `ConnectionReset` when the connection was [reset](crate::CutHow::Reset).
#[derive(Debug)]
pub struct Io(Kind);

#[derive(Debug)]
enum Kind {
    Memory(Pipe),
    Tcp(TcpStream),
    Tls(Box<TlsStream<Io>>),
    TlsOfServer(Box<tokio_rustls::server::TlsStream<Io>>),
}

/// How many bytes a connection in memory holds in each direction before a writer waits, as a socket's buffers do.
const PIPE_CAPACITY: usize = 64 * 1024;

impl Io {
    /// Both ends of a connection in memory.
    pub(super) fn pair() -> (Self, Self) {
        Self::narrow_pair(PIPE_CAPACITY)
    }

    /// Both ends of a connection in memory that holds so many bytes in each direction.
    pub(super) fn narrow_pair(capacity: usize) -> (Self, Self) {
        let (one, other) = tokio::io::duplex(capacity.clamp(1, PIPE_CAPACITY));
        let is_reset = Arc::new(AtomicBool::new(false));
        let one = Pipe { stream: one, is_reset: Arc::clone(&is_reset) };
        (Self(Kind::Memory(one)), Self(Kind::Memory(Pipe { stream: other, is_reset })))
    }

    pub(super) fn tcp(stream: TcpStream) -> Self {
        Self(Kind::Tcp(stream))
    }

    pub(super) fn tls(stream: TlsStream<Self>) -> Self {
        Self(Kind::Tls(Box::new(stream)))
    }

    pub(super) fn tls_of_server(stream: tokio_rustls::server::TlsStream<Self>) -> Self {
        Self(Kind::TlsOfServer(Box::new(stream)))
    }

    pub(super) const fn is_memory(&self) -> bool {
        matches!(self.0, Kind::Memory(_))
    }

    /// Whether TLS went on with a session of an earlier connection, which saves a round trip. `None` without TLS, and
    /// while the handshake is under way.
    #[must_use]
    pub fn is_resumed(&self) -> Option<bool> {
        let Kind::Tls(stream) = &self.0 else { return None };
        stream.get_ref().1.handshake_kind().map(|kind| kind == rustls::HandshakeKind::Resumed)
    }

    /// Breaks the connection: the peer gets an error instead of an end.
    pub fn reset(self) {
        match self.0 {
            Kind::Memory(pipe) => pipe.is_reset.store(true, Ordering::Release),
            Kind::Tcp(stream) => {
                if let Err(error) = stream.set_zero_linger() {
                    tracing::debug!(%error, "a connection is closed because it cannot be reset");
                }
            }
            Kind::Tls(stream) => stream.into_inner().0.reset(),
            Kind::TlsOfServer(stream) => stream.into_inner().0.reset(),
        }
    }
}

/// One end of a connection in memory.
#[derive(Debug)]
struct Pipe {
    stream: DuplexStream,
    /// Set before the stream is dropped.
    is_reset: Arc<AtomicBool>,
}

impl Pipe {
    /// What the caller is told: the end of a stream that was reset is an error.
    fn judge<T>(&self, poll: Poll<io::Result<T>>, is_end: bool) -> Poll<io::Result<T>> {
        let is_end = is_end || matches!(poll, Poll::Ready(Err(_)));
        if is_end && self.is_reset.load(Ordering::Acquire) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        poll
    }
}

impl AsyncRead for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let poll = Pin::new(&mut self.stream).poll_read(cx, buf);
        let is_end = poll.is_ready() && buf.filled().len() == before && buf.remaining() > 0;
        self.judge(poll, is_end)
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.judge(poll, false)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.judge(poll, false)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// Runs a poll of the stream inside, whichever it is.
macro_rules! inner {
    ($self:ident, $stream:ident => $poll:expr) => {
        match &mut $self.get_mut().0 {
            Kind::Memory(stream) => {
                let $stream = Pin::new(stream);
                $poll
            }
            Kind::Tcp(stream) => {
                let $stream = Pin::new(stream);
                $poll
            }
            Kind::Tls(stream) => {
                let $stream = Pin::new(&mut **stream);
                $poll
            }
            Kind::TlsOfServer(stream) => {
                let $stream = Pin::new(&mut **stream);
                $poll
            }
        }
    };
}

impl AsyncRead for Io {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        inner!(self, stream => stream.poll_read(cx, buf))
    }
}

impl AsyncWrite for Io {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        inner!(self, stream => stream.poll_write(cx, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        inner!(self, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        inner!(self, stream => stream.poll_shutdown(cx))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        inner!(self, stream => stream.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.0 {
            Kind::Memory(stream) => stream.is_write_vectored(),
            Kind::Tcp(stream) => stream.is_write_vectored(),
            Kind::Tls(stream) => stream.is_write_vectored(),
            Kind::TlsOfServer(stream) => stream.is_write_vectored(),
        }
    }
}

impl Connection for Io {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}
