//! A voice that takes the text of a reply in pieces: one call, which goes on while the model does.

use std::time::Duration;

use bargein_core::{Config, FaultKind, Input, Synthesis, TimedWord, TtsCallId, TtsEvent};

use crate::driver::Vendors;
use crate::talk::{Talk, failing_voice, model, told_with, vendors, voice};

fn in_pieces() -> Config {
    Config { synthesis: Synthesis { in_pieces: true, ..Synthesis::default() }, ..Config::default() }
}

/// A model that says three sentences, 300 ms apart, and voices that do this.
fn speaking(tts: Vec<crate::driver::TtsPlan>) -> Vendors {
    let llm = vec![model(&["第一句话说完了。", "第二句话说完了。", "第三句话说完了。"])];
    Vendors { llm, tts }
}

#[test]
fn all_segments_of_a_reply_go_into_one_call() {
    assert_eq!(
        told_with(
            in_pieces(),
            speaking(vec![voice(4_000)]),
            "0 text 你好\n9000 end",
            &["tts", "play", "agent"]
        ),
        [
            "0 agent 1 begins",
            "300 tts 1 opened \"第一句话说完了。\"",
            "400 play 1",
            "600 tts 1 goes on \"第二句话说完了。\"",
            "900 tts 1 goes on \"第三句话说完了。\"",
            "1200 tts 1 is whole",
            "4400 agent 1 completed \"第一句话说完了。第二句话说完了。第三句话说完了。\"",
        ]
    );
}

#[test]
fn a_text_of_the_application_is_whole_at_once() {
    assert_eq!(
        told_with(in_pieces(), vendors(), "0 speak 第一句话说完了。第二句话说完了。\n9000 end", &["tts"]),
        ["0 tts 1 opened \"第一句话说完了。\"", "0 tts 1 goes on \"第二句话说完了。\"", "0 tts 1 is whole"]
    );
}

#[test]
fn words_of_another_script_are_kept_apart() {
    let vendors = Vendors { llm: vec![model(&["First one. ", "Second one. "])], tts: vec![voice(2_000)] };
    assert_eq!(
        told_with(in_pieces(), vendors, "0 text 你好\n9000 end", &["tts"]),
        ["300 tts 1 opened \"First one.\"", "900 tts 1 goes on \" Second one.\"", "900 tts 1 is whole"]
    );
}

#[test]
fn a_call_that_fails_before_its_audio_begins_again_with_all_text() {
    let plan = failing_voice(0, FaultKind::Unavailable);
    assert_eq!(
        told_with(
            in_pieces(),
            speaking(vec![plan, voice(2_000)]),
            "0 text 你好\n9000 end",
            &["tts", "error"]
        ),
        [
            "300 tts 1 opened \"第一句话说完了。\"",
            "500 tts 2 opened \"第一句话说完了。\"",
            "600 tts 2 goes on \"第二句话说完了。\"",
            "900 tts 2 goes on \"第三句话说完了。\"",
            "1200 tts 2 is whole",
        ]
    );
}

#[test]
fn text_behind_a_call_that_broke_off_is_said_by_the_next() {
    let plan = failing_voice(400, FaultKind::Broken);
    assert_eq!(
        told_with(
            in_pieces(),
            speaking(vec![plan, voice(2_000)]),
            "0 text 你好\n9000 end",
            &["tts", "error"]
        ),
        [
            "300 tts 1 opened \"第一句话说完了。\"",
            "500 error tts broken 1",
            "600 tts 2 opened \"第二句话说完了。\"",
            "900 tts 2 goes on \"第三句话说完了。\"",
            "1200 tts 2 is whole",
        ]
    );
}

#[test]
fn pieces_of_which_nothing_was_said_are_said_again_by_a_call_of_their_own() {
    // Both sentences were given to the call that broke off within the first.
    let mut plan = failing_voice(1_000, FaultKind::Broken);
    plan.first_audio = Duration::from_millis(400);
    assert_eq!(
        told_with(
            in_pieces(),
            speaking(vec![plan, voice(2_000)]),
            "0 text 你好\n9000 end",
            &["tts", "error", "agent 1 c"]
        ),
        [
            "300 tts 1 opened \"第一句话说完了。\"",
            "600 tts 1 goes on \"第二句话说完了。\"",
            "900 tts 1 goes on \"第三句话说完了。\"",
            "950 tts 2 opened \"第二句话说完了。第三句话说完了。\"",
            "950 error tts broken 1",
            "1200 tts 2 is whole",
            "3700 agent 1 completed \"第一句话第二句话说完了。第三句话说完了。\"",
        ]
    );
}

#[test]
fn a_voice_is_not_late_while_text_is_still_coming() {
    let config = Config {
        synthesis: Synthesis {
            in_pieces: true,
            first_audio_timeout: Duration::from_millis(800),
            retries: 0,
            ..Synthesis::default()
        },
        ..Config::default()
    };
    let mut plan = voice(2_000);
    plan.first_audio = Duration::from_secs(60);
    assert_eq!(
        told_with(config, speaking(vec![plan]), "0 text 你好\n9000 end", &["tts", "error"])[3..],
        ["1200 tts 1 is whole", "2000 tts 1 cancelled", "2000 error tts timeout 1"]
    );
}

#[test]
fn a_cut_cancels_the_one_call_and_remembers_the_words_that_were_begun() {
    let mut talk = Talk::new(in_pieces(), speaking(vec![voice(6_000)]));
    talk.play("0 text 你好\n500 end");
    let word = |text: &str, start: u64| TimedWord {
        text: text.into(),
        start: Duration::from_millis(start),
        end: Duration::from_millis(start + 400),
    };
    let words = vec![word("第一", 0), word("句话", 400), word("说完了", 800), word("第二", 4_000)];
    talk.play("700 end");
    talk.driver.tell(Input::Tts(TtsCallId(1), TtsEvent::Words(words)));
    talk.play("1000 signal interrupt\n9000 end");
    assert_eq!(
        talk.of(&["tts 1 c", "agent 1 i"]),
        ["1000 tts 1 cancelled", "1000 agent 1 interrupted(signal) \"第一句话\""]
    );
}
