//! What the room and the callbacks are told, in the domain's words. A dialect turns them into a service's messages.

use serde::{Deserialize, Serialize};

use crate::fault::{VendorFault, VendorRole};
use crate::ids::{AppCallId, RoundId};
use crate::input::ToolCall;

/// One thing to tell.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// The application's call was accepted.
    Accepted {
        /// Which call.
        call: AppCallId,
        /// The round given to it, also when it waits; `None` for calls that make none.
        round: Option<RoundId>,
    },
    /// The application's call was refused; nothing changed.
    Refused {
        /// Which call.
        call: AppCallId,
        /// Why.
        reason: Refusal,
    },
    /// The agent's state changed, or the round it speaks in did.
    State {
        /// The round this state belongs to; `None` before the first round.
        round: Option<RoundId>,
        /// The new state.
        is: AgentState,
    },
    /// A turn began. Ends with exactly one [`Notice::TurnEnded`].
    TurnStarted {
        /// The round.
        round: RoundId,
        /// Whose turn.
        of: Speaker,
    },
    /// A turn ended.
    TurnEnded {
        /// The round.
        round: RoundId,
        /// Whose turn.
        of: Speaker,
        /// Why.
        why: TurnEnd,
        /// What the user said, or what was heard of the agent.
        text: String,
    },
    /// A speech that had been accepted and waited was dropped before it began.
    SpeechDropped {
        /// Its round.
        round: RoundId,
    },
    /// Text to show. The user's replaces what was shown of the round, the agent's is appended.
    Subtitle {
        /// The round.
        round: RoundId,
        /// Whose words.
        of: Speaker,
        /// User: all of the turn so far. Agent: the increment, at the model's pace; may be empty when final.
        text: String,
        /// Whether this is the last of the turn.
        is_final: bool,
    },
    /// A figure of the round.
    Metric {
        /// The round.
        round: RoundId,
        /// Which.
        name: MetricName,
        /// Milliseconds; a count for `tts_discontinuity`, 1 for `interruption`.
        value: u64,
    },
    /// A vendor failed for good (after retries).
    Error {
        /// The round that suffers; `None` for a recogniser outside a round.
        round: Option<RoundId>,
        /// Which vendor.
        of: VendorRole,
        /// What happened.
        fault: VendorFault,
    },
    /// A metadata object found in the model's text or stream, as JSON text.
    Meta {
        /// The round.
        round: RoundId,
        /// The object, as it stood.
        json: String,
    },
    /// The model wants a tool called. Nothing waits for its result.
    ToolCall {
        /// The round.
        round: RoundId,
        /// Which, and with what.
        call: ToolCall,
    },
}

/// Why an application's call was refused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The user is speaking.
    Listening,
    /// Five already wait.
    QueueFull,
    /// Something of higher priority is being said.
    LowerPriority,
    /// The session is ending.
    Stopping,
    /// The text is over the limit.
    TooLong,
    /// The text holds nothing that can be said.
    Empty,
}

/// What the agent is doing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentState {
    /// Nothing is going on (only where the configuration rests in `idle`).
    Idle,
    /// The user is speaking, or may.
    Listening,
    /// A reply is being prepared.
    Thinking,
    /// Audio leaves.
    Speaking,
    /// What was prepared or said has just been cut.
    Interrupted,
    /// What was said has just been heard whole, and nothing waits.
    Finished,
}

/// The two speakers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The human.
    User,
    /// Us.
    Agent,
}

/// Why a turn ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnEnd {
    /// User: a reply begins. Agent: said to its end.
    Completed,
    /// Agent: cut by something.
    Interrupted(InterruptedBy),
    /// Agent: nothing could be said because a vendor failed.
    Failed,
    /// User: nothing was recognised, or what was takes no turn (one character, backchannel, interruption word),
    /// or nobody may listen now.
    Discarded,
    /// The session ended.
    Stopped,
}

/// What cut the agent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InterruptedBy {
    /// The user's voice, words or text.
    User,
    /// A question of the application.
    Ask,
    /// A speech of the application.
    Speak,
    /// A signal of the user's client or an interrupt call of the application.
    Signal,
}

/// The figures of a round.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricName {
    /// Last voiced sample of the user's turn to its end, with its final transcript; contains the endpointing silence, but
    /// not the wait for an agent that may not be cut.
    AsrLatency,
    /// LLM request to response headers.
    LlmNetworkLatency,
    /// LLM request to first content.
    LlmFirstToken,
    /// First segment's request to response headers.
    TtsNetworkLatency,
    /// First segment's request to first playable audio.
    TtsFirstFrameLatency,
    /// How often the agent fell silent between or within the round's segments before its end. Told at the end, when
    /// not zero.
    TtsDiscontinuity,
    /// Told with value 1 when the round was cut.
    Interruption,
}

impl MetricName {
    /// The word for this metric in messages and scenarios.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::AsrLatency => "asr_latency",
            Self::LlmNetworkLatency => "llm_network_latency",
            Self::LlmFirstToken => "llm_first_token",
            Self::TtsNetworkLatency => "tts_network_latency",
            Self::TtsFirstFrameLatency => "tts_first_frame_latency",
            Self::TtsDiscontinuity => "tts_discontinuity",
            Self::Interruption => "interruption",
        }
    }
}
