//! What cuts the agent, when, and what does not.

use bargein_core::{Config, Interruption, InterruptionMode, SpeechThatMayNotCut};

use crate::talk::told;

/// The agent speaks from 1800 ms to 3800 ms.
const ASKED: &str = "
    0 voice
    900 silence
    1000 final 1 今天天气怎么样？";

fn with(change: impl FnOnce(&mut Interruption)) -> Config {
    let mut config = Config::default();
    change(&mut config.interruption);
    config
}

fn check(case: &str, config: Config, script: &str, expected: &[&str]) {
    let script = format!("{ASKED}\n{script}\n9000 end");
    assert_eq!(told(config, &script, &["user", "agent", "llm", "playout"])[4..], *expected, "{case}");
}

#[test]
fn speech_cuts_when_it_has_lasted_long_enough() {
    let cut = &[
        "2500 playout stopped",
        "2500 agent 1 interrupted(user) \"好的，\"",
        "2500 user 2 begins",
        "3100 user 2 discarded \"\"",
    ];
    let whole = &["3800 agent 1 completed \"好的，今天天气很好。\""];
    let default = Config::default;
    check("500 ms", default(), "2000 voice\n2600 silence\n2600 final 2", cut);
    check("499 ms", default(), "2000 voice\n2499 silence\n2499 final 2", whole);
    check("a short gap", default(), "2000 voice\n2200 silence\n2400 voice\n2600 silence\n2600 final 2", cut);
    check("a long gap", default(), "2000 voice\n2200 silence\n2401 voice\n2600 silence\n2600 final 2", whole);
    check("two starts without a stop", default(), "2000 voice\n2300 voice\n2600 silence\n2600 final 2", cut);
    check(
        "two stops",
        default(),
        "2000 voice\n2100 silence\n2250 silence\n2400 voice\n2600 silence\n2600 final 2",
        whole,
    );
    let never = with(|rules| rules.speech_duration = None);
    check("duration never cuts", never, "2000 voice\n3000 silence\n3000 final 2", whole);
}

#[test]
fn a_barge_in_while_thinking_cancels_the_model() {
    check(
        "thinking",
        Config::default(),
        "1450 voice\n1500 final 2 等等。",
        &[
            "1500 llm 1 cancelled",
            "1500 playout stopped",
            "1500 agent 1 interrupted(user) \"\"",
            "1500 user 2 begins",
        ],
    );
}

#[test]
fn a_complete_sentence_cuts_however_short() {
    let cut = |at: u64, text: &str| {
        [
            format!("{at} playout stopped"),
            format!("{at} agent 1 interrupted(user) \"好的，\""),
            format!("{at} user 2 begins"),
            format!("{} user 2 completed \"{text}\"", at + 500),
        ]
    };
    let script = |text: &str| format!("{ASKED}\n2400 voice\n2500 silence\n2500 final 2 {text}\n3000 end");
    let kinds = &["user", "agent", "playout"];
    let told_with = |config: Config, text: &str| told(config, &script(text), kinds)[3..].to_vec();
    assert_eq!(told_with(Config::default(), "不用了。")[..4], cut(2_500, "不用了。"));
    let none: [&str; 0] = [];
    assert_eq!(told_with(Config::default(), "不用了"), none, "no mark at its end");
    assert_eq!(told_with(Config::default(), "好。"), none, "one character");
    let off = with(|rules| rules.complete_sentence = false);
    assert_eq!(told_with(off, "不用了。"), none, "the rule is off");
}

#[test]
fn an_interim_sentence_cuts_only_by_duration() {
    check(
        "interim",
        Config::default(),
        "2000 voice\n2300 interim 2 不用了。\n2400 silence\n2500 interim 2 不用了。",
        &[
            "3800 agent 1 completed \"好的，今天天气很好。\"",
            "3800 user 2 begins",
            "4900 user 2 completed \"不用了。\"",
            "4900 agent 2 begins",
            "4900 llm 2 asked \"不用了。\"",
            "7300 agent 2 completed \"好的，今天天气很好。\"",
        ],
    );
}

