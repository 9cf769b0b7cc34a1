//! What a synthesiser's audio sounds like, sample by sample.
//!
//! All of it is integer arithmetic, so the same bytes come on every machine.

use std::sync::Arc;

use crate::script::Voice;

/// Audio without end: a tone, or recorded speech over and over.
#[derive(Clone, Debug)]
pub(super) enum Sound {
    Tone {
        /// In Hertz.
        frequency: u32,
        /// Samples a second.
        rate: u32,
    },
    Speech(Arc<[i16]>),
}

impl Sound {
    /// The sound of this request.
    pub(super) fn new(voice: &Voice, request: u64, rate: u32) -> Self {
        match voice {
            Voice::Tone => {
                let step = u32::try_from(request.saturating_sub(1) % 20).unwrap_or_default();
                Self::Tone { frequency: 440 + 20 * step, rate }
            }
            Voice::Speech(speech) => Self::Speech(Arc::clone(&speech.samples)),
        }
    }

    pub(super) fn sample(&self, index: u64) -> i16 {
        match self {
            Self::Tone { frequency, rate } => tone(index, u64::from(*frequency), u64::from(*rate)),
            Self::Speech(samples) => {
                let length = (samples.len() as u64).max(1);
                usize::try_from(index % length)
                    .ok()
                    .and_then(|at| samples.get(at))
                    .copied()
                    .unwrap_or_default()
            }
        }
    }
}

/// A quarter of full scale: -12 dBFS.
const AMPLITUDE: i64 = 8_192;

/// No sample of a tone is quieter, so that the first and the last one are heard as sound: -42 dBFS.
const QUIETEST: i16 = 256;

/// A sine that begins at its crest, by Bhaskara's approximation, which is off by less than 0.2 % of the crest.
fn tone(index: u64, frequency: u64, rate: u64) -> i16 {
    // The place within one turn of the circle, of which there are `2 * half` steps.
    let half = rate;
    let turn = (2 * index * frequency + half / 2) % (2 * half);
    let (x, half) = (i64::try_from(turn % half).unwrap_or_default(), i64::try_from(half).unwrap_or(1));
    let arch = 16 * x * (half - x) * AMPLITUDE / (5 * half * half - 4 * x * (half - x));
    let value = i16::try_from(arch).unwrap_or(i16::MAX).max(QUIETEST);
    if turn < rate { value } else { -value }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_second(request: u64, rate: u32) -> Vec<i16> {
        let sound = Sound::new(&Voice::Tone, request, rate);
        (0..u64::from(rate)).map(|index| sound.sample(index)).collect()
    }

    #[test]
    fn a_tone_has_its_pitch_at_any_rate_and_another_for_each_request() {
        for (request, rate, hertz) in
            [(1, 16_000, 440), (1, 8_000, 440), (2, 24_000, 460), (20, 16_000, 820), (21, 16_000, 440)]
        {
            let samples = one_second(request, rate);
            let rises = samples.windows(2).filter(|pair| pair[0] < 0 && pair[1] > 0).count();
            assert_eq!(rises, hertz, "request {request} at {rate} Hz");
        }
    }

    #[test]
    fn every_sample_of_a_tone_is_loud() {
        let samples = one_second(1, 16_000);
        assert_eq!(samples[..4], [8_192, 8_068, 7_702, 7_106]);
        assert!(samples.iter().all(|sample| sample.unsigned_abs() >= 256 && sample.unsigned_abs() <= 8_192));
    }

    #[test]
    fn speech_begins_again_when_it_is_over() {
        let sound = Sound::Speech([1, 2, 3].into());
        assert_eq!((0..5).map(|index| sound.sample(index)).collect::<Vec<_>>(), [1, 2, 3, 1, 2]);
    }
}
