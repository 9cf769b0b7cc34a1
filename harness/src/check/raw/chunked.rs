//! Chunks as they come: sizes, borders, extensions, trailers, and what is wrong with them.
//!
//! It goes on behind faults that leave no doubt about what is meant, and notes them.

use bargein_net::Moment;

/// The longest line of a size or a trailer.
const LONGEST_LINE: usize = 8 * 1024;
/// How many faults are noted.
const MOST_FAULTS: usize = 20;
/// How many trailers are kept.
const MOST_TRAILERS: usize = 64;

/// One chunk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chunk {
    /// Where its data begins in the body.
    pub offset: u64,
    /// How long it is.
    pub size: u64,
    /// When its first byte of data had arrived.
    pub first: Moment,
    /// When its last byte of data had arrived.
    pub at: Moment,
    /// What stands behind the size, if anything.
    pub extension: String,
}

/// Reads a chunked body.
#[derive(Clone, Debug, Default)]
pub(super) struct Chunks {
    pub(super) chunks: Vec<Chunk>,
    pub(super) trailers: Vec<(String, String)>,
    /// What is wrong, with its place.
    pub(super) faults: Vec<String>,
    state: State,
    line: Vec<u8>,
    /// How many bytes of the wire came before.
    wire: u64,
    /// How many bytes of data came before.
    data: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum State {
    #[default]
    Size,
    Data {
        left: u64,
    },
    /// Behind the data: CR LF.
    Behind,
    Trailers,
    Done,
    /// Nothing can be made of what comes.
    Lost,
}

impl Chunks {
    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    pub(super) fn is_lost(&self) -> bool {
        self.state == State::Lost
    }

    /// Takes bytes, and gives data to `body`. Tells how many it took: all of them, until the body has ended.
    pub(super) fn push(&mut self, bytes: &[u8], at: Moment, mut body: impl FnMut(&[u8])) -> usize {
        let mut taken = 0;
        while let Some(rest) = bytes.get(taken..).filter(|rest| !rest.is_empty()) {
            let step = match self.state {
                State::Size => self.line(rest, Self::size),
                State::Trailers => self.line(rest, Self::trailer),
                State::Data { left } => {
                    let step = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                    body(&rest[..step]);
                    self.data(left, step, at);
                    step
                }
                State::Behind => self.behind(rest),
                State::Done | State::Lost => break,
            };
            taken += step;
            self.wire += step as u64;
        }
        taken
    }

    fn data(&mut self, left: u64, step: usize, at: Moment) {
        let step = step as u64;
        if let Some(chunk) = self.chunks.last_mut() {
            if left == chunk.size {
                chunk.first = at;
            }
            chunk.at = at;
        }
        self.data += step;
        self.state = if left == step { State::Behind } else { State::Data { left: left - step } };
    }

    /// Collects a line, and hands it over without its end.
    fn line(&mut self, rest: &[u8], take: fn(&mut Self, &str)) -> usize {
        let (step, is_whole) =
            rest.iter().position(|byte| *byte == b'\n').map_or((rest.len(), false), |at| (at + 1, true));
        self.line.extend_from_slice(&rest[..step]);
        if self.line.len() > LONGEST_LINE {
            self.fault("a line of a size or trailer without end");
            self.state = State::Lost;
        } else if is_whole {
            let line = std::mem::take(&mut self.line);
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end_matches('\n');
            if !text.ends_with('\r') {
                self.fault(&format!("`{}` ends with LF, not CR LF", text.escape_debug()));
            }
            take(self, text.trim_end_matches('\r'));
        }
        step
    }

    fn size(&mut self, line: &str) {
        let (size, extension) = line.split_once(';').map_or((line, ""), |(size, rest)| (size, rest));
        let digits = size.trim_matches([' ', '\t']);
        let is_hex = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let Some(length) = u64::from_str_radix(digits, 16).ok().filter(|_| is_hex) else {
            self.fault(&format!("expected a size in hex, got `{}`", shown(line)));
            self.state = State::Lost;
            return;
        };
        if digits != size {
            self.fault(&format!("blanks around the size `{}`", shown(size)));
        }
        if length == 0 {
            self.state = State::Trailers;
            return;
        }
        let (first, extension) = (Moment::ZERO, extension.trim().to_owned());
        self.chunks.push(Chunk { offset: self.data, size: length, first, at: first, extension });
        self.state = State::Data { left: length };
    }

