//! Everything the user says in a run, placed sample by sample and taken out frame by frame.

use std::time::Duration;

use super::speech::Speech;

/// Samples a second of everything in a room.
pub const SAMPLE_RATE: u32 = 16_000;
/// Samples of one frame of 20 ms.
pub const FRAME_SAMPLES: usize = 320;

/// How long so many samples last.
pub(super) const fn duration_of(samples: u64) -> Duration {
    Duration::from_nanos(samples * 1_000_000_000 / SAMPLE_RATE as u64)
}

/// The user's microphone as an endless signal: silence, and what has been placed in it. What overlaps is mixed.
#[derive(Debug, Default)]
pub struct Track {
    /// Position of the next frame's first sample.
    next: u64,
    /// What is not wholly taken yet, in the order it was placed.
    placed: Vec<Placed>,
}

#[derive(Debug)]
struct Placed {
    at: u64,
    speech: Speech,
}

impl Track {
    /// Places speech so that its signal begins `at` after the track did, to the sample, and returns where it begins.
    ///
    /// That is later than `at` only when the frame of that moment has been taken already: a live machine was late.
    pub fn place(&mut self, at: Duration, speech: Speech) -> Duration {
        let wanted =
            u64::try_from(at.as_nanos() * u128::from(SAMPLE_RATE) / 1_000_000_000).unwrap_or(u64::MAX);
        let at = wanted.max(self.next);
        self.placed.push(Placed { at, speech });
        duration_of(at)
    }

    /// Fills `frame` with the next 20 ms. Tells whether something that was placed may sound in it.
    pub fn take(&mut self, frame: &mut [i16; FRAME_SAMPLES]) -> bool {
        frame.fill(0);
        let from = self.next;
        self.next += FRAME_SAMPLES as u64;
        if self.placed.is_empty() {
            return false;
        }
        for placed in &self.placed {
            mix(frame, from, placed);
        }
        let taken = self.next;
        self.placed.retain(|placed| placed.at + placed.speech.samples().len() as u64 > taken);
        true
    }
}

/// Adds what of `placed` falls into the frame that begins at `from`.
fn mix(frame: &mut [i16; FRAME_SAMPLES], from: u64, placed: &Placed) {
    let into_frame = placed.at.saturating_sub(from).min(FRAME_SAMPLES as u64) as usize;
    let into_speech = from.saturating_sub(placed.at).min(placed.speech.samples().len() as u64) as usize;
    for (sample, said) in frame[into_frame..].iter_mut().zip(&placed.speech.samples()[into_speech..]) {
        // The smallest sample is left out: it has no magnitude in 16 bits.
        *sample = sample.saturating_add(*said).max(-i16::MAX);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn take(track: &mut Track, frames: usize) -> Vec<i16> {
        let mut all = Vec::new();
        for _ in 0..frames {
            let mut frame = [1; FRAME_SAMPLES];
            track.take(&mut frame);
            all.extend_from_slice(&frame);
        }
        all
    }

    proptest! {
        #[test]
        fn speech_begins_at_its_very_sample(position in 0_u64..1_000) {
            let speech = Speech::synthetic("等").unwrap();
            let mut track = Track::default();
            prop_assert_eq!(track.place(duration_of(position), speech.clone()), duration_of(position));
            let all = take(&mut track, 20);
            let (before, rest) = all.split_at(position as usize);
            let (said, after) = rest.split_at(speech.samples().len());
            prop_assert!(before.iter().chain(after).all(|sample| *sample == 0));
            prop_assert_eq!(said, speech.samples());
            prop_assert!(track.placed.is_empty());
        }
    }

    #[test]
    fn two_speeches_at_once_are_mixed() {
        let speech = Speech::synthetic("等").unwrap();
        let mut track = Track::default();
        track.place(Duration::ZERO, speech.clone());
        track.place(Duration::ZERO, speech.clone());
        let doubled: Vec<i16> = speech.samples().iter().map(|sample| sample * 2).collect();
        assert_eq!(take(&mut track, 11), doubled);
    }

    #[test]
    fn what_comes_late_begins_with_the_next_frame() {
        let mut track = Track::default();
        take(&mut track, 3);
        let speech = Speech::synthetic("等").unwrap();
        assert_eq!(track.place(Duration::from_millis(55), speech), Duration::from_millis(60));
    }
}
