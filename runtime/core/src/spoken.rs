//! How text relates to speech: joining spoken pieces, and the part of a text that fits into what was heard.

use std::time::Duration;

use unicode_segmentation::UnicodeSegmentation;

/// The speaking time of one CJK character, until a session has taught better.
const CJK_CHARACTER: Duration = Duration::from_millis(220);

/// The speaking time of one character of other scripts, until a session has taught better.
const OTHER_CHARACTER: Duration = Duration::from_millis(60);

/// Appends a spoken piece, with a space where two words would otherwise run together.
pub(crate) fn append(text: &mut String, piece: &str) {
    let is_joint = |c: char| c.is_alphanumeric() && !is_cjk(c) || c.is_ascii_punctuation();
    let before = text.chars().next_back().is_some_and(is_joint);
    let after = piece.chars().next().is_some_and(|c| c.is_alphanumeric() && !is_cjk(c));
    if before && after {
        text.push(' ');
    }
    text.push_str(piece);
}

/// The beginning of `text` that was heard when `heard` of its `whole` speaking time was.
///
/// Ends between grapheme clusters, within Latin text between words; never more than the share heard.
pub(crate) fn heard_part(text: &str, heard: Duration, whole: Duration) -> &str {
    if heard >= whole {
        return text;
    }
    let total: u128 = text.graphemes(true).map(|grapheme| weight(grapheme).as_nanos()).sum();
    let budget = total.saturating_mul(heard.as_nanos()) / whole.as_nanos().max(1);
    let mut spent = 0;
    let mut end = 0;
    for word in text.split_word_bounds() {
        let cost: u128 = word.graphemes(true).map(|grapheme| weight(grapheme).as_nanos()).sum();
        if spent + cost > budget {
            break;
        }
        spent += cost;
        end += word.len();
    }
    text[..end].trim_end()
}

/// Speaking time of texts, learned from what has been synthesised.
#[derive(Debug)]
pub(crate) struct SpeakingRate {
    spoken: Duration,
    expected: Duration,
}

impl SpeakingRate {
    pub(crate) const fn new() -> Self {
        Self { spoken: Duration::ZERO, expected: Duration::ZERO }
    }

    /// This text took so long to say.
    pub(crate) fn learn(&mut self, text: &str, took: Duration) {
        self.spoken += took;
        self.expected += usual(text);
    }

    /// How long this text will probably take.
    pub(crate) fn estimate(&self, text: &str) -> Duration {
        let usual = usual(text);
        if self.expected.is_zero() || self.spoken.is_zero() {
            return usual;
        }
        usual.mul_f64(self.spoken.as_secs_f64() / self.expected.as_secs_f64())
    }
}

fn usual(text: &str) -> Duration {
    text.graphemes(true).map(weight).sum()
}

fn weight(grapheme: &str) -> Duration {
    match grapheme.chars().next() {
        Some(c) if is_cjk(c) => CJK_CHARACTER,
        Some(c) if c.is_alphanumeric() => OTHER_CHARACTER,
        _ => Duration::ZERO,
    }
}

/// Whether this is a character of Chinese, Japanese or Korean writing (not of its punctuation).
pub(crate) const fn is_cjk(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_join_as_they_would_be_written() {
        let cases = [
            (["你好，", "世界。"], "你好，世界。"),
            (["Hello,", "world."], "Hello, world."),
            (["It works.", "今天"], "It works.今天"),
            (["好", "ok"], "好ok"),
            (["", "first"], "first"),
        ];
        for (pieces, expected) in cases {
            let mut text = String::new();
            for piece in pieces {
                append(&mut text, piece);
            }
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn the_heard_part_is_never_more_than_its_share() {
        let cases = [
            ("今天天气很好。", 0, 7, ""),
            ("今天天气很好。", 1, 2, "今天天"),
            ("今天天气很好。", 7, 7, "今天天气很好。"),
            ("one two three", 1, 2, "one"),
            ("one two three", 6, 10, "one two"),
            ("👩‍👩‍👧好好", 1, 2, "👩‍👩‍👧好"),
        ];
        for (text, heard, whole, expected) in cases {
            let part = heard_part(text, Duration::from_secs(heard), Duration::from_secs(whole));
            assert_eq!(part, expected, "{heard}/{whole} of {text}");
        }
    }

    #[test]
    fn the_rate_is_learned() {
        let mut rate = SpeakingRate::new();
        assert_eq!(rate.estimate("你好"), Duration::from_millis(440));
        rate.learn("你好你好", Duration::from_millis(440));
        assert_eq!(rate.estimate("你好"), Duration::from_millis(220));
    }
}
