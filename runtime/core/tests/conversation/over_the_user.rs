//! Speech of high priority, and what becomes of what the user says meanwhile.

use bargein_core::{Config, SpeechThatMayNotCut};

use crate::talk::told;

fn check(case: &str, script: &str, expected: &[&str]) {
    assert_eq!(
        told(Config::default(), script, &["user", "agent", "refused", "metric asr"]),
        *expected,
        "{case}"
    );
}

#[test]
fn a_high_speech_is_not_cut_by_the_user() {
    check(
        "voice, words and signal",
        "0 speak high 请注意。\n300 voice\n900 final 1 等一下。\n1000 signal interrupt\n1100 silence\n3000 end",
        &["0 agent 1 begins", "2100 agent 1 completed \"请注意。\""],
    );
}

#[test]
fn a_high_speech_is_cut_by_the_application() {
    check(
        "interrupt",
        "0 speak high 请注意。\n1000 interrupt\n3000 end",
        &["0 agent 1 begins", "1000 agent 1 interrupted(signal) \"请\""],
    );
    let mut config = Config::default();
    config.interruption.signal_cuts_high = true;
    assert_eq!(
        told(config, "0 speak high 请注意。\n1000 signal interrupt", &["agent"]),
        ["0 agent 1 begins", "1000 agent 1 interrupted(signal) \"请\""],
        "and by the signal where the rules say so"
    );
}

#[test]
fn a_high_speech_over_the_user_discards_what_was_said() {
    check(
        "the turn",
        "0 voice\n500 final 1 今天天气\n600 speak high 请注意。\n900 silence\n1000 final 2 怎么样\n4000 end",
        &[
            "0 user 1 begins",
            "600 user 1 discarded \"今天天气\"",
            "600 agent 2 begins",
            "2700 agent 2 completed \"请注意。\"",
        ],
    );
    check(
        "the sentence still being said afterwards is a turn",
        "0 voice\n500 final 1 今天天气\n600 speak high 请注意。\n2500 interim 2 怎么样\n2900 silence\n3000 final 2 怎么样\n3500 end",
        &[
            "0 user 1 begins",
            "600 user 1 discarded \"今天天气\"",
            "600 agent 2 begins",
            "2700 agent 2 completed \"请注意。\"",
            "2700 user 3 begins",
            "3400 user 3 completed \"怎么样\"",
            "3400 agent 3 begins",
            "3400 metric asr_latency 3 500",
        ],
    );
}

#[test]
fn an_enqueued_user_turn_is_answered_after_a_high_speech() {
    check(
        "the turn that had begun",
        "0 voice\n500 final 1 今天天气\n600 speak high keep 请注意。\n900 silence\n1000 final 2 怎么样\n3000 end",
        &[
            "0 user 1 begins",
            "600 agent 2 begins",
            "2700 agent 2 completed \"请注意。\"",
            "2700 user 1 completed \"今天天气怎么样\"",
            "2700 agent 1 begins",
            "2700 metric asr_latency 1 500",
        ],
    );
    check(
        "a turn of its own",
        "0 speak high keep 请注意。\n300 voice\n900 silence\n1000 final 1 你好吗\n2500 end",
        &[
            "0 agent 1 begins",
            "2100 agent 1 completed \"请注意。\"",
            "2100 user 2 begins",
            "2100 user 2 completed \"你好吗\"",
            "2100 agent 2 begins",
            "2100 metric asr_latency 2 500",
        ],
    );
}

#[test]
fn an_enqueued_user_turn_goes_on_when_the_high_speech_ends_in_its_middle() {
    let script = "0 speak high keep 请注意。\n300 voice\n900 final 1 今天天气\n2500 silence\n2600 final 2 怎么样\n3000 end";
    let turn = &["2100 user 2 begins", "3000 user 2 completed \"今天天气怎么样\""];
    assert_eq!(told(Config::default(), script, &["user"]), turn);
    let mut config = Config::default();
    config.interruption.speech_that_may_not_cut = SpeechThatMayNotCut::Answer;
    assert_eq!(told(config, &script.replace("keep ", ""), &["user"]), turn, "by the rules for all speech");
    assert_eq!(
        told(Config::default(), &script.replace("keep ", ""), &["user"]),
        ["2100 user 2 begins", "3000 user 2 completed \"怎么样\""],
        "else only what is finished afterwards counts"
    );
}

#[test]
fn a_backchannel_over_a_high_speech_is_not_answered() {
    check(
        "keep",
        "0 speak high keep 请注意。\n300 voice\n900 silence\n1000 final 1 嗯嗯\n3000 end",
        &["0 agent 1 begins", "2100 agent 1 completed \"请注意。\""],
    );
}

#[test]
fn a_typed_text_waits_for_the_end_of_a_high_speech() {
    check(
        "two texts are one turn",
        "0 speak high 请注意。\n300 text 你好\n400 text 在吗\n2500 end",
        &[
            "0 agent 1 begins",
            "2100 agent 1 completed \"请注意。\"",
            "2100 user 2 begins",
            "2100 user 2 completed \"你好在吗\"",
            "2100 agent 2 begins",
        ],
    );
}

#[test]
fn a_high_speech_that_waits_goes_before_the_turn_that_waits() {
    check(
        "high, then the user",
        "0 speak high 请注意。\n300 text 你好\n400 speak high enqueue 再说一次。\n5000 end",
        &[
            "0 agent 1 begins",
            "2100 agent 1 completed \"请注意。\"",
            "2100 agent 2 begins",
            "4200 agent 2 completed \"再说一次。\"",
            "4200 user 3 begins",
            "4200 user 3 completed \"你好\"",
            "4200 agent 3 begins",
        ],
    );
}

#[test]
fn while_the_user_speaks_only_a_high_speech_is_taken() {
    check(
        "refused",
        "0 voice\n100 speak 你好。\n200 ask enqueue 说点什么\n300 speak low 你好。\n400 speak high 请注意。\n500 end",
        &[
            "0 user 1 begins",
            "100 refused 1 listening",
            "200 refused 2 listening",
            "300 refused 3 listening",
            "400 user 1 discarded \"\"",
            "400 agent 2 begins",
        ],
    );
}
