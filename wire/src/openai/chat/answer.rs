//! Reading an answer: what its frames come to, in order, and whether it came whole.
//!
//! Time is not known here: that a stream may stay open after its last frame (Q08) is its reader's business, who asks
//! [`Answer::is_finishing`].

use super::DONE;
use super::frame::{FinishReason, Frame, Usage};
use crate::answer::json;
use crate::answer::{AnswerError, ApiError, Said, Spoken, ToolCall, ToolCalls};

/// How often one piece of text may repeat before it is a loop (Q47): the number LiteLLM found to work, and the one that
/// [`AnswerError::Looping`] names.
const REPEATS: u32 = 100;

/// How much of something unreadable is quoted, in characters.
const QUOTED: usize = 200;

/// What can be spoken and shown so far, and what went by.
///
/// Feed each frame's data to [`Self::on_frame`], or a body that is no stream to [`Self::on_document`]; then call
/// [`Self::end`] once, whether the stream ended itself or was given up after [`Self::is_finishing`].
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Whether each frame repeats the text before it (Q17).
    cumulative: bool,
    /// The text so far, as the frames hold it, where they are cumulative.
    before: String,
    spoken: Spoken,
    /// Whether a delta had text, so that a message with all of it is not said again (Q16).
    deltas: bool,
    reasoning: bool,
    names_finish: bool,
    finish: Option<FinishReason>,
    done: bool,
    usage: Option<Usage>,
    last_piece: String,
    repeats: u32,
    calls: ToolCalls,
}

impl Answer {
    /// An answer of which nothing has been read. `cumulative`: each frame repeats all text before it (Q17).
    #[must_use]
    pub fn new(cumulative: bool) -> Self {
        Self { cumulative, ..Self::default() }
    }

    /// Reads the data of a frame.
    ///
    /// # Errors
    /// When the frame is unreadable, tells a failure, or repeats without end. The answer is over then. A failure told
    /// after the finish reason is none any more.
    pub fn on_frame(&mut self, data: &str) -> Result<Said, AnswerError> {
        let data = data.trim();
        // A comment that a proxy made into data (Q25) says nothing.
        if data.is_empty() || data.starts_with(':') || self.done {
            return Ok(Said::default());
        }
        if data.trim_matches('"') == DONE {
            self.done = true;
            return Ok(Said::default());
        }
        let document = json::read(data).ok().filter(serde_json::Value::is_object);
        let document = document.ok_or_else(|| AnswerError::Unreadable(head(data)))?;
        if let Some(error) = ApiError::find(&document).filter(|_| !self.is_finishing()) {
            return Err(AnswerError::Vendor(error));
        }
        self.read(Frame::read(&document))
    }

    /// Reads a body that is one document: an answer to a request without `stream`, or a server that knows no streams.
    ///
    /// # Errors
    /// As [`Self::on_frame`], and when the document holds no answer.
    pub fn on_document(&mut self, body: &str) -> Result<Said, AnswerError> {
        let said = self.on_frame(body)?;
        if !self.names_finish && !self.deltas && !self.spoken.has_begun() && self.calls.is_empty() {
            return Err(AnswerError::NoChoices(head(body)));
        }
        self.done = true;
        Ok(said)
    }

    /// Nothing follows: the text that was held back, or why the answer is not whole.
    ///
    /// A stream that never has the member `finish_reason` may end without `[DONE]` (Q11).
    ///
    /// # Errors
    /// When the stream was cut, or holds nothing but reasoning.
    pub fn end(mut self) -> Result<String, AnswerError> {
        let ended = self.done || self.finish.is_some() || (self.deltas && !self.names_finish);
        if !ended {
            return Err(AnswerError::Truncated);
        }
        let rest = self.spoken.finish();
        let only_thought = self.reasoning && !self.spoken.has_begun() || self.spoken.only_thought();
        if only_thought && self.calls.is_empty() {
            return Err(AnswerError::OnlyReasoning);
        }
        Ok(rest)
    }

    /// Whether the last frame was seen: nothing will follow, even if the connection stays open.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.done
    }

    /// Whether the answer is said, so that only a short wait for the usage or the last frame is worth it (Q06, Q08).
    #[must_use]
    pub const fn is_finishing(&self) -> bool {
        self.done || self.finish.is_some()
    }

    /// Why the answer ended, once it said so.
    #[must_use]
    pub const fn finish_reason(&self) -> Option<&FinishReason> {
        self.finish.as_ref()
    }

    /// The calls of tools so far, in the order in which they began. They are whole when the answer has ended.
    pub fn tool_calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.calls.calls()
    }

    /// What the answer cost: the last that was said of it (Q05).
    #[must_use]
    pub const fn usage(&self) -> Option<Usage> {
        self.usage
    }

    /// Whether any text was spoken.
    #[must_use]
    pub const fn has_spoken(&self) -> bool {
        self.spoken.has_begun()
    }

    fn read(&mut self, frame: Frame) -> Result<Said, AnswerError> {
        self.reasoning |= frame.reasoning;
        self.names_finish |= frame.names_finish;
        self.usage = frame.usage.or(self.usage);
        self.finish = frame.finish.or_else(|| self.finish.take());
        let calls =
            if self.calls.is_empty() { [frame.calls, frame.whole_calls].concat() } else { frame.calls };
        calls.iter().try_for_each(|calls| self.calls.take(calls))?;
        let whole = frame.whole.filter(|_| !self.deltas);
        let text = match (frame.delta, whole) {
            (Some(delta), _) => {
                self.deltas = true;
                self.watch_for_loop(&delta)?;
                self.without_text_before(delta)
            }
            (None, Some(whole)) => whole,
            (None, None) => String::new(),
        };
        Ok(Said { meta: frame.meta, ..self.spoken.push(&text) })
    }

    fn watch_for_loop(&mut self, piece: &str) -> Result<(), AnswerError> {
        // Short pieces repeat in honest answers: rows of dots, laughter, tables.
        let repeats = piece.chars().nth(2).is_some() && piece == self.last_piece;
        self.repeats = if repeats { self.repeats + 1 } else { 1 };
        if !repeats {
            piece.clone_into(&mut self.last_piece);
        }
        if self.repeats < REPEATS { Ok(()) } else { Err(AnswerError::Looping(head(piece))) }
    }

    /// The piece without the text of the frames before it, where frames are cumulative.
    fn without_text_before(&mut self, piece: String) -> String {
        if !self.cumulative {
            return piece;
        }
        let new = piece.strip_prefix(self.before.as_str()).unwrap_or(&piece).to_owned();
        self.before = piece;
        new
    }
}

/// The beginning of something, for an error message.
fn head(text: &str) -> String {
    text.trim().chars().take(QUOTED).collect()
}
