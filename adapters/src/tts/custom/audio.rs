//! The body of an answer: bytes cut anywhere, to whole mono samples.

use bargein_core::{FaultKind, VendorFault};
use bargein_wire::pcm::{self, Aligner};
use bargein_wire::wav::{self, Part};
use bytes::Bytes;

use super::{Packing, Settings};
use crate::tts::Format;

/// Samples to play, and how.
type Samples = (Bytes, Format);

/// Reads one body.
pub(super) struct Audio {
    /// `None` where samples come without a header.
    wav: Option<wav::Decoder>,
    /// Samples without a header that were not taken yet.
    arrived: Bytes,
    swap_bytes: bool,
    /// How the samples are laid out from here on.
    format: wav::Format,
    aligner: Aligner,
    /// The only layout a header may name; `None`: any.
    demanded: Option<wav::Format>,
    headers: u32,
    has_samples: bool,
}

impl Audio {
    /// A body whose head says `format`.
    pub(super) fn new(settings: &Settings, format: wav::Format) -> Self {
        let is_wav = settings.format == Packing::Wav;
        Self {
            wav: is_wav.then(wav::Decoder::new),
            arrived: Bytes::new(),
            // A WAV is little-endian by definition.
            swap_bytes: settings.big_endian && !is_wav,
            format,
            aligner: Aligner::new(format.channels),
            demanded: settings.match_header.then_some(format),
            headers: 0,
            has_samples: false,
        }
    }

    /// Takes the next bytes of the body. All samples before must have been taken.
    pub(super) fn push(&mut self, bytes: Bytes) {
        match &mut self.wav {
            Some(wav) => wav.push(bytes),
            None => self.arrived = bytes,
        }
    }

    /// The next samples; `None` until more arrives.
    pub(super) fn next(&mut self) -> Result<Option<Samples>, VendorFault> {
        loop {
            let bytes = match &mut self.wav {
                None => std::mem::take(&mut self.arrived),
                Some(wav) => match wav.next_part().map_err(|error| broken(error.to_string()))? {
                    None => return Ok(None),
                    Some(Part::Samples(bytes)) => bytes,
                    Some(Part::Header(format)) => {
                        self.begin(format)?;
                        continue;
                    }
                },
            };
            if bytes.is_empty() {
                return Ok(None);
            }
            if let Some(samples) = self.samples(bytes) {
                return Ok(Some(samples));
            }
        }
    }

    /// The last samples, when the body has ended.
    ///
    /// # Errors
    /// When there were none at all.
    pub(super) fn finish(mut self) -> Result<Option<Samples>, VendorFault> {
        let mut last = None;
        if let Some(wav) = self.wav.take() {
            if wav.skipped() > 0 {
                tracing::warn!(
                    bytes = wav.skipped(),
                    "what follows the samples of a WAV stream is not played"
                );
            }
            let rest = wav.finish().map_err(|error| broken(error.to_string()))?;
            last = rest.and_then(|bytes| self.samples(bytes));
        }
        self.drop_half_a_sample();
        if self.has_samples { Ok(last) } else { Err(broken("expected audio, got none".to_owned())) }
    }

    /// A header begins: samples are laid out so from here on.
    fn begin(&mut self, format: wav::Format) -> Result<(), VendorFault> {
        if let Some(demanded) = self.demanded.filter(|demanded| *demanded != format) {
            return Err(broken(format!(
                "expected a WAV of {} Hz and {} channels, got {} Hz and {}",
                demanded.rate, demanded.channels, format.rate, format.channels
            )));
        }
        self.headers += 1;
        if self.headers > 1 {
            tracing::warn!(
                headers = self.headers,
                "a further header among the samples of a WAV stream is not played"
            );
        }
        if self.format != format {
            tracing::warn!(got = ?format, expected = ?self.format, "a WAV header differs and is believed");
        }
        self.drop_half_a_sample();
        self.format = format;
        self.aligner = Aligner::new(format.channels);
        Ok(())
    }

    fn samples(&mut self, bytes: Bytes) -> Option<Samples> {
        let mut whole = self.aligner.push(bytes);
        if whole.is_empty() {
            return None;
        }
        if self.swap_bytes {
            whole = pcm::swap_bytes(&whole);
        }
        self.has_samples = true;
        Some((pcm::to_mono(&whole, self.format.channels), Format { rate: self.format.rate }))
    }

    fn drop_half_a_sample(&self) {
        if self.aligner.held() > 0 {
            tracing::warn!(
                bytes = self.aligner.held(),
                "audio ended within a sample: its bytes are not played"
            );
        }
    }
}

fn broken(message: String) -> VendorFault {
    VendorFault::new(FaultKind::Broken, message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All samples of a body that arrives in these pieces, with the rate of each.
    fn read<'a>(
        settings: &str,
        pieces: impl Iterator<Item = &'a [u8]>,
    ) -> Result<Vec<(i16, u32)>, VendorFault> {
        let settings: Settings = serde_json::from_str(settings).expect("good settings");
        let asked = wav::Format { channels: settings.channels, rate: settings.sample_rate };
        let mut audio = Audio::new(&settings, asked);
        let mut read = Vec::new();
        let mut add = |(bytes, format): Samples| {
            read.extend(pcm::samples(&bytes).map(|sample| (sample, format.rate)));
        };
        for piece in pieces {
            audio.push(Bytes::copy_from_slice(piece));
            while let Some(samples) = audio.next()? {
                add(samples);
            }
        }
        if let Some(samples) = audio.finish()? {
            add(samples);
        }
        Ok(read)
    }

    proptest! {
        #[test]
        fn a_body_gives_the_same_samples_however_it_is_cut(
            headers in proptest::collection::vec((1u16..3, prop_oneof![Just(16_000u32), Just(24_000)], 0usize..40), 1..4),
            is_wav: bool,
            cuts in proptest::collection::vec(1usize..30, 1..20),
        ) {
            let body: Vec<u8> = headers.iter().flat_map(|(channels, rate, samples)| {
                let header = wav::header(wav::Format { channels: *channels, rate: *rate }, wav::UNKNOWN);
                [header.to_vec(), (0..*samples).map(|byte| byte as u8).collect()].concat()
            }).collect();
            let format = if is_wav { "wav" } else { "pcm" };
            let settings = format!(r#"{{"url":"","format":"{format}","channels":2}}"#);
            let mut pieces = Vec::new();
            let mut rest = body.as_slice();
            for cut in cuts.iter().cycle() {
                if rest.is_empty() { break }
                let (piece, after) = rest.split_at((*cut).min(rest.len()));
                pieces.push(piece);
                rest = after;
            }
            prop_assert_eq!(read(&settings, pieces.into_iter()), read(&settings, [body.as_slice()].into_iter()));
        }
    }
}
