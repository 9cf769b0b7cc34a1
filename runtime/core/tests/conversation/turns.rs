//! When the user has finished, and what counts as a turn.

use std::time::Duration;

use bargein_core::{Config, Endpointing};

use crate::talk::told;

fn with(change: impl FnOnce(&mut Endpointing)) -> Config {
    let mut config = Config::default();
    change(&mut config.endpointing);
    config
}

fn check(case: &str, config: Config, script: &str, expected: &[&str]) {
    assert_eq!(told(config, script, &["user"]), *expected, "{case}");
}

#[test]
fn a_turn_ends_when_silence_has_lasted_and_the_final_transcript_is_there() {
    let default = Config::default;
    check(
        "silence is the later",
        default(),
        "0 voice\n900 silence\n1000 final 1 你好吗\n3000 end",
        &["0 user 1 begins", "1400 user 1 completed \"你好吗\""],
    );
    check(
        "the final transcript is the later",
        default(),
        "0 voice\n900 silence\n1900 final 1 你好吗\n3000 end",
        &["0 user 1 begins", "1900 user 1 completed \"你好吗\""],
    );
    check(
        "the final transcript came before the detector's silence",
        default(),
        "0 voice\n950 final 1 你好吗\n950 silence\n1000 silence\n3000 end",
        &["0 user 1 begins", "1450 user 1 completed \"你好吗\""],
    );
    check(
        "the interim one serves at last",
        default(),
        "0 voice\n800 interim 1 你好\n900 silence\n5000 end",
        &["0 user 1 begins", "3400 user 1 completed \"你好\""],
    );
    check(
        "a final transcript that is late is nobody's",
        default(),
        "0 voice\n800 interim 1 你好\n900 silence\n3500 final 1 你好吗\n3700 final 1 你好吗？\n5000 end",
        &["0 user 1 begins", "3400 user 1 completed \"你好\""],
    );
    check(
        "nothing was recognised",
        default(),
        "0 voice\n900 silence\n5000 end",
        &["0 user 1 begins", "3400 user 1 discarded \"\""],
    );
}

#[test]
fn finals_without_voice_are_a_turn() {
    check(
        "final",
        Config::default(),
        "0 final 1 你好吗\n3000 end",
        &["0 user 1 begins", "500 user 1 completed \"你好吗\""],
    );
    check(
        "as long as the recogniser hears it",
        Config::default(),
        "0 interim 1 你\n400 interim 1 你好\n800 final 1 你好吗\n3000 end",
        &["0 user 1 begins", "1300 user 1 completed \"你好吗\""],
    );
    check("blank ones are not", Config::default(), "0 interim 1\n100 final 1  \n3000 end", &[]);
}

#[test]
fn an_interim_after_the_turn_belongs_to_no_other() {
    check(
        "the same sentence",
        Config::default(),
        "0 voice\n900 silence\n1000 final 1 你好吗\n1450 interim 1 你好吗再\n3000 end",
        &["0 user 1 begins", "1400 user 1 completed \"你好吗\""],
    );
    check(
        "whatever came last of it",
        Config::default(),
        "0 voice\n600 final 2 你好吗\n700 final 1 喂\n900 silence\n950 final 3 \n5000 interim 2 你好\n6000 end",
        &["0 user 1 begins", "1400 user 1 completed \"你好吗喂\""],
    );
}

#[test]
fn a_pause_joins_what_is_said_within_it() {
    let pause = || with(|rules| rules.pause_interval = Some(Duration::from_millis(1_200)));
    let script = |again: u64| {
        format!(
            "0 voice\n900 silence\n1000 final 1 今天天气\n{again} voice\n{} silence\n{} final 2 怎么样\n6000 end",
            again + 500,
            again + 600
        )
    };
    check(
        "within",
        pause(),
        &script(2_000),
        &["0 user 1 begins", "3700 user 1 completed \"今天天气怎么样\""],
    );
    check(
        "beyond",
        pause(),
        &script(2_200),
        &[
            "0 user 1 begins",
            "2100 user 1 completed \"今天天气\"",
            "2700 user 2 begins",
            "3900 user 2 completed \"怎么样\"",
        ],
    );
    check(
        "a shorter one than the silence does nothing",
        with(|rules| rules.pause_interval = Some(Duration::from_millis(200))),
        "0 voice\n900 silence\n1000 final 1 今天天气\n2000 end",
        &["0 user 1 begins", "1400 user 1 completed \"今天天气\""],
    );
}

