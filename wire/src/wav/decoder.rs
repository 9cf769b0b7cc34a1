//! Reading a stream.

use bytes::{Buf as _, Bytes};

use super::header::{Format, UNKNOWN, read_format};

/// How much may stand before the samples, in bytes.
const LONGEST_HEADER: u64 = 64 * 1024;

/// Data sizes that mean: not known when the header was sent.
const PLACEHOLDERS: [u64; 3] = [0, 0x7FFF_FFFF, UNKNOWN as u64];

/// What is found in a stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part {
    /// The samples from here on are laid out so. Comes before the first samples, and again at each further header: a
    /// server that joins whole WAV files is a frequent mistake.
    Header(Format),
    /// Samples. Where frames are cut is not seen to: that is [`Aligner`](crate::pcm::Aligner)'s business.
    Samples(Bytes),
}

/// The stream is not a WAV of 16-bit PCM.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WavError {
    /// It does not begin as one.
    #[error("expected `RIFF` and `WAVE` at the beginning, got `{}`", .0.escape_ascii())]
    NotWave(Vec<u8>),
    /// Its samples are something else.
    #[error("expected PCM of 16 bits, got format tag {tag:#x} with {bits} bits")]
    Unsupported {
        /// The format tag.
        tag: u16,
        /// The bits of a sample.
        bits: u16,
    },
    /// The samples come before their format.
    #[error("expected a `fmt ` chunk before the `data` chunk, got none")]
    NoFormat,
    /// There is no end of chunks before the samples.
    #[error("expected the `data` chunk within {LONGEST_HEADER} bytes, got other chunks")]
    NoData,
    /// The stream ended within its header.
    #[error("expected a header and samples, got the end of the stream after {0} bytes")]
    Cut(u64),
}

/// Reads a stream that arrives in pieces; where the pieces are cut makes no difference.
///
/// Push what arrived, take parts until there is none, and [`Self::finish`] when the stream has ended. The RIFF size
/// is ignored; the data size too, when it is a placeholder or more than arrives. When it is neither, what follows
/// the samples is skipped, except for a further header.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    state: State,
    /// Bytes that are not read yet.
    pending: Bytes,
    /// The format in the header under way.
    format: Option<Format>,
    /// How many bytes of the header under way were read.
    read: u64,
    /// Whether a byte of padding follows the samples.
    padded: bool,
    /// Whether any header was read to its end.
    begun: bool,
    skipped: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum State {
    /// Before the 12 bytes of a RIFF header.
    #[default]
    Riff,
    /// Before the 8 bytes of a chunk's header.
    Chunk,
    /// Within a `fmt ` chunk of this size.
    Format(u64),
    /// Within a chunk of no interest; this much of it is left.
    Other(u64),
    /// Within the samples; this much of them is left. [`ENDLESS`]: until the stream ends.
    Samples(u64),
    /// After the samples, before a chunk's header or a further RIFF header.
    After,
    /// After the samples, within something of no interest; this much of it is left.
    Trailing(u64),
}

/// More than any stream holds.
const ENDLESS: u64 = u64::MAX;

impl Decoder {
    /// A decoder before the first byte.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes of the stream.
    pub fn push(&mut self, bytes: Bytes) {
        self.pending = match self.pending.len() {
            0 => bytes,
            _ => [self.pending.as_ref(), &bytes].concat().into(),
        };
    }

    /// What comes next; `None` until more arrives.
    ///
    /// # Errors
    /// When the stream cannot be read. Nothing more comes of it then.
    pub fn next_part(&mut self) -> Result<Option<Part>, WavError> {
        loop {
            let before = self.state;
            let part = self.step()?;
            if part.is_some() || self.state == before {
                return Ok(part);
            }
        }
    }

    /// The stream has ended: the samples that could have been the beginning of a further header.
    ///
    /// # Errors
    /// When it ended within its first header.
    pub fn finish(self) -> Result<Option<Bytes>, WavError> {
        match self.state {
            State::Samples(_) => Ok(Some(self.pending).filter(|samples| !samples.is_empty())),
            _ if self.begun => Ok(None),
            _ => Err(WavError::Cut(self.read + self.pending.len() as u64)),
        }
    }

