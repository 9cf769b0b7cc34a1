//! Everything that can happen to a conversation.
//!
//! Every vendor event names the call it belongs to; events of calls that are over are ignored.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::ConfigUpdate;
use crate::fault::VendorFault;
use crate::ids::{AppCallId, AsrCallId, LlmCallId, TtsCallId};
use crate::time::Time;

/// One thing that happened.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// The user began to speak. `at` is the first sample of the first voiced frame; it lies before the moment
    /// of the input by the detector's delay.
    VoiceStarted {
        /// When the voice began.
        at: Time,
    },
    /// The user fell silent. `at` is the end of the last voiced frame.
    VoiceStopped {
        /// When the voice ended.
        at: Time,
    },
    /// The user sent a text through the room: a user turn without speech. Cuts what may be cut.
    UserText(String),
    /// The user's client sent a signal through the room.
    Signal(Signal),
    /// The application called the session.
    App(AppCallId, AppCall),
    /// A recogniser stream said something.
    Asr(AsrCallId, AsrEvent),
    /// An LLM call said something.
    Llm(LlmCallId, LlmEvent),
    /// A synthesis call said something.
    Tts(TtsCallId, TtsEvent),
    /// The playout reached a point.
    Playout(PlayoutEvent),
}

/// A signal of the user's client.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Cut the agent now, whatever the interruption mode.
    Interrupt,
    /// Walkie-talkie: the user's turn begins, or goes on if it has not ended yet. Cuts what may be cut. Ignored in
    /// continuous mode.
    StartListening,
    /// Walkie-talkie: the user's turn is over. Ignored in continuous mode.
    StopListening,
}

/// What an application can ask of a session. Each call is answered by one notice.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppCall {
    /// Say this text. At most 300 characters, else refused.
    Speak {
        /// What to say.
        text: String,
        /// Rank and queueing.
        options: SpeechOptions,
        /// Whether the text becomes an assistant message of the history. Default true.
        in_history: bool,
    },
    /// Ask the model this, as if the user had said it, and say the answer.
    Ask {
        /// The question, last in the model's messages.
        text: String,
        /// Replaces the system prompt for this call only.
        system_prompt: Option<String>,
        /// Rank and queueing.
        options: SpeechOptions,
        /// Whether the question becomes a user message of the history. Default false.
        question_in_history: bool,
        /// Whether the answer becomes an assistant message of the history. Default true.
        answer_in_history: bool,
    },
    /// Cut what is being prepared or said, of any priority. Accepted even when nothing is.
    Interrupt,
    /// Change the configuration; what is in progress keeps what it began with unless stated otherwise.
    Update(Box<ConfigUpdate>),
    /// Append messages to the history. No reply, no subtitle, no round.
    AddHistory(Vec<Message>),
    /// Empty the history. A reply in progress goes on and leaves nothing in it.
    ResetHistory,
    /// End the session, at once or gracefully. From a graceful stop on nothing new begins: other calls are refused,
    /// new voices, texts and turns are not heard. What has begun goes on, the queue too, until nothing is left but at
    /// the latest until `patience` is over. A second graceful stop can only bring the end nearer.
    Stop {
        /// `None`: at once. `Some`: gracefully, with this limit.
        patience: Option<Duration>,
    },
}

/// Rank and queueing of a proactive speech.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct SpeechOptions {
    /// Default medium.
    pub priority: Priority,
    /// What to do against a current speech of the same priority. Default clear and interrupt.
    pub same_priority: SamePriority,
    /// Whether what the user says while this speech cannot be cut becomes a turn afterwards. Default false.
    pub enqueue_user_speech: bool,
}

/// Rank of a speech. A user's turn and the reply to it rank as medium.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Gives way to everything.
    Low,
    /// Gives way to the user's voice.
    #[default]
    Medium,
    /// Is said to its end, over the user too.
    High,
}

/// What a speech does to a current one of the same priority.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SamePriority {
    /// Cut it, empty the waiting queue, begin.
    #[default]
    ClearAndInterrupt,
    /// Wait behind it.
    Enqueue,
}

/// What a recogniser tells.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AsrEvent {
    /// The stream is open and takes audio.
    Ready,
    /// The sentence so far; replaces what was said of the same `sentence` before.
    Interim {
        /// Counts the sentences of the stream.
        sentence: u64,
        /// The whole sentence so far.
        text: String,
    },
    /// The sentence, not to change any more.
    Final {
        /// Counts the sentences of the stream.
        sentence: u64,
        /// The whole sentence.
        text: String,
    },
    /// The stream is over because of a fault.
    Failed(VendorFault),
    /// The stream is over as asked.
    Closed,
}

/// What an LLM call tells.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LlmEvent {
    /// Status and headers of a good answer arrived; no content yet.
    Responding,
    /// More text of the answer. Reasoning never arrives here.
    Delta(String),
    /// A metadata object of the vendor, as JSON text: for the room, never spoken.
    Meta(String),
    /// A tool that the model wants called: for the application, never spoken. Whole, before [`Self::Finished`].
    ToolCall(ToolCall),
    /// The answer is whole.
    Finished,
    /// The call is over because of a fault. What was said before stands.
    Failed(VendorFault),
}

/// A tool that the model wants called.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ToolCall {
    /// The vendor's name of this call, which the result must carry. May be empty.
    pub id: String,
    /// The function.
    pub name: String,
    /// Its arguments, JSON text as the model wrote it.
    pub arguments: String,
}

/// What a synthesis call tells. The samples stay in the shell.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TtsEvent {
    /// Status and headers of a good answer arrived; no audio yet.
    Responding,
    /// The first playable audio arrived.
    FirstAudio,
    /// When words of the text are heard, where the vendor tells; they may come before or after their audio.
    Words(Vec<TimedWord>),
    /// All audio arrived.
    Finished {
        /// How much audio in all.
        duration: Duration,
    },
    /// The call is over because of a fault. What arrived before can be played.
    Failed {
        /// What happened.
        fault: VendorFault,
        /// How much audio arrived before.
        duration: Duration,
    },
}

/// A word of a text and when it is heard, counted from the first sample of its call.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TimedWord {
    /// The word as the vendor spells it.
    pub text: String,
    /// When it begins.
    pub start: Duration,
    /// When it ends.
    pub end: Duration,
}

/// What the playout tells. All times are of the session's 20 ms playout grid.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlayoutEvent {
    /// The first frame of this call left.
    Started(TtsCallId),
    /// Nothing left to play although the call has not ended: an underrun.
    Dry(TtsCallId),
    /// Audio flows again after [`PlayoutEvent::Dry`].
    Resumed(TtsCallId),
    /// The call's last frame has been heard.
    Ended(TtsCallId),
}

/// One message of the history, as the model sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Message {
    /// Who said it.
    pub role: Role,
    /// What was said.
    pub content: String,
}

/// Who said a message of the history.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The system prompt.
    System,
    /// The user.
    User,
    /// The agent.
    Assistant,
}
