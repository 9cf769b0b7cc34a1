//! The words of the scenario language: every event a timeline can carry and every field it can have.
//!
//! The tables in this file are the only place an event or a field is named. The sentence parser, the "nearest known
//! name" of its errors, the JSON Schema and the [reference page](reference()) are all read off them, so a new event is
//! one row here and an entry pushed by whoever observes it.
//!
//! Deliberately out: what an event means for a verdict ([`crate::expect`]) and how a timeline is written
//! ([`crate::timeline`]).

mod reference;

pub use reference::reference;

use std::fmt;

/// One event of the language: its row in the table.
#[derive(Debug)]
pub struct EventRow {
    /// The word of sentences, such as `llm.request`.
    pub word: &'static str,
    /// What it is, in one line.
    pub doc: &'static str,
    /// The stream it belongs to, for `nothing_else`.
    pub stream: Stream,
    /// What a test behind `where` can ask of it.
    pub fields: &'static [Field],
}

/// One field of an event.
#[derive(Debug)]
pub struct Field {
    /// The word of tests, such as `kind`. A path goes deeper into fields that allow it.
    pub name: &'static str,
    /// What values it has.
    pub kind: FieldKind,
    /// What it says, in one line.
    pub doc: &'static str,
}

/// What values a field has, and so what it may be compared with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FieldKind {
    /// Free text.
    Text,
    /// One of these words.
    Words(&'static [&'static str]),
    /// `true` or `false`.
    Bool,
    /// A decimal number without a unit.
    Number,
    /// A level in whole dB of full scale, written `-20dB`.
    Level,
    /// A duration with its unit, except for the metrics that count.
    Measure,
    /// A JSON value, entered by a path: `messages.-1.content`.
    Json,
    /// HTTP headers, entered by the header's name: `header.X-Request-Id`. Names are compared without case.
    Headers,
}

/// A stream of the closed world of `nothing_else`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Stream {
    /// The life of the session.
    Session,
    /// Room audio of the agent.
    Playout,
    /// The detector's edges of the user's voice.
    Voice,
    /// The agent's state.
    State,
    /// What is shown as text.
    Subtitle,
    /// Figures of rounds.
    Metric,
    /// Vendors' failures, as the agent reports them.
    Error,
    /// Turns and speeches of the conversation.
    Turn,
    /// What the recogniser's server saw and said.
    Asr,
    /// What the model's server saw and said.
    Llm,
    /// What the synthesiser's server saw and said.
    Tts,
    /// What the steps of the scenario did.
    Step,
}

impl Stream {
    /// All of them, in the order of the reference page.
    pub const ALL: [Self; 12] = [
        Self::Session,
        Self::Playout,
        Self::Voice,
        Self::State,
        Self::Subtitle,
        Self::Metric,
        Self::Error,
        Self::Turn,
        Self::Asr,
        Self::Llm,
        Self::Tts,
        Self::Step,
    ];

    /// The word of `nothing_else: { streams: […] }`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Playout => "playout",
            Self::Voice => "voice",
            Self::State => "state",
            Self::Subtitle => "subtitle",
            Self::Metric => "metric",
            Self::Error => "error",
            Self::Turn => "turn",
            Self::Asr => "asr",
            Self::Llm => "llm",
            Self::Tts => "tts",
            Self::Step => "step",
        }
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Makes an enum of events and, from the same rows, its table.
macro_rules! events {
    (
        $(#[doc = $about:literal])*
        pub enum $name:ident {
            $(
                #[doc = $doc:literal]
                $variant:ident = $word:literal in $stream:ident {
                    $($field:literal: $kind:expr, $field_doc:literal;)*
                }
            )*
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name {
            $(#[doc = $doc] $variant,)*
        }

        impl $name {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The event's row: its word, stream and fields.
            #[must_use]
            pub const fn row(self) -> &'static EventRow {
                match self {
                    $(Self::$variant => &EventRow {
                        word: $word,
                        doc: $doc,
                        stream: Stream::$stream,
                        fields: &[$(Field { name: $field, kind: $kind, doc: $field_doc },)*],
                    },)*
                }
            }

            /// The event of this word.
            #[must_use]
            pub fn of_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|event| event.row().word == word)
            }
        }
    };
}

use FieldKind::{Bool, Headers, Json, Level, Measure, Number, Text, Words};

const SPEAKERS: FieldKind = Words(&["user", "agent"]);
const VENDORS: FieldKind = Words(&["asr", "llm", "tts"]);