    /// How many bytes after the samples were not played, padding included.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }

    /// One move of the state, if there are bytes enough for one.
    fn step(&mut self) -> Result<Option<Part>, WavError> {
        match self.state {
            State::Riff => {
                if let Some(riff) = self.take(12)? {
                    if !riff.starts_with(b"RIFF") || !riff.ends_with(b"WAVE") {
                        return Err(WavError::NotWave(riff.to_vec()));
                    }
                    self.state = State::Chunk;
                }
            }
            State::Chunk => {
                if let Some(chunk) = self.take(8)? {
                    return self.begin_chunk(&chunk);
                }
            }
            State::Format(size) => {
                if let Some(chunk) = self.take(size)? {
                    let format = read_format(&chunk);
                    self.format = Some(format.map_err(|(tag, bits)| WavError::Unsupported { tag, bits })?);
                    self.state = State::Chunk;
                }
            }
            State::Other(left) => {
                self.within_limit(left)?;
                let skipped = self.skip(left);
                self.read += skipped;
                self.state = if left > skipped { State::Other(left - skipped) } else { State::Chunk };
            }
            State::Samples(left) => return Ok(self.samples(left)),
            State::After => self.begin_trailing(),
            State::Trailing(left) => {
                let skipped = self.skip(left);
                self.skipped += skipped;
                self.state = if left > skipped { State::Trailing(left - skipped) } else { State::After };
            }
        }
        Ok(None)
    }

    fn begin_header(&mut self) {
        (self.state, self.format, self.read) = (State::Riff, None, 0);
    }

    fn begin_chunk(&mut self, chunk: &[u8]) -> Result<Option<Part>, WavError> {
        let (size, padded_size) = sizes(chunk);
        if chunk.starts_with(b"data") {
            let format = self.format.ok_or(WavError::NoFormat)?;
            self.begun = true;
            self.padded = padded_size > size;
            let known = !PLACEHOLDERS.contains(&size);
            self.state = State::Samples(if known { size } else { ENDLESS });
            return Ok(Some(Part::Header(format)));
        }
        self.state =
            if chunk.starts_with(b"fmt ") { State::Format(padded_size) } else { State::Other(padded_size) };
        Ok(None)
    }

    /// The samples that arrived, up to what may be a further header.
    fn samples(&mut self, left: u64) -> Option<Part> {
        let here = usize::try_from(left).unwrap_or(usize::MAX).min(self.pending.len());
        let found = find_header(&self.pending[..here]);
        let clean = match found {
            Found::Whole(at) => at,
            // What ends with the samples cannot go on as a header.
            Found::Begun(at) if (here as u64) < left => at,
            Found::Begun(_) | Found::None => here,
        };
        let samples = self.pending.split_to(clean);
        self.state = match left - clean as u64 {
            0 if self.padded => State::Trailing(1),
            0 => State::After,
            left => State::Samples(left),
        };
        if let Found::Whole(_) = found {
            self.begin_header();
        }
        (!samples.is_empty()).then_some(Part::Samples(samples))
    }

    fn begin_trailing(&mut self) {
        let Some(chunk) = self.pending.get(..8) else { return };
        if chunk.starts_with(b"RIFF") {
            return self.begin_header();
        }
        let is_chunk = chunk[..4].iter().all(|byte| matches!(byte, b' '..=b'~'));
        let (_, padded_size) = sizes(chunk);
        // What is no chunk has no end either.
        self.state = State::Trailing(if is_chunk { padded_size + 8 } else { ENDLESS });
    }

    /// So many bytes of the header, once they are there.
    fn take(&mut self, length: u64) -> Result<Option<Bytes>, WavError> {
        self.within_limit(length)?;
        let Some(length) = usize::try_from(length).ok().filter(|length| *length <= self.pending.len()) else {
            return Ok(None);
        };
        self.read += length as u64;
        Ok(Some(self.pending.split_to(length)))
    }

