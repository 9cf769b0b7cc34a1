//! The voice of the reference: texts into something as long, as loud and as broken into syllables as speech.
//!
//! A text is a row of units, one a syllable, word or pause, and each unit is one of a few sounds made beforehand, so
//! that any stretch of audio costs a copy. The same text sounds the same every time, another one differs. Out: language.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

/// How long a syllable written by one character takes: 4.5 of them a second.
const SYLLABLE: Duration = Duration::from_micros(222_222);
/// How long a word takes: 2.6 of them a second.
const WORD: Duration = Duration::from_micros(384_615);
/// How long a mora takes: 7 of them a second.
const MORA: Duration = Duration::from_micros(142_857);
/// The rest within a sentence.
const COMMA: Duration = Duration::from_millis(60);
/// The rest after a sentence.
const STOP: Duration = Duration::from_millis(120);
/// What a text that asks for a break gets when it does not say how long.
const BREAK: Duration = Duration::from_millis(500);
/// What is quiet before the first sound.
pub(super) const LEAD: Duration = Duration::from_millis(20);
/// What is quiet after the last one.
pub(super) const TAIL: Duration = Duration::from_millis(120);

/// How many sounds there are of each kind.
const VARIANTS: u32 = 8;
/// The loudest sample: -7 dBFS.
const PEAK: f64 = 14_600.0;

/// One unit of a spoken text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unit {
    /// A sound of this length, which of the variants.
    Sound(Duration, u32),
    /// Nothing for so long.
    Rest(Duration),
}

/// A text as audio at one rate.
#[derive(Clone, Debug)]
pub(super) struct Speech {
    /// Each unit's sound and the sample after its last.
    units: Vec<(Option<Arc<[i16]>>, u64)>,
}

impl Speech {
    /// `None` when nothing in the text can be spoken.
    pub(super) fn of(text: &str, rate: u32, lead: Duration, tail: Duration) -> Option<Self> {
        let units = units(text);
        let framed = [&[Unit::Rest(lead)], units.as_slice(), &[Unit::Rest(tail)]].concat();
        units.iter().any(|unit| matches!(unit, Unit::Sound(..))).then(|| Self::from_units(&framed, rate))
    }

    fn from_units(units: &[Unit], rate: u32) -> Self {
        let voice = voice(rate);
        let mut end = 0;
        let units = units.iter().map(|unit| match *unit {
            Unit::Sound(length, variant) => {
                let sound = voice.sound(length, variant);
                end += sound.len() as u64;
                (Some(sound), end)
            }
            Unit::Rest(length) => {
                end += samples_in(length, rate);
                (None, end)
            }
        });
        Self { units: units.collect() }
    }

    /// How many samples there are, of one channel.
    pub(super) fn len(&self) -> u64 {
        self.units.last().map_or(0, |(_, end)| *end)
    }

    /// The samples from `start` to `end`.
    pub(super) fn samples(&self, start: u64, end: u64) -> Vec<i16> {
        let end = end.min(self.len());
        let mut samples = Vec::with_capacity(usize::try_from(end.saturating_sub(start)).unwrap_or_default());
        let mut at = start;
        let mut index = self.units.partition_point(|(_, last)| *last <= start);
        while let Some((sound, last)) = self.units.get(index).filter(|_| at < end) {
            let until = end.min(*last);
            let length = usize::try_from(until - at).unwrap_or_default();
            match sound {
                Some(sound) => {
                    let from = sound.len().saturating_sub(usize::try_from(last - at).unwrap_or_default());
                    samples.extend(sound.iter().skip(from).take(length));
                }
                None => samples.resize(samples.len() + length, 0),
            }
            (at, index) = (until, index + 1);
        }
        samples
    }
}

/// How many samples of one channel so much time is.
pub(super) fn samples_in(length: Duration, rate: u32) -> u64 {
    u64::try_from(length.as_nanos() * u128::from(rate) / 1_000_000_000).unwrap_or(u64::MAX)
}

