//! What a short text is: whether it can be said, whether it closes a sentence, whether it says only this or that.
//!
//! Comparisons ignore case, punctuation, emoji and full-width forms. A CJK character is a word of its own, so that
//! `停` is found in `不要停下来`, but `stop` is not found in `unstoppable`.

#[cfg(test)]
mod tests;

use unicode_segmentation::UnicodeSegmentation;

use crate::segmenter::{Dot, dot_after, is_closing};
use crate::text_filter::is_emoji;

/// Whether there is anything in it that can be said: a letter, a character or a digit.
#[must_use]
pub fn is_speakable(text: &str) -> bool {
    letters(text).next().is_some()
}

/// Whether it is one CJK character or one letter, punctuation ignored. A digit answers something and is none.
pub(crate) fn is_one_character(text: &str) -> bool {
    let mut letters = letters(text);
    letters.next().is_some_and(|letter| letter.starts_with(char::is_alphabetic)) && letters.next().is_none()
}

/// Whether it ends as a sentence does: in `。！？.!?`, closing quotes and brackets may follow.
///
/// Words without a mark are not complete, nor is what trails off (`…`, `...`) or ends in an abbreviation (`Dr.`).
pub(crate) fn reads_as_complete_sentence(text: &str) -> bool {
    let text = text.trim_end_matches(|c: char| c.is_whitespace() || is_closing(c) || c == '"' || c == '\'');
    let ends = match text.strip_suffix('.') {
        Some(before) => !before.ends_with('.') && dot_after(before) != Dot::Inside,
        None => text.ends_with(['。', '！', '？', '!', '?', '｡', '．']),
    };
    ends && is_speakable(text)
}

/// Whether all of `said` is made of `phrases`, each as often as you like. Nothing said is made of nothing.
pub(crate) fn consists_of(said: &str, phrases: &[String]) -> bool {
    let said = words(said);
    let phrases: Vec<_> =
        phrases.iter().map(|phrase| words(phrase)).filter(|words| !words.is_empty()).collect();
    let mut reached = vec![false; said.len() + 1];
    reached[0] = true;
    for at in 0..said.len() {
        if reached[at] {
            for phrase in phrases.iter().filter(|phrase| said[at..].starts_with(phrase)) {
                reached[at + phrase.len()] = true;
            }
        }
    }
    !said.is_empty() && reached[said.len()]
}

/// Whether one of `phrases` is in `said`, word for word.
pub(crate) fn contains_any(said: &str, phrases: &[String]) -> bool {
    let said = words(said);
    phrases
        .iter()
        .map(|phrase| words(phrase))
        .any(|phrase| !phrase.is_empty() && said.windows(phrase.len()).any(|part| part == phrase))
}

/// Whether it is a character of Chinese, Japanese or Korean writing: one syllable, written without spaces.
pub(crate) const fn is_cjk(c: char) -> bool {
    matches!(c,
        '\u{1100}'..='\u{11FF}' | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{318F}' | '\u{31A0}'..='\u{31BF}'
        | '\u{31F0}'..='\u{31FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}'
        | '\u{F900}'..='\u{FAFF}' | '\u{FF66}'..='\u{FF9F}' | '\u{20000}'..='\u{3FFFF}')
}

/// Whether this grapheme cluster is said: a letter, a character or a digit.
pub(crate) fn is_letter(cluster: &str) -> bool {
    cluster.contains(char::is_alphanumeric) && !is_emoji(cluster)
}

fn letters(text: &str) -> impl Iterator<Item = &str> {
    text.graphemes(true).filter(|cluster| is_letter(cluster))
}

/// The words, all in one spelling: `Mm-hmm, it’s ＯＫ。` is `mm hmm its ok`.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for c in text.chars().map(narrow).flat_map(char::to_lowercase) {
        if is_cjk(c) || !c.is_alphanumeric() && !matches!(c, '\'' | '’') {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
        }
        if is_cjk(c) {
            words.push(c.to_string());
        } else if c.is_alphanumeric() {
            word.push(c);
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// The ASCII form of a full-width sign.
fn narrow(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}
