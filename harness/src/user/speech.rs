//! One spoken step's signal.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::loudness::{energy, first_audible, last_audible, power_at};
use super::synthetic;
use super::track::{FRAME_SAMPLES, duration_of};
use super::wav::{self, WavError};

/// A signal to be said, mono at 16 kHz. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Speech {
    samples: Arc<[i16]>,
    first: usize,
    last: usize,
}

impl Speech {
    /// Speech recorded in a WAV file of 16 kHz, mono, 16 bit.
    ///
    /// # Errors
    /// The file is missing, is not such a WAV file, or is silent throughout.
    pub fn recorded(path: &Path) -> Result<Self, WavError> {
        Self::new(wav::read(path)?).ok_or_else(|| WavError::Silent { path: path.to_owned() })
    }

    /// A signal shaped like speech, 220 ms a CJK character and 60 ms any other; `None` when `text` has no letter.
    #[must_use]
    pub fn synthetic(text: &str) -> Option<Self> {
        Self::new(synthetic::speak(text))
    }

    /// `None` when not one sample is above -50 dBFS.
    fn new(samples: Vec<i16>) -> Option<Self> {
        let (first, last) = (first_audible(&samples)?, last_audible(&samples)?);
        Some(Self { samples: samples.into(), first, last })
    }

    /// The same speech, its loudest 20 ms at this level in dB of full scale; what exceeds full scale is clipped.
    /// `None` when nothing of it stays above -50 dBFS.
    #[must_use]
    pub fn at_level(&self, level: i32) -> Option<Self> {
        let loudest = self.samples.chunks(FRAME_SAMPLES).map(energy).max().unwrap_or(0);
        let gain = (power_at(level) * FRAME_SAMPLES as f64 / loudest.max(1) as f64).sqrt();
        Self::new(self.samples.iter().map(|sample| scale(*sample, gain)).collect())
    }

    /// The signal.
    #[must_use]
    pub fn samples(&self) -> &[i16] {
        &self.samples
    }

    /// From the first sample of the signal to its first one above -50 dBFS: where `ID.start` lies.
    #[must_use]
    pub fn start(&self) -> Duration {
        duration_of(self.first as u64)
    }

    /// From the first sample of the signal to its last one above -50 dBFS: where `ID.end` lies.
    #[must_use]
    pub fn end(&self) -> Duration {
        duration_of(self.last as u64)
    }

    /// The whole signal, silence around it included.
    #[must_use]
    pub fn duration(&self) -> Duration {
        duration_of(self.samples.len() as u64)
    }
}

/// Never gives `i16::MIN`: its magnitude is not a sample, and detectors stumble over it.
fn scale(sample: i16, gain: f64) -> i16 {
    (f64::from(sample) * gain).round().clamp(-32_767.0, 32_767.0) as i16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::level;

    fn fixture(name: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/speech").join(name)
    }

    #[test]
    fn a_recording_begins_and_ends_with_its_first_and_last_audible_sample() {
        let speech = Speech::recorded(&fixture("hello-world.wav")).unwrap();
        assert_eq!(speech.samples().len(), 22_468);
        assert!(speech.samples()[(speech.start().as_nanos() / 62_500) as usize].unsigned_abs() >= 104);
        assert!(speech.start() < speech.end() && speech.end() <= speech.duration());
    }

    #[test]
    fn a_level_is_that_of_the_loudest_frame() {
        let speech = Speech::recorded(&fixture("zh-wait.wav")).unwrap();
        for want in [-40, -26, -12] {
            let scaled = speech.at_level(want).unwrap();
            let loudest = scaled.samples().chunks(FRAME_SAMPLES).map(energy).max().unwrap();
            assert_eq!(level(loudest, FRAME_SAMPLES), want);
            assert_eq!(scaled.samples().len(), speech.samples().len());
        }
    }

    #[test]
    fn what_exceeds_full_scale_is_clipped() {
        assert_eq!([scale(30_000, 10.0), scale(-30_000, 10.0), scale(-7, 0.5)], [32_767, -32_767, -4]);
    }

    #[test]
    fn speech_too_soft_to_be_heard_is_none() {
        assert!(Speech::synthetic("你好").unwrap().at_level(-60).is_none());
        assert!(Speech::synthetic("……").is_none());
    }

    #[test]
    fn another_kind_of_file_is_refused_with_what_it_is() {
        let folder = std::env::temp_dir().join(format!("bargein-wav-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let cases = [
            (2, 44_100, 16, hound::SampleFormat::Int, "got 44100 Hz, stereo, 16 bit"),
            (1, 8_000, 16, hound::SampleFormat::Int, "got 8000 Hz, mono, 16 bit"),
            (1, 16_000, 32, hound::SampleFormat::Float, "got 16000 Hz, mono, 32 bit float"),
            (1, 16_000, 16, hound::SampleFormat::Int, "nothing in it is above -50 dBFS"),
        ];
        for (channels, sample_rate, bits_per_sample, sample_format, want) in cases {
            let path = folder.join("other.wav");
            let spec = hound::WavSpec { channels, sample_rate, bits_per_sample, sample_format };
            hound::WavWriter::create(&path, spec).unwrap().finalize().unwrap();
            let error = Speech::recorded(&path).unwrap_err().to_string();
            assert!(error.ends_with(want), "{error}");
        }
        std::fs::write(folder.join("text.wav"), "no sound").unwrap();
        assert!(Speech::recorded(&folder.join("text.wav")).unwrap_err().to_string().contains("text.wav"));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
