//! How long a segment is: CJK characters and words count one each, grapheme clusters have a limit of their own.

use crate::utterance_text::is_cjk;

/// No segment has more grapheme clusters, whatever they are.
const MOST_CLUSTERS: usize = 200;

/// The length of a piece of text, counted cluster by cluster.
#[derive(Debug, Clone, Copy)]
pub(super) struct Length {
    words: usize,
    clusters: usize,
    in_word: bool,
}

impl Length {
    /// The length of nothing.
    pub(super) const fn new() -> Self {
        Self { words: 0, clusters: 0, in_word: false }
    }

    /// Counts one more grapheme cluster. Counts no less when the cluster turns out to be longer.
    pub(super) fn add(&mut self, cluster: &str) {
        self.clusters += 1;
        if cluster.contains(is_cjk) {
            self.words += 1;
            self.in_word = false;
        } else if cluster.contains(char::is_alphanumeric) {
            self.words += usize::from(!self.in_word);
            self.in_word = true;
        } else if !cluster.starts_with(|c| matches!(c, '!'..='~' | '’')) {
            // ASCII signs do not end a word: `user@example.com`, `3.14`, `don't`.
            self.in_word = false;
        }
    }

    /// CJK characters and words so far.
    pub(super) const fn words(&self) -> usize {
        self.words
    }

    /// Whether this is too long for a segment of at most `max` words.
    pub(super) fn exceeds(&self, max: usize) -> bool {
        self.words > max.max(1) || self.clusters > MOST_CLUSTERS
    }
}
