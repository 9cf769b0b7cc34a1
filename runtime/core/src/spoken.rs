//! What was heard of a text when its audio was cut, and how long a text takes to say.
//!
//! Vendors do not say which word sounds when. Time is shared out by what is said: a CJK character takes 220 ms, a
//! digit as long as a character, a letter of a Latin word 60 ms, marks nothing; what is finished teaches by how much
//! this voice differs. Deliberately out: audio, and where the playout stands.

#[cfg(test)]
mod tests;

use std::time::Duration;

use unicode_segmentation::UnicodeSegmentation;

use crate::segmenter::is_closing;
use crate::utterance_text::{is_cjk, is_letter};

const CHARACTER: Duration = Duration::from_millis(220);
const LETTER: Duration = Duration::from_millis(60);

/// How much expected speech is remembered; older speech counts half, and less with each further time.
const MEMORY: Duration = Duration::from_secs(600);

/// What was heard of `text` after `heard` of the `whole` time it takes: never more than that share.
///
/// Ends behind a whole character, in Latin text behind a whole word, with the marks that follow it directly.
pub(crate) fn heard_part(text: &str, heard: Duration, whole: Duration) -> &str {
    if heard.is_zero() {
        return "";
    }
    if heard >= whole {
        return text;
    }
    let allowed = usual_duration(text).as_nanos() * heard.as_nanos() / whole.as_nanos();
    let word_ends: Vec<usize> = text.split_word_bound_indices().map(|(at, word)| at + word.len()).collect();
    let mut said = 0;
    let mut end = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        let cluster_end = at + cluster.len();
        let time = cluster_duration(cluster).as_nanos();
        said += time;
        if said > allowed {
            break;
        }
        let is_end = cluster.contains(is_cjk) || word_ends.binary_search(&cluster_end).is_ok();
        let follows = at == end && end > 0 && is_following_mark(cluster);
        if time > 0 && is_end || follows {
            end = cluster_end;
        }
    }
    &text[..end]
}

/// Adds what was heard next. Latin words are kept apart by a space, marks stay with what is before them.
pub(crate) fn append(said: &mut String, next: &str) {
    let is_telling = |c: &char| is_wide(*c) || c.is_alphanumeric();
    let is_narrow = |c: Option<char>| c.is_some_and(|c| !is_wide(c));
    let has_space = said.ends_with(char::is_whitespace) || next.starts_with(char::is_whitespace);
    let stays = next.starts_with(|c| is_closing(c) || ".,!?;:…".contains(c))
        || next.strip_prefix(['"', '\'']).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric));
    if !has_space
        && !stays
        && is_narrow(said.chars().rfind(is_telling))
        && is_narrow(next.chars().find(is_telling))
    {
        said.push(' ');
    }
    said.push_str(next);
}

/// How fast the voice of a session speaks, learned from what it said.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SpeakingRate {
    /// How long what was learned from takes by default.
    expected: Duration,
    /// How long it took.
    taken: Duration,
}

impl SpeakingRate {
    /// A voice not heard yet.
    pub(crate) const fn new() -> Self {
        Self { expected: Duration::ZERO, taken: Duration::ZERO }
    }

    /// Takes note that saying `text` took `duration` in all. What says or took nothing teaches nothing.
    pub(crate) fn learn(&mut self, text: &str, duration: Duration) {
        let expected = usual_duration(text);
        if expected.is_zero() || duration.is_zero() {
            return;
        }
        if self.expected > MEMORY {
            self.expected /= 2;
            self.taken /= 2;
        }
        self.expected += expected;
        self.taken += duration;
    }

    /// How long saying `text` takes of which `so_far` is there and the end is not: a character more at the least.
    pub(crate) fn unfinished(&self, text: &str, so_far: Duration) -> Duration {
        self.estimate(text).max(so_far + CHARACTER)
    }

    /// How long saying `text` takes.
    fn estimate(&self, text: &str) -> Duration {
        let usual = usual_duration(text);
        if self.expected.is_zero() {
            return usual;
        }
        let nanos = usual.as_nanos() * self.taken.as_nanos() / self.expected.as_nanos();
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

fn usual_duration(text: &str) -> Duration {
    text.graphemes(true).map(cluster_duration).sum()
}

fn cluster_duration(cluster: &str) -> Duration {
    if !is_letter(cluster) {
        Duration::ZERO
    } else if cluster.contains(|c: char| is_cjk(c) || c.is_numeric()) {
        CHARACTER
    } else {
        LETTER
    }
}

/// Whether it belongs to the word before it when it stands directly behind it.
fn is_following_mark(cluster: &str) -> bool {
    const OPENING: &str = "“‘«‹「『（【《〈〔〖［｛｢([{<";
    !is_letter(cluster)
        && !cluster.contains(char::is_whitespace)
        && !cluster.starts_with(|c| OPENING.contains(c))
}

/// Whether it is written without spaces around it: CJK characters and their full-width marks.
const fn is_wide(c: char) -> bool {
    is_cjk(c) || matches!(c, '\u{3000}'..='\u{303F}' | '\u{FF00}'..='\u{FFEF}')
}
