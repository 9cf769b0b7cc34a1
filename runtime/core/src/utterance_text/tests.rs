//! Cases as rows, one table a question.

use super::{consists_of, contains_any, is_one_character, is_speakable, reads_as_complete_sentence};

#[track_caller]
fn check(question: fn(&str) -> bool, yes: &[&str], no: &[&str]) {
    for text in yes {
        assert!(question(text), "yes: {text:?}");
    }
    for text in no {
        assert!(!question(text), "no: {text:?}");
    }
}

#[test]
fn letters_characters_and_digits_can_be_said() {
    check(
        is_speakable,
        &["好", "a", "5", "。好", "😀 a", "é", "ไทย", "①"],
        &["", " ", "。", "...", "😀", "1️⃣", "🅰️", "👨‍👩‍👧", "——", "\u{301}"],
    );
}

#[test]
fn one_character_or_letter_is_one() {
    check(
        is_one_character,
        &["嗯", "嗯。", " a", "A.", "é", "e\u{301}", "あ！", "。好😀"],
        &["", "。", "嗯嗯", "ok", "5", "5号", "no", "a b"],
    );
}

#[test]
fn a_complete_sentence_ends_in_its_mark() {
    check(
        reads_as_complete_sentence,
        &[
            "好的。",
            "真的吗？",
            "走！",
            "I see.",
            "What?",
            "Stop!",
            "他说“走吧。”",
            "\"Go.\" ",
            "(Go.)",
            "It is 3.",
            "No.",
        ],
        &[
            "",
            "。",
            "好的",
            "我想问一下",
            "I see",
            "我想想……",
            "Well...",
            "Well…",
            "好的，",
            "First,",
            "Call Dr.",
            "e.g.",
            "1.",
        ],
    );
}

fn list(phrases: &[&str]) -> Vec<String> {
    phrases.iter().map(|phrase| (*phrase).to_owned()).collect()
}

#[test]
fn what_is_said_consists_of_phrases() {
    let phrases = list(&["嗯", "好的", "mm-hmm", "uh", "OK", "I see", "。"]);
    for yes in [
        "嗯",
        "嗯。",
        "嗯嗯，嗯",
        "好的好的",
        "嗯好的OK",
        "Mm hmm.",
        "mm-hmm",
        "Uh, ok!",
        "ＯＫ。",
        "i see, I SEE",
    ] {
        assert!(consists_of(yes, &phrases), "{yes:?}");
    }
    for no in ["", "。", "好", "嗯不", "hmm", "uhm", "ok then", "I", "see I"] {
        assert!(!consists_of(no, &phrases), "{no:?}");
    }
    assert!(!consists_of("嗯", &[]));
}

#[test]
fn a_phrase_is_found_word_for_word() {
    let phrases = list(&["停", "等一下", "stop", "hold on", "don't", "！"]);
    for yes in [
        "停",
        "请停下来",
        "你等一下。",
        "等，一下",
        "Please STOP!",
        "hold on, please",
        "Hold  on",
        "I don’t",
        "Ｓtop",
    ] {
        assert!(contains_any(yes, &phrases), "{yes:?}");
    }
    for no in ["", "！", "等", "一下", "unstoppable", "stops", "hold it on", "on hold", "do not"] {
        assert!(!contains_any(no, &phrases), "{no:?}");
    }
    assert!(!contains_any("停", &[]));
}
