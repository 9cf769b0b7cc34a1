//! The scripted user: what a person at the other end of the room says, as exact samples at exact times.
//!
//! In are the signals of spoken steps (recorded or made here), the track that places them sample by sample, and the
//! pump that carries the track into a room on a 20 ms grid. Deliberately out: when a step is due, and everything the
//! agent does about it.

mod loudness;
mod microphone;
mod speech;
mod synthetic;
mod track;
mod wav;

pub use loudness::{AUDIBLE, SILENCE, energy, first_audible, last_audible, level};
pub use microphone::{FRAME, Microphone};
pub use speech::Speech;
pub use track::{FRAME_SAMPLES, SAMPLE_RATE, Track};
pub use wav::WavError;
