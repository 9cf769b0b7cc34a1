//! An answer out of bytes that arrive.
//!
//! Pure: bytes and moments in, an answer out. Whoever reads, fast or slowly, feeds it.

use bargein_net::Moment;
use bytes::{Bytes, BytesMut};

use super::chunked::Chunks;
use super::exchange::{Arrival, BodyFraming};
use super::{Chunk, Head};

/// How many bytes behind the end of an answer are kept.
pub const MOST_AFTER: usize = 64 * 1024;

/// How many heads of status 1xx are taken.
const MOST_INTERIM: usize = 16;

/// Reads one answer.
#[derive(Debug, Default)]
pub struct AnswerDecoder {
    /// The answer to a `HEAD` has no body, whatever its head says.
    is_head_only: bool,
    most_body: usize,
    pending: Vec<u8>,
    pub(super) interim: Vec<(u16, Moment)>,
    pub(super) head: Option<Head>,
    pub(super) head_at: Option<Moment>,
    pub(super) framing: BodyFraming,
    pub(super) body: BytesMut,
    pub(super) arrivals: Vec<Arrival>,
    chunks: Chunks,
    is_done: bool,
    pub(super) wrong: Option<Wrong>,
}

/// Why reading stops before the end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Wrong {
    Malformed(String),
    TooLarge,
}

impl AnswerDecoder {
    /// For the answer to a request of this method, of which at most so many bytes of body are kept.
    #[must_use]
    pub fn new(method: &str, most_body: usize) -> Self {
        Self { is_head_only: method == "HEAD", most_body, ..Self::default() }
    }

    /// Takes what a read gave. What does not belong to this answer stays (`rest_length`).
    pub fn push(&mut self, bytes: &[u8], at: Moment) {
        if self.is_done || self.wrong.is_some() {
            let room = MOST_AFTER.saturating_sub(self.pending.len());
            self.pending.extend_from_slice(&bytes[..bytes.len().min(room)]);
            return;
        }
        if self.head.is_some() {
            return self.read_body(bytes, at);
        }
        self.pending.extend_from_slice(bytes);
        self.read_head(at);
    }

    fn read_head(&mut self, at: Moment) {
        loop {
            let (head, length) = match Head::read(&self.pending) {
                Ok(Some(read)) => read,
                Ok(None) => return,
                Err(error) => {
                    self.wrong = Some(Wrong::Malformed(error.to_string()));
                    return;
                }
            };
            let rest = self.pending.split_off(length);
            self.pending = rest;
            if (100..200).contains(&head.status) && head.status != 101 && self.interim.len() < MOST_INTERIM {
                self.interim.push((head.status, at));
                continue;
            }
            self.framing = framing(&head, self.is_head_only);
            self.head = Some(head);
            self.head_at = Some(at);
            let rest = std::mem::take(&mut self.pending);
            self.is_done = matches!(self.framing, BodyFraming::None | BodyFraming::Length(0));
            return if self.is_done { self.pending = rest } else { self.read_body(&rest, at) };
        }
    }

    fn read_body(&mut self, bytes: &[u8], at: Moment) {
        if bytes.is_empty() {
            return;
        }
        let before = self.body.len();
        let most = self.most_body;
        let mut is_too_large = false;
        let body = &mut self.body;
        let mut keep = |data: &[u8]| {
            let room = most.saturating_sub(body.len());
            is_too_large |= data.len() > room;
            body.extend_from_slice(&data[..data.len().min(room)]);
        };
        let taken = match self.framing {
            BodyFraming::None => 0,
            BodyFraming::Close => {
                keep(bytes);
                bytes.len()
            }
            BodyFraming::Length(length) => {
                let left = usize::try_from(length).unwrap_or(usize::MAX).saturating_sub(before);
                let taken = left.min(bytes.len());
                keep(&bytes[..taken]);
                self.is_done = taken == left;
                taken
            }
            BodyFraming::Chunked => {
                let taken = self.chunks.push(bytes, at, keep);
                self.is_done = self.chunks.is_done();
                taken
            }
        };
        if self.body.len() > before {
            self.arrivals.push(Arrival { at, offset: before, size: self.body.len() - before });
        }
        if self.chunks.is_lost() {
            let fault = self.chunks.faults.last().cloned().unwrap_or_default();
            self.wrong = Some(Wrong::Malformed(fault));
        } else if is_too_large {
            self.wrong = Some(Wrong::TooLarge);
        }
        if let Some(rest) = bytes.get(taken..) {
            self.pending.extend_from_slice(&rest[..rest.len().min(MOST_AFTER)]);
        }
    }

