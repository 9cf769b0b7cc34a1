//! The shell around the conversation: what hears the room, asks the vendors and speaks, on a runtime's time.

mod call_audio;
mod ears;
mod frame;
mod playout;
mod read_ahead;
mod voice;

pub use frame::{AudioFrame, FRAME, FRAME_BYTES, FRAME_SAMPLES, NotAFrame, SAMPLE_RATE};
pub use voice::{Earshot, VoiceDetector, VoiceEdge, VoiceEdges};
