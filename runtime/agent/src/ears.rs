//! What becomes of the room's audio: edges of voice for the conversation, and a stream for the recogniser.
//!
//! The recogniser's stream begins when it is ready; what was said shortly before is kept for it, over a reconnection
//! too. While the conversation does not listen, the recogniser hears silence. Deliberately out: what edges mean.

use std::collections::VecDeque;

use bargein_core::Time;
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::frame::AudioFrame;
use crate::voice::{VoiceDetector, VoiceEdge, VoiceEdges};

/// How many frames are kept for a recogniser that is not ready: 2 s, the oldest are dropped.
const KEPT_FRAMES: usize = 100;
/// How many frames may lie between us and the adapter: what was kept, and half a second of slowness.
pub(crate) const LINE_FRAMES: usize = KEPT_FRAMES + 25;

/// The ears of one session.
pub(crate) struct Ears {
    edges: VoiceEdges<Box<dyn VoiceDetector>>,
    listening: bool,
    line: Line,
    kept: VecDeque<Bytes>,
    /// Frames the recogniser was too slow for.
    lost: u64,
}

enum Line {
    /// Nobody recognises; audio is kept when somebody is about to.
    Closed {
        keep: bool,
    },
    Opening(mpsc::Sender<Bytes>),
    Ready(mpsc::Sender<Bytes>),
}

impl Ears {
    /// Ears of a session; `keep` the room's audio until a recogniser is ready, if there is one.
    pub(crate) fn new(detector: Box<dyn VoiceDetector>, keep: bool) -> Self {
        Self {
            edges: VoiceEdges::new(detector),
            listening: true,
            line: Line::Closed { keep },
            kept: VecDeque::new(),
            lost: 0,
        }
    }

    /// A frame of the room, which ends at `now`.
    pub(crate) fn hear(&mut self, now: Time, frame: &AudioFrame) -> Option<VoiceEdge> {
        let heard = if self.listening { frame.bytes() } else { AudioFrame::silence().bytes() };
        match &self.line {
            Line::Closed { keep: false } => {}
            Line::Closed { keep: true } | Line::Opening(_) => {
                if self.kept.len() == KEPT_FRAMES {
                    self.kept.pop_front();
                }
                self.kept.push_back(heard);
            }
            Line::Ready(line) => self.lost += u64::from(line.try_send(heard).is_err()),
        }
        self.edges.hear(now, &frame.samples())
    }

    /// When [`Ears::advance`] has something to do.
    pub(crate) fn next_deadline(&self) -> Option<Time> {
        self.edges.next_deadline()
    }

    /// No frame came by `now`.
    pub(crate) fn advance(&mut self, now: Time) -> Option<VoiceEdge> {
        self.edges.advance(now)
    }

    /// Whether the recogniser hears the room.
    pub(crate) fn listen(&mut self, listening: bool) {
        self.listening = listening;
    }

    /// A recogniser is being opened; its audio goes here. Replaces the one before, whose audio ends.
    pub(crate) fn open(&mut self, line: mpsc::Sender<Bytes>) {
        self.warn_of_loss();
        self.line = Line::Opening(line);
    }

    /// The recogniser takes audio: it gets what was kept, then what comes.
    pub(crate) fn ready(&mut self) {
        match std::mem::replace(&mut self.line, Line::Closed { keep: true }) {
            Line::Opening(line) => {
                for frame in self.kept.drain(..) {
                    self.lost += u64::from(line.try_send(frame).is_err());
                }
                self.line = Line::Ready(line);
            }
            other => self.line = other,
        }
    }

    /// The recogniser is gone: its audio ends. `keep` the room's audio for the next one, or nobody will need it.
    pub(crate) fn close(&mut self, keep: bool) {
        self.warn_of_loss();
        self.line = Line::Closed { keep };
        if !keep {
            self.kept = VecDeque::new();
        }
    }

    fn warn_of_loss(&mut self) {
        if self.lost > 0 {
            tracing::warn!(frames = self.lost, "the recogniser was too slow for the room's audio");
            self.lost = 0;
        }
    }
}