    /// The connection has ended. Tells whether that is the end of the answer.
    pub fn eof(&mut self) -> bool {
        self.is_done |= self.head.is_some() && self.framing == BodyFraming::Close && self.wrong.is_none();
        self.is_done
    }

    /// Whether the answer is whole.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.is_done
    }

    /// How many bytes of body there are.
    #[must_use]
    pub fn body_length(&self) -> usize {
        self.body.len()
    }

    /// How many chunks have begun.
    #[must_use]
    pub fn chunk_count(&self) -> usize {
        self.chunks.chunks.len()
    }

    /// How many bytes wait behind the end of the answer.
    #[must_use]
    pub fn rest_length(&self) -> usize {
        if self.is_done { self.pending.len() } else { 0 }
    }

    /// The bytes behind the end of the answer: what begins the next one on this connection.
    pub(super) fn take_rest(&mut self) -> Vec<u8> {
        if self.is_done { std::mem::take(&mut self.pending) } else { Vec::new() }
    }

    pub(super) fn take_chunks(&mut self) -> (Vec<Chunk>, Vec<String>, Vec<(String, String)>) {
        let chunks = std::mem::take(&mut self.chunks);
        (chunks.chunks, chunks.faults, chunks.trailers)
    }

    pub(super) fn take_body(&mut self) -> Bytes {
        std::mem::take(&mut self.body).freeze()
    }
}

fn framing(head: &Head, is_head_only: bool) -> BodyFraming {
    if is_head_only || matches!(head.status, 100..200 | 204 | 304) {
        BodyFraming::None
    } else if head.lists("transfer-encoding", "chunked") {
        BodyFraming::Chunked
    } else {
        let length = head.value("content-length").and_then(|length| length.parse().ok());
        length.map_or(BodyFraming::Close, BodyFraming::Length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(wire: &[u8], most: usize) -> AnswerDecoder {
        let mut decoder = AnswerDecoder::new("POST", most);
        wire.iter().for_each(|byte| decoder.push(&[*byte], Moment::from_millis(5)));
        decoder
    }

    #[test]
    fn every_framing_ends_where_it_says() {
        for (wire, body, rest, is_done) in [
            (&b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP"[..], "abc", "HTTP", true),
            (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\nX", "a", "X", true),
            (b"HTTP/1.1 204 No\r\n\r\nX", "", "X", true),
            (b"HTTP/1.1 200 OK\r\n\r\nabc", "abc", "", false),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", "", true),
        ] {
            let mut decoder = decode(wire, 100);
            assert_eq!(decoder.is_done(), is_done);
            assert_eq!(decoder.take_rest(), rest.as_bytes());
            assert!(decoder.eof());
            assert_eq!(decoder.take_body(), body.as_bytes());
        }
    }

    #[test]
    fn a_body_without_end_is_bounded() {
        let head = b"HTTP/1.1 200 OK\r\n\r\n";
        let mut decoder = decode(&[&head[..], &[7; 50]].concat(), 20);
        (0..100).for_each(|_| decoder.push(&[7; 10_000], Moment::ZERO));
        assert_eq!((decoder.wrong.clone(), decoder.body_length()), (Some(Wrong::TooLarge), 20));
        assert!(decoder.pending.len() <= MOST_AFTER && !decoder.eof());
    }
}
