//! The session's configuration: plain validated values. Its text form is `bargein_agent::config`.
//!
//! A rule in which the two modelled services differ is a field here with a meaning of its own, never a vendor switch.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::input::Message;

/// Everything a conversation can be told before it begins.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Config {
    /// When the user has finished.
    pub endpointing: Endpointing,
    /// What may cut the agent.
    pub interruption: Interruption,
    /// Proactive speech.
    pub queue: QueueRules,
    /// How text is cut into segments.
    pub segmentation: Segmentation,
    /// How segments become audio.
    pub synthesis: Synthesis,
    /// How the model is asked.
    pub llm: LlmRules,
    /// How the recogniser is kept.
    pub asr: AsrRules,
    /// What of the model's text is not said.
    pub text: TextRules,
    /// What the model will see.
    pub history: HistoryRules,
    /// Said first; `None` says nothing.
    pub welcome: Option<Welcome>,
    /// The state when nothing is going on.
    pub resting: Resting,
}

/// When the user has finished.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Endpointing {
    /// Silence that ends an utterance. 200 ms..=2 s, default 500 ms.
    pub silence: Duration,
    /// Silence up to which a next utterance joins the same turn; acts only when longer than `silence`.
    /// 200 ms..=2 s, default none. The reply is held back until it has passed.
    pub pause_interval: Option<Duration>,
    /// Silence that ends an utterance whose transcript reads as a complete sentence; acts only when shorter than
    /// what would be waited for otherwise. 200 ms..=2 s, default none.
    pub complete_sentence_silence: Option<Duration>,
    /// How long after the end of an utterance its final transcript is waited for; then the interim one serves, at once
    /// when the recogniser's stream is over. Default 2 s.
    pub final_timeout: Duration,
    /// Whether a turn of one character (or one letter) is discarded. Default true.
    pub filter_one_character: bool,
    /// What bounds a user's turn. Default continuous.
    pub turns: Turns,
}

impl Default for Endpointing {
    fn default() -> Self {
        Self {
            silence: Duration::from_millis(500),
            pause_interval: None,
            complete_sentence_silence: None,
            final_timeout: Duration::from_secs(2),
            filter_one_character: true,
            turns: Turns::Continuous,
        }
    }
}

/// What bounds a user's turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turns {
    /// Voice and silence.
    #[default]
    Continuous,
    /// The signals start and stop listening; silence never ends a turn, voice outside is not heard.
    WalkieTalkie,
}

/// What may cut the agent. Signals and application calls always may.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Interruption {
    /// Whether the user's voice may. Default auto.
    pub mode: InterruptionMode,
    /// Speech that lasted this long cuts; gaps shorter than `gap` do not end it. 300 ms..=5 s, default 500 ms;
    /// `None`: duration never cuts.
    pub speech_duration: Option<Duration>,
    /// The longest gap inside such speech. Default 200 ms.
    pub gap: Duration,
    /// Whether a final transcript that reads as a complete sentence cuts, however short. Default true.
    pub complete_sentence: bool,
    /// When not empty, only a transcript containing one of these cuts, instead of duration and sentence;
    /// the utterance that did so takes no turn. Compared without case and punctuation.
    pub words: Vec<String>,
    /// Utterances consisting only of these neither cut nor take a turn while the agent speaks.
    /// Compared without case and punctuation. Default: a short list in Chinese and English.
    pub backchannels: Vec<String>,
    /// What becomes of speech that may not cut. Default ignore.
    pub speech_that_may_not_cut: SpeechThatMayNotCut,
    /// Whether the signal interrupt cuts speech of high priority too. Default false.
    /// (The application's own interrupt call always does.)
    pub signal_cuts_high: bool,
}

impl Default for Interruption {
    fn default() -> Self {
        Self {
            mode: InterruptionMode::Auto,
            speech_duration: Some(Duration::from_millis(500)),
            gap: Duration::from_millis(200),
            complete_sentence: true,
            words: Vec::new(),
            backchannels: [
                "嗯", "嗯嗯", "啊", "哦", "喔", "呃", "噢", "mm", "mhm", "mm-hmm", "uh-huh", "uh", "hm",
                "hmm", "oh",
            ]
            .map(String::from)
            .to_vec(),
            speech_that_may_not_cut: SpeechThatMayNotCut::Ignore,
            signal_cuts_high: false,
        }
    }
}

