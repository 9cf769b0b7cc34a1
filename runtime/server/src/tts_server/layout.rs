//! How audio is packed for a caller.

use std::ops::RangeInclusive;

use bargein_wire::custom_tts::Format;
use bargein_wire::wav;

/// The rates that can be asked for, in samples a second.
pub(crate) const RATES: RangeInclusive<u32> = 8_000..=48_000;

/// How audio is packed for a caller.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Layout {
    pub(crate) packing: Packing,
    /// Samples a second, one of [`RATES`].
    pub(crate) rate: u32,
    /// 1, or 2 that are the same.
    pub(crate) channels: u16,
}

/// What the samples come in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Packing {
    /// A header that knows no length, then as [`Self::Pcm`].
    Wav,
    /// Signed 16-bit little-endian samples.
    Pcm,
    /// Opus in Ogg, a page a packet.
    OggOpus,
}

impl Layout {
    /// The media type of the audio.
    pub(crate) const fn content_type(self) -> &'static str {
        match self.packing {
            Packing::Wav => Format::Wav.content_type(),
            Packing::Pcm => Format::Pcm.content_type(),
            Packing::OggOpus => Format::OggOpus.content_type(),
        }
    }

    /// How many bytes of samples so many milliseconds are.
    pub(crate) const fn bytes_of_millis(self, millis: u32) -> usize {
        (self.rate as usize * millis as usize / 1000) * self.frame()
    }

    /// The bytes of one sample of each channel.
    pub(crate) const fn frame(self) -> usize {
        2 * self.channels as usize
    }

    pub(crate) const fn wav(self) -> wav::Format {
        wav::Format { channels: self.channels, rate: self.rate }
    }
}
