//! A connection of the checker to the server: writes bytes, reads answers, ends in any way.

use std::fmt;
use std::io::{self, ErrorKind};
use std::pin::pin;
use std::time::Duration;

use bargein_net::{Clock, Io, Moment, World};
use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::decoder::{MOST_AFTER, Wrong};
use super::{AnswerDecoder, Ask, End, Exchange, Head, Writing};
use crate::check::Target;

/// How much is read at once: less than a window, so that arrival times stay fine.
const READ: usize = 16 * 1024;

/// How much of an answer is taken, and for how long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// From the first byte of the request to the end of the answer.
    pub total: Duration,
    /// The body, in bytes.
    pub body: usize,
    /// After so many bytes of body it is enough, and reading stops.
    pub enough: Option<usize>,
    /// How long to wait behind the end of the answer for bytes that should not be there.
    pub linger: Option<Duration>,
    /// How fast is read.
    pub reading: Reading,
}

/// How fast an answer is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Reading {
    /// As it comes.
    #[default]
    Fast,
    /// So many bytes at most, every so often, framing included.
    Paced {
        /// Bytes of one read.
        bytes: usize,
        /// From read to read.
        every: Duration,
    },
    /// Not at all for a time, once so much of the body has come.
    Resting {
        /// Bytes of body.
        after: usize,
        /// How long nothing is read.
        time: Duration,
    },
}

/// What came when a connection was read to its end without looking at it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drained {
    /// How much.
    pub bytes: u64,
    /// Whether the last of it was the end of a chunked body.
    pub is_whole: bool,
    /// How it ended.
    pub end: End,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            total: Duration::from_secs(30),
            body: 32 << 20,
            enough: None,
            linger: None,
            reading: Reading::Fast,
        }
    }
}

impl Limits {
    /// The default limits with another time.
    #[must_use]
    pub fn seconds(seconds: u64) -> Self {
        Self { total: Duration::from_secs(seconds), ..Self::default() }
    }

    /// Stops after so many bytes of body.
    #[must_use]
    pub const fn enough(mut self, bytes: usize) -> Self {
        self.enough = Some(bytes);
        self
    }

    /// Waits so long behind the end of the answer.
    #[must_use]
    pub const fn linger(mut self, time: Duration) -> Self {
        self.linger = Some(time);
        self
    }
}

/// Why there is no connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unreached {
    /// What was dialed.
    pub authority: String,
    /// What the system said.
    pub why: String,
    /// Whether TCP was there and TLS was not.
    pub is_tls: bool,
}

impl fmt::Display for Unreached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.is_tls { "TLS with" } else { "a connection to" };
        write!(f, "expected {what} {}, got: {}", self.authority, self.why)
    }
}

/// A connection to the server under check. Dropping it closes it.
#[derive(Debug)]
pub struct Connection {
    io: Io,
    clock: Clock,
    began: Moment,
    connecting: Duration,
    /// What was read behind the last answer.
    rest: Vec<u8>,
    is_closed: bool,
}

impl Connection {
    /// Dials the target, for at most `limit`.
    ///
    /// # Errors
    /// There is no connection in time, or TLS fails.
    pub async fn open(world: &World, target: &Target, limit: Duration) -> Result<Self, Unreached> {
        Self::dial(world, target, limit, None).await
    }

    /// Dials the target with a receive window of so many bytes, which the system may enlarge. Under TLS it is the usual
    /// one.
    ///
    /// # Errors
    /// As [`Connection::open`].
    pub async fn open_narrow(
        world: &World,
        target: &Target,
        limit: Duration,
        window: u32,
    ) -> Result<Self, Unreached> {
        Self::dial(world, target, limit, Some(window)).await
    }

