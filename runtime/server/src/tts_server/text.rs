//! A caller's text, made what a vendor can say: cleaned, and cut where it is long.
//!
//! Deliberately out: pronunciation. How `3:45pm` is read is the vendor's business.

use bargein_core::{Segmentation, TextRules, is_speakable, segments_of, spoken_text};

/// The longest piece of a text that is cut, in what the segmenter counts. The first piece may end at a comma.
const PIECES: Segmentation = Segmentation { first_min: 4, min: 20, max: 80 };

/// What is to be said of a text, in pieces to be asked for one after the other. Empty when nothing can be said: marks
/// and emoji only, or white space.
pub(crate) fn pieces(text: &str, clean: bool, cut_over: usize) -> Vec<String> {
    let plain = without_controls(text);
    let said = if clean {
        spoken_text(&plain, &TextRules { markup: true, emoji: true, ..TextRules::default() })
    } else {
        plain
    };
    let said = said.trim();
    if !is_speakable(said) {
        Vec::new()
    } else if said.chars().count() <= cut_over {
        vec![said.to_owned()]
    } else {
        segments_of(said, &PIECES)
    }
}

/// Without the characters that are no text: controls become a space where they part words, what has no width goes.
fn without_controls(text: &str) -> String {
    let kept = |c: char| match c {
        // Joins the parts of an emoji, and letters of some writings.
        '\u{200D}' | '\u{200C}' => Some(c),
        '\n' | '\t' => Some(c),
        '\u{FEFF}' | '\u{200B}' | '\u{2060}' | '\u{00AD}' | '\u{FFFD}' => None,
        c if c.is_control() => Some(' '),
        c => Some(c),
    };
    text.chars().filter_map(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_said_without_what_is_no_text() {
        for (text, expected) in [
            ("你好，世界！", &["你好，世界！"][..]),
            ("  好\n", &["好"]),
            ("a\0b\u{7}c\u{FEFF}d\u{200B}e", &["a b cde"]),
            ("**bold** and `code`", &["bold and code"]),
            ("a < b && c > \"d\"", &["a < b && c > \"d\""]),
            ("<speak>你好<break time=\"500ms\"/></speak>", &["你好"]),
            ("好的👍🏽👨‍👩‍👧开始", &["好的开始"]),
            ("（叹气）好", &["（叹气）好"]),
            ("cafe\u{301}", &["cafe\u{301}"]),
            ("", &[]),
            (" \n\t ", &[]),
            ("……！？", &[]),
            ("🎉👍🏽", &[]),
            ("\0\u{7}", &[]),
        ] {
            assert_eq!(pieces(text, true, 200), expected, "{text:?}");
        }
    }

    #[test]
    fn a_text_that_is_not_cleaned_keeps_its_marks() {
        assert_eq!(pieces("<speak>**好**👍</speak>", false, 200), ["<speak>**好**👍</speak>"]);
    }

    #[test]
    fn only_a_long_text_is_cut_and_its_first_piece_is_short() {
        let sentence = "今天天气很好，我们一起出去走走吧。";
        let short = sentence.repeat(11);
        assert_eq!(pieces(&short, true, 200).len(), 1, "{} characters", short.chars().count());
        let long = sentence.repeat(100);
        let pieces = pieces(&long, true, 200);
        assert_eq!(pieces.concat(), long);
        assert!(pieces[0].chars().count() <= sentence.chars().count(), "{}", pieces[0]);
        assert!(pieces.len() > 20 && pieces.iter().all(|piece| piece.chars().count() <= 80), "{pieces:?}");
    }
}
