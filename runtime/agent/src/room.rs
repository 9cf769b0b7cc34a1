//! The seam between a session and the room it talks in, in memory.
//!
//! A room is a pair of bounded channels: the session holds one side, the user the other. A transport (a WebSocket, a
//! conference service) holds the user's side and moves what passes there. What happens when a channel is full:
//! - the user's frames, texts and signals: the sender waits;
//! - the agent's frames and what the room is told: the session never waits, a slow listener loses them and is told
//!   how many.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bargein_core::{Notice, Signal};
use bargein_net::Moment;
use thiserror::Error;
use tokio::sync::{broadcast, mpsc};

use crate::frame::AudioFrame;
use crate::voice::VoiceEdge;

/// The user's frames on their way: one second.
const USER_FRAMES: usize = 50;
/// The user's texts and signals on their way.
const USER_MESSAGES: usize = 16;
/// The agent's frames on their way: five seconds, what a machine that slept may send in one go.
const AGENT_FRAMES: usize = 256;
/// What the room is told and has not yet read.
const TELLINGS: usize = 128;

/// The session's side of a room.
#[derive(Debug)]
pub struct Room {
    pub(crate) frames: mpsc::Receiver<AudioFrame>,
    pub(crate) messages: mpsc::Receiver<UserMessage>,
    pub(crate) told: broadcast::Sender<Arc<Telling>>,
    speech: mpsc::Sender<AgentFrame>,
    lost: Arc<AtomicU64>,
}

/// The user's side of a room. The three parts may go to different tasks.
#[derive(Debug)]
pub struct RoomUser {
    /// What the user says and does. The session goes on when it is dropped: the user is silent then.
    pub says: UserSays,
    /// The agent's voice.
    pub hears: AgentVoice,
    /// What the room is told, from the session's first notice on.
    pub told: Tellings,
}

/// What the user does besides speaking.
#[derive(Debug)]
pub(crate) enum UserMessage {
    Text(String),
    Signal(Signal),
}

/// A frame of the agent's voice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgentFrame {
    /// When it is heard from, by the playout's grid, for 20 ms. It may come later when the machine is late.
    pub at: Moment,
    /// The sound.
    pub frame: AudioFrame,
}

/// One thing the room is told.
#[derive(Clone, PartialEq, Debug)]
pub struct Telling {
    /// When.
    pub at: Moment,
    /// What.
    pub what: Told,
}

/// What a room can be told.
#[derive(Clone, PartialEq, Debug)]
pub enum Told {
    /// Something of the conversation.
    Notice(Notice),
    /// The user's voice began or ended. Its own time is the session's, and earlier.
    Voice(VoiceEdge),
}

/// A room in memory.
#[must_use]
pub fn loopback() -> (Room, RoomUser) {
    let (frames_in, frames) = mpsc::channel(USER_FRAMES);
    let (messages_in, messages) = mpsc::channel(USER_MESSAGES);
    let (speech, speech_out) = mpsc::channel(AGENT_FRAMES);
    let (told, told_out) = broadcast::channel(TELLINGS);
    let lost = Arc::new(AtomicU64::new(0));
    let user = RoomUser {
        says: UserSays { frames: frames_in, messages: messages_in },
        hears: AgentVoice { frames: speech_out, lost: Arc::clone(&lost) },
        told: Tellings::new(told_out),
    };
    (Room { frames, messages, told, speech, lost }, user)
}

impl Room {
    /// Lets a frame of the agent out; it is lost when the listener is too slow or gone.
    pub(crate) fn speak(&self, frame: AgentFrame) {
        if self.speech.try_send(frame).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Tells whoever listens.
    pub(crate) fn tell(&self, at: Moment, what: Told) {
        // Nobody listening is no failure.
        let _ = self.told.send(Arc::new(Telling { at, what }));
    }
}

/// Lets the user speak and act. Cheap to clone.
#[derive(Clone, Debug)]
pub struct UserSays {
    frames: mpsc::Sender<AudioFrame>,
    messages: mpsc::Sender<UserMessage>,
}

/// The session has left the room.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("expected a session in the room, it has left")]
pub struct RoomEmpty;

impl UserSays {
    /// Sends 20 ms of sound which end now. Silence is sent too; frames that do not come count as silence for the
    /// voice detector only. Waits while a second of sound is on its way.
    ///
    /// # Errors
    ///
    /// [`RoomEmpty`] when the session has left.
    pub async fn frame(&self, frame: AudioFrame) -> Result<(), RoomEmpty> {
        self.frames.send(frame).await.map_err(|_| RoomEmpty)
    }

    /// Sends a text: a turn without speech.
    ///
    /// # Errors
    ///
    /// [`RoomEmpty`] when the session has left.
    pub async fn text(&self, text: impl Into<String>) -> Result<(), RoomEmpty> {
        self.messages.send(UserMessage::Text(text.into())).await.map_err(|_| RoomEmpty)
    }

    /// Sends a signal.
    ///
    /// # Errors
    ///
    /// [`RoomEmpty`] when the session has left.
    pub async fn signal(&self, signal: Signal) -> Result<(), RoomEmpty> {
        self.messages.send(UserMessage::Signal(signal)).await.map_err(|_| RoomEmpty)
    }
}

/// The agent's voice, frame by frame; nothing comes while it is silent.
#[derive(Debug)]
pub struct AgentVoice {
    frames: mpsc::Receiver<AgentFrame>,
    lost: Arc<AtomicU64>,
}

impl AgentVoice {
    /// The next frame; `None` when the session has left.
    pub async fn frame(&mut self) -> Option<AgentFrame> {
        self.frames.recv().await
    }

    /// How many frames were lost because five seconds of them were not read.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

/// What the room is told, in order.
#[derive(Debug)]
pub struct Tellings {
    told: broadcast::Receiver<Arc<Telling>>,
    lost: u64,
}

impl Tellings {
    pub(crate) fn new(told: broadcast::Receiver<Arc<Telling>>) -> Self {
        Self { told, lost: 0 }
    }

    /// The next one; `None` when the session is over.
    pub async fn next(&mut self) -> Option<Arc<Telling>> {
        loop {
            match self.told.recv().await {
                Ok(telling) => return Some(telling),
                Err(broadcast::error::RecvError::Lagged(lost)) => self.lost += lost,
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }

    /// How many were lost because 128 of them were not read.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }
}