#[test]
fn a_complete_sentence_needs_less_silence() {
    let short = || {
        with(|rules| {
            rules.pause_interval = Some(Duration::from_millis(1_000));
            rules.complete_sentence_silence = Some(Duration::from_millis(300));
        })
    };
    check(
        "complete",
        short(),
        "0 voice\n900 silence\n1000 final 1 你好吗？\n3000 end",
        &["0 user 1 begins", "1200 user 1 completed \"你好吗？\""],
    );
    check(
        "complete after that silence",
        short(),
        "0 voice\n900 silence\n1500 final 1 你好吗？\n3000 end",
        &["0 user 1 begins", "1500 user 1 completed \"你好吗？\""],
    );
    check(
        "not complete",
        short(),
        "0 voice\n900 silence\n1000 final 1 你好吗\n3000 end",
        &["0 user 1 begins", "1900 user 1 completed \"你好吗\""],
    );
    check(
        "not final",
        short(),
        "0 voice\n900 silence\n1000 interim 1 你好吗？\n1700 final 1 你好吗，在\n3000 end",
        &["0 user 1 begins", "1900 user 1 completed \"你好吗，在\""],
    );
    check(
        "a longer one than usual does nothing",
        with(|rules| rules.complete_sentence_silence = Some(Duration::from_millis(900))),
        "0 voice\n900 silence\n1000 final 1 你好吗？\n3000 end",
        &["0 user 1 begins", "1400 user 1 completed \"你好吗？\""],
    );
}

#[test]
fn one_character_takes_no_turn_unless_the_rules_say_so() {
    let script = "0 voice\n900 silence\n1000 final 1 我。\n3000 end";
    check("filtered", Config::default(), script, &["0 user 1 begins", "1400 user 1 discarded \"我。\""]);
    let all = with(|rules| rules.filter_one_character = false);
    check("kept", all, script, &["0 user 1 begins", "1400 user 1 completed \"我。\""]);
}

#[test]
fn a_backchannel_is_a_turn_when_the_agent_is_silent() {
    check(
        "嗯嗯",
        Config::default(),
        "0 voice\n500 silence\n600 final 1 嗯嗯\n2000 end",
        &["0 user 1 begins", "1000 user 1 completed \"嗯嗯\""],
    );
}

#[test]
fn the_user_sees_all_of_the_turn_so_far() {
    let script = "0 voice\n300 interim 1 今天\n600 final 1 今天好\n900 interim 2 明天\n1000 silence\n1100 final 2 明天呢\n1500 end";
    assert_eq!(
        told(Config::default(), script, &["shows user"]),
        [
            "300 shows user 1 \"今天\"",
            "600 shows user 1 \"今天好\"",
            "900 shows user 1 \"今天好明天\"",
            "1100 shows user 1 \"今天好明天呢\"",
            "1500 shows user 1 \"今天好明天呢\" final",
        ]
    );
}

#[test]
fn a_recogniser_that_dies_in_the_middle_of_a_turn_costs_no_waiting() {
    check(
        "what it said stands and another goes on",
        Config::default(),
        "0 voice\n500 interim 1 今天天气\n600 asr 1 failed\n1100 asr 2 ready\n1500 silence\n1600 final 2/1 怎么样\n5000 end",
        &["0 user 1 begins", "2000 user 1 completed \"今天天气怎么样\""],
    );
    check(
        "after the voice",
        Config::default(),
        "0 voice\n500 interim 1 今天天气\n600 silence\n700 asr 1 closed\n5000 end",
        &["0 user 1 begins", "1100 user 1 completed \"今天天气\""],
    );
    check(
        "before it said anything another may",
        Config::default(),
        "0 voice\n600 silence\n700 asr 1 failed\n1200 asr 2 ready\n1500 final 2/1 你好吗\n5000 end",
        &["0 user 1 begins", "1500 user 1 completed \"你好吗\""],
    );
    check(
        "the dead stream says nothing any more",
        Config::default(),
        "0 voice\n500 interim 1 今天\n600 asr 1 failed\n650 final 1 今天不\n900 silence\n5000 end",
        &["0 user 1 begins", "3400 user 1 completed \"今天\""],
    );
}
