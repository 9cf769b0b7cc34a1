//! One connection: a request out, an answer in, and whether it can serve again.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bargein_net::{Clock, Io, Moment};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as _;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, Connection, SendRequest};
use hyper_util::rt::TokioIo;

/// How much of an answer is read before anyone asks for it; also the longest head. Small, so that a vendor feels it
/// when its answer is left unread.
const MOST_UNREAD: usize = 32 * 1024;

/// A connection's side that moves the bytes.
type Driven = Pin<Box<Connection<TokioIo<Io>, Full<Bytes>>>>;

/// A connection. Dropping it closes it.
pub(crate) struct Wire {
    send: SendRequest<Full<Bytes>>,
    /// `None` once it is closed.
    connection: Option<Driven>,
}

/// An answer whose body is still to come. Dropping it closes the connection.
pub(crate) struct Answer {
    wire: Wire,
    body: Incoming,
}

/// A request was not answered.
#[derive(Debug)]
pub(crate) struct AskError {
    /// What the connection says.
    pub(crate) error: hyper::Error,
    /// Whether the vendor cannot have seen the request.
    pub(crate) is_unsent: bool,
}

impl Wire {
    /// Speaks HTTP over a connection. Nothing is sent.
    pub(crate) async fn over(io: Io) -> hyper::Result<Self> {
        let mut http = http1::Builder::new();
        http.max_buf_size(MOST_UNREAD);
        let (send, connection) = http.handshake(TokioIo::new(io)).await?;
        Ok(Self { send, connection: Some(Box::pin(connection)) })
    }

    /// Moves bytes, as far as they go now.
    fn drive(&mut self, cx: &mut Context<'_>) {
        if let Some(connection) = &mut self.connection
            && connection.as_mut().poll(cx).is_ready()
        {
            self.connection = None;
        }
    }

    /// Whether another request can be sent: the one before is over, and the vendor has not closed.
    pub(crate) fn can_serve(&mut self) -> bool {
        self.drive(&mut Context::from_waker(Waker::noop()));
        self.connection.is_some() && self.send.is_ready()
    }

    /// Sends a request; gives the answer's head, its body to come, and when the request had left.
    pub(crate) async fn ask(
        mut self,
        request: Request<Full<Bytes>>,
        clock: &Clock,
    ) -> Result<(Response<()>, Answer, Moment), AskError> {
        let mut response = pin!(self.send.try_send_request(request));
        let mut written = None;
        let answered = poll_fn(|cx| {
            if let Some(connection) = &mut self.connection
                && connection.as_mut().poll(cx).is_ready()
            {
                self.connection = None;
            }
            // The first poll writes what the socket takes, which is nearly always everything.
            written.get_or_insert_with(|| clock.now());
            response.as_mut().poll(cx)
        });
        match answered.await {
            Ok(response) => {
                let (head, body) = response.into_parts();
                let answer = Answer { wire: self, body };
                Ok((Response::from_parts(head, ()), answer, written.unwrap_or_else(|| clock.now())))
            }
            Err(mut failed) => {
                let is_unsent = failed.take_message().is_some();
                Err(AskError { error: failed.into_error(), is_unsent })
            }
        }
    }
}

impl Answer {
    /// The next bytes of the body; `None` at its end. Trailers are left out.
    pub(crate) fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Option<hyper::Result<Bytes>>> {
        loop {
            // Asked first: only what is wanted is read.
            let mut frame = Pin::new(&mut self.body).poll_frame(cx);
            if frame.is_pending() {
                self.wire.drive(cx);
                frame = Pin::new(&mut self.body).poll_frame(cx);
            }
            match frame {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(Some(Ok(frame))) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Poll::Ready(Some(Ok(bytes)));
                    }
                }
            }
        }
    }

    /// The next bytes of the body; `None` at its end.
    pub(crate) async fn bytes(&mut self) -> Option<hyper::Result<Bytes>> {
        poll_fn(|cx| self.poll_bytes(cx)).await
    }

    /// The connection, when the body has come to its end and it can serve again. Does not wait.
    pub(crate) fn into_wire(mut self) -> Option<Wire> {
        let mut cx = Context::from_waker(Waker::noop());
        match self.poll_bytes(&mut cx) {
            Poll::Ready(None) => self.wire.can_serve().then_some(self.wire),
            Poll::Pending | Poll::Ready(Some(_)) => None,
        }
    }
}
