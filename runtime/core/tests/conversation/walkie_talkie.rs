//! Turns between two signals.

use bargein_core::{Config, Turns};

use crate::talk::told;

fn config() -> Config {
    let mut config = Config::default();
    config.endpointing.turns = Turns::WalkieTalkie;
    config
}

fn check(script: &str, expected: &[&str]) {
    assert_eq!(told(config(), script, &["user", "listen"]), *expected);
}

#[test]
fn walkie_talkie_hears_nothing_outside_the_signals() {
    check(
        "100 voice\n400 final 1 你好吗\n900 silence\n2000 signal stop\n3000 end",
        &["0 listen false", "2000 listen false"],
    );
}

#[test]
fn walkie_talkie_silence_never_ends_a_turn_and_the_signal_does() {
    check(
        "0 signal start\n200 voice\n900 silence\n1000 final 1 今天天气\n4000 voice\n4500 silence\n4600 final 2 怎么样\n5000 signal stop\n6000 end",
        &[
            "0 listen false",
            "0 listen true",
            "0 user 1 begins",
            "5000 listen false",
            "5000 user 1 completed \"今天天气怎么样\"",
        ],
    );
}

#[test]
fn walkie_talkie_waits_for_the_final_transcript_after_the_signal() {
    let turn =
        |end: &'static str| ["0 listen false", "0 listen true", "0 user 1 begins", "900 listen false", end];
    check(
        "0 signal start\n200 voice\n900 signal stop\n1200 final 1 你好吗\n4000 end",
        &turn("1200 user 1 completed \"你好吗\""),
    );
    check(
        "0 signal start\n200 voice\n500 interim 1 你好\n900 signal stop\n4000 end",
        &turn("2900 user 1 completed \"你好\""),
    );
    // The detector heard nothing; the recogniser may.
    check(
        "0 signal start\n900 signal stop\n1200 final 1 你好吗\n4000 end",
        &turn("1200 user 1 completed \"你好吗\""),
    );
    check("0 signal start\n900 signal stop\n4000 end", &turn("2900 user 1 discarded \"\""));
}

#[test]
fn walkie_talkie_a_voice_after_the_signal_does_not_prolong_the_turn() {
    check(
        "0 signal start\n200 voice\n700 silence\n900 signal stop\n1000 voice\n1200 final 1 你好吗\n4000 silence",
        &[
            "0 listen false",
            "0 listen true",
            "0 user 1 begins",
            "900 listen false",
            "1200 user 1 completed \"你好吗\"",
        ],
    );
}

#[test]
fn walkie_talkie_a_voice_from_before_the_signal_is_heard_from_the_signal_on() {
    check(
        "100 voice\n200 signal start\n700 silence\n800 final 1 你好吗\n900 signal stop\n4000 end",
        &[
            "0 listen false",
            "200 listen true",
            "200 user 1 begins",
            "900 listen false",
            "900 user 1 completed \"你好吗\"",
        ],
    );
}

#[test]
fn walkie_talkie_a_second_start_goes_on_with_the_turn() {
    let completed = "2600 user 1 completed \"今天天气怎么样\"";
    check(
        "0 signal start\n200 voice\n700 signal stop\n800 interim 1 今天天气\n900 signal start\n1000 final 1 今天天气\n1100 silence
         1500 voice\n2000 silence\n2500 signal stop\n2600 final 2 怎么样\n4000 end",
        &["0 listen false", "0 listen true", "0 user 1 begins", "700 listen false", "900 listen true", "2500 listen false", completed],
    );
}

#[test]
fn walkie_talkie_the_start_cuts_the_agent_and_the_queue() {
    let script = "
        0 speak 请注意。
        50 speak enqueue 第二句。
        900 signal start
        1000 voice
        1400 silence
        1500 final 1 你好吗
        1700 signal stop
        2000 end";
    assert_eq!(
        told(config(), script, &["user", "agent", "dropped"]),
        [
            "0 agent 1 begins",
            "900 agent 1 interrupted(user) \"请\"",
            "900 dropped 2",
            "900 user 3 begins",
            "1700 user 3 completed \"你好吗\"",
            "1700 agent 3 begins",
        ]
    );
}

#[test]
fn walkie_talkie_over_a_high_speech_is_heard_when_that_is_over() {
    let script = "
        0 speak high 请注意。
        900 signal start
        1000 voice
        1500 final 1 你好吗
        2300 interim 2 在吗
        2400 silence
        2500 final 2 在吗
        2600 signal stop
        3000 end";
    assert_eq!(
        told(config(), script, &["user", "agent 1"]),
        [
            "0 agent 1 begins",
            "2100 agent 1 completed \"请注意。\"",
            "2100 user 2 begins",
            "2600 user 2 completed \"在吗\"",
        ]
    );
}

#[test]
fn walkie_talkie_signals_mean_nothing_in_continuous_mode() {
    assert_eq!(
        told(
            Config::default(),
            "0 signal start\n100 voice\n500 signal stop\n900 silence\n900 final 1 你好吗\n2000 end",
            &["user", "listen"]
        ),
        ["100 user 1 begins", "1400 user 1 completed \"你好吗\""]
    );
}