    async fn dial(
        world: &World,
        target: &Target,
        limit: Duration,
        window: Option<u32>,
    ) -> Result<Self, Unreached> {
        let began = world.clock.now();
        let authority = &target.authority;
        let unreached = |why: String, is_tls| Unreached { authority: authority.clone(), why, is_tls };
        let dial = async {
            match window {
                _ if target.is_tls => world.network.dial_tls(authority).await,
                Some(window) => world.network.dial_narrow(authority, window).await,
                None => world.network.dial(authority).await,
            }
        };
        let dialed = world.clock.timeout(limit, dial).await;
        let dialed =
            dialed.map_err(|_| unreached(format!("nothing within {} ms", limit.as_millis()), false))?;
        let io = dialed.map_err(|error| {
            let refused = matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::TimedOut);
            unreached(error.to_string(), target.is_tls && !refused)
        })?;
        let connecting = world.clock.now().since(began);
        let clock = world.clock.clone();
        Ok(Self { io, clock, began, connecting, rest: Vec::new(), is_closed: false })
    }

    /// Writes bytes.
    ///
    /// # Errors
    /// The connection has ended.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.io.write_all(bytes).await?;
        self.io.flush().await
    }

    /// Reads what there is, at most `most` bytes, into `buffer`; 0 at the end.
    ///
    /// # Errors
    /// The connection has broken.
    pub async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.io.read(buffer).await
    }

    /// Says that nothing more will be written, and goes on reading.
    ///
    /// # Errors
    /// The connection has ended.
    pub async fn finish_writing(&mut self) -> io::Result<()> {
        self.io.shutdown().await
    }

    /// Breaks the connection with a reset.
    pub fn reset(self) {
        self.io.reset();
    }

    /// Whether TLS went on with a session of an earlier connection; `None` without TLS.
    #[must_use]
    pub fn is_resumed(&self) -> Option<bool> {
        self.io.is_resumed()
    }

    /// Whether the server has ended the connection, as far as was read.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Waits for the head of an answer and gives its status. One of `100` to `199` is taken; any other is left for
    /// [`Connection::next_answer`]. `None` when none comes in time, or what comes is none.
    pub async fn interim(&mut self, limit: Duration) -> Option<u16> {
        let until = self.clock.now() + limit;
        let mut buffer = [0; 4_096];
        loop {
            match Head::read(&self.rest) {
                Ok(Some((head, length))) => {
                    if head.status < 200 {
                        self.rest.drain(..length);
                    }
                    return Some(head.status);
                }
                Ok(None) if !self.is_closed => {}
                Ok(None) | Err(_) => return None,
            }
            let left = until.since(self.clock.now());
            match self.clock.timeout(left, self.io.read(&mut buffer)).await {
                Err(_) => return None,
                Ok(Ok(0) | Err(_)) => self.is_closed = true,
                Ok(Ok(length)) => self.rest.extend_from_slice(&buffer[..length]),
            }
        }
    }

    /// Waits until the server ends the connection. Gives the bytes that came before, or `None` when it did not end
    /// in time.
    pub async fn wait_for_end(&mut self, limit: Duration) -> Option<Vec<u8>> {
        let mut came = std::mem::take(&mut self.rest);
        let until = self.clock.now() + limit;
        let mut buffer = [0; 4_096];
        while !self.is_closed {
            let left = until.since(self.clock.now());
            match self.clock.timeout(left, self.io.read(&mut buffer)).await {
                Err(_) => return None,
                Ok(Ok(0) | Err(_)) => self.is_closed = true,
                Ok(Ok(length)) => {
                    let room = MOST_AFTER.saturating_sub(came.len());
                    came.extend_from_slice(&buffer[..length.min(room)]);
                }
            }
        }
        Some(came)
    }

    /// Reads to the end for at most `limit`, and 64 MiB, without keeping anything.
    pub async fn drain(&mut self, limit: Duration) -> Drained {
        let until = self.clock.now() + limit;
        let mut buffer = vec![0; READ];
        let (mut bytes, mut tail) = (0_u64, Vec::new());
        let end = loop {
            let left = until.since(self.clock.now());
            match self.clock.timeout(left, self.io.read(&mut buffer)).await {
                Err(_) => break End::TimedOut(limit),
                Ok(Err(error)) => break End::Broken(error.to_string()),
                Ok(Ok(0)) => break End::Closed,
                Ok(Ok(length)) => {
                    bytes += length as u64;
                    tail.extend_from_slice(&buffer[length.saturating_sub(5)..length]);
                    tail.drain(..tail.len().saturating_sub(5));
                }
            }
            if bytes > 64 << 20 {
                break End::TooLarge(64 << 20);
            }
        };
        self.is_closed = true;
        Drained { bytes, is_whole: tail == b"0\r\n\r\n", end }
    }

    /// Writes a request as it wants to be written.
    ///
    /// # Errors
    /// The connection has ended.
    pub async fn write_ask(&mut self, ask: &Ask) -> io::Result<()> {
        write_ask(&mut self.io, &self.clock, ask).await
    }

    /// Writes a request and reads its answer, at the same time: a server may answer before it has read everything.
    pub async fn exchange(&mut self, ask: &Ask, limits: Limits) -> Exchange {
        let began = if self.connecting.is_zero() { self.clock.now() } else { self.began };
        let connecting = std::mem::take(&mut self.connecting);
        let mut decoder = AnswerDecoder::new(&ask.method, limits.body);
        let rest = std::mem::take(&mut self.rest);
        decoder.push(&rest, self.clock.now());
        let (sent, end) = self.write_and_read(ask, &mut decoder, limits).await;
        let ended = self.clock.now();
        if let (Some(linger), true) = (limits.linger, decoder.is_done()) {
            self.linger(&mut decoder, linger).await;
        }
        self.rest = decoder.take_rest();
        let (chunks, faults, trailers) = decoder.take_chunks();
        let body = decoder.take_body();
        Exchange {
            ask: ask.clone(),
            began,
            connecting,
            sent,
            interim: decoder.interim,
            head: decoder.head,
            head_at: decoder.head_at,
            framing: decoder.framing,
            body,
            arrivals: decoder.arrivals,
            chunks,
            faults,
            trailers,
            after: Bytes::copy_from_slice(&self.rest),
            end,
            ended,
        }
    }

    /// Reads the next answer without asking: the one to a request that was written before.
    pub async fn next_answer(&mut self, ask: &Ask, limits: Limits) -> Exchange {
        let nothing = Ask { writing: Writing::Nothing, ..ask.clone() };
        let exchange = self.exchange(&nothing, limits).await;
        Exchange { ask: ask.clone(), ..exchange }
    }

    async fn write_and_read(
        &mut self,
        ask: &Ask,
        decoder: &mut AnswerDecoder,
        limits: Limits,
    ) -> (Moment, End) {
        let clock = self.clock.clone();
        let asked = clock.now();
        let until = asked + limits.total;
        let (mut reader, mut writer) = tokio::io::split(&mut self.io);
        let mut writing = pin!(write_ask(&mut writer, &clock, ask));
        let mut sent = None;
        let mut buffer = vec![0; READ];
        let mut reading = limits.reading;
        let mut next = asked;
        let end = loop {
            match &decoder.wrong {
                Some(Wrong::TooLarge) => break End::TooLarge(limits.body),
                Some(Wrong::Malformed(how)) => break End::Malformed(how.clone()),
                None if decoder.is_done() => break End::Complete,
                None if limits.enough.is_some_and(|enough| decoder.body_length() >= enough) => {
                    break End::Enough;
                }
                None => {}
            }
            let mut most = READ;
            match reading {
                Reading::Paced { bytes, every } if sent.is_some() => {
                    most = bytes.clamp(1, READ);
                    next = next.max(clock.now()) + every;
                    clock.sleep_until(next).await;
                }
                Reading::Resting { after, time } if decoder.body_length() >= after => {
                    clock.sleep(time).await;
                    reading = Reading::Fast;
                }
                _ => {}
            }
            let left = until.since(clock.now());
            let read = async {
                tokio::select! {
                    biased;
                    // A write that fails leaves an answer to read, most often.
                    _ = &mut writing, if sent.is_none() => None,
                    read = reader.read(&mut buffer[..most]) => Some(read),
                }
            };
            let read = clock.timeout(left, read).await;
            let at = clock.now();
            match read {
                Err(_) => break End::TimedOut(limits.total),
                Ok(None) => sent = Some(at),
                Ok(Some(Ok(0))) => {
                    self.is_closed = true;
                    break if decoder.eof() { End::Complete } else { End::Closed };
                }
                Ok(Some(Ok(length))) => decoder.push(&buffer[..length], at),
                Ok(Some(Err(error))) => {
                    self.is_closed = true;
                    break End::Broken(error.to_string());
                }
            }
        };
        (sent.unwrap_or(asked), end)
    }

    /// Waits for bytes behind the end.
    async fn linger(&mut self, decoder: &mut AnswerDecoder, time: Duration) {
        let until = self.clock.now() + time;
        let mut buffer = [0; 4_096];
        while !self.is_closed && decoder.rest_length() < MOST_AFTER {
            let left = until.since(self.clock.now());
            match self.clock.timeout(left, self.io.read(&mut buffer)).await {
                Err(_) => return,
                Ok(Ok(0) | Err(_)) => self.is_closed = true,
                Ok(Ok(length)) => decoder.push(&buffer[..length], self.clock.now()),
            }
        }
    }
}

