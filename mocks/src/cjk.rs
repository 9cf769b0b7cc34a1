//! Which characters are written without spaces and spoken one syllable each.

use std::time::Duration;

use unicode_segmentation::UnicodeSegmentation as _;

/// Whether this is Han, kana, hangul, or a full-width mark of their writing.
#[must_use]
pub(crate) const fn is_cjk(character: char) -> bool {
    matches!(character,
        '\u{1100}'..='\u{11FF}' | '\u{2E80}'..='\u{9FFF}' | '\u{A960}'..='\u{A97F}' | '\u{AC00}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FAFF}' | '\u{FE30}'..='\u{FE4F}' | '\u{FF00}'..='\u{FFEF}' | '\u{20000}'..='\u{3FFFF}')
}

/// How long a text is spoken: so long for each CJK character, so long for each other one, spaces and marks included.
#[must_use]
pub(crate) fn spoken_for(text: &str, cjk: Duration, other: Duration) -> Duration {
    text.graphemes(true).map(|g| if g.starts_with(is_cjk) { cjk } else { other }).sum()
}
