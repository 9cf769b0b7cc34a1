//! What the user says, told to the recogniser by whoever makes the user speak.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// One thing the user says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Utterance {
    /// The words.
    pub text: String,
    /// From the first audible sample to the last one: by it the words are spread over the audio.
    pub duration: Duration,
}

/// The words of a user, in order: pushed when the user begins to speak, taken when the recogniser hears a voice.
/// All clones are the same queue.
#[derive(Clone, Debug, Default)]
pub struct Says(Arc<Mutex<VecDeque<Utterance>>>);

impl Says {
    /// A user who has said nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The user begins to say this now.
    pub fn push(&self, utterance: Utterance) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(utterance);
    }

    /// Puts words back in front that nobody was told.
    pub(crate) fn give_back(&self, utterance: Utterance) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_front(utterance);
    }

    pub(crate) fn take(&self) -> Option<Utterance> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}
