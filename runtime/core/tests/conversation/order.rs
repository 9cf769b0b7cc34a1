//! The order in which a room and the callbacks are told, turn by turn.

use bargein_core::{Config, FaultKind, LlmRules, Resting, Welcome};

use crate::driver::Vendors;
use crate::talk::{failing_model, told, told_with, vendors, voice};

const NOTICES: &[&str] = &["state", "user", "agent", "shows", "metric", "error", "dropped"];

#[test]
fn a_normal_turn_is_told_in_order() {
    let script = "0 voice\n800 interim 1 今天\n900 silence\n1000 final 1 今天呢？\n9000 end";
    assert_eq!(
        told(Config::default(), script, NOTICES),
        [
            "0 state listening 0",
            "0 user 1 begins",
            "0 state listening 1",
            "800 shows user 1 \"今天\"",
            "1000 shows user 1 \"今天呢？\"",
            "1400 shows user 1 \"今天呢？\" final",
            "1400 user 1 completed \"今天呢？\"",
            "1400 agent 1 begins",
            "1400 state thinking 1",
            "1400 metric asr_latency 1 500",
            "1700 metric llm_network_latency 1 300",
            "1700 metric llm_first_token 1 300",
            "1700 shows agent 1 \"好的，今天天气很好。\"",
            "1800 metric tts_network_latency 1 100",
            "1800 metric tts_first_frame_latency 1 100",
            "1800 state speaking 1",
            "2000 shows agent 1 \"\" final",
            "3800 state finished 1",
            "3800 agent 1 completed \"好的，今天天气很好。\"",
            "3800 state listening 1",
        ]
    );
}

#[test]
fn an_interrupted_turn_is_told_in_order() {
    let script = "0 text 你好\n100 speak enqueue 再见。\n1000 voice\n1600 end";
    assert_eq!(
        told(Config::default(), script, &[""])[14..],
        [
            "400 play 1",
            "400 metric tts_first_frame_latency 1 100",
            "400 state speaking 1",
            "600 shows agent 1 \"\" final",
            "1500 tts 1 cancelled",
            "1500 playout stopped",
            "1500 state interrupted 1",
            "1500 metric interruption 1 1",
            "1500 agent 1 interrupted(user) \"好的，今天\"",
            "1500 dropped 2",
            "1500 user 3 begins",
            "1500 state listening 3",
        ]
    );
}

#[test]
fn the_subtitles_of_a_turn_cut_while_the_model_speaks_end_too() {
    let script = "0 text 你好\n500 signal interrupt";
    assert_eq!(
        told(
            Config::default(),
            script,
            &["llm", "tts", "playout", "state", "metric interruption", "shows agent", "agent"]
        )[3..],
        [
            "0 llm 1 asked \"你好\"",
            "300 shows agent 1 \"好的，今天天气很好。\"",
            "300 tts 1 asked \"好的，今天天气很好。\"",
            "400 state speaking 1",
            "500 llm 1 cancelled",
            "500 tts 1 cancelled",
            "500 playout stopped",
            "500 state interrupted 1",
            "500 metric interruption 1 1",
            "500 shows agent 1 \"\" final",
            "500 agent 1 interrupted(signal) \"\"",
            "500 state listening 1",
        ]
    );
}

#[test]
fn a_resting_agent_listens_or_idles() {
    let idle = Config { resting: Resting::Idle, ..Config::default() };
    let script =
        "100 voice\n900 silence\n1000 final 1 今天呢？\n5000 voice\n5300 silence\n5400 final 2\n9000 end";
    let states = |from, rest: &str| {
        [
            format!("0 state {from} 0"),
            "100 state listening 1".into(),
            "1400 state thinking 1".into(),
            "1800 state speaking 1".into(),
            "3800 state finished 1".into(),
            format!("3800 state {rest} 1"),
            "5000 state listening 2".into(),
        ]
    };
    assert_eq!(told(Config::default(), script, &["state"]), states("listening", "listening"));
    let mut expected = states("idle", "idle").to_vec();
    expected.push("5800 state idle 2".into());
    assert_eq!(told(idle, script, &["state"]), expected);
}

