//! A vendor's samples, made what the caller asked for: its rate, its channels, its packing, in chunks of a good size.
//!
//! The first chunk leaves with the first sample, the header in front of it. Later ones hold whole samples, at least
//! 10 ms and at most 200 ms: fewer cost too much on both sides, more delay whoever wants to stop.

use bargein_agent::Resampler;
use bargein_core::VendorFault;
use bargein_wire::wav;
use bytes::{Bytes, BytesMut};

use super::layout::{Layout, Packing};
use super::ogg_opus::OggOpus;

/// The least audio of a chunk, the first and the last excepted.
const LEAST_MILLIS: u32 = 10;
/// The most audio of a chunk.
const MOST_MILLIS: u32 = 200;

/// Packs the audio of one answer.
pub(crate) struct Encoder {
    layout: Layout,
    /// `None` while the samples come at the rate they are wanted at.
    resampler: Option<(u32, Resampler)>,
    /// `None` where samples are not compressed.
    opus: Option<OggOpus>,
    /// Samples that are too few for a chunk.
    held: BytesMut,
    begun: bool,
    /// How many samples of one channel were taken and how many a second of them there are: no more than a measure.
    millis: u64,
}

impl Encoder {
    /// For one answer.
    ///
    /// # Errors
    /// When the layout cannot be made, which no layout that was read can be.
    pub(crate) fn new(layout: Layout) -> Result<Self, VendorFault> {
        let opus = match layout.packing {
            Packing::OggOpus => Some(OggOpus::new(layout)?),
            Packing::Wav | Packing::Pcm => None,
        };
        Ok(Self { layout, resampler: None, opus, held: BytesMut::new(), begun: false, millis: 0 })
    }

    /// The chunks that are complete by these mono samples.
    ///
    /// # Errors
    /// When the rate cannot be taken.
    pub(crate) fn push(&mut self, samples: Bytes, rate: u32) -> Result<Vec<Bytes>, VendorFault> {
        self.millis += samples.len() as u64 / 2 * 1000 / u64::from(rate.max(1));
        let wanted = self.wanted_rate();
        let mut before = Bytes::new();
        // Another vendor's voice may follow in the same answer.
        if let Some((_, resampler)) = self.resampler.take_if(|(from, _)| *from != rate) {
            before = resampler.finish()?;
        }
        let samples = if rate == wanted {
            samples
        } else {
            let (_, resampler) = match &mut self.resampler {
                Some(resampler) => resampler,
                none => none.insert((rate, Resampler::new(rate, wanted)?)),
            };
            resampler.push(&samples)?
        };
        let mut chunks = self.pack(before)?;
        chunks.extend(self.pack(samples)?);
        Ok(chunks)
    }

    /// The last chunks.
    ///
    /// # Errors
    /// Never in fact.
    pub(crate) fn finish(mut self) -> Result<Vec<Bytes>, VendorFault> {
        let rest = self.resampler.take().map_or(Ok(Bytes::new()), |(_, resampler)| resampler.finish())?;
        let mut chunks = self.pack(rest)?;
        match self.opus.take() {
            Some(opus) => chunks.push(opus.finish()?),
            None if !self.held.is_empty() => chunks.push(self.held.split().freeze()),
            None => {}
        }
        Ok(chunks)
    }

    /// A whole answer of this much silence: what is said when there is nothing to say.
    ///
    /// # Errors
    /// Never in fact.
    pub(crate) fn silence(layout: Layout, millis: u32) -> Result<Vec<Bytes>, VendorFault> {
        let mut encoder = Self::new(layout)?;
        let rate = encoder.wanted_rate();
        let samples = vec![0; 2 * rate as usize * millis as usize / 1000];
        let mut chunks = encoder.push(samples.into(), rate)?;
        chunks.extend(encoder.finish()?);
        Ok(chunks)
    }

    /// How much audio was taken, in milliseconds.
    pub(crate) const fn millis(&self) -> u64 {
        self.millis
    }

    fn wanted_rate(&self) -> u32 {
        self.opus.as_ref().map_or(self.layout.rate, OggOpus::rate)
    }

    fn pack(&mut self, mono: Bytes) -> Result<Vec<Bytes>, VendorFault> {
        if mono.is_empty() {
            return Ok(Vec::new());
        }
        let samples = self.in_channels(mono);
        match &mut self.opus {
            Some(opus) => {
                let pages = opus.push(&samples)?;
                Ok(if pages.is_empty() { Vec::new() } else { vec![pages] })
            }
            None => Ok(self.chunks(samples)),
        }
    }

    /// Every channel the same.
    fn in_channels(&self, mono: Bytes) -> Bytes {
        if self.layout.channels == 1 {
            return mono;
        }
        let mut both = BytesMut::with_capacity(mono.len() * 2);
        for sample in mono.chunks_exact(2) {
            both.extend_from_slice(sample);
            both.extend_from_slice(sample);
        }
        both.freeze()
    }

    fn chunks(&mut self, samples: Bytes) -> Vec<Bytes> {
        let most = self.layout.bytes_of_millis(MOST_MILLIS);
        let mut rest = if self.held.is_empty() {
            samples
        } else {
            self.held.extend_from_slice(&samples);
            self.held.split().freeze()
        };
        let mut chunks = Vec::with_capacity(rest.len() / most + 1);
        if !self.begun && self.layout.packing == Packing::Wav {
            let first = rest.split_to(rest.len().min(most));
            let mut chunk = BytesMut::with_capacity(wav::header(self.layout.wav(), 0).len() + first.len());
            chunk.extend_from_slice(&wav::header(self.layout.wav(), wav::UNKNOWN));
            chunk.extend_from_slice(&first);
            chunks.push(chunk.freeze());
            self.begun = true;
        }
        let least = self.layout.bytes_of_millis(LEAST_MILLIS);
        while rest.len() >= least || !self.begun && !rest.is_empty() {
            chunks.push(rest.split_to(rest.len().min(most)));
            self.begun = true;
        }
        self.held.extend_from_slice(&rest);
        chunks
    }
}

