//! What may be spoken of the text of an answer: without reasoning between tags, without leading white space.

use super::Said;
use super::json::SurrogateJoiner;
use super::thinking::Thinking;

/// The text of an answer on its way to be spoken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spoken {
    joiner: SurrogateJoiner,
    thinking: Thinking,
    /// Whether any text but white space was said (Q51).
    begun: bool,
}

impl Spoken {
    /// What may be spoken up to here.
    pub(crate) fn push(&mut self, text: &str) -> Said {
        let text = self.thinking.push(&self.joiner.push(text));
        Said { text: self.without_leading_space(text), meta: None }
    }

    /// What was held back, when nothing follows.
    pub(crate) fn finish(&mut self) -> String {
        let mut rest = self.thinking.push(self.joiner.finish());
        rest.push_str(&self.thinking.finish());
        self.without_leading_space(rest)
    }

    /// Whether there was reasoning and not a word (Q19).
    pub(crate) const fn only_thought(&self) -> bool {
        !self.begun && self.thinking.seen
    }

    /// Whether a word was said.
    pub(crate) const fn has_begun(&self) -> bool {
        self.begun
    }

    fn without_leading_space(&mut self, text: String) -> String {
        if self.begun {
            return text;
        }
        let trimmed = text.trim_start();
        self.begun = !trimmed.is_empty();
        trimmed.to_owned()
    }
}
