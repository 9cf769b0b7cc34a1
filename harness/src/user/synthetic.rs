//! A signal shaped like speech, for words nobody recorded.
//!
//! One syllable of 220 ms a CJK character, 60 ms for any other letter or digit; punctuation and spaces take no time.
//! A syllable is a vowel: the harmonics of a gliding voice under three formants, louder in its middle than at its
//! borders and never silent, so that a voice detector hears one uninterrupted voice. The last one dies away, as a voice
//! does; the detector's answer then ends with it. Whole numbers only: the same samples on every machine.

use std::sync::LazyLock;

use super::track::SAMPLE_RATE;

/// Length of the syllable of a CJK character, in samples: 220 ms.
const CJK_SYLLABLE: usize = 220 * 16;
/// Length of the sound of any other letter or digit, in samples: 60 ms.
const LETTER: usize = 60 * 16;

/// Loudest sample: -11 dBFS, the level of a speaker close to the microphone.
const PEAK: i64 = 9_000;
/// Share of the peak that is left at the borders of a syllable, in 32768ths: a third.
const VALLEY: i64 = 11_000;

/// First, second and third formant of five vowels in Hz (Peterson and Barney's averages of male voices).
const FORMANTS: [[i64; 3]; 5] =
    [[730, 1090, 2440], [530, 1840, 2480], [390, 1990, 2550], [570, 840, 2410], [440, 1020, 2240]];
/// Strength of the three formants in 4096ths.
const STRENGTH: [i64; 3] = [4096, 3000, 2000];
/// Half the width of a formant, in Hz.
const HALF_WIDTH: i64 = 150;
/// Strength far from any formant, in 4096ths.
const FLOOR: i64 = 60;

/// Where the voice's pitch begins and ends in a syllable, in Hz. Seven glides against five vowels: 35 syllables
/// differ, so that a detector does not learn the voice as noise.
const GLIDES: [(i64, i64); 7] =
    [(150, 190), (180, 140), (130, 120), (165, 175), (200, 150), (140, 160), (175, 130)];
/// The pitch the formants are exact for, in Hz.
const PITCH: i64 = 155;
/// Harmonics of [`PITCH`] below the Nyquist frequency of a telephone.
const HARMONICS: u32 = 24;

const TABLE_BITS: u32 = 10;

/// One period of a vowel.
type Period = [i16; 1 << TABLE_BITS];

static VOWELS: LazyLock<[Period; 5]> = LazyLock::new(|| FORMANTS.map(period));

/// The signal of `text`, mono at [`SAMPLE_RATE`]; empty when it holds no letter.
pub(super) fn speak(text: &str) -> Vec<i16> {
    let mut samples = Vec::new();
    for (index, character) in text.chars().filter(|c| c.is_alphanumeric()).enumerate() {
        push_syllable(&mut samples, index, if is_cjk(character) { CJK_SYLLABLE } else { LETTER });
    }
    let dies_from = samples.len().saturating_sub(LETTER);
    die_away(&mut samples[dies_from..]);
    samples
}

/// Softer by 30 dB towards the end.
fn die_away(samples: &mut [i16]) {
    // 10^(-30/20/960) in 2^30ths: 30 dB in 60 ms.
    const STEP: i64 = 1_069_885_668;
    let mut gain = 1_i64 << 30;
    for sample in samples {
        gain = (gain * STEP) >> 30;
        *sample = ((i64::from(*sample) * gain) >> 30) as i16;
    }
}