#[cfg(test)]
mod tests {
    use bargein_wire::pcm;
    use proptest::prelude::*;

    use super::*;

    const WAV: Layout = Layout { packing: Packing::Wav, rate: 16_000, channels: 1 };
    const PCM: Layout = Layout { packing: Packing::Pcm, ..WAV };

    /// The chunks of an answer whose audio comes in pieces of so many bytes.
    fn encoded(layout: Layout, audio: &[u8], rate: u32, piece: usize) -> Vec<Bytes> {
        let mut encoder = Encoder::new(layout).expect("a layout");
        let mut chunks = Vec::new();
        for piece in audio.chunks(piece) {
            chunks.extend(encoder.push(Bytes::copy_from_slice(piece), rate).expect("a rate"));
        }
        chunks.extend(encoder.finish().expect("an end"));
        chunks
    }

    fn audio(samples: u16) -> Vec<u8> {
        (0..samples).flat_map(u16::to_le_bytes).collect()
    }

    fn millis(layout: Layout, chunks: &[Bytes]) -> Vec<usize> {
        chunks.iter().map(|chunk| chunk.len() / layout.bytes_of_millis(1)).collect()
    }

    #[test]
    fn the_first_sample_leaves_at_once_and_its_header_with_it() {
        let mut encoder = Encoder::new(WAV).expect("a layout");
        let chunks = encoder.push(Bytes::from_static(&[1, 2]), 16_000).expect("a rate");
        let expected = [&wav::header(WAV.wav(), wav::UNKNOWN)[..], &[1, 2]].concat();
        assert_eq!(chunks, [Bytes::from(expected)]);
        let mut encoder = Encoder::new(PCM).expect("a layout");
        assert_eq!(encoder.push(Bytes::from_static(&[1, 2]), 16_000).expect("a rate"), [&[1, 2][..]]);
    }

    #[test]
    fn later_chunks_are_neither_tiny_nor_huge() {
        let audio = audio(16_000);
        assert_eq!(millis(PCM, &encoded(PCM, &audio, 16_000, 64))[..4], [2, 10, 10, 10]);
        assert_eq!(millis(PCM, &encoded(PCM, &audio, 16_000, 640))[..3], [20, 20, 20]);
        assert_eq!(millis(PCM, &encoded(PCM, &audio, 16_000, 32_000)), [200, 200, 200, 200, 200]);
        assert_eq!(millis(PCM, &encoded(PCM, &audio[..16_000], 16_000, 12_800)), [200, 200, 100]);
    }

    #[test]
    fn two_channels_are_the_same_and_any_rate_is_honoured() {
        let stereo = Layout { channels: 2, ..PCM };
        let chunks = encoded(stereo, &audio(800), 16_000, 640).concat();
        assert_eq!(pcm::samples(&chunks).take(6).collect::<Vec<_>>(), [0, 0, 1, 1, 2, 2]);
        for rate in [8_000, 11_025, 24_000, 48_000] {
            let layout = Layout { rate, ..PCM };
            let bytes = encoded(layout, &audio(16_000), 16_000, 640).concat().len();
            assert_eq!(bytes, 2 * rate as usize, "a second at {rate} Hz");
        }
    }

    #[test]
    fn a_voice_of_another_rate_may_follow() {
        let mut encoder = Encoder::new(PCM).expect("a layout");
        let mut bytes = 0;
        for rate in [16_000, 24_000, 8_000, 16_000] {
            for piece in vec![0; 2 * rate as usize].chunks(960) {
                let chunks = encoder.push(Bytes::copy_from_slice(piece), rate).expect("a rate");
                bytes += chunks.concat().len();
            }
        }
        assert_eq!(encoder.millis(), 4_000);
        bytes += encoder.finish().expect("an end").concat().len();
        assert_eq!(bytes, 4 * 32_000);
    }

    #[test]
    fn silence_is_a_whole_answer() {
        let chunks = Encoder::silence(WAV, 100).expect("silence");
        assert_eq!(chunks.concat().len(), 44 + 3_200);
        assert!(chunks.concat()[44..].iter().all(|byte| *byte == 0));
    }

    proptest! {
        #[test]
        fn no_sample_is_lost_split_or_moved(
            pieces in proptest::collection::vec(1_usize..9_000, 1..20),
            is_wav: bool,
        ) {
            let layout = if is_wav { WAV } else { PCM };
            let mut encoder = Encoder::new(layout).expect("a layout");
            let (mut all, mut chunks) = (Vec::new(), Vec::new());
            for (at, piece) in pieces.iter().enumerate() {
                let samples: Bytes = (0..*piece).flat_map(|n| ((at * 31 + n) as u16).to_le_bytes()).collect();
                all.extend_from_slice(&samples);
                chunks.extend(encoder.push(samples, 16_000).expect("a rate"));
            }
            chunks.extend(encoder.finish().expect("an end"));
            let header = if is_wav { 44 } else { 0 };
            let got = chunks.concat();
            prop_assert_eq!(&got[header..], &all[..]);
            for (at, chunk) in chunks.iter().enumerate() {
                prop_assert!(!chunk.is_empty() && chunk.len() % 2 == 0);
                prop_assert!(chunk.len() <= 6_400 + header);
                prop_assert!(chunk.len() >= 320 || at == 0 || at == chunks.len() - 1);
            }
        }
    }
}
