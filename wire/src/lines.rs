//! Lines of text that arrive as bytes cut anywhere: one JSON document a line, as some vendors stream.
//!
//! A line ends with LF; a CR before it is no part of the line. Lines that hold nothing but white space are left out.
//! Deliberately out: what a line means.

use std::collections::VecDeque;

/// The longest line, in bytes without its end: a second of audio in base64 is 43 kB, some vendors send it all at once.
pub const LONGEST_LINE: usize = 16 << 20;

/// A line exceeds the limit; nothing after it is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected lines of at most {0} bytes, got a longer one")]
pub struct LineTooLong(pub usize);

/// Reads lines that arrive in pieces; where the pieces are cut makes no difference.
#[derive(Clone, Debug)]
pub struct Decoder {
    longest: usize,
    line: Vec<u8>,
    ready: VecDeque<String>,
    failed: bool,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::with_longest(LONGEST_LINE)
    }
}

impl Decoder {
    /// A decoder of lines of at most so many bytes.
    #[must_use]
    pub const fn with_longest(longest: usize) -> Self {
        Self { longest, line: Vec::new(), ready: VecDeque::new(), failed: false }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, is_end) = part.strip_suffix(b"\n").map_or((part, false), |text| (text, true));
            self.failed |= self.line.len() + text.len() > self.longest;
            if self.failed {
                return;
            }
            self.line.extend_from_slice(text);
            if is_end {
                self.end_line();
            }
        }
    }

    /// The next whole line.
    ///
    /// # Errors
    /// When a line was too long, after the lines before it. It stays so.
    pub fn next_line(&mut self) -> Result<Option<String>, LineTooLong> {
        match self.ready.pop_front() {
            None if self.failed => Err(LineTooLong(self.longest)),
            line => Ok(line),
        }
    }

    /// The bytes have ended: the line that had no end, if there was one. It may be cut anywhere.
    ///
    /// # Errors
    /// As [`Self::next_line`].
    pub fn finish(mut self) -> Result<Option<String>, LineTooLong> {
        self.end_line();
        self.next_line()
    }

    fn end_line(&mut self) {
        let line = String::from_utf8_lossy(&self.line);
        let line = line.strip_suffix('\r').unwrap_or(&line);
        if !line.trim().is_empty() {
            self.ready.push_back(line.to_owned());
        }
        self.line.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read<'a>(longest: usize, pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<String>, bool) {
        let mut decoder = Decoder::with_longest(longest);
        let mut lines = Vec::new();
        for piece in pieces {
            decoder.push(piece);
            loop {
                match decoder.next_line() {
                    Ok(Some(line)) => lines.push(line),
                    Ok(None) => break,
                    Err(_) => return (lines, false),
                }
            }
        }
        let last = decoder.finish();
        let is_whole = last.is_ok();
        lines.extend(last.ok().flatten());
        (lines, is_whole)
    }

    #[test]
    fn lines_come_whole_with_either_end_and_without_the_empty_ones() {
        let (lines, _) =
            read(99, [b"{\"a\":1}\r\n\n \n{\"b\":\"\xe4\xbd\xa0\"}\nlast".as_slice()].into_iter());
        assert_eq!(lines, [r#"{"a":1}"#, r#"{"b":"你"}"#, "last"]);
    }

    #[test]
    fn a_line_over_the_limit_ends_the_reading_behind_the_lines_before_it() {
        for pieces in [&[b"ab\nabcde\n".as_slice()][..], &[b"ab\nabc", b"de", b"f\n"]] {
            assert_eq!(read(4, pieces.iter().copied()), (vec!["ab".to_owned()], false), "{pieces:?}");
        }
    }

    proptest! {
        #[test]
        fn cuts_make_no_difference(
            bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), Just(b' '), any::<u8>()], 0..60),
            cuts in proptest::collection::vec(1usize..9, 1..20),
            longest in 1usize..40,
        ) {
            let (mut pieces, mut rest) = (Vec::new(), bytes.as_slice());
            for cut in cuts.iter().cycle() {
                if rest.is_empty() { break }
                let (piece, after) = rest.split_at((*cut).min(rest.len()));
                pieces.push(piece);
                rest = after;
            }
            let whole = read(longest, [bytes.as_slice()].into_iter());
            prop_assert_eq!(read(longest, pieces.into_iter()), whole);
        }
    }
}