#[test]
fn backchannels_do_not_cut_and_take_no_turn() {
    let whole = &["3800 agent 1 completed \"好的，今天天气很好。\""];
    let default = Config::default;
    check("long", default(), "2000 voice\n2400 interim 2 嗯\n2900 silence\n3000 final 2 嗯嗯。", whole);
    check(
        "in a row",
        default(),
        "2000 voice\n2400 interim 2 嗯，mm-hmm\n2900 silence\n3000 final 2 Uh-huh, 嗯。",
        whole,
    );
    check(
        "recognised after the cut",
        default(),
        "2000 voice\n2600 silence\n2700 final 2 嗯。",
        &[
            "2500 playout stopped",
            "2500 agent 1 interrupted(user) \"好的，\"",
            "2500 user 2 begins",
            "3100 user 2 discarded \"嗯。\"",
        ],
    );
}

#[test]
fn what_began_as_a_backchannel_cuts_as_soon_as_it_says_more() {
    let cut = |at: &str| [format!("{at} playout stopped"), format!("{at} user 2 begins")];
    let cases = [
        ("while the voice is heard", "2000 voice\n2400 interim 2 嗯\n2700 interim 2 嗯，等一下", "2700"),
        ("after the voice", "2000 voice\n2400 interim 2 嗯\n2700 silence\n2800 final 2 嗯，等一下", "2800"),
    ];
    for (case, script, at) in cases {
        let lines = told(Config::default(), &format!("{ASKED}\n{script}"), &["playout", "user 2 begins"]);
        assert_eq!(lines, cut(at), "{case}");
    }
    let script = format!("{ASKED}\n2000 voice\n2400 interim 2 嗯\n2600 silence\n2700 interim 2");
    let none: [&str; 0] = [];
    assert_eq!(told(Config::default(), &script, &["playout"]), none, "it turned out to be nothing");
    let script =
        format!("{ASKED}\n2000 voice\n2400 interim 2 嗯\n2600 silence\n2600 final 2 嗯\n3300 interim 3 那");
    assert_eq!(told(Config::default(), &script, &["playout"]), none, "another utterance");
}

#[test]
fn an_interruption_word_cuts_in_the_middle_of_a_sentence_and_takes_no_turn() {
    let words = || with(|rules| rules.words = vec!["停".into(), "hold on".into()]);
    let cut = |at: &str| {
        vec![format!("{at} playout stopped"), format!("{at} agent 1 interrupted(user) \"好的，\"")]
    };
    let cases = [
        (
            "mid-sentence",
            "2300 voice\n2500 interim 2 你先停一下，我想问\n3000 final 2 你先停一下，我想问。",
            "2500",
        ),
        ("without case and marks", "2300 voice\n2500 final 2 Please... Hold, ON!", "2500"),
    ];
    for (case, script, at) in cases {
        let script = format!("{ASKED}\n{script}\n3100 silence\n6000 end");
        assert_eq!(told(words(), &script, &["user", "agent", "playout"])[3..], cut(at), "{case}");
    }
    check(
        "nothing else cuts",
        words(),
        "2000 voice\n2600 final 2 明天会下雨吗？\n3000 silence\n3100 final 2 明天会下雨吗？",
        &["3800 agent 1 completed \"好的，今天天气很好。\""],
    );
    let script = format!(
        "{ASKED}\n2400 voice\n2500 interim 2 停\n2600 final 2 停，算了。\n2600 silence\n2900 voice\n3300 silence\n3400 final 3 明天呢？\n3900 end"
    );
    assert_eq!(
        told(words(), &script, &["user"])[2..],
        ["2900 user 2 begins", "3800 user 2 completed \"明天呢？\""],
        "the next utterance is heard"
    );
}

#[test]
fn in_manual_mode_the_voice_never_cuts_but_the_signal_does() {
    let manual = || with(|rules| rules.mode = InterruptionMode::Manual);
    check(
        "voice",
        manual(),
        "2000 voice\n3000 silence\n3100 final 2 明天呢？",
        &["3800 agent 1 completed \"好的，今天天气很好。\""],
    );
    check(
        "signal",
        manual(),
        "2800 signal interrupt",
        &["2800 playout stopped", "2800 agent 1 interrupted(signal) \"好的，今天\""],
    );
}