/// What is to be said, unit by unit. No rest at either end.
pub(super) fn units(text: &str) -> Vec<Unit> {
    let mut units = Vec::new();
    let mut word = None;
    for piece in pieces(text) {
        let c = match piece {
            Piece::Break => {
                units.push(Unit::Rest(BREAK));
                word = None;
                continue;
            }
            Piece::Character(c) => c,
        };
        let unit = match c {
            '\u{2e80}'..='\u{2fdf}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' => {
                Unit::Sound(SYLLABLE, variant(c))
            }
            '\u{20000}'..='\u{3ffff}' | '\u{ac00}'..='\u{d7af}' => Unit::Sound(SYLLABLE, variant(c)),
            '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fc}' => Unit::Sound(MORA, variant(c)),
            ',' | '，' | '、' | ';' | '；' | ':' | '：' => Unit::Rest(COMMA),
            '.' | '。' | '!' | '！' | '?' | '？' | '…' | '\n' => Unit::Rest(STOP),
            '%' | '¥' | '$' | '€' | '£' | '+' => Unit::Sound(SYLLABLE, variant(c)),
            _ if c.is_numeric() => Unit::Sound(SYLLABLE, variant(c)),
            // Marks that combine with a letter belong to its word, as an apostrophe does.
            _ if c.is_alphabetic() || word.is_some() && (is_mark(c) || matches!(c, '\'' | '’')) => {
                let start = *word.get_or_insert(units.len());
                let sound = Unit::Sound(WORD, variant(c));
                // A word sounds by all its letters, so that two words are not one.
                match units.get_mut(start) {
                    Some(Unit::Sound(_, heard)) => *heard = (*heard + variant(c)) % VARIANTS,
                    _ => units.push(sound),
                }
                continue;
            }
            _ => {
                word = None;
                continue;
            }
        };
        word = None;
        units.push(unit);
    }
    let is_rest = |unit: &Unit| matches!(unit, Unit::Rest(_));
    while units.last().is_some_and(is_rest) {
        units.pop();
    }
    let quiet = units.iter().take_while(|unit| is_rest(unit)).count();
    units.drain(..quiet);
    units
}

enum Piece {
    Character(char),
    Break,
}

/// The characters to be read: those of markup are not, when the whole text is marked up.
fn pieces(text: &str) -> Vec<Piece> {
    if !text.trim_start().starts_with("<speak") {
        return text.chars().map(Piece::Character).collect();
    }
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        pieces.extend(before.chars().map(Piece::Character));
        let (tag, after) = tag.split_once('>').unwrap_or((tag, ""));
        if tag.starts_with("break") {
            pieces.push(Piece::Break);
        }
        rest = after;
    }
    pieces.extend(rest.chars().map(Piece::Character));
    pieces
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{65f}')
}

fn variant(c: char) -> u32 {
    u32::from(c).wrapping_mul(0x9e37_79b9) >> 16 & (VARIANTS - 1)
}

/// Sounds by their length and their samples a second.
type Sounds = BTreeMap<(Duration, u32), Arc<[i16]>>;

/// All sounds at one rate.
struct Voice {
    rate: u32,
    sounds: Mutex<Sounds>,
}

/// The voice at a rate. Each is made once: what it says depends on nothing but the rate.
fn voice(rate: u32) -> Arc<Voice> {
    static VOICES: LazyLock<Mutex<BTreeMap<u32, Arc<Voice>>>> = LazyLock::new(Mutex::default);
    let mut voices = VOICES.lock().unwrap_or_else(PoisonError::into_inner);
    let new = || Arc::new(Voice { rate, sounds: Mutex::default() });
    Arc::clone(voices.entry(rate).or_insert_with(new))
}

impl Voice {
    fn sound(&self, length: Duration, variant: u32) -> Arc<[i16]> {
        let mut sounds = self.sounds.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(sounds.entry((length, variant)).or_insert_with(|| sound(length, variant, self.rate)))
    }
}

/// A vowel: a pitch and its harmonics up to 3.4 kHz, rising and falling over its length.
fn sound(length: Duration, variant: u32, rate: u32) -> Arc<[i16]> {
    let pitch = 110 + 14 * variant;
    let period = (rate / pitch).max(8);
    let pitch = f64::from(rate) / f64::from(period);
    let wave: Vec<f64> =
        (0..period).map(|at| vowel(f64::from(at) / f64::from(period), pitch, variant)).collect();
    let mean = wave.iter().sum::<f64>() / f64::from(period);
    let crest = wave.iter().map(|value| (value - mean).abs()).fold(f64::MIN_POSITIVE, f64::max);
    let count = usize::try_from(samples_in(length, rate)).unwrap_or_default();
    let edge = usize::try_from(rate / 50).unwrap_or(1).min(count / 3).max(1);
    // Between -7 and -10 dBFS, so that units can be told apart by their level too.
    let peak = PEAK * (1.0 - f64::from(variant % 4) * 0.09);
    let sample = |at: usize| {
        let from_edge = at.min(count - 1 - at).min(edge);
        #[expect(clippy::cast_precision_loss, reason = "both are below a million")]
        let level = from_edge as f64 / edge as f64;
        let value = wave.get(at % wave.len()).map_or(0.0, |value| (value - mean) / crest);
        #[expect(clippy::cast_possible_truncation, reason = "the value is at most the peak")]
        let sample = (value * level * level * peak) as i16;
        sample
    };
    (0..count).map(sample).collect()
}

