//! The upstream's bytes cut where an event ends, and what each event is: nothing is read into a tree that need not be,
//! and nothing is ever written anew.
//!
//! The rules are those of [`bargein_wire::sse`]; here the bytes themselves are kept, so that they can go on as they
//! came.

use std::sync::LazyLock;

use bytes::{Bytes, BytesMut};
use memchr::memmem::Finder;
use memchr::{memchr, memchr2};

/// The most bytes of one event.
pub(super) const LONGEST_EVENT: usize = 4 << 20;

/// Cuts a stream into blocks of whole events.
#[derive(Debug, Default)]
pub(super) struct Cutter {
    /// What came after the last whole event.
    rest: BytesMut,
    /// How much of the rest are lines that have ended.
    lines: usize,
    /// How much of the rest was looked through: there is no end of a line after the lines.
    seen: usize,
    /// Whether what came last ended a line with a CR, so that a LF right after it ends nothing.
    after_cr: bool,
}

/// An event is longer than any event may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected events of at most {LONGEST_EVENT} bytes in the event stream, got a longer one")]
pub(super) struct Overlong;

impl Cutter {
    /// Takes the next bytes. Gives all events that are whole now, as they came, in one piece; `each` is called for
    /// each of them.
    pub(super) fn push(&mut self, bytes: Bytes, each: impl FnMut(&[u8])) -> Result<Option<Bytes>, Overlong> {
        if self.rest.is_empty() {
            let (whole, lines) = self.scan(&bytes, (0, 0), each)?;
            (self.lines, self.seen) = (lines, bytes.len() - whole);
            if whole == bytes.len() {
                return Ok(Some(bytes).filter(|bytes| !bytes.is_empty()));
            }
            self.rest.extend_from_slice(&bytes[whole..]);
            return Ok(Some(bytes.slice(..whole)).filter(|block| !block.is_empty()));
        }
        self.rest.extend_from_slice(&bytes);
        let rest = std::mem::take(&mut self.rest);
        let (whole, lines) = self.scan(&rest, (self.lines, self.seen), each)?;
        (self.lines, self.seen) = (lines, rest.len() - whole);
        self.rest = rest;
        let block = self.rest.split_to(whole).freeze();
        Ok(Some(block).filter(|block| !block.is_empty()))
    }

    /// What is left when the stream has ended: an event without its blank line, or nothing.
    pub(super) fn finish(&mut self) -> Bytes {
        (self.lines, self.seen) = (0, 0);
        std::mem::take(&mut self.rest).freeze()
    }

    /// How many bytes are whole events, and how many of those after them are whole lines. Of the bytes, so many are
    /// known to be lines, and so many were looked through before.
    fn scan(
        &mut self,
        bytes: &[u8],
        (known, mut seen): (usize, usize),
        mut each: impl FnMut(&[u8]),
    ) -> Result<(usize, usize), Overlong> {
        let (mut event, mut line) = (0, known);
        if bytes.len() <= seen {
            return Ok((0, line));
        }
        // The LF of a line end that was cut in two: it belongs to the line that has ended.
        if std::mem::take(&mut self.after_cr) && bytes.get(line) == Some(&b'\n') {
            line += 1;
            if event == known {
                event = line;
            }
        }
        seen = seen.max(line);
        while let Some(length) = memchr2(b'\n', b'\r', &bytes[seen..]) {
            let end = seen + length;
            let mut next = end + 1;
            if bytes[end] == b'\r' {
                match bytes.get(next) {
                    Some(b'\n') => next += 1,
                    Some(_) => {}
                    None => self.after_cr = true,
                }
            }
            if end == line {
                if next - event > LONGEST_EVENT {
                    return Err(Overlong);
                }
                each(&bytes[event..line]);
                event = next;
            }
            (line, seen) = (next, next);
        }
        if bytes.len() - event > LONGEST_EVENT {
            return Err(Overlong);
        }
        Ok((event, line - event))
    }
}

/// The data of an event's lines. One line's is not copied.
pub(super) fn read(event: &[u8]) -> Lines<'_> {
    let mut data: Option<Lines<'_>> = None;
    let mut rest = event;
    while !rest.is_empty() {
        let end = memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        let (line, after) = rest.split_at(end);
        rest = after.get(1..).unwrap_or_default();
        let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
        let colon = memchr(b':', line).unwrap_or(line.len());
        if &line[..colon] != b"data" {
            continue;
        }
        let value = line.get(colon + 1..).unwrap_or_default();
        let value = value.strip_prefix(b" ").unwrap_or(value);
        data = Some(match data {
            None => Lines::One(value),
            Some(before) => {
                let mut joined = before.bytes().to_vec();
                joined.push(b'\n');
                joined.extend_from_slice(value);
                Lines::Joined(joined)
            }
        });
    }
    data.unwrap_or(Lines::None)
}

/// The data of one event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Lines<'a> {
    /// There is none: a comment.
    None,
    /// One line of it.
    One(&'a [u8]),
    /// Several lines.
    Joined(Vec<u8>),
}