    fn trailer(&mut self, line: &str) {
        if line.is_empty() {
            self.state = State::Done;
        } else if self.trailers.len() < MOST_TRAILERS {
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            self.trailers.push((name.to_owned(), value.trim().to_owned()));
        }
    }

    /// CR LF, byte by byte; what else is there is noted, and taken for the next size.
    fn behind(&mut self, rest: &[u8]) -> usize {
        self.line.push(rest[0]);
        match self.line.as_slice() {
            b"\r" => 1,
            b"\r\n" => {
                self.line.clear();
                self.state = State::Size;
                1
            }
            b"\n" => {
                self.fault("the data ends with LF, not CR LF");
                self.line.clear();
                self.state = State::Size;
                1
            }
            _ => {
                let size = self.chunks.last().map_or(0, |chunk| chunk.size);
                self.fault(&format!("no CR LF behind the {size} bytes of data"));
                self.line.clear();
                self.state = State::Size;
                0
            }
        }
    }

    fn fault(&mut self, what: &str) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(format!(
                "chunk {} at byte {} of the body: {what}",
                self.chunks.len(),
                self.wire
            ));
        }
    }
}

fn shown(line: &str) -> String {
    line.chars().take(40).collect::<String>().escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(wire: &[u8], cut: usize) -> (Chunks, Vec<u8>, usize) {
        let mut chunks = Chunks::default();
        let mut body = Vec::new();
        let (head, tail) = wire.split_at(cut.min(wire.len()));
        let mut taken = chunks.push(head, Moment::from_millis(1), |bytes| body.extend_from_slice(bytes));
        if taken == head.len() {
            taken += chunks.push(tail, Moment::from_millis(2), |bytes| body.extend_from_slice(bytes));
        }
        (chunks, body, taken)
    }

    #[test]
    fn whole_bodies_end_where_they_end() {
        let wire = b"4\r\nabcd\r\nA;x=1\r\n0123456789\r\n0\r\nSum: 7\r\n\r\nNEXT";
        let (chunks, body, taken) = read(wire, 5);
        assert!(chunks.is_done() && chunks.faults.is_empty());
        assert_eq!((body.as_slice(), &wire[taken..]), (&b"abcd0123456789"[..], &b"NEXT"[..]));
        assert_eq!(
            chunks.chunks[1],
            Chunk {
                offset: 4,
                size: 10,
                first: Moment::from_millis(2),
                at: Moment::from_millis(2),
                extension: "x=1".to_owned()
            }
        );
        assert_eq!(
            (chunks.chunks[0].first, chunks.chunks[0].at),
            (Moment::from_millis(1), Moment::from_millis(2))
        );
        assert_eq!(chunks.trailers, [("Sum".to_owned(), "7".to_owned())]);
    }

    #[test]
    fn what_is_wrong_is_noted_and_read_on_while_it_is_clear() {
        for (wire, fault, is_done) in [
            (&b"4\nabcd\r\n0\r\n\r\n"[..], "`4` ends with LF", true),
            (b"4\r\nabcd\n0\r\n\r\n", "the data ends with LF", true),
            (b"4\r\nabcd0\r\n\r\n", "no CR LF behind the 4 bytes", true),
            (b"4 \r\nabcd\r\n0\r\n\r\n", "blanks around", true),
            (b"0x4\r\nabcd\r\n0\r\n\r\n", "expected a size in hex, got `0x4`", false),
            (b"\r\n4\r\nabcd\r\n0\r\n\r\n", "expected a size in hex, got ``", false),
            (b"-1\r\n", "expected a size in hex", false),
            (b"fffffffffffffffff\r\n", "expected a size in hex", false),
        ] {
            let (chunks, _, _) = read(wire, 0);
            assert!(chunks.faults[0].contains(fault), "{:?}", chunks.faults);
            assert_eq!((chunks.is_done(), chunks.is_lost()), (is_done, !is_done), "{fault}");
        }
        let endless = vec![b'1'; LONGEST_LINE + 2];
        assert!(read(&endless, 100).0.is_lost());
    }

    proptest! {
        #[test]
        fn cut_anywhere_it_reads_the_same(cut in 0usize..60) {
            let wire = b"3\r\nabc\r\n05;e\r\n\r\n\r\n1\r\n0\r\nT: v\r\n\r\nrest";
            let (one, other) = (read(wire, 0), read(wire, cut));
            prop_assert_eq!(one.1, other.1);
            prop_assert_eq!(one.2, other.2);
            prop_assert_eq!(one.0.faults, other.0.faults);
            prop_assert_eq!(one.0.chunks.len(), other.0.chunks.len());
        }
    }
}
