//! WAV as vendors stream it: a RIFF header whose sizes are often made up, then samples until the stream ends.
//!
//! [`Decoder`] takes bytes cut anywhere and gives formats and samples; [`header`] writes what goes before them. Only
//! signed 16-bit PCM is read. Sources: Microsoft's "Multimedia Programming Interface and Data Specifications 1.0"
//! and `mmreg.h` for the extensible format; the made-up sizes are those of `fixtures/wire/custom/SOURCE.md`.

mod decoder;
mod header;

pub use decoder::{Decoder, Part, WavError};
pub use header::{Format, UNKNOWN, header};