#[test]
fn speech_that_may_not_cut_is_answered_afterwards_where_the_rules_say_so() {
    let answer = with(|rules| {
        rules.mode = InterruptionMode::Manual;
        rules.speech_that_may_not_cut = SpeechThatMayNotCut::Answer;
    });
    check(
        "two utterances are one turn",
        answer,
        "2000 voice\n2300 silence\n2300 final 2 明天呢？\n2900 voice\n3100 silence\n3100 final 3 后天呢？",
        &[
            "3800 agent 1 completed \"好的，今天天气很好。\"",
            "3800 user 2 begins",
            "3800 user 2 completed \"明天呢？后天呢？\"",
            "3800 agent 2 begins",
            "3800 llm 2 asked \"明天呢？后天呢？\"",
            "6200 agent 2 completed \"好的，今天天气很好。\"",
        ],
    );
}

#[test]
fn what_waited_is_answered_after_an_interruption_word() {
    let config = with(|rules| {
        rules.words = vec!["停".into()];
        rules.speech_that_may_not_cut = SpeechThatMayNotCut::Answer;
    });
    check(
        "answer",
        config,
        "2000 voice\n2300 silence\n2300 final 2 明天呢？\n2900 voice\n3000 interim 3 停\n3100 silence",
        &[
            "3000 playout stopped",
            "3000 agent 1 interrupted(user) \"好的，今天\"",
            "3000 user 2 begins",
            "3000 user 2 completed \"明天呢？\"",
            "3000 agent 2 begins",
            "3000 llm 2 asked \"明天呢？\"",
            "5400 agent 2 completed \"好的，今天天气很好。\"",
        ],
    );
}

#[test]
fn what_waited_goes_before_the_turn_that_cut() {
    let config = with(|rules| rules.speech_that_may_not_cut = SpeechThatMayNotCut::Answer);
    check(
        "one turn",
        config,
        "2000 voice\n2300 silence\n2300 final 2 明天呢\n2900 voice\n3500 silence\n3500 final 3 后天呢",
        &[
            "3400 playout stopped",
            "3400 agent 1 interrupted(user) \"好的，今天天气\"",
            "3400 user 2 begins",
            "4000 user 2 completed \"明天呢后天呢\"",
            "4000 agent 2 begins",
            "4000 llm 2 asked \"明天呢后天呢\"",
            "6400 agent 2 completed \"好的，今天天气很好。\"",
        ],
    );
}

#[test]
fn a_typed_text_cuts_and_what_was_being_said_is_discarded() {
    check(
        "text",
        Config::default(),
        "2800 text 明天呢？",
        &[
            "2800 playout stopped",
            "2800 agent 1 interrupted(user) \"好的，今天\"",
            "2800 user 2 begins",
            "2800 user 2 completed \"明天呢？\"",
            "2800 agent 2 begins",
            "2800 llm 2 asked \"明天呢？\"",
            "5200 agent 2 completed \"好的，今天天气很好。\"",
        ],
    );
    let script = "0 voice\n400 interim 1 今天\n500 text 你好\n600 silence\n700 final 1 今天呢";
    assert_eq!(
        told(Config::default(), script, &["user"]),
        [
            "0 user 1 begins",
            "500 user 1 discarded \"今天\"",
            "500 user 2 begins",
            "500 user 2 completed \"你好\""
        ]
    );
    let none: [&str; 0] = [];
    assert_eq!(told(Config::default(), "0 text  ", &["user"]), none, "a blank text is none");
}

#[test]
fn a_voice_that_goes_on_after_a_typed_text_lasts_until_it_stops() {
    let mut config = Config::default();
    config.synthesis.enabled = false;
    let script = "0 voice\n300 text 你好\n1000 final 2 那么\n2000 silence\n2100 final 3 明天呢\n6000 end";
    assert_eq!(
        told(config, script, &["user"])[4..],
        ["1000 user 3 begins", "2500 user 3 completed \"那么明天呢\""]
    );
}
