//! The end of a conversation, at once or when all is said.

use bargein_core::{Config, InterruptionMode, SpeechThatMayNotCut, Turns};

use crate::talk::told;

const KINDS: &[&str] = &["user", "agent", "refused", "dropped", "closed", "accepted"];

fn check(case: &str, script: &str, expected: &[&str]) {
    assert_eq!(told(Config::default(), script, KINDS), *expected, "{case}");
}

#[test]
fn a_stop_ends_everything_at_once() {
    check(
        "agent and queue",
        "0 speak 一二。\n10 speak enqueue 三四。\n1200 stop\n1300 speak 五六。\n1400 voice\n9000 end",
        &[
            "0 accepted 1 round 1",
            "0 agent 1 begins",
            "10 accepted 2 round 2",
            "1200 accepted 3",
            "1200 agent 1 stopped \"一\"",
            "1200 dropped 2",
            "1200 closed",
        ],
    );
    check(
        "user",
        "0 voice\n300 interim 1 今天\n400 stop",
        &["0 user 1 begins", "400 accepted 1", "400 user 1 stopped \"今天\"", "400 closed"],
    );
}

#[test]
fn the_end_closes_the_recogniser_and_is_the_last_word() {
    let lines = told(Config::default(), "0 speak 一二。\n1200 stop\n9000 end", &[""]);
    assert_eq!(lines[lines.len() - 3..], ["1200 asr 1 closed", "1200 state listening 1", "1200 closed"]);
}

#[test]
fn a_graceful_stop_waits_for_the_queue() {
    check(
        "two speeches",
        "0 speak 一二。\n10 speak enqueue 三四。\n20 stop 60000\n30 speak enqueue 五六。\n9000 end",
        &[
            "0 accepted 1 round 1",
            "0 agent 1 begins",
            "10 accepted 2 round 2",
            "20 accepted 3",
            "30 refused 4 stopping",
            "2100 agent 1 completed \"一二。\"",
            "2100 agent 2 begins",
            "4200 agent 2 completed \"三四。\"",
            "4200 closed",
        ],
    );
    check("nothing going on", "100 stop 5000", &["100 accepted 1", "100 closed"]);
}

#[test]
fn patience_runs_out() {
    check(
        "in the middle",
        "0 speak 一二。\n20 stop 1180\n9000 end",
        &[
            "0 accepted 1 round 1",
            "0 agent 1 begins",
            "20 accepted 2",
            "1200 agent 1 stopped \"一\"",
            "1200 closed",
        ],
    );
    check(
        "a second stop cannot put it off",
        "0 speak 一二。\n20 stop 1180\n100 stop 5000\n9000 end",
        &[
            "0 accepted 1 round 1",
            "0 agent 1 begins",
            "20 accepted 2",
            "100 accepted 3",
            "1200 agent 1 stopped \"一\"",
            "1200 closed",
        ],
    );
}

#[test]
fn after_a_graceful_stop_nothing_new_begins() {
    let begin = ["0 accepted 1 round 1", "0 agent 1 begins", "20 accepted 2"];
    let end = ["2100 agent 1 completed \"一二。\"", "2100 closed"];
    let cases = [
        ("voice", "100 voice\n900 interim 1 等一下\n1000 silence\n1000 final 1 等一下。\n2000 voice"),
        ("words", "100 final 1 等一下。"),
        ("text", "100 text 等一下"),
    ];
    for (case, script) in cases {
        let script = format!("0 speak 一二。\n20 stop 60000\n{script}\n9000 end");
        check(case, &script, &[&begin[..], &end].concat());
    }
    let mut config = Config::default();
    config.endpointing.turns = Turns::WalkieTalkie;
    let script = "0 speak 一二。\n20 stop 60000\n100 signal start\n900 end\n9000 end";
    assert_eq!(told(config, script, KINDS), [&begin[..], &end].concat(), "signal");
}

#[test]
fn after_a_graceful_stop_a_turn_that_had_begun_is_answered() {
    check(
        "turn",
        "0 voice\n400 stop 60000\n900 silence\n950 voice\n1200 silence\n1300 final 1 再见。\n9000 end",
        &[
            "0 user 1 begins",
            "400 accepted 1",
            "1700 user 1 completed \"再见。\"",
            "1700 agent 1 begins",
            "4100 agent 1 completed \"好的，今天天气很好。\"",
            "4100 closed",
        ],
    );
}

#[test]
fn a_graceful_stop_waits_for_the_answer_to_what_waits() {
    let mut config = Config::default();
    config.interruption.mode = InterruptionMode::Manual;
    config.interruption.speech_that_may_not_cut = SpeechThatMayNotCut::Answer;
    let script = "0 speak 一二。\n300 voice\n500 silence\n600 final 1 你好吗\n1200 stop 60000\n9000 end";
    assert_eq!(
        told(config, script, &["user", "agent", "closed"])[1..],
        [
            "2100 agent 1 completed \"一二。\"",
            "2100 user 2 begins",
            "2100 user 2 completed \"你好吗\"",
            "2100 agent 2 begins",
            "4500 agent 2 completed \"好的，今天天气很好。\"",
            "4500 closed",
        ]
    );
}