#[test]
fn a_cut_without_speech_rests() {
    let idle = Config { resting: Resting::Idle, ..Config::default() };
    assert_eq!(
        told(idle, "0 text 你好\n500 signal interrupt", &["state"])[2..],
        ["400 state speaking 1", "500 state interrupted 1", "500 state idle 1"]
    );
}

#[test]
fn a_model_that_fails_is_told_and_the_agent_rests() {
    let vendors = Vendors { llm: vec![failing_model(&[], FaultKind::Auth)], ..vendors() };
    assert_eq!(
        told_with(
            Config::default(),
            vendors,
            "0 text 你好\n1000 end",
            &["state", "error", "agent", "shows agent"]
        ),
        [
            "0 state listening 0",
            "0 agent 1 begins",
            "0 state thinking 1",
            "300 error llm auth 1",
            "300 shows agent 1 \"\" final",
            "300 agent 1 failed \"\"",
            "300 state listening 1",
        ]
    );
}

#[test]
fn a_welcome_speaks_without_thinking() {
    let welcome = Welcome { text: "你好。".into(), protected: false, in_history: false };
    let config = Config { welcome: Some(welcome), ..Config::default() };
    assert_eq!(
        told(config, "3000 end", &["state", "agent", "shows"]),
        [
            "0 state listening 0",
            "0 agent 1 begins",
            "0 shows agent 1 \"你好。\"",
            "0 shows agent 1 \"\" final",
            "100 state speaking 1",
            "2100 state finished 1",
            "2100 agent 1 completed \"你好。\"",
            "2100 state listening 1",
        ]
    );
}

#[test]
fn text_only_thinks_and_rests() {
    let mut config = Config::default();
    config.synthesis.enabled = false;
    assert_eq!(
        told(config, "0 text 你好\n1000 end", &["state", "agent", "shows agent", "tts", "metric tts"]),
        [
            "0 state listening 0",
            "0 agent 1 begins",
            "0 state thinking 1",
            "300 shows agent 1 \"好的，今天天气很好。\"",
            "600 shows agent 1 \"\" final",
            "600 agent 1 completed \"好的，今天天气很好。\"",
            "600 state listening 1",
        ]
    );
}

#[test]
fn a_pause_between_two_segments_is_counted_once_at_the_end() {
    let mut slow = voice(1_000);
    slow.first_audio = std::time::Duration::from_millis(2_500);
    let vendors = Vendors {
        llm: vec![crate::talk::model(&["第一句话说完了。", "第二句话说完了。"])],
        tts: vec![voice(1_000), slow],
    };
    assert_eq!(
        told_with(
            Config::default(),
            vendors,
            "0 text 你好\n9000 end",
            &["play", "metric tts_dis", "agent 1 c"]
        ),
        [
            "400 play 1",
            "3100 play 2",
            "4100 metric tts_discontinuity 1 1",
            "4100 agent 1 completed \"第一句话说完了。第二句话说完了。\""
        ]
    );
}

#[test]
fn an_apology_is_said_instead_of_the_answer() {
    let rules = LlmRules { apology: Some("抱歉，请再说一次。".into()), ..LlmRules::default() };
    let config = Config { llm: rules, ..Config::default() };
    let vendors = Vendors { llm: vec![failing_model(&[], FaultKind::Auth)], ..vendors() };
    assert_eq!(
        told_with(config, vendors, "0 text 你好\n3000 end", &["error", "agent", "shows agent", "tts"]),
        [
            "0 agent 1 begins",
            "300 error llm auth 1",
            "300 shows agent 1 \"抱歉，请再说一次。\"",
            "300 tts 1 asked \"抱歉，请再说一次。\"",
            "300 shows agent 1 \"\" final",
            "2400 agent 1 completed \"抱歉，请再说一次。\"",
        ]
    );
}
