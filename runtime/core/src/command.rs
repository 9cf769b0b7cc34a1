//! Everything the shell must do. Fire and forget: an outcome, also a failure to start, comes back as an input.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::{AsrCallId, LlmCallId, RequestId, RoundId, TtsCallId};
use crate::input::Message;
use crate::notice::Notice;

/// One thing to do. Commands are executed in order, before the shell waits again.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Open a recogniser stream; from now on it is the one that room audio flows to.
    OpenAsr(AsrCallId),
    /// End the recogniser stream.
    CloseAsr(AsrCallId),
    /// Whether room audio goes to the recogniser; when not, silence does, so that the vendor ends its sentence and
    /// keeps the stream. True until said otherwise.
    Listen(bool),
    /// Ask the model.
    StartLlm(LlmCallId, LlmRequest),
    /// Close the LLM call at once. Its later events are ignored.
    CancelLlm(LlmCallId),
    /// Synthesise a segment.
    StartTts(TtsCallId, TtsRequest),
    /// Synthesise the text of a reply that goes on: the request holds what is known of it, [`Command::AppendTts`] gives
    /// more, [`Command::EndTts`] ends it. Only with [`Synthesis::in_pieces`](crate::Synthesis::in_pieces).
    OpenTts(TtsCallId, TtsRequest),
    /// More text of an open synthesis call, to be said behind what it has.
    AppendTts(TtsCallId, String),
    /// The text of an open synthesis call is whole.
    EndTts(TtsCallId),
    /// Close the synthesis call at once and drop its audio.
    CancelTts(TtsCallId),
    /// Put this call's audio behind what is being played.
    Play(TtsCallId),
    /// Stop: not one more frame leaves. Drops what was queued to play.
    StopPlayout,
    /// Tell the room and the callbacks.
    Notify(Notice),
    /// The conversation is over: release everything of the session.
    Close,
}

/// A question to the model.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LlmRequest {
    /// The round it belongs to.
    pub round: RoundId,
    /// The same over all retries.
    pub request: RequestId,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// System prompt, history window, question.
    pub messages: Vec<Message>,
    /// Whether the application asked, not the user.
    pub proactive: bool,
}

/// A segment to synthesise.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TtsRequest {
    /// The round it belongs to.
    pub round: RoundId,
    /// The same over all retries.
    pub request: RequestId,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// What to say. Never empty, always speakable.
    pub text: String,
    /// How much unplayed audio the shell may hold of this call before it stops reading it.
    pub read_ahead: Duration,
    /// Longest wait between two pieces of audio while the stream is being read; beyond it the shell ends the call
    /// with a timeout.
    pub stall_timeout: Duration,
}
