
mod frame;
mod voice;

pub use frame::{AudioFrame, FRAME, FRAME_BYTES, FRAME_SAMPLES, NotAFrame, SAMPLE_RATE};
pub use voice::{Earshot, VoiceDetector, VoiceEdge, VoiceEdges};
