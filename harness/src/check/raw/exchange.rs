//! A request and everything that came back, with times.

use std::fmt;
use std::time::Duration;

use bargein_net::Moment;
use bytes::Bytes;

use super::{Ask, Chunk, Head, Unreached};

/// So many bytes of the body had arrived at this moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arrival {
    /// When the read that held them returned.
    pub at: Moment,
    /// Where they begin in the body.
    pub offset: usize,
    /// How many.
    pub size: usize,
}

/// How the answer says where its body ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum BodyFraming {
    /// It has none, or no head.
    #[default]
    None,
    /// By chunks.
    Chunked,
    /// By its length.
    Length(u64),
    /// By the end of the connection.
    Close,
}

/// How an exchange ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// As the answer's own framing says.
    Complete,
    /// The connection ended before that.
    Closed,
    /// The connection broke before that.
    Broken(String),
    /// It was not over in this time.
    TimedOut(Duration),
    /// More came than is read.
    TooLarge(usize),
    /// What came cannot be read.
    Malformed(String),
    /// It was enough: the checker broke it off.
    Enough,
    /// There was no connection.
    Unreached(Unreached),
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete => f.write_str("complete"),
            Self::Closed => f.write_str("the connection ended before the answer did"),
            Self::Broken(how) => write!(f, "the connection broke: {how}"),
            Self::TimedOut(limit) => write!(f, "not over after {} ms", limit.as_millis()),
            Self::TooLarge(limit) => write!(f, "more than {limit} bytes"),
            Self::Malformed(how) => f.write_str(how),
            Self::Enough => f.write_str("broken off by the checker"),
            Self::Unreached(why) => why.fmt(f),
        }
    }
}

/// A request and everything that came back.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// What was asked.
    pub ask: Ask,
    /// When dialing began; of a connection that was open already, when the request began.
    pub began: Moment,
    /// How long connecting took; zero when the connection was open already.
    pub connecting: Duration,
    /// When the last byte of the request was written.
    pub sent: Moment,
    /// Heads before the last one, such as `100`, with the time from `sent`.
    pub interim: Vec<(u16, Moment)>,
    /// The head.
    pub head: Option<Head>,
    /// When the head was whole.
    pub head_at: Option<Moment>,
    /// How the body's end is said.
    pub framing: BodyFraming,
    /// The body, without its framing.
    pub body: Bytes,
    /// When which part of the body arrived.
    pub arrivals: Vec<Arrival>,
    /// The chunks of a chunked body.
    pub chunks: Vec<Chunk>,
    /// What is wrong with the chunks.
    pub faults: Vec<String>,
    /// What stood behind the last chunk.
    pub trailers: Vec<(String, String)>,
    /// What came behind the end of the answer, when that was waited for.
    pub after: Bytes,
    /// How it ended.
    pub end: End,
    /// When.
    pub ended: Moment,
}

impl Exchange {
    /// One that never came to a connection.
    pub(super) fn unreached(ask: Ask, began: Moment, ended: Moment, why: Unreached) -> Self {
        Self {
            ask,
            began,
            connecting: ended.since(began),
            sent: ended,
            interim: Vec::new(),
            head: None,
            head_at: None,
            framing: BodyFraming::None,
            body: Bytes::new(),
            arrivals: Vec::new(),
            chunks: Vec::new(),
            faults: Vec::new(),
            trailers: Vec::new(),
            after: Bytes::new(),
            end: End::Unreached(why),
            ended,
        }
    }

    /// The status; 0 when there is no head.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.head.as_ref().map_or(0, |head| head.status)
    }

    /// Whether the answer came to its own end.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.end == End::Complete
    }

    /// Milliseconds from the request's last byte to this moment. Not negative: an answer may begin before the
    /// request has ended.
    #[must_use]
    pub fn ms(&self, at: Moment) -> f64 {
        millis(at.since(self.sent))
    }

    /// Milliseconds to the whole head.
    #[must_use]
    pub fn head_ms(&self) -> Option<f64> {
        self.head_at.map(|at| self.ms(at))
    }

    /// Milliseconds to the end.
    #[must_use]
    pub fn end_ms(&self) -> f64 {
        self.ms(self.ended)
    }

    /// When the byte at this place of the body had arrived.
    #[must_use]
    pub fn arrival_of(&self, offset: usize) -> Option<Moment> {
        let next = self.arrivals.partition_point(|arrival| arrival.offset + arrival.size <= offset);
        self.arrivals.get(next).map(|arrival| arrival.at)
    }

    /// What came, in a few words: `200 audio/wav, 12345 bytes in 210 ms`.
    #[must_use]
    pub fn summary(&self) -> String {
        let Some(head) = &self.head else { return format!("no answer: {}", self.end) };
        let tail = if self.is_complete() { String::new() } else { format!(", {}", self.end) };
        format!("{head}, {} bytes in {:.0} ms{tail}", self.body.len(), self.end_ms())
    }
}

/// A duration in milliseconds, with its fractions.
#[must_use]
pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
