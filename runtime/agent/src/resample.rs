//! Audio of one sample rate, made another. A session's audio is made 16 kHz, which passes untouched.

use bargein_core::{FaultKind, VendorFault};
use bytes::{BufMut, Bytes, BytesMut};
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{
    Async, FixedAsync, Indexing, Resampler as _, SincInterpolationParameters, SincInterpolationType,
    WindowFunction,
};

use crate::frame::SAMPLE_RATE;

/// The rates that are taken, in samples a second.
const RATES: std::ops::RangeInclusive<u32> = 8_000..=96_000;
/// How often the filter is run, in Hz: so it adds 10 ms, and half its length.
const CHUNKS_PER_SECOND: u32 = 100;
/// The length of the filter in samples.
const FILTER: usize = 128;

/// Makes the audio of one call 16 kHz.
#[derive(Default)]
pub(crate) struct ToSessionRate(Option<Resampler>);

impl ToSessionRate {
    /// What of the audio so far can be given out; may be empty.
    ///
    /// # Errors
    ///
    /// When the rate cannot be taken, or is not the one the call began with.
    pub(crate) fn push(&mut self, audio: Bytes, rate: u32) -> Result<Bytes, VendorFault> {
        match &mut self.0 {
            None if rate == SAMPLE_RATE => Ok(audio),
            None => self.0.insert(Resampler::new(rate, SAMPLE_RATE)?).push(&audio),
            Some(resampler) if resampler.from == rate => resampler.push(&audio),
            Some(resampler) => {
                Err(broken(format!("expected {} samples a second as before, got {rate}", resampler.from)))
            }
        }
    }

    /// The rest, when the call is over; empty when nothing was held back.
    ///
    /// # Errors
    ///
    /// Never in fact.
    pub(crate) fn finish(&mut self) -> Result<Bytes, VendorFault> {
        self.0.take().map_or(Ok(Bytes::new()), Resampler::finish)
    }
}

/// Makes audio of one channel another rate: signed 16-bit little-endian samples in and out. Adds 10 ms and half the
/// length of its filter.
pub struct Resampler {
    from: u32,
    to: u32,
    filter: Async<f32>,
    /// Samples for the next run.
    waiting: Vec<f32>,
    /// What a run gives.
    scratch: Vec<f32>,
    /// Samples still to come that only come of the filter's delay.
    delay: usize,
    taken: u64,
    given: u64,
}

impl Resampler {
    /// Between two rates, both of 8,000 to 96,000 samples a second.
    ///
    /// # Errors
    ///
    /// When a rate is not one that is taken.
    pub fn new(from: u32, to: u32) -> Result<Self, VendorFault> {
        if let Some(rate) = [from, to].into_iter().find(|rate| !RATES.contains(rate)) {
            return Err(broken(format!(
                "expected {} to {} samples a second, got {rate}",
                RATES.start(),
                RATES.end()
            )));
        }
        let ratio = f64::from(to) / f64::from(from);
        let sinc = SincInterpolationParameters::new(FILTER, WindowFunction::Blackman2)
            .interpolation(SincInterpolationType::Linear);
        let chunk = usize::try_from(from / CHUNKS_PER_SECOND).unwrap_or(usize::MAX);
        let filter = Async::new_sinc(ratio, 1.0, &sinc, chunk, 1, FixedAsync::Input)
            .map_err(|error| broken(error.to_string()))?;
        Ok(Self {
            from,
            to,
            waiting: Vec::with_capacity(chunk),
            scratch: vec![0.0; filter.output_frames_max()],
            delay: filter.output_delay(),
            filter,
            taken: 0,
            given: 0,
        })
    }

    /// What of the audio so far can be given out; may be empty. An odd last byte is dropped.
    ///
    /// # Errors
    ///
    /// Never in fact.
    pub fn push(&mut self, audio: &[u8]) -> Result<Bytes, VendorFault> {
        let mut given = BytesMut::new();
        for pair in audio.as_chunks::<2>().0 {
            self.waiting.push(f32::from(i16::from_le_bytes(*pair)));
            self.taken += 1;
            if self.waiting.len() == self.filter.input_frames_next() {
                self.run(&mut given)?;
            }
        }
        Ok(given.freeze())
    }