/// A voice at a phase of its pitch: harmonics that fall off, with one formant by the variant.
fn vowel(phase: f64, pitch: f64, variant: u32) -> f64 {
    let formant = 400.0 + 180.0 * f64::from(variant);
    (1..=30_u32)
        .map(|harmonic| (f64::from(harmonic), f64::from(harmonic) * pitch))
        .take_while(|(_, hertz)| *hertz < 3_400.0)
        .map(|(harmonic, hertz)| {
            let near = 1.0 / (1.0 + ((hertz - formant) / 300.0).powi(2));
            let weight = (0.3 + near) / harmonic.sqrt();
            // Phases that differ keep the crest low.
            weight * (std::f64::consts::TAU * (phase * harmonic + harmonic * harmonic * 0.13)).sin()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn seconds(text: &str, rate: u32) -> f64 {
        let speech = Speech::of(text, rate, LEAD, TAIL).unwrap();
        #[expect(clippy::cast_precision_loss, reason = "a few million samples")]
        let samples = speech.len() as f64;
        samples / f64::from(rate)
    }

    #[test]
    fn texts_take_as_long_as_people_do() {
        for (text, low, high) in [
            ("好", 0.3, 0.4),
            ("你好，世界！这是流式语音合成的测试。", 3.3, 3.9),
            ("The quick brown fox", 1.5, 1.8),
            ("e\u{301}te\u{301}", 0.4, 0.6),
            ("こんにちは", 0.7, 0.9),
            ("<speak>你好<break time=\"500ms\"/></speak>", 0.5, 0.7),
            ("<speak>你<break time=\"500ms\"/>好</speak>", 1.0, 1.2),
            ("a < b && c > \"d\"", 1.6, 1.8),
        ] {
            for rate in [8_000, 16_000, 48_000] {
                let seconds = seconds(text, rate);
                assert!((low..high).contains(&seconds), "{text} at {rate}: {seconds}");
            }
        }
    }

    #[test]
    fn what_cannot_be_spoken_is_nothing() {
        for text in ["", " \n ", "……！？", "😀👍🏽", "<speak></speak>"] {
            assert!(Speech::of(text, 16_000, LEAD, TAIL).is_none(), "{text}");
        }
    }

    #[test]
    fn any_stretch_is_a_stretch_of_the_whole() {
        let speech = Speech::of("你好，one two", 16_000, LEAD, TAIL).unwrap();
        let whole = speech.samples(0, u64::MAX);
        assert_eq!(whole.len() as u64, speech.len());
        for (start, end) in
            [(0, 1), (319, 321), (3_000, 9_001), (7_000, 7_000), (whole.len() - 3, whole.len())]
        {
            assert_eq!(speech.samples(start as u64, end as u64), whole[start..end], "{start}..{end}");
        }
    }

    #[test]
    fn speech_is_loud_and_neither_clipped_nor_off_the_middle() {
        for text in ["你好，世界！", "The quick brown fox jumps"] {
            let samples = Speech::of(text, 16_000, LEAD, TAIL).unwrap().samples(0, u64::MAX);
            let peak = samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap();
            assert!((8_300..=16_000).contains(&peak), "{text}: {peak}");
            let mean = samples.iter().map(|sample| i64::from(*sample)).sum::<i64>() / samples.len() as i64;
            assert!(mean.abs() < 100, "{text}: {mean}");
            let energy =
                samples.iter().map(|sample| i64::from(*sample).pow(2)).sum::<i64>() / samples.len() as i64;
            assert!(energy > 1_000_000, "{text}: {energy}");
        }
    }
}
