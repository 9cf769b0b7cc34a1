//! What user and app do.

mod read;

use std::path::PathBuf;
use std::time::Duration;

#[cfg(test)]
pub(super) use read::{APP_KEYS, USER_KEYS};
pub(super) use read::{PRIORITIES, ROLES, SAME_PRIORITIES, SIGNALS, known_steps, step};

use bargein_core::{Message, Signal, SpeechOptions};

use super::sentence::Anchor;
use super::source::Place;
use super::subtree::Subtree;
use crate::timeline::StepId;

/// One step of a scenario.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its `id`, or `step` with its position from 1.
    pub id: StepId,
    /// When it starts; `None`: when the one before it has ended, the first one at time 0. An event without a number
    /// is its first occurrence at or after the start of the step before.
    pub at: Option<Anchor>,
    /// What is done.
    pub action: Action,
    /// The whole step in the file.
    pub place: Place,
    /// The anchor behind `at`, for the error when it cannot come any more.
    pub at_place: Option<Place>,
}

/// Who does what.
#[derive(Clone, Debug)]
pub enum Action {
    /// The human in the room.
    User(UserAction),
    /// The application, on the session.
    App(AppAction),
}

/// What the human in the room does.
#[derive(Clone, PartialEq, Debug)]
pub enum UserAction {
    /// Speaks.
    Says {
        /// The words; the mock recogniser will hear them.
        text: String,
        /// The recording; `None` synthesises speech: 220 ms a CJK character, 60 ms any other letter or digit.
        audio: Option<PathBuf>,
        /// How loud its loudest 20 ms shall be, in dB of full scale, at most 0; `None` keeps the recording as it is.
        level: Option<i32>,
    },
    /// Lets time pass.
    Silence(Duration),
    /// Sends a text through the room.
    Text(String),
    /// Sends a signal through the room.
    Signal(Signal),
}

/// What the application does.
#[derive(Clone, Debug)]
pub struct AppAction {
    /// The call on the session.
    pub call: AppCall,
    /// How often, from 1. Default 1. Every call is an `ID.accepted` or `ID.refused` of its own.
    pub times: u32,
    /// From the start of one to the start of the next. Default 0, in the same instant.
    pub every: Duration,
}

/// A call of the application on the session.
#[derive(Clone, Debug)]
pub enum AppCall {
    /// Say this text.
    Speak {
        /// What to say.
        text: String,
        /// Rank and queueing.
        options: SpeechOptions,
        /// Whether it becomes an assistant message. Default true.
        history: bool,
    },
    /// Ask the model this and say the answer.
    Ask {
        /// The question.
        text: String,
        /// Replaces the system prompt for this call.
        system_prompt: Option<String>,
        /// Rank and queueing.
        options: SpeechOptions,
        /// Whether the question becomes a user message. Default false.
        question_in_history: bool,
        /// Whether the answer becomes an assistant message. Default true.
        answer_in_history: bool,
    },
    /// Cut what is being prepared or said.
    Interrupt,
    /// Change the configuration; the text form of `bargein_agent::config`'s update.
    Update(Subtree),
    /// Append messages to the history.
    AddHistory(Vec<Message>),
    /// Empty the history.
    ResetHistory,
    /// End the session: at once, or when everything accepted has been said.
    Stop {
        /// Whether to wait for that.
        graceful: bool,
    },
}