    /// The rest: all audio then lasts as long as what was taken.
    ///
    /// # Errors
    ///
    /// Never in fact.
    pub fn finish(mut self) -> Result<Bytes, VendorFault> {
        let wanted = (self.taken * u64::from(self.to)).div_ceil(u64::from(self.from));
        let before = self.given;
        let mut given = BytesMut::new();
        // Silence pushes out what the filter holds.
        while self.given < wanted {
            self.run(&mut given)?;
        }
        given.truncate(usize::try_from(wanted - before).unwrap_or(usize::MAX).saturating_mul(2));
        Ok(given.freeze())
    }

    /// Runs the filter over what waits, as much as it takes in one go.
    fn run(&mut self, given: &mut BytesMut) -> Result<(), VendorFault> {
        let partial = Indexing::new().partial_len(self.waiting.len());
        let input = InterleavedSlice::new(&self.waiting, 1, self.waiting.len())
            .map_err(|error| broken(error.to_string()))?;
        let room = self.scratch.len();
        let mut output = InterleavedSlice::new_mut(&mut self.scratch, 1, room)
            .map_err(|error| broken(error.to_string()))?;
        let (_, made) = self
            .filter
            .process_into_buffer(&input, &mut output, Some(&partial))
            .map_err(|error| broken(error.to_string()))?;
        self.waiting.clear();
        let skipped = self.delay.min(made);
        self.delay -= skipped;
        self.given += (made - skipped) as u64;
        for sample in &self.scratch[skipped..made] {
            given.put_i16_le(to_sample(f64::from(*sample)));
        }
        Ok(())
    }
}

/// The nearest sample there is.
#[expect(clippy::cast_possible_truncation, reason = "a float that is too large becomes the largest sample")]
fn to_sample(value: f64) -> i16 {
    value.round() as i16
}

fn broken(message: String) -> VendorFault {
    VendorFault::new(FaultKind::Broken, message)
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    /// A tone of 440 Hz and half of full scale, `millis` long.
    fn tone(rate: u32, millis: u32) -> Vec<u8> {
        let phase = |n: u32| f64::from(n) / f64::from(rate) * 440.0 * TAU;
        (0..rate * millis / 1000).flat_map(|n| to_sample(phase(n).sin() * 16_384.0).to_le_bytes()).collect()
    }

    fn samples(bytes: &[u8]) -> Vec<i32> {
        bytes.as_chunks().0.iter().map(|pair| i32::from(i16::from_le_bytes(*pair))).collect()
    }

    fn resampled(audio: &[u8], rate: u32, chunk: usize) -> Result<Vec<u8>, VendorFault> {
        let mut to_session_rate = ToSessionRate::default();
        let mut all = Vec::new();
        for chunk in audio.chunks(chunk) {
            all.extend_from_slice(&to_session_rate.push(Bytes::copy_from_slice(chunk), rate)?);
        }
        all.extend_from_slice(&to_session_rate.finish()?);
        Ok(all)
    }

    #[test]
    fn any_rate_becomes_the_same_tone_of_the_same_length() -> Result<(), VendorFault> {
        let wanted = samples(&tone(SAMPLE_RATE, 300));
        for rate in [8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000] {
            for chunk in [2, 640, 100_000] {
                let got = samples(&resampled(&tone(rate, 300), rate, chunk)?);
                assert_eq!(got.len(), wanted.len(), "{rate} Hz in chunks of {chunk}");
                // A tone of this pitch changes by no more from one sample to the next: it comes on time.
                let step = 2_900;
                // The first and last 5 ms ring.
                let off = (80..wanted.len() - 80).map(|n| (got[n] - wanted[n]).abs()).max();
                assert!(off.is_some_and(|off| off <= step), "{rate} Hz in chunks of {chunk}: {off:?} off");
                let loudest = got[80..wanted.len() - 80].iter().max().copied();
                assert!(
                    loudest.is_some_and(|peak| (16_200..16_500).contains(&peak)),
                    "{rate} Hz: {loudest:?}"
                );
            }
        }
        Ok(())
    }

    #[test]
    fn a_rate_that_cannot_be_or_changes_is_a_fault() {
        let mut to_session_rate = ToSessionRate::default();
        let mut push =
            |rate| to_session_rate.push(Bytes::from_static(&[0; 640]), rate).map_err(|fault| fault.message);
        assert_eq!(push(500), Err("expected 8000 to 96000 samples a second, got 500".to_owned()));
        assert!(push(24_000).is_ok());
        assert_eq!(push(16_000), Err("expected 24000 samples a second as before, got 16000".to_owned()));
    }
}