events! {
    /// What is observed of a run, whoever caused it.
    pub enum Observed {
        /// The session is ready: time 0.
        SessionReady = "session.ready" in Session {}
        /// The session is over and everything of it is released.
        SessionClosed = "session.closed" in Session {}

        /// The first sample of the agent above -50 dBFS that reaches the room after silence.
        AgentSpeaks = "agent.speaks" in Playout {}
        /// The agent's last sample above -50 dBFS before 100 ms below it.
        AgentFallsSilent = "agent.falls_silent" in Playout {
            "level": Level, "The loudness of the stretch that ends here.";
            "heard": Text, "What of the reply has been heard so far, as far as the audio tells.";
            "segment": Text, "The segment being heard last, whole.";
        }

        /// The user's voice began: the first sample of the first voiced frame.
        VoiceStarted = "voice.started" in Voice {}
        /// The user's voice ended: the last sample of the last voiced frame.
        VoiceStopped = "voice.stopped" in Voice {}

        /// The agent's state changed.
        State = "state" in State {
            "is": Words(&["idle", "listening", "thinking", "speaking", "interrupted", "finished"]), "The new state.";
        }
        /// Text was shown: the whole turn so far of the user, an increment of the agent.
        Subtitle = "subtitle" in Subtitle {
            "of": SPEAKERS, "Whose words.";
            "final": Bool, "Whether it is the last of the turn.";
            "text": Text, "The words.";
        }
        /// A figure of a round was told.
        Metric = "metric" in Metric {
            "name": Words(&[
                "asr_latency", "llm_network_latency", "llm_first_token", "tts_network_latency",
                "tts_first_frame_latency", "tts_discontinuity", "interruption",
            ]), "Which figure.";
            "value": Measure, "The figure: a count for `tts_discontinuity` and `interruption`, else a duration.";
        }
        /// A vendor failed for good, after the agent's retries.
        Error = "error" in Error {
            "of": VENDORS, "Which vendor.";
            "kind": Words(&["timeout", "rate_limited", "auth", "quota", "bad_request", "unavailable", "broken"]),
                "What kind of failure.";
            "code": Text, "The vendor's own code, HTTP status or close code.";
            "message": Text, "The vendor's own words.";
        }

        /// A turn began.
        TurnStarted = "turn.started" in Turn {
            "of": SPEAKERS, "Whose turn.";
        }
        /// A turn ended.
        TurnEnded = "turn.ended" in Turn {
            "of": SPEAKERS, "Whose turn.";
            "why": Words(&["completed", "interrupted", "failed", "discarded", "stopped"]), "Why it ended.";
            "by": Words(&["user", "ask", "speak", "signal"]), "What interrupted it.";
            "text": Text, "What the user said, or what the agent says was heard of it.";
        }
        /// A metadata object was found in the model's words.
        Meta = "meta" in Turn {
            "json": Json, "The object.";
        }
        /// The model wanted a tool called.
        ToolCall = "tool.call" in Turn {
            "id": Text, "The vendor's name of the call.";
            "name": Text, "The function.";
            "arguments": Json, "Its arguments.";
        }

        /// The recogniser's server accepted a stream.
        AsrRequest = "asr.request" in Asr {
            "header": Headers, "The request's headers.";
            "query": Json, "The query of its address, by name.";
        }
        /// The recogniser told a sentence that may still change.
        AsrInterim = "asr.interim" in Asr {
            "text": Text, "The sentence so far.";
        }
        /// The recogniser told a sentence for good.
        AsrFinal = "asr.final" in Asr {
            "text": Text, "The sentence.";
        }
        /// The agent closed the recogniser's stream.
        AsrClosedByAgent = "asr.closed_by_agent" in Asr {}

        /// The model's server read a request.
        LlmRequest = "llm.request" in Llm {
            "messages": Json, "The conversation sent; `messages.-1.content` is the question.";
            "header": Headers, "The request's headers.";
            "body": Json, "The whole body.";
        }
        /// The model's server sent the first content.
        LlmFirstToken = "llm.first_token" in Llm {
            "request": Number, "Which request it answers, from 1.";
        }
        /// The model's server sent its whole answer.
        LlmResponse = "llm.response" in Llm {
            "request": Number, "Which request it answers, from 1.";
            "status": Number, "The HTTP status.";
            "text": Text, "The answer's words.";
        }
        /// The agent closed an answer before its end.
        LlmClosedByAgent = "llm.closed_by_agent" in Llm {
            "request": Number, "Which request it answered, from 1.";
        }

        /// The synthesiser's server read a request.
        TtsRequest = "tts.request" in Tts {
            "text": Text, "What is to be said.";
            "header": Headers, "The request's headers.";
            "body": Json, "The whole body.";
        }
        /// The synthesiser's server sent the first audio.
        TtsFirstAudio = "tts.first_audio" in Tts {
            "request": Number, "Which request it answers, from 1.";
        }
        /// The synthesiser's server sent its whole answer.
        TtsResponse = "tts.response" in Tts {
            "request": Number, "Which request it answers, from 1.";
            "status": Number, "The HTTP status.";
        }
        /// The agent closed the audio before its end.
        TtsClosedByAgent = "tts.closed_by_agent" in Tts {
            "request": Number, "Which request it answered, from 1.";
        }
    }
}

events! {
    /// What a step of the scenario does. In sentences behind the step's id: `barge.start`.
    pub enum StepMoment {
        /// The step's first sample above -50 dBFS; a step without sound starts when it is sent.
        Start = "start" in Step {}
        /// The step's last sample above -50 dBFS; a step without sound ends when it is sent.
        End = "end" in Step {
            "how": Words(&["whole", "cut", "dropped"]), "Whether it was heard to its end, cut, or never begun.";
        }
        /// The session accepted the call.
        Accepted = "accepted" in Step {}
        /// The session refused the call; nothing changed.
        Refused = "refused" in Step {
            "reason": Words(&[
                "listening", "queue_full", "lower_priority", "stopping", "too_long", "empty",
            ]), "Why.";
        }
    }
}

impl EventRow {
    /// The field of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

#[cfg(test)]
mod tests;
