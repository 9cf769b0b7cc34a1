//! Cases as rows: a text, how much of its time was heard, and what that is.

use std::time::Duration;

use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

use super::{SpeakingRate, append, heard_part, usual_duration};

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn the_share_heard_ends_at_a_character_or_a_word() {
    // Text, heard and whole in milliseconds, what was heard.
    let cases: &[(&str, u64, u64, &str)] = &[
        ("一二三四", 0, 1000, ""),
        ("一二三四", 249, 1000, ""),
        ("一二三四", 250, 1000, "一"),
        ("一二三四", 749, 1000, "一二"),
        ("一二三四", 1000, 1000, "一二三四"),
        ("一二三四", 1200, 1000, "一二三四"),
        ("一二，三四。", 500, 1000, "一二，"),
        ("一二，三四。", 999, 1000, "一二，三"),
        ("他说“好”。", 700, 1000, "他说"),
        ("他说「好」。了", 750, 1000, "他说「好」。"),
        ("aaaa bbbb", 499, 1000, ""),
        ("aaaa bbbb", 500, 1000, "aaaa"),
        ("aaaa, bbbb", 900, 1000, "aaaa,"),
        ("don't you", 500, 1000, ""),
        ("don't you", 600, 1000, "don't"),
        ("aaaa (bbbb) cccc", 400, 1000, "aaaa"),
        ("aaaa (bbbb) cccc", 700, 1000, "aaaa (bbbb)"),
        ("It is 3.14 now", 600, 1000, "It is"),
        ("打开iPhone吧", 500, 1000, "打开"),
        ("e\u{301}e\u{301} e\u{301}e\u{301}", 500, 1000, "e\u{301}e\u{301}"),
        ("👩‍👩‍👧好好", 500, 1000, "👩‍👩‍👧好"),
        ("。。", 500, 1000, ""),
        ("", 500, 1000, ""),
        ("好", 0, 0, ""),
        ("好", 1, 0, "好"),
    ];
    for (text, heard, whole, expected) in cases {
        assert_eq!(heard_part(text, ms(*heard), ms(*whole)), *expected, "{text:?} {heard} of {whole} ms");
    }
}

#[test]
fn pieces_are_joined_with_a_space_between_latin_words() {
    let cases = [
        ("", "Hello,", "Hello,"),
        ("Hello,", "you.", "Hello, you."),
        ("Hello, ", "you.", "Hello, you."),
        ("He said “go.”", "Then", "He said “go.” Then"),
        ("He said \"go!", "\" Then", "He said \"go!\" Then"),
        ("Go!", "\"Then", "Go! \"Then"),
        ("What?", "! Then", "What?! Then"),
        ("He said “go!", "” Then", "He said “go!” Then"),
        ("It is", "-5 now", "It is -5 now"),
        ("你好，", "世界。", "你好，世界。"),
        ("他说“好。”", "Then", "他说“好。”Then"),
        ("用iPhone，", "OK", "用iPhone，OK"),
        ("OK.", "好。", "OK.好。"),
        ("Hello.", "", "Hello."),
    ];
    for (said, next, expected) in cases {
        let mut said = said.to_owned();
        append(&mut said, next);
        assert_eq!(said, expected);
    }
}

#[test]
fn the_rate_is_learned_from_what_was_said() {
    let mut rate = SpeakingRate::new();
    assert_eq!(rate.estimate("你好，ok 5"), ms(220 + 220 + 60 + 60 + 220));
    assert_eq!(rate.estimate("。😀"), ms(0));

    rate.learn("你好", ms(0));
    rate.learn("……", ms(500));
    assert_eq!(rate.estimate("你好"), ms(440));

    rate.learn("你好", ms(220));
    assert_eq!(rate.estimate("你好"), ms(220));
    assert_eq!(rate.estimate("ok"), ms(60));

    rate.learn("你好", ms(660));
    assert_eq!(rate.estimate("你好"), ms(440));
}

#[test]
fn a_new_rate_is_learned_in_time() {
    let mut rate = SpeakingRate::new();
    let hundred = "字".repeat(100);
    for _ in 0..1_000 {
        rate.learn(&hundred, ms(22_000));
    }
    for _ in 0..200 {
        rate.learn(&hundred, ms(44_000));
    }
    let estimate = rate.estimate(&hundred);
    assert!(estimate > ms(43_000), "{estimate:?}");
}

proptest! {
    #[test]
    fn never_more_than_the_share_is_heard(
        pieces in proptest::collection::vec(
            proptest::sample::select(vec!["你", "好。", "word", " ", ", ", "3.14", "“", "”", "😀", "e\u{301}", "\u{600}", "ไทย", "カタ"]),
            0..20,
        ),
        heard in 0..1_200_u64,
    ) {
        let text = pieces.concat();
        let part = heard_part(&text, ms(heard), ms(1_000));
        prop_assert!(text.starts_with(part));
        prop_assert!(usual_duration(part) * 1_000 <= usual_duration(&text) * u32::try_from(heard.min(1_000))?);

        let borders: Vec<usize> = text.grapheme_indices(true).map(|(at, _)| at).chain([0, text.len()]).collect();
        prop_assert!(borders.contains(&part.len()));

        let more = heard_part(&text, ms(heard + 1), ms(1_000));
        prop_assert!(more.starts_with(part));
    }
}
