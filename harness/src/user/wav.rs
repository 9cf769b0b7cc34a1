//! Recorded speech from WAV files.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavReader, WavSpec};

use super::track::SAMPLE_RATE;

/// Why a WAV file cannot be what a user says.
#[derive(Debug, thiserror::Error)]
pub enum WavError {
    /// There is no such file, or it cannot be read as WAV.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the reader says.
        source: hound::Error,
    },
    /// The file is WAV of another kind.
    #[error("{}: expected WAV of 16 kHz, mono, 16 bit; got {got}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        got: String,
    },
    /// Not one sample is above -50 dBFS.
    #[error("{}: nothing in it is above -50 dBFS", path.display())]
    Silent {
        /// The file.
        path: PathBuf,
    },
}

/// The samples of a WAV file of 16 kHz, mono, 16 bit.
pub(super) fn read(path: &Path) -> Result<Vec<i16>, WavError> {
    let unreadable = |source| WavError::Unreadable { path: path.to_owned(), source };
    let mut reader = WavReader::open(path).map_err(unreadable)?;
    let spec = reader.spec();
    let wanted = WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    if spec != wanted {
        return Err(WavError::Format { path: path.to_owned(), got: describe(spec) });
    }
    reader.samples().collect::<Result<Vec<i16>, _>>().map_err(unreadable)
}

fn describe(spec: WavSpec) -> String {
    let mut text = format!("{} Hz, ", spec.sample_rate);
    // Writing to a string cannot fail.
    let _ = match spec.channels {
        1 => write!(text, "mono"),
        2 => write!(text, "stereo"),
        more => write!(text, "{more} channels"),
    };
    let _ = write!(text, ", {} bit", spec.bits_per_sample);
    if spec.sample_format == SampleFormat::Float {
        text.push_str(" float");
    }
    text
}
