//! The shell around the conversation: what hears the room, asks the vendors and speaks, on a world's time.
//!
//! [`Session::start`] makes one task that owns everything of a session: the conversation (`bargein_core`, which
//! decides), the room's audio and voice detector, the vendors' calls, and the playout of 20 ms frames. It runs
//! unchanged in a virtual and in the real world. Deliberately out: decisions, vendors' protocols, the doors through
//! which applications come.
//!
//! ```
//! use bargein_agent::{Session, SessionSettings, Told, loopback};
//! use bargein_core::{Notice, Speaker};
//!
//! bargein_net::run_virtual(1, async |world| {
//!     let (room, mut user) = loopback();
//!     let session = Session::start(&world, SessionSettings::default(), room);
//!     user.says.text("Hello.").await.ok();
//!     while let Some(telling) = user.told.next().await {
//!         if matches!(telling.what, Told::Notice(Notice::TurnEnded { of: Speaker::User, .. })) {
//!             session.stop().await;
//!         }
//!     }
//! })?;
//! # Ok::<(), bargein_net::RunError>(())
//! ```

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
pub use resample::Resampler;
pub use room::{
    AgentFrame, AgentVoice, Room, RoomEmpty, RoomUser, Telling, Tellings, Told, UserSays, loopback,
};
pub use session::{CallError, Session, SessionHandle, SessionSettings};
pub use voice::{Earshot, VoiceDetector, VoiceEdge, VoiceEdges};
