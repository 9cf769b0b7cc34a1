//! What the model will see of what was said.

use std::time::Duration;

use bargein_core::{
    AppCall, AppCallId, Config, FaultKind, Input, Keep, PlayoutEvent, SpeechOptions, Synthesis, TtsCallId,
};

use crate::driver::Vendors;
use crate::talk::{Talk, failing_model, failing_voice, model, vendors, voice};

/// The messages of the request that a text leads to after the script.
fn remembered(config: Config, vendors: Vendors, script: &str) -> Vec<String> {
    let mut talk = Talk::new(config, vendors);
    talk.play(script);
    talk.play("60000 text 然后呢");
    let mut messages = talk.last_request();
    assert_eq!(messages.pop().unwrap(), "u:然后呢");
    messages
}

#[test]
fn a_cut_reply_is_remembered_as_far_as_it_was_heard() {
    let keep = |keep| {
        let mut config = Config::default();
        config.history.keep = keep;
        config
    };
    let heard = |config, script: &str| remembered(config, vendors(), script);
    let half = "0 text 你好\n1400 signal interrupt";
    assert_eq!(heard(keep(Keep::Heard), half), ["u:你好", "a:好的，今天"]);
    assert_eq!(heard(keep(Keep::Generated), half), ["u:你好", "a:好的，今天天气很好。"]);
    let unheard = "0 text 你好\n390 signal interrupt";
    assert_eq!(heard(keep(Keep::Heard), unheard), ["u:你好"], "nothing heard leaves no message");
    assert_eq!(heard(keep(Keep::Generated), unheard), ["u:你好", "a:好的，今天天气很好。"]);
    let mut whole = keep(Keep::Heard);
    whole.synthesis = Synthesis { partial_segments: false, ..Synthesis::default() };
    assert_eq!(heard(whole, half), ["u:你好"], "no part of a segment");
}

#[test]
fn of_audio_that_is_still_arriving_never_all_is_heard() {
    // 9 characters are expected to take about 2 s; 8 s come, and arrive in two.
    let vendors = Vendors { tts: vec![voice(8_000)], ..vendors() };
    let cut = |at: u64| {
        remembered(Config::default(), vendors.clone(), &format!("0 text 你好\n{at} signal interrupt"))
    };
    assert_eq!(
        cut(2_300),
        ["u:你好", "a:好的，今天天气很"],
        "all but the last character while more is to come"
    );
    assert_eq!(cut(2_500), ["u:你好", "a:好的，"], "its share once all of it is there");
}

#[test]
fn the_voice_s_rate_is_learned_from_one_reply_for_the_next() {
    let vendors = Vendors { tts: vec![voice(8_000)], ..vendors() };
    let mut talk = Talk::new(Config::default(), vendors);
    talk.play("0 text 你好\n20000 text 再说一遍\n22300 signal interrupt");
    assert_eq!(talk.of(&["agent 2 i"]), ["22300 agent 2 interrupted(signal) \"好\""]);
}

#[test]
fn a_failed_reply_leaves_nothing() {
    let vendors = Vendors { llm: vec![failing_model(&[], FaultKind::Auth), model(&["好。"])], ..vendors() };
    let none: [&str; 0] = [];
    assert_eq!(remembered(Config::default(), vendors, "0 text 你好"), none);
}

#[test]
fn what_failed_to_be_said_is_not_remembered() {
    let vendors = Vendors {
        llm: vec![model(&["第一句话说完了。", "第二句话说完了。"])],
        tts: vec![voice(1_000), failing_voice(0, FaultKind::BadRequest)],
    };
    assert_eq!(remembered(Config::default(), vendors, "0 text 你好"), ["u:你好", "a:第一句话说完了。"]);
}

#[test]
fn of_a_segment_whose_audio_broke_off_what_arrived_is_remembered() {
    let broken = |audio| Vendors { tts: vec![failing_voice(audio, FaultKind::Broken)], ..vendors() };
    let kept = |audio| remembered(Config::default(), broken(audio), "0 text 你好");
    assert_eq!(kept(1_000), ["u:你好", "a:好的，今天"]);
    assert_eq!(kept(4_000), ["u:你好", "a:好的，今天天气很"], "something is missing, however much came");
}

#[test]
fn a_reset_forgets_the_reply_in_progress_too() {
    let none: [&str; 0] = [];
    let config = Config::default;
    assert_eq!(remembered(config(), vendors(), "0 text 你好\n1000 reset"), none);
    assert_eq!(remembered(config(), vendors(), "0 text 你好\n1000 reset\n1100 signal interrupt"), none);
    assert_eq!(
        remembered(config(), vendors(), "0 text 你好\n1000 reset\n5000 text 在吗"),
        ["u:在吗", "a:好的，今天天气很好。"],
        "the next one is remembered"
    );
}

#[test]
fn added_messages_stand_before_the_turn_in_progress() {
    assert_eq!(
        remembered(Config::default(), vendors(), "0 text 你好\n1000 add 早。"),
        ["a:早。", "u:你好", "a:好的，今天天气很好。"]
    );
}

#[test]
fn a_speech_is_remembered_unless_it_is_not_to_be() {
    let said = |in_history| {
        let mut talk = Talk::new(Config::default(), vendors());
        let options = SpeechOptions::default();
        talk.call(AppCall::Speak { text: "请注意。".into(), options, in_history });
        talk.play("5000 text 然后呢");
        talk.last_request()
    };
    assert_eq!(said(true), ["a:请注意。", "u:然后呢"]);
    assert_eq!(said(false), ["u:然后呢"]);
}

#[test]
fn positions_stand_still_while_the_playout_is_dry() {
    let mut talk = Talk::new(Config::default(), vendors());
    let tell = |talk: &mut Talk, event| talk.driver.tell(Input::Playout(event));
    talk.play("0 text 你好\n900 end");
    tell(&mut talk, PlayoutEvent::Dry(TtsCallId(1)));
    talk.play("1900 end");
    tell(&mut talk, PlayoutEvent::Resumed(TtsCallId(1)));
    talk.play("2000 end");
    talk.driver.tell(Input::App(AppCallId(9), AppCall::Interrupt));
    assert_eq!(
        talk.of(&["agent 1 i", "metric tts_dis"]),
        ["2000 metric tts_discontinuity 1 1", "2000 agent 1 interrupted(signal) \"好的，\""]
    );
    assert_eq!(talk.driver.now.since(bargein_core::Time::ZERO), Duration::from_secs(2));
}
