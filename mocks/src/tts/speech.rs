//! What a synthesiser says to one request: how long, when each piece of it is there, and when each word is heard.

use std::time::Duration;

use bytes::Bytes;
use rand::RngCore;
use unicode_segmentation::UnicodeSegmentation as _;

use super::sound::Sound;
use crate::cjk::{is_cjk, spoken_for};
use crate::script::{Chunk, TtsBehaviour, Voice};

/// What is to be said, in which samples.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Wanted {
    pub(super) text: String,
    /// Samples a second.
    pub(super) rate: u32,
    /// 1 or 2.
    pub(super) channels: u16,
}

/// The speech of one request. All times are since the request arrived.
#[derive(Clone, Debug)]
pub(crate) struct Speech {
    wanted: Wanted,
    does: TtsBehaviour,
    sound: Sound,
    /// When the script lets the answer begin.
    pub(super) after: Duration,
    /// When the first audio is there.
    pub(super) first: Duration,
    /// How long all of it is.
    pub(super) length: Duration,
}

/// A piece of speech.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Piece {
    /// When it is there.
    pub(super) after: Duration,
    /// Counted from 1.
    pub(super) number: u64,
    /// Its bytes of the audio.
    pub(super) bytes: Bytes,
    /// Where it begins and ends in the speech.
    pub(super) at: (Duration, Duration),
}

/// A piece of text and when it is heard, counted from the first sample.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Timed {
    pub(super) text: String,
    pub(super) start: Duration,
    pub(super) end: Duration,
}

impl Wanted {
    /// What cannot be said is refused with these words.
    pub(super) fn check(self, voice: &Voice, rates: &[u32]) -> Result<Self, String> {
        if self.text.trim().is_empty() {
            return Err("expected something to say, got an empty text".to_owned());
        }
        if !rates.contains(&self.rate) {
            return Err(format!("expected a sample rate of {rates:?}, got {}", self.rate));
        }
        if matches!(voice, Voice::Speech(_)) && self.rate != 16_000 {
            return Err(format!("expected 16000 Hz, which recorded speech has, got {}", self.rate));
        }
        Ok(self)
    }
}

impl Speech {
    /// The answer to request `number`, not before `after`. Draws come from `rng` alone.
    pub(super) fn new(
        number: u64,
        wanted: Wanted,
        does: &TtsBehaviour,
        after: Duration,
        rng: &mut impl RngCore,
    ) -> Self {
        let first = does.first_audio.draw(0, rng).max(after);
        let length = spoken_for(&wanted.text, does.seconds_per_char.get(), does.seconds_per_latin_char.get());
        let sound = Sound::new(&does.voice, number, wanted.rate);
        Self { wanted, does: does.clone(), sound, after, first, length }
    }

    /// The pieces of the audio. Each is there when, at the script's speed, all audio before it has been.
    pub(super) fn pieces(&self) -> impl Iterator<Item = Piece> + Send + use<> {
        let Self { wanted, does, sound, first, length, .. } = self.clone();
        let frame = u64::from(wanted.channels) * 2;
        let bytes_a_second = u64::from(wanted.rate) * frame;
        let total = samples_in(length, wanted.rate) * frame;
        let piece = match does.chunk {
            Chunk::Duration(length) => (samples_in(length, wanted.rate) * frame).max(frame),
            Chunk::Bytes(bytes) => bytes,
        };
        let position =
            move |bytes: u64| Duration::from_nanos(bytes.saturating_mul(1_000_000_000) / bytes_a_second);
        (0..total.div_ceil(piece)).map(move |index| {
            let (start, end) = (index * piece, ((index + 1) * piece).min(total));
            let after = first + whole_millis(does.speed.time_for(position(start)));
            let bytes = sound.bytes(start..end, wanted.channels);
            Piece { after, number: index + 1, bytes, at: (position(start), position(end)) }
        })
    }

    /// All audio in one piece, there when the last of its pieces is.
    pub(super) fn whole(&self) -> Piece {
        let mut whole =
            Piece { after: self.first, number: 1, bytes: Bytes::new(), at: (Duration::ZERO, self.length) };
        let mut bytes = Vec::new();
        for piece in self.pieces() {
            whole.after = piece.after;
            bytes.extend_from_slice(&piece.bytes);
        }
        whole.bytes = bytes.into();
        whole
    }

    /// Every character with its times.
    pub(super) fn characters(&self) -> Vec<Timed> {
        let mut start = Duration::ZERO;
        let timed = self.wanted.text.graphemes(true).map(|text| {
            let length =
                spoken_for(text, self.does.seconds_per_char.get(), self.does.seconds_per_latin_char.get());
            let timed = Timed { text: text.to_owned(), start, end: start + length };
            start = timed.end;
            timed
        });
        timed.collect()
    }

    /// Every word with its times; a CJK character is a word.
    pub(super) fn words(&self) -> Vec<Timed> {
        let mut words: Vec<Timed> = Vec::new();
        let mut is_open = false;
        for character in self.characters() {
            let is_space = character.text.trim().is_empty();
            let stands_alone = character.text.starts_with(is_cjk);
            match words.last_mut().filter(|_| is_open && !stands_alone && !is_space) {
                Some(word) => {
                    word.text.push_str(&character.text);
                    word.end = character.end;
                }
                None if is_space => is_open = false,
                None => {
                    is_open = !stands_alone;
                    words.push(character);
                }
            }
        }
        words
    }

    /// The words that begin within a piece.
    pub(super) fn words_of(&self, piece: &Piece) -> Vec<Timed> {
        let (start, end) = piece.at;
        self.words().into_iter().filter(|word| (start..end).contains(&word.start)).collect()
    }
}

/// So many samples at this rate.
pub(super) fn samples_in(length: Duration, rate: u32) -> u64 {
    u64::try_from(length.as_nanos() * u128::from(rate) / 1_000_000_000).unwrap_or(u64::MAX)
}

fn whole_millis(time: Duration) -> Duration {
    let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_millis(nanos.saturating_add(500_000) / 1_000_000)
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;

    fn speech(text: &str) -> Speech {
        let wanted = Wanted { text: text.to_owned(), rate: 16_000, channels: 1 };
        Speech::new(1, wanted, &TtsBehaviour::default(), Duration::ZERO, &mut ChaCha8Rng::seed_from_u64(1))
    }

    #[test]
    fn words_end_at_spaces_and_cjk_characters() {
        let words = speech("Hi there, 你好ok").words();
        let words: Vec<_> = words
            .iter()
            .map(|word| (word.text.as_str(), word.start.as_millis(), word.end.as_millis()))
            .collect();
        assert_eq!(
            words,
            [("Hi", 0, 120), ("there,", 180, 540), ("你", 600, 820), ("好", 820, 1040), ("ok", 1040, 1160)]
        );
    }

    #[test]
    fn the_pieces_make_the_whole_and_each_word_is_in_one() {
        let speech = speech("你好 hi");
        let pieces: Vec<_> = speech.pieces().collect();
        assert_eq!(pieces.len(), 31);
        assert_eq!((pieces[30].after.as_millis(), pieces[30].at.1), (300, Duration::from_millis(620)));
        let joined: Vec<u8> = pieces.iter().flat_map(|piece| piece.bytes.to_vec()).collect();
        assert_eq!((speech.whole().bytes, speech.whole().after.as_millis()), (joined.into(), 300));
        let words: Vec<_> = pieces.iter().flat_map(|piece| speech.words_of(piece)).collect();
        assert_eq!(words, speech.words());
    }
}
