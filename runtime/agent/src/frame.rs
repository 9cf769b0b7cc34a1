//! Room audio: 20 ms of 16 kHz, signed 16-bit, mono.
//!
//! A frame is kept as the little-endian bytes that vendors take and give, so that it travels from a synthesis chunk
//! to the room, and from the room to a recogniser, by counting references. Deliberately out: any other rate
//! (the executor makes it this one), encodings, levels.

use std::time::Duration;

use bytes::Bytes;
use thiserror::Error;

/// How long a frame is.
pub const FRAME: Duration = Duration::from_millis(20);
/// Samples a second, everywhere inside a session.
pub const SAMPLE_RATE: u32 = 16_000;
/// Samples of a frame.
pub const FRAME_SAMPLES: usize = 320;
/// Bytes of a frame.
pub const FRAME_BYTES: usize = FRAME_SAMPLES * 2;
/// Bytes of a millisecond of audio.
pub(crate) const BYTES_PER_MS: usize = 32;

/// 20 ms of audio. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AudioFrame(Bytes);

/// The bytes are not one frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("a frame is {FRAME_BYTES} bytes of 16 kHz s16le mono, got {0}")]
pub struct NotAFrame(usize);

impl AudioFrame {
    /// A frame of these little-endian samples.
    ///
    /// # Errors
    ///
    /// [`NotAFrame`] when there are not exactly [`FRAME_BYTES`] bytes.
    pub fn from_bytes(bytes: Bytes) -> Result<Self, NotAFrame> {
        if bytes.len() == FRAME_BYTES { Ok(Self(bytes)) } else { Err(NotAFrame(bytes.len())) }
    }

    /// A frame of these samples.
    #[must_use]
    pub fn from_samples(samples: &[i16; FRAME_SAMPLES]) -> Self {
        let mut bytes = vec![0; FRAME_BYTES];
        for (pair, sample) in bytes.as_chunks_mut::<2>().0.iter_mut().zip(samples) {
            *pair = sample.to_le_bytes();
        }
        Self(bytes.into())
    }

    /// 20 ms of nothing; shared, never allocated.
    #[must_use]
    pub fn silence() -> Self {
        Self(Bytes::from_static(&[0; FRAME_BYTES]))
    }

    /// The samples.
    #[must_use]
    pub fn samples(&self) -> [i16; FRAME_SAMPLES] {
        let mut samples = [0; FRAME_SAMPLES];
        for (sample, pair) in samples.iter_mut().zip(self.0.as_chunks::<2>().0) {
            *sample = i16::from_le_bytes(*pair);
        }
        samples
    }

    /// The little-endian bytes; shares the frame's memory.
    #[must_use]
    pub fn bytes(&self) -> Bytes {
        self.0.clone()
    }
}
