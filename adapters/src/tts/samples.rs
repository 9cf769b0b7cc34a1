//! Audio as vendors send it, in pieces cut anywhere, to whole samples.

use bargein_core::{FaultKind, VendorFault};
use bargein_wire::hex;
use bargein_wire::pcm::Aligner;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::{Format, TtsItem};
use crate::fault::capped;

/// The samples of one call: signed 16-bit little-endian, mono.
pub(super) struct Samples {
    format: Format,
    aligner: Aligner,
    /// Whether any came.
    has_some: bool,
}

impl Samples {
    /// Samples at this rate, none yet.
    pub(super) fn new(rate: u32) -> Self {
        Self { format: Format { rate }, aligner: Aligner::new(1), has_some: false }
    }

    /// Takes the next bytes; gives the samples that are whole by now.
    pub(super) fn push(&mut self, bytes: Bytes) -> Option<TtsItem> {
        let whole = self.aligner.push(bytes);
        if whole.is_empty() {
            return None;
        }
        self.has_some = true;
        Some(TtsItem::Audio(whole, self.format))
    }

    /// Whether any came.
    pub(super) const fn has_some(&self) -> bool {
        self.has_some
    }

    /// All bytes came.
    ///
    /// # Errors
    /// When there was not one sample.
    pub(super) fn finish(&self) -> Result<(), VendorFault> {
        if self.aligner.held() > 0 {
            tracing::warn!("audio ended within a sample: its byte is not played");
        }
        if self.has_some { Ok(()) } else { Err(broken("expected audio, got none")) }
    }
}

/// The bytes of a text in base64. Each message is a text of its own: they are never joined before they are read.
pub(super) fn from_base64(text: &str) -> Result<Bytes, VendorFault> {
    let bytes = STANDARD.decode(text);
    bytes.map(Bytes::from).map_err(|error| broken(&format!("expected audio in base64, got: {error}")))
}

/// The bytes of a text of hexadecimal digits.
pub(super) fn from_hex(text: &str) -> Result<Bytes, VendorFault> {
    hex::decode(text)
        .map(Bytes::from)
        .map_err(|error| broken(&format!("expected audio in hex, got: {error}")))
}

/// The fault of an answer that is not what its protocol demands.
pub(super) fn broken(told: &str) -> VendorFault {
    VendorFault::new(FaultKind::Broken, capped(told))
}