/// Whether the user's voice may cut the agent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InterruptionMode {
    /// By the rules of [`Interruption`].
    #[default]
    Auto,
    /// Only signals and application calls do.
    Manual,
}

/// What becomes of user speech while it may not cut the agent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpeechThatMayNotCut {
    /// It is not heard; listening resumes when the agent has finished.
    #[default]
    Ignore,
    /// It becomes a turn of its own when the agent has finished.
    Answer,
}

/// Proactive speech against what is current.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QueueRules {
    /// How many may wait, the current one not counted. Default 5.
    pub capacity: usize,
    /// A clear-and-interrupt speech meets one of higher priority. Default refuse.
    pub lower_clear: LowerPriority,
    /// An enqueue speech meets one of higher priority. Default enqueue.
    pub lower_enqueue: LowerPriority,
    /// One too many wants to wait. Default refuse the new one.
    pub overflow: Overflow,
    /// Whether an enqueue speech of higher priority, which cuts, leaves the waiting ones alone. Default true.
    /// Acts for high priority against anything lower; medium against low always clears.
    pub higher_enqueue_keeps_queue: bool,
    /// Whether a signal or interrupt call also empties the queue. Default false: the next one begins.
    pub interrupt_clears_queue: bool,
    /// The longest text of a speech, in Unicode scalar values. Default 300.
    pub max_text: usize,
}

impl Default for QueueRules {
    fn default() -> Self {
        Self {
            capacity: 5,
            lower_clear: LowerPriority::Refuse,
            lower_enqueue: LowerPriority::Enqueue,
            overflow: Overflow::RefuseNew,
            higher_enqueue_keeps_queue: true,
            interrupt_clears_queue: false,
            max_text: 300,
        }
    }
}

/// What to do with a speech of lower priority than the current one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LowerPriority {
    /// Say no.
    Refuse,
    /// Say yes and drop it.
    Drop,
    /// Let it wait.
    Enqueue,
}

/// What to do when the queue is full.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overflow {
    /// Say no to the new one.
    RefuseNew,
    /// Drop the one that has waited longest.
    DropOldest,
}

/// How text is cut into segments. Lengths count a CJK character as 1 and a Latin word as 1.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Segmentation {
    /// The first segment ends with the first sentence, or at a comma once it is this long, so that the first audio
    /// comes early. Default 4.
    pub first_min: usize,
    /// Later segments end at a sentence mark once this long; shorter sentences are joined. Default 6.
    pub min: usize,
    /// No segment is longer: cut at the last comma or space, else hard. Default 80, in grapheme clusters 200.
    pub max: usize,
}

impl Default for Segmentation {
    fn default() -> Self {
        Self { first_min: 4, min: 6, max: 80 }
    }
}

/// How segments become audio.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Synthesis {
    /// Whether there is any; without, replies are text only and speeches of the application are refused as empty.
    /// Default true.
    pub enabled: bool,
    /// How many segments may be requested beyond the one being played. Default 2.
    pub segments_ahead: usize,
    /// How much unplayed audio a call may hold before its stream is left unread. Default 3 s.
    pub read_ahead: Duration,
    /// Request to first playable audio. Default 5 s.
    pub first_audio_timeout: Duration,
    /// Longest wait between two pieces of audio while the stream is being read. Default 5 s.
    pub stall_timeout: Duration,
    /// Further attempts after a retryable fault before the first audio. Default 1.
    pub retries: u32,
    /// Wait before the first of them, doubled for each further one; none after a timeout. Default 100 ms.
    pub backoff: Duration,
    /// Whether history may keep a part of the segment in which playout was cut, by its share heard. Default true.
    pub partial_segments: bool,
    /// Whether the voice takes the text of a reply in pieces: then all its segments go into one call as they come, and
    /// `segments_ahead` says nothing. Default false; the shell sets it by the adapter of the voice.
    pub in_pieces: bool,
}

impl Default for Synthesis {
    fn default() -> Self {
        Self {
            enabled: true,
            segments_ahead: 2,
            read_ahead: Duration::from_secs(3),
            first_audio_timeout: Duration::from_secs(5),
            stall_timeout: Duration::from_secs(5),
            retries: 1,
            backoff: Duration::from_millis(100),
            partial_segments: true,
            in_pieces: false,
        }
    }
}

