//! A text that is there from the beginning: what of it is said, and in which pieces.
//!
//! The same rules as for a reply that comes in deltas, for those who speak without a conversation.

use crate::config::{Segmentation, TextRules};
use crate::segmenter::Segmenter;
use crate::spoken::append;
use crate::text_filter::TextFilter;

/// What of `text` is said by these rules. May be empty.
#[must_use]
pub fn spoken_text(text: &str, rules: &TextRules) -> String {
    let mut filter = TextFilter::new(rules);
    let mut spoken = filter.push(text).spoken;
    spoken.push_str(&filter.finish().spoken);
    spoken
}

/// The segments of `text`: each can be said, none is longer than the rules allow; the first one ends early. None when
/// nothing can be said.
#[must_use]
pub fn segments_of(text: &str, rules: &Segmentation) -> Vec<String> {
    let mut segmenter = Segmenter::new(rules);
    let mut segments = segmenter.push(text);
    segments.extend(segmenter.finish());
    segments
}

/// Adds what was said next to `said`. Latin words are kept apart by a space, marks stay with what is before them.
pub fn append_text(said: &mut String, next: &str) {
    append(said, next);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_text_is_filtered_and_cut_as_a_reply_is() {
        let rules = TextRules { markup: true, emoji: true, ..TextRules::default() };
        assert_eq!(spoken_text("**好** <b>👍🏽</b>**", &rules), "好 ");
        let segments = segments_of("好的，我们开始吧。然后继续说。", &Segmentation::default());
        assert_eq!(segments.concat(), "好的，我们开始吧。然后继续说。");
        assert!(segments.len() > 1, "{segments:?}");
        assert!(segments_of("……！？ 🎉", &Segmentation::default()).is_empty());
    }
}
