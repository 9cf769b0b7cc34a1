//! Server-sent events: bytes to events, and text to frames.
//!
//! The rules are WHATWG's (UTF-8, one leading BOM removed, lines end with CR, LF or CRLF, `:` begins a comment, one
//! space after the colon removed, several `data` lines joined with LF), with one leniency that real vendors need: an
//! event that the stream ends on without a blank line is delivered by [`Decoder::finish`].
//! Deliberately out: `id` and `retry`, which serve reconnection; no vendor's answer can be resumed.

use std::collections::VecDeque;

/// One event of a stream.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Event {
    /// What stood in `event:`; empty when nothing did.
    pub name: String,
    /// The `data` lines, joined with LF. Never the result of a comment; may be empty.
    pub data: String,
}

/// How much a stream may make us hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// The longest line, in bytes without its end. Default 1 MiB.
    pub line: usize,
    /// The most data of one event, in bytes. Default 4 MiB.
    pub event: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { line: 1 << 20, event: 4 << 20 }
    }
}

/// The stream exceeds a limit; nothing after it is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Overlong {
    /// A line.
    #[error("expected lines of at most {0} bytes in the event stream, got a longer one")]
    Line(usize),
    /// The data of one event.
    #[error("expected events of at most {0} bytes in the event stream, got a longer one")]
    Event(usize),
}

/// Reads a stream that arrives in pieces; where the pieces are cut makes no difference.
///
/// Push what arrived, then take events until there is none. An event is there as soon as the first byte of its blank
/// line is: a LF that may follow a CR is not waited for.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    limits: Limits,
    /// The line that has not ended yet.
    line: Vec<u8>,
    /// Whether the last line ended with a CR, so that a LF right after it ends nothing.
    after_cr: bool,
    /// Whether a line has ended yet: a BOM counts before the first one only.
    begun: bool,
    /// The event under way; `None` while it has no `data` line.
    data: Option<String>,
    name: String,
    ready: VecDeque<Event>,
    /// Why nothing more is read.
    failed: Option<Overlong>,
}