impl Lines<'_> {
    /// The bytes; empty for none.
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::None => &[],
            Self::One(bytes) => bytes,
            Self::Joined(bytes) => bytes,
        }
    }
}

/// A member of JSON objects, wherever it stands.
pub(super) struct Member(Finder<'static>);

macro_rules! member {
    ($name:ident, $text:literal) => {
        /// The member of this name.
        pub(super) static $name: LazyLock<Member> =
            LazyLock::new(|| Member(Finder::new(concat!("\"", $text, "\"").as_bytes())));
    };
}

member!(CHOICES, "choices");
member!(ERROR, "error");
member!(BASE_RESP, "base_resp");
member!(FINISH_REASON, "finish_reason");
member!(USAGE, "usage");

impl Member {
    /// Whether the member stands in this JSON with a value that is neither null nor an empty text. Its name cannot
    /// occur within a text: its quotes would be escaped there.
    pub(super) fn says_something(&self, json: &[u8]) -> bool {
        self.0.find_iter(json).any(|at| {
            let after = json[at + self.0.needle().len()..].trim_ascii_start();
            let Some(value) = after.strip_prefix(b":") else { return false };
            let value = value.trim_ascii_start();
            !value.starts_with(b"null") && !value.starts_with(b"\"\"") && !value.is_empty()
        })
    }

    /// Whether the member stands in this JSON at all.
    pub(super) fn is_in(&self, json: &[u8]) -> bool {
        self.0.find(json).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events and blocks of a stream that comes in these pieces, and what is left.
    fn cut<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<String>, Vec<u8>, Vec<u8>) {
        let mut cutter = Cutter::default();
        let (mut events, mut passed) = (Vec::new(), Vec::new());
        for piece in pieces {
            let each = |event: &[u8]| events.push(String::from_utf8_lossy(read(event).bytes()).into_owned());
            let block = cutter.push(Bytes::copy_from_slice(piece), each).unwrap();
            passed.extend(block.unwrap_or_default());
        }
        (events, passed, cutter.finish().to_vec())
    }

    #[test]
    fn a_block_is_whole_events_as_they_came_wherever_the_pieces_are_cut() {
        for (stream, events, rest) in [
            ("data: a\n\ndata: b\n\n", &["a", "b"][..], ""),
            ("data: a\r\n\r\ndata: b\r\n\r\n", &["a", "b"], ""),
            ("data: a\r\rdata:b\r\r", &["a", "b"], ""),
            (": keep-alive\n\ndata: a\n\n", &["", "a"], ""),
            ("event: x\nid: 7\ndata: {\ndata: }\n\n", &["{\n}"], ""),
            ("\u{feff}data: a\n\n", &["a"], ""),
            ("data: a\n\ndata: {\"cut", &["a"], "data: {\"cut"),
            ("data: a\n\ndata: b\n", &["a"], "data: b\n"),
            ("\n\ndata: \u{5b57}\n\n", &["", "", "\u{5b57}"], ""),
        ] {
            let bytes = stream.as_bytes();
            let expected = (
                events.iter().map(|event| (*event).to_owned()).collect::<Vec<_>>(),
                bytes[..bytes.len() - rest.len()].to_vec(),
                rest.as_bytes().to_vec(),
            );
            assert_eq!(cut([bytes]), expected, "{stream:?}");
            assert_eq!(cut(bytes.chunks(1)), expected, "{stream:?} byte by byte");
            for at in 0..bytes.len() {
                let (one, other) = bytes.split_at(at);
                assert_eq!(cut([one, other]), expected, "{stream:?} cut at {at}");
            }
        }
    }

    #[test]
    fn what_is_whole_already_is_not_copied() {
        let stream = Bytes::from_static(b"data: a\n\ndata: b\n\n");
        let block = Cutter::default().push(stream.clone(), |_| {}).unwrap().unwrap();
        assert_eq!((block.as_ptr(), block.len()), (stream.as_ptr(), stream.len()));
    }

    #[test]
    fn an_endless_event_ends_the_stream() {
        let mut cutter = Cutter::default();
        let piece = Bytes::from(vec![b'x'; LONGEST_EVENT / 4]);
        let pushed: Vec<_> = (0..5).map(|_| cutter.push(piece.clone(), |_| {})).collect();
        assert_eq!(pushed, [Ok(None), Ok(None), Ok(None), Ok(None), Err(Overlong)]);
    }

    #[test]
    fn a_member_is_found_where_it_is_one() {
        for (json, says) in [
            (r#"{"finish_reason":"stop"}"#, true),
            (r#"{"choices":[{"finish_reason" : "length"}]}"#, true),
            (r#"{"finish_reason":null}"#, false),
            (r#"{"finish_reason":""}"#, false),
            (r#"{"content":"\"finish_reason\":\"stop\""}"#, false),
            (r#"{"content":"finish_reason"}"#, false),
            (r#"{"content":"finish_reason","finish_reason":"stop"}"#, true),
            (r#"{"finish_reason":"#, false),
        ] {
            assert_eq!(FINISH_REASON.says_something(json.as_bytes()), says, "{json}");
        }
    }
}