/// Whether a character is written for a whole syllable: Han, kana and hangul.
fn is_cjk(c: char) -> bool {
    matches!(c,
        '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

fn push_syllable(samples: &mut Vec<i16>, index: usize, length: usize) {
    let vowel = &VOWELS[index % VOWELS.len()];
    let (from, to) = GLIDES[index % GLIDES.len()];
    let length_i64 = length as i64;
    let mut phase = 0_u32;
    samples.extend((0..length_i64).map(|i| {
        let pitch = (from * (length_i64 - i) + to * i) / length_i64;
        phase = phase.wrapping_add(((pitch << 32) / i64::from(SAMPLE_RATE)) as u32);
        let level = i64::from(vowel[(phase >> (32 - TABLE_BITS)) as usize]);
        ((level * loudness(i, length_i64)) >> 15) as i16
    }));
}

/// The syllable's envelope in 32768ths: an attack of an eighth, a decay of a third.
fn loudness(i: i64, length: i64) -> i64 {
    const FULL: i64 = 32_767;
    let (attack, decay) = (length / 8, length / 3);
    if i < attack {
        VALLEY + (FULL - VALLEY) * i / attack
    } else if i >= length - decay {
        FULL - (FULL - VALLEY) * (i - (length - decay)) / decay
    } else {
        FULL
    }
}

/// One period of a voice with these formants, at [`PEAK`].
fn period(formants: [i64; 3]) -> Period {
    let sum = |i: u32| -> i64 {
        (1..=HARMONICS)
            .map(|harmonic| {
                let phase = (i << (32 - TABLE_BITS)).wrapping_mul(harmonic);
                sine(phase) * strength(i64::from(harmonic) * PITCH, formants)
            })
            .sum()
    };
    let loudest = (0..1 << TABLE_BITS).map(|i| sum(i).abs()).max().unwrap_or(1).max(1);
    std::array::from_fn(|i| (sum(i as u32) * PEAK / loudest) as i16)
}

/// How strongly a voice with these formants sounds at a frequency, in 4096ths.
fn strength(frequency: i64, formants: [i64; 3]) -> i64 {
    let resonances = STRENGTH.iter().zip(formants).map(|(strength, formant)| {
        let distance = frequency - formant;
        strength * HALF_WIDTH * HALF_WIDTH / (HALF_WIDTH * HALF_WIDTH + distance * distance)
    });
    FLOOR + resonances.sum::<i64>()
}

/// A sine of amplitude 32767, as two parabolas; a full turn is 2^32.
fn sine(phase: u32) -> i64 {
    const HALF: i64 = 1 << 15;
    let x = i64::from(phase >> 16);
    let bow = |x: i64| ((x * (HALF - x)) >> 13).min(32_767);
    if x < HALF { bow(x) } else { -bow(x - HALF) }
}

#[cfg(test)]
mod tests {
    use earshot::{VoiceActivityDetector, VoiceActivityProfile};

    use super::*;
    use crate::user::{FRAME_SAMPLES, last_audible};

    /// Which 20 ms frames of a second of silence and then `samples`, `lead` samples into a frame, are voiced.
    fn voiced(samples: &[i16], lead: usize, profile: VoiceActivityProfile) -> Vec<bool> {
        let mut detector = VoiceActivityDetector::new(profile);
        let mut heard = vec![0; SAMPLE_RATE as usize + lead];
        heard.extend_from_slice(samples);
        heard
            .chunks_exact(FRAME_SAMPLES)
            .map(|frame| detector.predict_16khz(frame).is_ok_and(|voiced| voiced))
            .skip(SAMPLE_RATE as usize / FRAME_SAMPLES)
            .collect()
    }

    /// The first and the last frame may hold too little of the signal.
    #[test]
    fn a_voice_detector_hears_one_uninterrupted_voice() {
        let long = "给我讲个长故事".repeat(20);
        let mixed = "我想订一张 2025 年去 London 的票, please and thank you.".repeat(5);
        for text in ["嗯", "a", "等一下", "OK, go", "今天天气怎么样？", &long, &mixed] {
            for lead in [0, 1, 100, 160, 300] {
                for profile in [VoiceActivityProfile::AGGRESSIVE, VoiceActivityProfile::VERY_AGGRESSIVE] {
                    let frames = voiced(&speak(text), lead, profile);
                    assert!(
                        frames[1..].iter().all(|voiced| *voiced),
                        "{text} {lead} samples into a frame: {frames:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_detectors_answer_ends_with_the_voice() {
        for text in ["嗯", "等一下", "OK, go", "今天天气怎么样？"] {
            let samples = speak(text);
            let end = last_audible(&samples).unwrap();
            for lead in [0, 1, 100, 160, 300] {
                let heard = [samples.as_slice(), &[0; 3_200]].concat();
                let frames = voiced(&heard, lead, VoiceActivityProfile::VERY_AGGRESSIVE);
                let last = frames.iter().rposition(|voiced| *voiced).unwrap();
                let later_by = ((last + 1) * FRAME_SAMPLES) as i64 - (lead + end) as i64;
                assert!(
                    (-320..=800).contains(&later_by),
                    "{text} {lead} samples into a frame: {later_by} later"
                );
            }
        }
    }

    #[test]
    fn the_length_counts_characters_and_neither_spaces_nor_marks() {
        for (text, millis) in [
            ("等一下。", 660),
            ("Hello world.", 600),
            ("OK，好", 340),
            ("안녕", 440),
            ("ねえ", 440),
            ("…", 0),
            ("", 0),
        ] {
            assert_eq!(speak(text).len(), millis * 16, "{text}");
        }
    }

    #[test]
    fn the_samples_never_change() {
        // A different sum means that every timeline with synthetic speech may shift.
        let sum = speak("给我讲个长故事, please").iter().fold(0_u64, |sum, sample| {
            sum.wrapping_mul(31).wrapping_add(u64::from(sample.unsigned_abs()) << 1 | u64::from(*sample < 0))
        });
        assert_eq!(sum, 8_307_729_940_111_046_437);
    }
}