    fn within_limit(&self, length: u64) -> Result<(), WavError> {
        if self.read + length > LONGEST_HEADER { Err(WavError::NoData) } else { Ok(()) }
    }

    /// Passes over up to this many bytes; how many there were.
    fn skip(&mut self, left: u64) -> u64 {
        let skipped = usize::try_from(left).unwrap_or(usize::MAX).min(self.pending.len());
        self.pending.advance(skipped);
        skipped as u64
    }
}

/// The size that a chunk's header names, and the one that it takes with its padding.
fn sizes(chunk: &[u8]) -> (u64, u64) {
    let size = chunk.iter().skip(4).take(4).rev().fold(0, |size, byte| size << 8 | u64::from(*byte));
    (size, size + size % 2)
}

/// A further header among samples.
enum Found {
    None,
    /// The last bytes may be the beginning of one.
    Begun(usize),
    Whole(usize),
}

fn find_header(samples: &[u8]) -> Found {
    for at in memchr::memchr_iter(b'R', samples) {
        let tail = &samples[at..];
        let (riff, rest) = tail.split_at(tail.len().min(4));
        let wave = rest.get(4..).unwrap_or_default();
        let wave = &wave[..wave.len().min(8)];
        if b"RIFF".starts_with(riff) && b"WAVEfmt ".starts_with(wave) {
            return if wave.len() == 8 { Found::Whole(at) } else { Found::Begun(at) };
        }
    }
    Found::None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wav::header;

    const MONO: Format = Format { channels: 1, rate: 16_000 };

    /// What a stream comes to: each header's format with the samples after it, and how many bytes were skipped.
    type Read = (Vec<(Format, Vec<u8>)>, u64);

    fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Read, WavError> {
        let mut decoder = Decoder::new();
        let mut read: Vec<(Format, Vec<u8>)> = Vec::new();
        for piece in pieces {
            decoder.push(Bytes::copy_from_slice(piece));
            while let Some(part) = decoder.next_part()? {
                match (part, read.last_mut()) {
                    (Part::Header(format), _) => read.push((format, Vec::new())),
                    (Part::Samples(samples), Some((_, so_far))) => so_far.extend(samples),
                    (Part::Samples(_), None) => panic!("samples before a header"),
                }
            }
        }
        let skipped = decoder.skipped();
        if let (Some(last), Some((_, so_far))) = (decoder.finish()?, read.last_mut()) {
            so_far.extend(last);
        }
        Ok((read, skipped))
    }

    fn check(stream: &[u8], expected: &Result<Read, WavError>) {
        assert_eq!(&read([stream]), expected, "{stream:02x?} in one piece");
        assert_eq!(&read(stream.chunks(1)), expected, "{stream:02x?} byte by byte");
        for at in 0..stream.len() {
            let (head, tail) = stream.split_at(at);
            assert_eq!(&read([head, tail]), expected, "{stream:02x?} cut at {at}");
        }
    }

    fn one(samples: &[u8]) -> Result<Read, WavError> {
        Ok((vec![(MONO, samples.to_vec())], 0))
    }

    fn wav(data_size: u32, samples: &[u8]) -> Vec<u8> {
        [&header(MONO, data_size), samples].concat()
    }

    fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let size = u32::try_from(content.len()).unwrap_or(u32::MAX);
        [name.as_slice(), &size.to_le_bytes(), content].concat()
    }

    #[test]
    fn sizes_that_are_made_up_or_too_large_run_to_the_end_of_the_stream() {
        let samples = b"1234567R";
        for data_size in [0, 0x7FFF_FFFF, 0xFFFF_FFFF, 8, 10, 4_000_000] {
            check(&wav(data_size, samples), &one(samples));
        }
        check(&wav(UNKNOWN, b""), &one(b""));
    }

    #[test]
    fn what_follows_a_true_size_is_skipped() {
        let expected = |skipped| Ok((vec![(MONO, b"1234".to_vec())], skipped));
        check(&[wav(4, b"1234"), chunk(b"LIST", b"INFO")].concat(), &expected(12));
        check(
            &[wav(4, b"1234"), chunk(b"LIST", b"odd"), vec![0], chunk(b"id3 ", b"")].concat(),
            &expected(20),
        );
        check(&[wav(4, b"1234"), vec![1; 30]].concat(), &expected(30));
        check(
            &[wav(3, b"123"), vec![0], chunk(b"LIST", b"")].concat(),
            &Ok((vec![(MONO, b"123".to_vec())], 9)),
        );
    }

    #[test]
    fn chunks_before_the_samples_are_skipped() {
        let stream = |between: &[u8]| {
            let whole = wav(UNKNOWN, b"1234");
            [&whole[..36], between, &whole[36..]].concat()
        };
        check(&stream(&chunk(b"LIST", b"INFOISFT")), &one(b"1234"));
        check(&stream(&[chunk(b"LIST", b"odd"), vec![0]].concat()), &one(b"1234"));
        check(&stream(b"fact\x04\0\0\0abcd"), &one(b"1234"));
        assert_eq!(read([stream(&chunk(b"LIST", &[0; 65_537])).as_slice()]), Err(WavError::NoData));
        check(&stream(b"LIST\xff\xff\xff\xff"), &Err(WavError::NoData));
    }

    #[test]
    fn a_further_header_is_taken_out_wherever_it_stands() {
        let two =
            |first: &[u8], second: Format| Ok((vec![(MONO, first.to_vec()), (second, b"5678".to_vec())], 0));
        let stereo = Format { channels: 2, rate: 24_000 };
        for first_size in [UNKNOWN, 4, 100] {
            check(&[wav(first_size, b"1234"), wav(UNKNOWN, b"5678")].concat(), &two(b"1234", MONO));
        }
        let odd = [wav(UNKNOWN, b"RIFFx"), header(stereo, 4).to_vec(), b"5678".to_vec()].concat();
        check(&odd, &two(b"RIFFx", stereo));
        check(&wav(UNKNOWN, b"RIFF....WAVEfm RIF"), &one(b"RIFF....WAVEfm RIF"));
    }

    #[test]
    fn a_stream_that_is_no_wav_says_what_it_is() {
        check(b"{\"error\":{\"code\":1}}", &Err(WavError::NotWave(b"{\"error\":{\"c".to_vec())));
        check(b"RIFF", &Err(WavError::Cut(4)));
        check(b"", &Err(WavError::Cut(0)));
        check(&wav(UNKNOWN, b"")[..40], &Err(WavError::Cut(40)));
        let whole = wav(UNKNOWN, b"1234");
        check(&[&whole[..12], &whole[36..]].concat(), &Err(WavError::NoFormat));
        let mut float = whole;
        float[20] = 3;
        check(&float, &Err(WavError::Unsupported { tag: 3, bits: 16 }));
    }

    proptest! {
        #[test]
        fn any_stream_reads_the_same_however_it_is_cut(
            parts in proptest::collection::vec(prop_oneof![
                Just(header(MONO, UNKNOWN).to_vec()),
                Just(header(MONO, 6).to_vec()),
                Just(b"LIST\x02\0\0\0ab".to_vec()),
                Just(b"RIFF".to_vec()),
                Just(b"WAVEfmt ".to_vec()),
                proptest::collection::vec(any::<u8>(), 0..20),
            ], 0..8),
            cuts in proptest::collection::vec(1usize..30, 1..20),
        ) {
            let stream = [header(MONO, UNKNOWN).to_vec(), parts.concat()].concat();
            let mut pieces = Vec::new();
            let mut rest = stream.as_slice();
            for cut in cuts.iter().cycle() {
                if rest.is_empty() { break }
                let (piece, after) = rest.split_at((*cut).min(rest.len()));
                pieces.push(piece);
                rest = after;
            }
            prop_assert_eq!(read(pieces), read([stream.as_slice()]));
        }
    }
}
