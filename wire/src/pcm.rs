//! Signed 16-bit little-endian samples that arrive as bytes.
//!
//! Whole frames out of chunks cut anywhere, two channels into one, bytes into samples, and how loud they are.
//! Deliberately out: resampling and other encodings.

use bytes::{Bytes, BytesMut};

/// The level of digital silence, in dBFS. Lower than the quietest signal of 16 bits.
pub const SILENCE: f32 = -100.0;

/// Keeps frames whole over chunks: a chunk's last odd bytes go before the next one.
///
/// A frame is one sample of each channel: 2 bytes, or 4 in stereo.
#[derive(Clone, Debug)]
pub struct Aligner {
    frame: usize,
    held: BytesMut,
}

impl Aligner {
    /// For this many channels, at least 1.
    #[must_use]
    pub fn new(channels: u16) -> Self {
        Self { frame: 2 * usize::from(channels.max(1)), held: BytesMut::new() }
    }

    /// The whole frames there are now; empty while there is none.
    #[must_use]
    pub fn push(&mut self, chunk: Bytes) -> Bytes {
        let mut whole = if self.held.is_empty() {
            chunk
        } else {
            self.held.extend_from_slice(&chunk);
            self.held.split().freeze()
        };
        let odd = whole.len() % self.frame;
        self.held.extend_from_slice(&whole.split_off(whole.len() - odd));
        whole
    }

    /// How many bytes wait for the rest of their frame. Not 0 at the end of a stream: it was cut within a sample.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held.len()
    }
}

/// One channel out of this many interleaved ones: their mean. Bytes beyond the last whole frame are dropped.
#[must_use]
pub fn to_mono(bytes: &Bytes, channels: u16) -> Bytes {
    let channels = usize::from(channels.max(1));
    if channels == 1 {
        return bytes.clone();
    }
    let frames = bytes.chunks_exact(2 * channels);
    let mean = frames.flat_map(|frame| {
        let sum: i64 = samples(frame).map(i64::from).sum();
        // The mean of 16-bit numbers is one.
        i16::try_from(sum / channels as i64).unwrap_or_default().to_le_bytes()
    });
    mean.collect()
}

/// The same samples with the bytes of each exchanged: big-endian from little-endian, and back.
#[must_use]
pub fn swap_bytes(bytes: &[u8]) -> Bytes {
    bytes.chunks_exact(2).flat_map(|sample| [sample[1], sample[0]]).collect()
}

/// The samples of these bytes; an odd last byte is none.
pub fn samples(bytes: &[u8]) -> impl ExactSizeIterator<Item = i16> + '_ {
    bytes.chunks_exact(2).map(|sample| i16::from_le_bytes([sample[0], sample[1]]))
}

/// The bytes of these samples.
#[must_use]
pub fn to_bytes(samples: &[i16]) -> Bytes {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

/// How loud these samples are: their root mean square in dBFS. 0 for the loudest square wave, -3 for the loudest
/// sine, [`SILENCE`] for nothing.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "a level of a few digits does not need 64 bits")]
pub fn level(samples: impl IntoIterator<Item = i16>) -> f32 {
    let (mut energy, mut count) = (0_u64, 0_u32);
    for sample in samples {
        energy += u64::from(sample.unsigned_abs()).pow(2);
        count += 1;
    }
    if energy == 0 {
        return SILENCE;
    }
    let mean = energy as f64 / f64::from(count);
    (10.0 * (mean / 32_768.0_f64.powi(2)).log10()) as f32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_odd_byte_goes_before_the_next_chunk() {
        let mut mono = Aligner::new(1);
        assert_eq!(mono.push(Bytes::from_static(&[1, 2, 3])), &[1, 2][..]);
        assert_eq!(mono.held(), 1);
        assert_eq!(mono.push(Bytes::new()), &[][..]);
        assert_eq!(mono.push(Bytes::from_static(&[4])), &[3, 4][..]);
        assert_eq!(mono.held(), 0);
        let mut stereo = Aligner::new(2);
        assert_eq!(stereo.push(Bytes::from_static(&[1, 2, 3, 4, 5, 6])), &[1, 2, 3, 4][..]);
        assert_eq!(stereo.held(), 2);
    }

    #[test]
    fn channels_mix_to_their_mean() {
        let stereo = to_bytes(&[100, 200, i16::MIN, i16::MIN, i16::MAX, i16::MIN, -3, 0]);
        assert_eq!(samples(&to_mono(&stereo, 2)).collect::<Vec<_>>(), [150, i16::MIN, 0, -1]);
        assert_eq!(to_mono(&stereo, 1), stereo);
    }

    #[test]
    fn byte_orders_exchange() {
        assert_eq!(swap_bytes(&[1, 2, 3, 4, 5]), &[2, 1, 4, 3][..]);
    }

    #[test]
    fn levels_are_those_of_known_signals() {
        let square = |peak: i16| (0..320).map(move |at| if at % 2 == 0 { peak } else { -peak });
        let sine = (0..1600).map(|at| (f64::from(at) * std::f64::consts::TAU / 16.0).sin() * 32_767.0);
        for (level, expected) in [
            (level([]), SILENCE),
            (level([0; 320]), SILENCE),
            (level(square(i16::MAX)), 0.0),
            (level(square(3277)), -20.0),
            (level(square(1)), -90.3),
            (level(sine.map(|sample| sample as i16)), -3.0),
            (level([i16::MIN; 8]), 0.0),
        ] {
            assert!((level - expected).abs() < 0.05, "expected {expected} dBFS, got {level}");
        }
    }

    proptest! {
        #[test]
        fn frames_stay_whole_however_the_bytes_are_cut(
            bytes in proptest::collection::vec(any::<u8>(), 0..64),
            cut in 0usize..64,
            channels in 1u16..3,
        ) {
            let (head, tail) = bytes.split_at(cut.min(bytes.len()));
            let mut aligner = Aligner::new(channels);
            let head = aligner.push(Bytes::copy_from_slice(head));
            let tail = aligner.push(Bytes::copy_from_slice(tail));
            let frame = 2 * usize::from(channels);
            prop_assert_eq!(head.len() % frame + tail.len() % frame, 0);
            let whole = bytes.len() - bytes.len() % frame;
            prop_assert_eq!([head, tail].concat(), &bytes[..whole]);
            prop_assert_eq!(aligner.held(), bytes.len() - whole);
        }
    }
}