impl Decoder {
    /// A decoder with the default limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A decoder with limits of its own.
    #[must_use]
    pub fn with_limits(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Takes the next bytes of the stream.
    pub fn push(&mut self, mut bytes: &[u8]) {
        if self.failed.is_some() {
            return;
        }
        while let Some((&first, rest)) = bytes.split_first() {
            if std::mem::take(&mut self.after_cr) && first == b'\n' {
                bytes = rest;
                continue;
            }
            let end = bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            let (part, after) = bytes.split_at(end.unwrap_or(bytes.len()));
            if self.line.len() + part.len() > self.limits.line {
                self.failed = Some(Overlong::Line(self.limits.line));
                return;
            }
            self.line.extend_from_slice(part);
            bytes = after;
            if let Some((&mark, rest)) = after.split_first() {
                self.after_cr = mark == b'\r';
                bytes = rest;
                if let Err(error) = self.end_line() {
                    self.failed = Some(error);
                    return;
                }
            }
        }
    }

    /// The next whole event.
    ///
    /// # Errors
    /// When a limit was exceeded, after the events before it. It stays so.
    pub fn next_event(&mut self) -> Result<Option<Event>, Overlong> {
        match (self.ready.pop_front(), self.failed) {
            (None, Some(error)) => Err(error),
            (event, _) => Ok(event),
        }
    }

    /// The stream has ended: the event that had no blank line after it, if there was one.
    ///
    /// Such an event may be cut anywhere: whoever reads it decides whether it is whole.
    ///
    /// # Errors
    /// As [`Self::next_event`].
    pub fn finish(mut self) -> Result<Option<Event>, Overlong> {
        if !self.line.is_empty() && self.failed.is_none() {
            self.end_line()?;
        }
        self.dispatch();
        self.next_event()
    }

    /// Reads the line that just ended.
    fn end_line(&mut self) -> Result<(), Overlong> {
        let line = std::mem::take(&mut self.line);
        let mut text = line.as_slice();
        if !std::mem::replace(&mut self.begun, true) {
            text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
        }
        if text.is_empty() {
            self.dispatch();
        } else {
            self.field(text)?;
        }
        self.line = line;
        self.line.clear();
        Ok(())
    }

    fn field(&mut self, line: &[u8]) -> Result<(), Overlong> {
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (field, value) = line.split_at(colon);
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = String::from_utf8_lossy(value.strip_prefix(b" ").unwrap_or(value));
        match field {
            b"data" => {
                let held = self.data.as_ref().map_or(0, |data| data.len() + 1);
                if held + value.len() > self.limits.event {
                    return Err(Overlong::Event(self.limits.event));
                }
                match &mut self.data {
                    Some(data) => {
                        data.push('\n');
                        data.push_str(&value);
                    }
                    None => self.data = Some(value.into_owned()),
                }
            }
            b"event" => self.name = value.into_owned(),
            _ => {}
        }
        Ok(())
    }

    fn dispatch(&mut self) {
        let name = std::mem::take(&mut self.name);
        if let Some(data) = self.data.take() {
            self.ready.push_back(Event { name, data });
        }
    }
}

/// The frame that carries `text`: a `data` line for each of its lines, and the blank line.
#[must_use]
pub fn encode_data(text: &str) -> String {
    let mut frame = String::with_capacity(text.len() + 8);
    for line in text.split('\n') {
        frame.push_str("data: ");
        frame.push_str(line);
        frame.push('\n');
    }
    frame.push('\n');
    frame
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All events of a stream that arrives in these pieces, the unfinished one included.
    fn read<'a>(
        limits: Limits,
        pieces: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Vec<Event>, (Vec<Event>, Overlong)> {
        let mut decoder = Decoder::with_limits(limits);
        let mut events = Vec::new();
        for piece in pieces {
            decoder.push(piece);
            loop {
                match decoder.next_event() {
                    Ok(Some(event)) => events.push(event),
                    Ok(None) => break,
                    Err(error) => return Err((events, error)),
                }
            }
        }
        match decoder.finish() {
            Ok(last) => events.extend(last),
            Err(error) => return Err((events, error)),
        }
        Ok(events)
    }

    fn check(stream: &[u8], expected: &[(&str, &str)]) {
        let expected: Vec<_> = expected
            .iter()
            .map(|(name, data)| Event { name: (*name).into(), data: (*data).into() })
            .collect();
        let shown = String::from_utf8_lossy(stream);
        assert_eq!(read(Limits::default(), [stream]), Ok(expected.clone()), "{shown:?} in one piece");
        assert_eq!(read(Limits::default(), stream.chunks(1)), Ok(expected.clone()), "{shown:?} byte by byte");
        for at in 0..stream.len() {
            let (head, tail) = stream.split_at(at);
            assert_eq!(read(Limits::default(), [head, tail]), Ok(expected.clone()), "{shown:?} cut at {at}");
        }
    }

    #[test]
    fn every_table_row_reads_the_same_however_it_is_cut() {
        check(b"data: a\n\ndata: b\n\n", &[("", "a"), ("", "b")]);
        check("data: 你好🙂\n\n".as_bytes(), &[("", "你好🙂")]);
        check(b"data: a\r\n\r\ndata: b\r\n\r\n", &[("", "a"), ("", "b")]);
        check(b"data: a\r\rdata: b\r\r", &[("", "a"), ("", "b")]);
        check(b"data: a\r\n\ndata: b\n\r\n", &[("", "a"), ("", "b")]);
        check(b"data:{\"a\":1}\n\ndata:[DONE]\n\n", &[("", "{\"a\":1}"), ("", "[DONE]")]);
        check(b"data:  two spaces\n\n", &[("", " two spaces")]);
        check(b": keep-alive\n\n: ping\ndata: a\n: between\n\n", &[("", "a")]);
        check(b"data: {\ndata:  \"a\": 1\ndata: }\n\n", &[("", "{\n \"a\": 1\n}")]);
        check(b"id: 7\nevent: delta\nretry: 3\ndata: a\n\ndata: b\n\n", &[("delta", "a"), ("", "b")]);
        check(b"event: ping\n\ndata: a\n\n", &[("", "a")]);
        check(b"data\n\ndata:\n\n", &[("", ""), ("", "")]);
        check(b"\n\n\n", &[]);
        check(b"", &[]);
        check("\u{feff}data: a\n\n".as_bytes(), &[("", "a")]);
        check("data: a\n\n\u{feff}data: b\n\n".as_bytes(), &[("", "a")]);
        check(b"data: a\n\ndata: {\"last\"", &[("", "a"), ("", "{\"last\"")]);
        check(b"data: a\n", &[("", "a")]);
        check(b"{\"error\":\"no stream\"}", &[]);
        check(b"data: a\xffb\n\n", &[("", "a\u{fffd}b")]);
    }

    #[test]
    fn an_event_is_there_with_the_first_byte_of_its_blank_line() {
        let mut decoder = Decoder::new();
        decoder.push(b"data: a\r\n\r");
        assert_eq!(decoder.next_event(), Ok(Some(Event { name: String::new(), data: "a".into() })));
    }

    #[test]
    fn limits_end_the_stream_after_the_events_before() {
        let limits = Limits { line: 10, event: 12 };
        let before = Event { name: String::new(), data: "ok".into() };
        for (stream, error) in [
            (&b"data: ok\n\ndata: 12345\n\n"[..], Overlong::Line(10)),
            (b"data: ok\n\ndata: 12345", Overlong::Line(10)),
            (b"data: ok\n\ndata: 1234\ndata: 5678\ndata: 9ab\n\n", Overlong::Event(12)),
        ] {
            assert_eq!(read(limits, [stream]), Err((vec![before.clone()], error)));
            assert_eq!(read(limits, stream.chunks(1)), Err((vec![before.clone()], error)));
        }
    }

    #[test]
    fn text_of_several_lines_is_framed_line_by_line() {
        assert_eq!(encode_data("[DONE]"), "data: [DONE]\n\n");
        check(encode_data("{\n}").as_bytes(), &[("", "{\n}")]);
    }

    proptest! {
        #[test]
        fn any_bytes_read_the_same_however_they_are_cut(
            stream in proptest::collection::vec(
                prop_oneof![Just(b'\r'), Just(b'\n'), Just(b':'), Just(b'd'), Just(b' '), any::<u8>()], 0..80),
            fields in proptest::collection::vec(prop_oneof![Just("data:"), Just("event:"), Just("\n"), Just("\r\n")], 0..12),
            cuts in proptest::collection::vec(1usize..9, 1..40),
        ) {
            let stream = [fields.concat().as_bytes(), &stream].concat();
            let limits = Limits { line: 40, event: 60 };
            let whole = read(limits, [stream.as_slice()]);
            let mut pieces = Vec::new();
            let mut rest = stream.as_slice();
            for cut in cuts.iter().cycle() {
                if rest.is_empty() { break }
                let (piece, after) = rest.split_at((*cut).min(rest.len()));
                pieces.push(piece);
                rest = after;
            }
            prop_assert_eq!(read(limits, pieces), whole);
        }
    }
}
