//! The conversation as a sans-IO state machine: it decides everything and does nothing.
//!
//! Inputs go in with the time they happened at, commands come out, and [`Conversation::next_deadline`] says when to
//! come back. The rules of the loop, the same for every driver:
//!
//! 1. `handle(now, input)` or `advance(now)`; either may be called at any time, early, late or twice.
//! 2. Execute every command of `poll_command` before sleeping.
//! 3. Sleep until the next input or the next deadline, whichever is first.
//!
//! Timers fire at their own deadline, not at the wake-up, so a late machine changes delays outside and never
//! decisions inside. Deliberately out: audio samples, wire formats, vendors, clocks, tasks.

mod asking;
mod command;
mod config;
mod conversation;
mod endpointing;
mod fault;
mod history;
mod ids;
mod input;
mod interruption;
mod metrics;
mod notice;
mod outbox;
mod playout;
mod recogniser;
mod reply;
mod retry;
mod segmenter;
mod speech_queue;
mod spoken;
mod spoken_words;
mod synthesis;
mod text_filter;
mod time;
mod utterance_text;
mod whole_text;

pub use command::{Command, LlmRequest, TtsRequest};
pub use config::{
    AsrRules, Config, ConfigUpdate, Endpointing, HistoryRules, Interruption, InterruptionMode, Keep,
    LlmRules, LowerPriority, Overflow, QueueRules, Resting, Segmentation, SpeechThatMayNotCut, Synthesis,
    TextRules, Turns, Welcome, Window,
};
pub use conversation::Conversation;
pub use fault::{FaultKind, VendorFault, VendorRole};
pub use ids::{AppCallId, AsrCallId, LlmCallId, RequestId, RoundId, TtsCallId};
pub use input::{
    AppCall, AsrEvent, Input, LlmEvent, Message, PlayoutEvent, Priority, Role, SamePriority, Signal,
    SpeechOptions, TimedWord, ToolCall, TtsEvent,
};
pub use notice::{AgentState, InterruptedBy, MetricName, Notice, Refusal, Speaker, TurnEnd};
pub use time::Time;
pub use utterance_text::is_speakable;
pub use whole_text::{append_text, segments_of, spoken_text};
