//! What a synthesiser's audio sounds like, sample by sample.
//!
//! All of it is integer arithmetic, so the same bytes come on every machine.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::script::Voice;

/// Audio without end: samples that are repeated.
#[derive(Clone, Debug)]
pub(super) struct Sound(Arc<[i16]>);

impl Sound {
    /// The sound of this request at so many samples a second.
    pub(super) fn new(voice: &Voice, request: u64, rate: u32) -> Self {
        match voice {
            Voice::Tone => Self(tone(u64::from(rate), 440 + 20 * (request.saturating_sub(1) % 20))),
            Voice::Speech(speech) => Self(Arc::clone(&speech.samples)),
        }
    }

    /// These bytes of the audio: 16 bit, little-endian, every channel the same. A range may split samples.
    pub(super) fn bytes(&self, range: Range<u64>, channels: u16) -> Bytes {
        let frame = u64::from(channels) * 2;
        let frames = range.start / frame..range.end.div_ceil(frame);
        let mut bytes = vec![0; length(&(frames.start * frame..frames.end * frame))];
        let mut unwritten = bytes.as_chunks_mut::<2>().0;
        let mut from = usize::try_from(frames.start % (self.0.len() as u64).max(1)).unwrap_or_default();
        let channels = usize::from(channels);
        while !unwritten.is_empty() && !self.0.is_empty() {
            let samples = &self.0[from..self.0.len().min(from + unwritten.len() / channels)];
            let (now, later) = unwritten.split_at_mut(samples.len() * channels);
            match channels {
                1 => now.iter_mut().zip(samples).for_each(|(only, sample)| *only = sample.to_le_bytes()),
                _ => now
                    .chunks_exact_mut(channels)
                    .zip(samples)
                    .for_each(|(frame, sample)| frame.fill(sample.to_le_bytes())),
            }
            (unwritten, from) = (later, 0);
        }
        let first = length(&(frames.start * frame..range.start));
        Bytes::from(bytes).slice(first..first + length(&range))
    }

    #[cfg(test)]
    fn sample(&self, index: u64) -> i16 {
        let samples = (self.0.len() as u64).max(1);
        usize::try_from(index % samples).ok().and_then(|at| self.0.get(at)).copied().unwrap_or_default()
    }
}

fn length(range: &Range<u64>) -> usize {
    usize::try_from(range.end - range.start).unwrap_or(usize::MAX)
}

/// A quarter of full scale: -12 dBFS.
const AMPLITUDE: u64 = 8_192;

/// No sample of a tone is quieter, so that the first and the last one are heard as sound: -42 dBFS.
const QUIETEST: i16 = 256;

/// A sine that begins at its crest, by Bhaskara's approximation, which is off by less than 0.2 % of the crest: as many
/// samples as it takes until they repeat.
fn tone(rate: u64, frequency: u64) -> Arc<[i16]> {
    // A turn of the circle has `2 * rate` steps, of which each sample takes `2 * frequency`.
    let sample = |index: u64| {
        let turn = (2 * index * frequency + rate / 2) % (2 * rate);
        let x = turn % rate;
        let arch = 16 * x * (rate - x) * AMPLITUDE / (5 * rate * rate - 4 * x * (rate - x));
        let value = i16::try_from(arch).unwrap_or(i16::MAX).max(QUIETEST);
        if turn < rate { value } else { -value }
    };
    (0..rate / greatest_common_divisor(rate, frequency)).map(sample).collect()
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
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
        let sound = Sound([1, 2, 3].into());
        assert_eq!((0..5).map(|index| sound.sample(index)).collect::<Vec<_>>(), [1, 2, 3, 1, 2]);
    }

    #[test]
    fn bytes_may_begin_and_end_within_a_sample() {
        let sound = Sound([0x0201, 0x0403].into());
        assert_eq!(sound.bytes(0..4, 1)[..], [1, 2, 3, 4]);
        assert_eq!(sound.bytes(1..7, 1)[..], [2, 3, 4, 1, 2, 3]);
        assert_eq!(sound.bytes(3..6, 2)[..], [2, 3, 4]);
        assert!(sound.bytes(5..5, 1).is_empty());
    }
}