/// How the model is asked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LlmRules {
    /// Request to first content, each attempt for itself. 1 s..=50 s, default 3 s.
    pub first_token_timeout: Duration,
    /// Longest wait between two pieces of content. Default 5 s.
    pub stall_timeout: Duration,
    /// The whole call, so that a model that never stops does. Default 60 s; an answer beyond 64 KiB is ended as well.
    pub total_timeout: Duration,
    /// Further attempts after a retryable fault before the first content or metadata. Default 1.
    pub retries: u32,
    /// Wait before the first of them, doubled for each further one; none after a timeout. Default 100 ms.
    pub backoff: Duration,
    /// The longest `retry_after` that is waited for; a longer one fails at once. Default 1 s.
    pub max_retry_after: Duration,
    /// Said instead of the answer when the model failed; `None` says nothing. Default none.
    pub apology: Option<String>,
}

impl Default for LlmRules {
    fn default() -> Self {
        Self {
            first_token_timeout: Duration::from_secs(3),
            stall_timeout: Duration::from_secs(5),
            total_timeout: Duration::from_secs(60),
            retries: 1,
            backoff: Duration::from_millis(100),
            max_retry_after: Duration::from_secs(1),
            apology: None,
        }
    }
}

/// How the recogniser is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AsrRules {
    /// Open to ready. Default 5 s.
    pub ready_timeout: Duration,
    /// Wait before the first reconnection; doubles up to 8 s while streams fail within that time of being ready.
    /// Default 500 ms.
    pub reconnect: Duration,
}

impl Default for AsrRules {
    fn default() -> Self {
        Self { ready_timeout: Duration::from_secs(5), reconnect: Duration::from_millis(500) }
    }
}

/// What of the model's text is not said. Stages in this order: metadata, terminator, bracket pairs, markup, emoji,
/// characters. All work across delta borders; an opening mark that never closes is said at the end of the text.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct TextRules {
    /// Marks around metadata objects, such as `[[` and `]]`: taken out of speech and subtitles, told as notices.
    pub metadata: Option<(String, String)>,
    /// From its first occurrence on, nothing more of the reply is said. At most 4 characters.
    pub terminator: Option<String>,
    /// Text from an opening through its closing mark is not said; subtitles keep it.
    pub pairs: Vec<(String, String)>,
    /// Whether marks of Markdown and HTML tags are not said. Default false.
    pub markup: bool,
    /// Whether emoji are not said. Default false.
    pub emoji: bool,
    /// These strings are not said. Each at most 2 characters.
    pub characters: Vec<String>,
}

/// What the model will see.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct HistoryRules {
    /// First message of every request; `None` sends none.
    pub system_prompt: Option<String>,
    /// How much of the past is sent. Default 10 rounds.
    pub window: Window,
    /// What an interrupted reply leaves behind. Default heard.
    pub keep: Keep,
    /// The past before the session.
    pub initial: Vec<Message>,
}

impl Default for HistoryRules {
    fn default() -> Self {
        Self { system_prompt: None, window: Window::Rounds(10), keep: Keep::Heard, initial: Vec::new() }
    }
}

/// How much of the past is sent to the model.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// So many user messages, each with what follows it. 0 sends no past.
    Rounds(usize),
    /// So many messages. 0 sends no past.
    Messages(usize),
}

/// What an interrupted reply leaves in the history.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// What was heard; nothing heard leaves no message.
    Heard,
    /// All that was generated.
    Generated,
}

/// What is said when the session begins.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Welcome {
    /// The words.
    pub text: String,
    /// Whether the user cannot cut it.
    pub protected: bool,
    /// Whether it becomes an assistant message.
    pub in_history: bool,
}

/// The state when nothing is going on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resting {
    /// `listening`, always.
    #[default]
    Listening,
    /// `idle`; `listening` only while the user speaks.
    Idle,
}

/// Parts of the configuration to replace in a running session. `None` keeps.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ConfigUpdate {
    /// In force at once, for speech already going on too; a turn is over when it becomes walkie-talkie's.
    pub endpointing: Option<Endpointing>,
    /// In force at once.
    pub interruption: Option<Interruption>,
    /// In force from the next call on.
    pub queue: Option<QueueRules>,
    /// In force from the next reply on.
    pub segmentation: Option<Segmentation>,
    /// In force from the next reply on.
    pub synthesis: Option<Synthesis>,
    /// In force from the next request on.
    pub llm: Option<LlmRules>,
    /// In force from the next reply on.
    pub text: Option<TextRules>,
    /// In force from the next request on; `initial` is ignored.
    pub history: Option<HistoryRules>,
}
