//! The shell around the conversation: what hears the room, asks the vendors and speaks, on a world's time.

mod call_audio;
pub mod config;
mod driver;
mod ears;
mod executor;
mod frame;
mod journal;
mod marks;
mod playout;
mod read_ahead;
mod resample;
mod room;
mod session;
mod synthesis_call;
mod voice;

pub use executor::Vendors;
pub use frame::{AudioFrame, FRAME, FRAME_BYTES, FRAME_SAMPLES, NotAFrame, SAMPLE_RATE};
pub use journal::{Happened, Journal, JournalEntry, JournalKeep, NotAnEntry, NotWhole, replay};
pub use marks::{Mark, MarkSink};
pub use room::{
    AgentFrame, AgentVoice, Room, RoomEmpty, RoomUser, Telling, Tellings, Told, UserSays, loopback,
};
pub use session::{CallError, Session, SessionHandle, SessionSettings};
pub use voice::{Earshot, VoiceDetector, VoiceEdge, VoiceEdges};
