//! Emoji as the reader sees them: whole grapheme clusters, with joiners, skin tones, flags and keycaps.
//!
//! Pictographs as in Unicode's `emoji-data.txt`, version 16. A sign that is text unless a variation selector says
//! otherwise (`©`, `↔`, a digit) counts as emoji only with the selector or as a keycap; the older pictographs of
//! the blocks "Miscellaneous Symbols" and "Dingbats" always do, since nobody wants them read out.

use unicode_segmentation::UnicodeSegmentation;

use super::{Step, first_characters};

/// Ranges of characters that are pictures by themselves.
const PICTOGRAPHS: &[(char, char)] = &[
    ('\u{231A}', '\u{231B}'),
    ('\u{23E9}', '\u{23F3}'),
    ('\u{23F8}', '\u{23FA}'),
    ('\u{25FD}', '\u{25FE}'),
    ('\u{2600}', '\u{266C}'), // up to the musical flat, natural and sharp, which are read
    ('\u{2670}', '\u{2767}'), // up to the ornamental brackets and circled digits
    ('\u{2795}', '\u{2797}'),
    ('\u{27B0}', '\u{27B0}'),
    ('\u{27BF}', '\u{27BF}'),
    ('\u{2B1B}', '\u{2B1C}'),
    ('\u{2B50}', '\u{2B50}'),
    ('\u{2B55}', '\u{2B55}'),
    ('\u{1F004}', '\u{1F004}'),
    ('\u{1F0CF}', '\u{1F0CF}'),
    ('\u{1F170}', '\u{1F171}'),
    ('\u{1F17E}', '\u{1F17F}'),
    ('\u{1F18E}', '\u{1F18E}'),
    ('\u{1F191}', '\u{1F19A}'),
    ('\u{1F1E6}', '\u{1F1FF}'), // regional indicators: flags
    ('\u{1F201}', '\u{1F202}'),
    ('\u{1F21A}', '\u{1F21A}'),
    ('\u{1F22F}', '\u{1F22F}'),
    ('\u{1F232}', '\u{1F23A}'),
    ('\u{1F250}', '\u{1F251}'),
    ('\u{1F300}', '\u{1F64F}'),
    ('\u{1F680}', '\u{1F6FF}'),
    ('\u{1F7E0}', '\u{1F7EB}'),
    ('\u{1F7F0}', '\u{1F7F0}'),
    ('\u{1F900}', '\u{1F9FF}'),
    ('\u{1FA70}', '\u{1FAFF}'),
];

/// Ranges of characters that are pictures with the emoji variation selector.
const TEXT_OR_PICTURE: &[(char, char)] = &[
    ('\u{A9}', '\u{A9}'),
    ('\u{AE}', '\u{AE}'),
    ('\u{203C}', '\u{203C}'),
    ('\u{2049}', '\u{2049}'),
    ('\u{2122}', '\u{2122}'),
    ('\u{2139}', '\u{2139}'),
    ('\u{2194}', '\u{21AA}'),
    ('\u{2328}', '\u{2328}'),
    ('\u{23CF}', '\u{23CF}'),
    ('\u{24C2}', '\u{24C2}'),
    ('\u{25AA}', '\u{25FE}'),
    ('\u{27A1}', '\u{27A1}'),
    ('\u{2934}', '\u{2935}'),
    ('\u{2B05}', '\u{2B07}'),
    ('\u{3030}', '\u{3030}'),
    ('\u{303D}', '\u{303D}'),
    ('\u{3297}', '\u{3299}'),
];

const TEXT_SELECTOR: char = '\u{FE0E}';
const EMOJI_SELECTOR: char = '\u{FE0F}';
const KEYCAP: char = '\u{20E3}';

/// How many characters of a grapheme cluster are looked at; the longest emoji have ten.
const LONGEST_EMOJI: usize = 32;

/// Takes out emoji. Holds back nothing but a character that can begin one and whose cluster may go on.
pub(super) fn next(rest: &str, at_end: bool) -> Option<Step> {
    let plain = rest.find(may_begin_emoji).unwrap_or(rest.len());
    if plain > 0 {
        return Some(Step::Keep(plain));
    }
    let cluster = first_characters(rest, LONGEST_EMOJI).graphemes(true).next()?;
    if cluster.len() == rest.len() && !at_end {
        return None;
    }
    Some(if is_emoji(cluster) { Step::Drop(cluster.len()) } else { Step::Keep(cluster.len()) })
}

/// Whether this grapheme cluster is an emoji.
pub(crate) fn is_emoji(cluster: &str) -> bool {
    let mut characters = cluster.chars();
    let Some(first) = characters.next() else { return false };
    match characters.next() {
        Some(TEXT_SELECTOR) => false,
        _ if is_keycap_base(first) => cluster.contains(KEYCAP),
        _ if is_in(PICTOGRAPHS, first) => true,
        _ => is_in(TEXT_OR_PICTURE, first) && cluster.contains(EMOJI_SELECTOR),
    }
}

fn may_begin_emoji(c: char) -> bool {
    is_keycap_base(c) || is_in(PICTOGRAPHS, c) || is_in(TEXT_OR_PICTURE, c)
}

const fn is_keycap_base(c: char) -> bool {
    matches!(c, '0'..='9' | '#' | '*')
}

fn is_in(ranges: &[(char, char)], c: char) -> bool {
    ranges.iter().any(|(first, last)| (*first..=*last).contains(&c))
}
