//! The segmenter: cuts what is to be said into segments, as early as they sound right.
//!
//! The first segment may end at a comma, so that the first audio comes early; later ones end with a sentence. The
//! marks `。！？；!?` and the end of a line end a segment at once, whatever follows: a quote or bracket that closes
//! behind them begins the next segment. Other marks are not trusted before the character behind them is known (`3.`
//! may become `3.14`). Every split of a text gives the same segments.
//!
//! What stands between two segments in the text is white space; what cannot be said (signs, emoji) joins what
//! follows, and is dropped where nothing does: at the end of the text, and beyond 200 grapheme clusters of it. What
//! has been decided is not looked at again, so a text costs the same in one piece as character by character.
//!
//! Deliberately out: what is not said at all (the text filter), and when a segment is synthesised.

mod abbreviation;
mod border;
mod length;
#[cfg(test)]
mod tests;

use unicode_segmentation::UnicodeSegmentation;

use crate::config::Segmentation;
use crate::utterance_text::is_speakable;
use border::{Marks, Strength, Verdict, quotes_after};
use length::Length;

pub(crate) use abbreviation::{Dot, dot_after};
pub(crate) use border::is_closing;

/// How many characters of a grapheme cluster are looked at; the rest is taken for another cluster. The longest emoji
/// have ten.
const LONGEST_CLUSTER: usize = 16;

/// The segmenter of one reply.
#[derive(Debug)]
pub(crate) struct Segmenter {
    rules: Segmentation,
    /// What has come and is in no segment yet.
    rest: String,
    /// Whether no segment was given yet.
    first: bool,
    /// Whether `rest` begins inside straight quotes.
    in_quotes: bool,
    /// How far `rest` has been looked at for good.
    walk: Walk,
}

/// What was met on the way through a segment.
#[derive(Debug, Clone, Copy)]
struct Walk {
    /// The byte of the next grapheme cluster.
    at: usize,
    length: Length,
    marks: Marks,
    last_border: Option<usize>,
    last_space: Option<usize>,
}

impl Segmenter {
    /// A segmenter at the beginning of a reply. Lengths of zero in the rules count as one.
    pub(crate) fn new(rules: &Segmentation) -> Self {
        let walk = Walk::new(false);
        Self { rules: rules.clone(), rest: String::new(), first: true, in_quotes: false, walk }
    }

    /// Takes more of what is to be said and gives the segments that are complete by it: trimmed, speakable, none
    /// longer than the rules allow.
    pub(crate) fn push(&mut self, spoken: &str) -> Vec<String> {
        self.rest.push_str(spoken);
        self.take_segments(false)
    }

    /// Says that the text is whole and gives its last segment, if anything is left that can be said.
    pub(crate) fn finish(&mut self) -> Option<String> {
        // Never more than one: all that was undecided is the meaning of the last mark.
        self.take_segments(true).pop()
    }

    fn take_segments(&mut self, at_end: bool) -> Vec<String> {
        let mut segments = Vec::new();
        let mut taken = 0;
        while let Some(len) = self.next_cut(taken, at_end) {
            let piece = &self.rest[taken..taken + len];
            taken += len;
            self.in_quotes = quotes_after(self.in_quotes, piece);
            self.walk = Walk::new(self.in_quotes);
            if is_speakable(piece) {
                segments.push(without_trailing_space(piece).to_owned());
                self.first = false;
            }
        }
        self.rest.drain(..taken);
        segments
    }

    /// How many bytes the next segment takes of what begins at byte `from` of the rest, or the white space before it;
    /// `None` when that takes more text to say.
    ///
    /// What was decided before is not looked at again: a text costs the same in one piece as in many.
    fn next_cut(&mut self, from: usize, at_end: bool) -> Option<usize> {
        let rest = &self.rest[from..];
        let mut walk = self.walk;
        while let Some(cluster) = first_cluster(&rest[walk.at..]) {
            let at = walk.at;
            let next_at = at + cluster.len();
            let next = first_cluster(&rest[next_at..]).map(|next| (next_at, next));
            if next.is_some_and(|(_, next)| next_at + next.len() < rest.len()) {
                // Nothing to come can change what is here; the last two clusters are looked at again.
                self.walk = walk;
            }
            walk.at = next_at;
            walk.length.add(cluster);
            if walk.length.exceeds(self.rules.max) {
                return walk.last_border.or(walk.last_space).or(Some(at));
            }
            if cluster.trim().is_empty() && (next.is_some() || at_end || cluster.ends_with('\n')) {
                if at == 0 {
                    return Some(cluster.len());
                }
                walk.last_space = Some(at).filter(|_| walk.length.words() > 0);
            }
            match walk.marks.verdict(rest, at, cluster, next, at_end) {
                Verdict::Undecided => return None,
                Verdict::NoBorder => {}
                Verdict::Border { strength, end } => {
                    if self.may_end_segment(strength, walk.length.words()) {
                        return Some(end);
                    }
                    if walk.length.words() > 0 {
                        walk.last_border = Some(end);
                    }
                }
            }
        }
        (at_end && !rest.is_empty()).then_some(rest.len())
    }

    /// Whether a segment of so many words may end at such a border.
    fn may_end_segment(&self, border: Strength, words: usize) -> bool {
        match border {
            // A whole sentence is worth saying at once, however short: nothing is being said that it could wait behind.
            Strength::Sentence if self.first => words >= 1,
            Strength::Sentence => words >= self.rules.min.max(1),
            Strength::Clause => self.first && words >= self.rules.first_min.max(1),
        }
    }
}

impl Walk {
    /// The beginning of a segment.
    const fn new(in_quotes: bool) -> Self {
        let marks = Marks::new(in_quotes);
        Self { at: 0, length: Length::new(), marks, last_border: None, last_space: None }
    }
}

fn first_cluster(text: &str) -> Option<&str> {
    let end = text.char_indices().nth(LONGEST_CLUSTER).map_or(text.len(), |(end, _)| end);
    text[..end].graphemes(true).next()
}

/// Without the grapheme clusters at the end that are only white space.
fn without_trailing_space(piece: &str) -> &str {
    let last = piece.grapheme_indices(true).rfind(|(_, cluster)| !cluster.trim().is_empty());
    &piece[..last.map_or(0, |(at, cluster)| at + cluster.len())]
}
