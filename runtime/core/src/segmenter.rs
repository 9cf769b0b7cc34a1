//! Text into speakable segments: a segment ends where a sentence does.

use crate::config::Segmentation;
use crate::utterance_text::is_speakable;

/// Marks that end a sentence whatever follows.
const ENDS: [char; 6] = ['。', '！', '？', '!', '?', '\n'];

/// Cuts text that arrives in pieces.
#[derive(Debug)]
pub(crate) struct Segmenter {
    max: usize,
    text: String,
}

impl Segmenter {
    pub(crate) fn new(rules: &Segmentation) -> Self {
        Self { max: rules.max, text: String::new() }
    }

    /// Takes more text; the segments that are complete with it.
    pub(crate) fn push(&mut self, spoken: &str) -> Vec<String> {
        self.text.push_str(spoken);
        let mut segments = Vec::new();
        while let Some(end) = self.end() {
            let rest = self.text.split_off(end);
            let segment = std::mem::replace(&mut self.text, rest);
            if is_speakable(&segment) {
                segments.push(segment.trim().to_owned());
            }
        }
        segments
    }

    fn end(&self) -> Option<usize> {
        let mark = self.text.char_indices().find(|(_, c)| ENDS.contains(c)).map(|(at, c)| at + c.len_utf8());
        mark.or_else(|| self.text.char_indices().nth(self.max).map(|(at, _)| at))
    }

    /// The rest, when the text is over.
    pub(crate) fn finish(&mut self) -> Option<String> {
        let rest = std::mem::take(&mut self.text);
        is_speakable(&rest).then(|| rest.trim().to_owned())
    }
}
