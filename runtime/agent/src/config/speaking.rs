//! The sections about the agent's speech: the queue, the cutting of text, synthesis, and what is not said.

use bargein_core::{LowerPriority, Overflow, QueueRules, Segmentation, Synthesis, TextRules};
use bargein_wire::units::Dur;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::limits::{Any, Expected, Short, Within};
use super::section::{out_of_range, section};
use super::written::{Written, words};

section! {
    /// Proactive speech against what is current.
    QueueText of QueueRules, at "queue", default QueueRules::default() => {
        /// How many may wait, the current one not counted. 0 to 100, default 5.
        capacity: usize, Within(0, 100);
        /// A clear-and-interrupt speech meets one of higher priority. Default refuse.
        lower_clear: LowerPriorityText, Any;
        /// An enqueue speech meets one of higher priority. Default enqueue.
        lower_enqueue: LowerPriorityText, Any;
        /// One too many wants to wait. Default `refuse_new`.
        overflow: OverflowText, Any;
        /// Whether an enqueue speech of higher priority, which cuts, leaves the waiting ones alone. Default true.
        higher_enqueue_keeps_queue: bool, Any;
        /// Whether a signal or interrupt call also empties the queue. Default false.
        interrupt_clears_queue: bool, Any;
        /// The longest text of a speech, in characters. 1 to 10000, default 300.
        max_text: usize, Within(1, 10_000);
    }
}

words! {
    /// What to do with a speech of lower priority than the current one.
    LowerPriorityText of LowerPriority {
        /// Say no.
        Refuse,
        /// Say yes and drop it.
        Drop,
        /// Let it wait.
        Enqueue,
    }
}

words! {
    /// What to do when the queue is full.
    OverflowText of Overflow {
        /// Say no to the new one.
        RefuseNew,
        /// Drop the one that has waited longest.
        DropOldest,
    }
}

section! {
    /// How text is cut into segments. A CJK character counts 1, and so does a Latin word.
    SegmentationText of Segmentation, at "segmentation", default Segmentation::default() => {
        /// The first segment may end at a comma once it is this long. 1 to `max`, default 4.
        first_min: usize, Within(1, 1_000);
        /// Later segments end at a sentence mark once this long. 1 to `max`, default 6.
        min: usize, Within(1, 1_000);
        /// No segment is longer. 1 to 1000, default 80.
        max: usize, Within(1, 1_000);
    }
}

/// Whether the lengths of segments agree with each other.
pub(super) fn check_lengths(rules: &Segmentation) -> Result<(), ConfigError> {
    for (key, length) in [("first_min", rules.first_min), ("min", rules.min)] {
        if length > rules.max {
            let expected = Expected(format!("1 to {} (`max`)", rules.max));
            return Err(out_of_range(&["segmentation", key], &expected, &length));
        }
    }
    Ok(())
}

section! {
    /// How segments become audio.
    SynthesisText of Synthesis, at "synthesis", default Synthesis::default() => {
        /// Whether there is any; without, replies are text only. Default true.
        enabled: bool, Any;
        /// How many segments may be requested beyond the one being played. 0 to 10, default 2.
        segments_ahead: usize, Within(0, 10);
        /// How much unplayed audio a call may hold before its stream is left unread. 100ms to 60s, default 3s.
        read_ahead: Dur, Within(Dur::from_millis(100), Dur::from_secs(60));
        /// Request to first playable audio. 100ms to 60s, default 5s.
        first_audio_timeout: Dur, Within(Dur::from_millis(100), Dur::from_secs(60));
        /// Longest wait between two pieces of audio while the stream is being read. 100ms to 60s, default 5s.
        stall_timeout: Dur, Within(Dur::from_millis(100), Dur::from_secs(60));
        /// Further attempts after a retryable fault before the first audio. 0 to 10, default 1.
        retries: u32, Within(0, 10);
        /// Wait before the first of them, doubled for each further one. 0ms to 10s, default 100ms.
        backoff: Dur, Within(Dur::ZERO, Dur::from_secs(10));
        /// Whether history may keep a part of the segment that was cut, by its share heard. Default true.
        partial_segments: bool, Any;
    }
}

section! {
    /// What of the model's text is not said.
    TextRulesText of TextRules, at "text", default TextRules::default() => {
        /// Marks around metadata objects: taken out of speech and subtitles. Empty marks: none. Default none.
        metadata: MarkPairText, Any;
        /// From its first occurrence on, nothing more of the reply is said. At most 4 characters; empty: none.
        /// Default none.
        terminator: String, Short(4);
        /// Text from an opening through its closing mark is not said; subtitles keep it. Default none.
        pairs: Vec<MarkPairText>, Any;
        /// Whether marks of Markdown and HTML tags are not said. Default false.
        markup: bool, Any;
        /// Whether emoji are not said. Default false.
        emoji: bool, Any;
        /// These are not said. Each at most 2 characters. Default none.
        characters: Vec<String>, Short(2);
    }
}

/// An opening and a closing mark.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkPairText {
    /// Where it opens.
    pub open: String,
    /// Where it closes.
    pub close: String,
}

impl Written<(String, String)> for MarkPairText {
    fn value(&self) -> (String, String) {
        (self.open.clone(), self.close.clone())
    }

    fn of((open, close): &(String, String)) -> Self {
        Self { open: open.clone(), close: close.clone() }
    }
}

/// Empty marks are none.
impl Written<Option<(String, String)>> for MarkPairText {
    fn value(&self) -> Option<(String, String)> {
        (*self != Self::default()).then(|| self.value())
    }

    fn of(value: &Option<(String, String)>) -> Self {
        value.as_ref().map_or_else(Self::default, Self::of)
    }
}

impl Written<Vec<(String, String)>> for Vec<MarkPairText> {
    fn value(&self) -> Vec<(String, String)> {
        self.iter().map(Written::value).collect()
    }

    fn of(value: &Vec<(String, String)>) -> Self {
        value.iter().map(Written::of).collect()
    }
}