async fn write_ask(io: &mut (impl AsyncWrite + Unpin), clock: &Clock, ask: &Ask) -> io::Result<()> {
    let (head, body) = (ask.head_bytes(), ask.body_bytes());
    match ask.writing {
        Writing::Whole => io.write_all(&[head, body].concat()).await?,
        Writing::HeadOnly => io.write_all(&head).await?,
        Writing::Nothing => {}
        Writing::BodyLater(later) => {
            io.write_all(&head).await?;
            io.flush().await?;
            clock.sleep(later).await;
            io.write_all(&body).await?;
        }
        Writing::ByteByByte => {
            io.write_all(&head).await?;
            for byte in body {
                io.write_all(&[byte]).await?;
                io.flush().await?;
                // Every byte is a packet of its own.
                clock.sleep(Duration::from_millis(1)).await;
            }
        }
    }
    io.flush().await
}

/// One request on a connection of its own.
pub(in crate::check) async fn exchange(
    world: &World,
    target: &Target,
    ask: &Ask,
    limits: Limits,
) -> Exchange {
    let began = world.clock.now();
    match Connection::open(world, target, limits.total.min(Duration::from_secs(5))).await {
        Ok(mut connection) => connection.exchange(ask, limits).await,
        Err(why) => Exchange::unreached(ask.clone(), began, world.clock.now(), why),
    }
}
