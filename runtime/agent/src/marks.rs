//! The shell's own milestones, for measuring what it adds to the vendors' times. In virtual time it adds nothing.
//!
//! What the pairs measure: [`Mark::FinalTranscript`] to [`Mark::LlmWritten`], where endpointing does not wait, and
//! [`Mark::Delta`] to [`Mark::TtsWritten`] are decisions and the way of a request; [`Mark::FirstAudio`] to the first
//! [`Mark::Frame`] is the way of the samples; [`Mark::CutDecided`] to [`Mark::CutDone`] is what barge-in waits for.

use std::sync::Arc;

use bargein_adapters::OnWritten;
use bargein_net::{Clock, Moment};

/// A milestone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mark {
    /// The adapter gave a final transcript.
    FinalTranscript,
    /// A request to the model was handed to its connection, whole.
    LlmWritten,
    /// The adapter gave a piece of the model's text.
    Delta,
    /// A request for a segment was handed to its connection, whole.
    TtsWritten,
    /// The adapter gave the first audio of a call.
    FirstAudio,
    /// A frame was handed to the room.
    Frame,
    /// The session took what led it to cut the agent.
    CutDecided,
    /// From here on no frame leaves.
    CutDone,
}

/// Takes the milestones; called on the session's tasks, must return quickly.
pub type MarkSink = Arc<dyn Fn(Moment, Mark) + Send + Sync>;

/// Marks milestones, when somebody wants them.
#[derive(Clone)]
pub(crate) struct Marks {
    clock: Clock,
    sink: Option<MarkSink>,
}

impl Marks {
    pub(crate) fn new(clock: Clock, sink: Option<MarkSink>) -> Self {
        Self { clock, sink }
    }

    /// Marks that a request has been written.
    pub(crate) fn on_written(&self, mark: Mark) -> OnWritten {
        if self.sink.is_none() {
            return OnWritten::default();
        }
        let marks = self.clone();
        OnWritten::new(move || marks.mark(mark))
    }

    /// This happens now.
    pub(crate) fn mark(&self, mark: Mark) {
        if let Some(sink) = &self.sink {
            sink(self.clock.now(), mark);
        }
    }

    /// This happened then.
    pub(crate) fn mark_at(&self, at: Moment, mark: Mark) {
        if let Some(sink) = &self.sink {
            sink(at, mark);
        }
    }
}
