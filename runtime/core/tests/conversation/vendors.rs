//! What becomes of a turn when a vendor fails, is slow or says nothing.

use std::time::Duration;

use bargein_core::{
    Config, FaultKind, Input, LlmCallId, LlmEvent, LlmRules, Synthesis, TextRules, ToolCall, TtsCallId,
    VendorFault,
};

use crate::driver::{LlmPlan, TtsPlan, Vendors};
use crate::talk::{ANSWER, Talk, failing_model, failing_voice, model, told, told_with, vendors, voice};

const KINDS: &[&str] = &["llm", "tts", "error", "agent"];

fn check(case: &str, config: Config, vendors: Vendors, expected: &[&str]) {
    assert_eq!(told_with(config, vendors, "0 text 你好\n40000 end", KINDS), *expected, "{case}");
}

/// A model that says nothing for a minute.
fn silent_model() -> LlmPlan {
    LlmPlan { pace: Duration::from_secs(60), ..model(&[ANSWER]) }
}

/// A voice that says nothing for a minute.
fn silent_voice() -> TtsPlan {
    TtsPlan { first_audio: Duration::from_secs(60), ..voice(1_000) }
}

#[test]
fn a_model_is_asked_again_when_that_may_help() {
    let asked = ["0 agent 1 begins", "0 llm 1 asked \"你好\""];
    let said = |asked: &str, at: u64| {
        vec![
            format!("{asked} llm 2 asked \"你好\""),
            format!("{at} tts 1 asked \"{ANSWER}\""),
            format!("{} agent 1 completed \"{ANSWER}\"", at + 2_100),
        ]
    };
    let cases = [
        ("it timed out", silent_model(), [vec!["3000 llm 1 cancelled".into()], said("3000", 3_300)].concat()),
        ("it was down", failing_model(&[], FaultKind::Unavailable), said("400", 700)),
        ("it said nothing", model(&[]), said("400", 700)),
        ("it said only blanks", model(&["\n", "  "]), said("1000", 1_300)),
        (
            "its key is wrong",
            failing_model(&[], FaultKind::Auth),
            vec!["300 error llm auth 1".into(), "300 agent 1 failed \"\"".into()],
        ),
    ];
    for (case, first, expected) in cases {
        let vendors = Vendors { llm: vec![first, model(&[ANSWER])], ..vendors() };
        let lines = told_with(Config::default(), vendors, "0 text 你好\n40000 end", KINDS);
        assert_eq!(lines[..2], asked, "{case}");
        assert_eq!(lines[2..], expected, "{case}");
    }
}

#[test]
fn a_model_that_fails_in_the_middle_is_said_as_far_as_it_came() {
    check(
        "no retry",
        Config {
            llm: LlmRules { apology: Some("抱歉。".into()), ..LlmRules::default() },
            ..Config::default()
        },
        Vendors {
            llm: vec![failing_model(&["第一句话说完了。", "第二"], FaultKind::Unavailable)],
            ..vendors()
        },
        &[
            "0 agent 1 begins",
            "0 llm 1 asked \"你好\"",
            "300 tts 1 asked \"第一句话说完了。\"",
            "900 error llm unavailable 1",
            "900 tts 2 asked \"第二\"",
            "4400 agent 1 completed \"第一句话说完了。第二\"",
        ],
    );
}

#[test]
fn a_model_that_stalls_or_never_stops_is_closed() {
    let slow =
        |pace, pieces: usize| LlmPlan { pace: Duration::from_secs(pace), ..model(&vec!["好，"; pieces]) };
    let faults = |plan: LlmPlan, rules: LlmRules| {
        let config = Config { llm: rules, ..Config::default() };
        told_with(
            config,
            Vendors { llm: vec![plan], ..vendors() },
            "0 text 你好\n90000 end",
            &["llm 1 c", "error"],
        )
    };
    let patient = || LlmRules { first_token_timeout: Duration::from_secs(8), ..LlmRules::default() };
    assert_eq!(
        faults(slow(6, 2), patient()),
        ["11000 llm 1 cancelled", "11000 error llm timeout 1"],
        "stalled"
    );
    assert_eq!(
        faults(slow(2, 99), patient()),
        ["60000 llm 1 cancelled", "60000 error llm timeout 1"],
        "endless"
    );
    let piece = "好".repeat(7_000);
    let flood = model(&[&piece, &piece, &piece, &piece, &piece]);
    assert_eq!(faults(flood, patient()), ["1200 llm 1 cancelled", "1200 error llm broken 1"], "64 KiB");
    let giant = "好".repeat(30_000);
    assert_eq!(
        faults(model(&[&giant]), patient()),
        ["300 llm 1 cancelled", "300 error llm broken 1"],
        "at once"
    );
}

#[test]
fn metadata_is_told_once_and_can_be_the_whole_answer() {
    let tell = |talk: &mut Talk, event| talk.driver.tell(Input::Llm(LlmCallId(1), event));
    let meta = || LlmEvent::Meta("{\"action\":\"wave\"}".into());
    let run = |end: LlmEvent| {
        let mut talk = Talk::new(Config::default(), Vendors { llm: vec![silent_model()], ..vendors() });
        talk.play("0 text 你好\n100 end");
        tell(&mut talk, meta());
        tell(&mut talk, end);
        talk.play("1000 end");
        talk.of(&["meta", "llm", "error", "agent"])[2..].to_vec()
    };
    let told = "100 meta 1 {\"action\":\"wave\"}";
    assert_eq!(run(LlmEvent::Finished), [told, "100 agent 1 completed \"\""]);
    let fault = VendorFault::new(FaultKind::Unavailable, "planned");
    assert_eq!(
        run(LlmEvent::Failed(fault)),
        [told, "100 error llm unavailable 1", "100 agent 1 failed \"\""]
    );
}

#[test]
fn a_call_of_a_tool_is_told_and_can_be_the_whole_answer() {
    let mut talk = Talk::new(Config::default(), Vendors { llm: vec![silent_model()], ..vendors() });
    talk.play("0 text 你好\n100 end");
    let call = ToolCall { id: "c1".into(), name: "weather".into(), arguments: "{\"city\":1}".into() };
    talk.driver.tell(Input::Llm(LlmCallId(1), LlmEvent::ToolCall(call)));
    talk.driver.tell(Input::Llm(LlmCallId(1), LlmEvent::Finished));
    talk.play("1000 end");
    let told = talk.of(&["tool", "llm", "error", "agent"])[2..].to_vec();
    assert_eq!(told, ["100 tool 1 weather {\"city\":1}", "100 agent 1 completed \"\""]);
}

#[test]
fn an_apology_begins_without_what_was_held_back() {
    let config = Config {
        llm: LlmRules { apology: Some("抱歉，请再说一次。".into()), ..LlmRules::default() },
        text: TextRules { metadata: Some(("[[".into(), "]]".into())), ..TextRules::default() },
        ..Config::default()
    };
    check(
        "half an object",
        config,
        Vendors { llm: vec![failing_model(&["[[{\"action\":"], FaultKind::Unavailable)], ..vendors() },
        &[
            "0 agent 1 begins",
            "0 llm 1 asked \"你好\"",
            "600 error llm unavailable 1",
            "600 tts 1 asked \"抱歉，请再说一次。\"",
            "2700 agent 1 completed \"抱歉，请再说一次。\"",
        ],
    );
}

#[test]
fn a_segment_is_asked_again_and_the_order_stays() {
    let two = || vec![model(&["第一句话说完了。第二句话说完了。"])];
    let kinds = &["tts", "play", "error", "agent 1 c"];
    let run =
        |tts| told_with(Config::default(), Vendors { llm: two(), tts }, "0 text 你好\n40000 end", kinds);
    assert_eq!(
        run(vec![failing_voice(0, FaultKind::Unavailable), voice(1_000), voice(1_000)]),
        [
            "300 tts 1 asked \"第一句话说完了。\"",
            "300 tts 2 asked \"第二句话说完了。\"",
            "500 tts 3 asked \"第一句话说完了。\"",
            "600 play 3",
            "600 play 2",
            "2600 agent 1 completed \"第一句话说完了。第二句话说完了。\"",
        ],
        "the second waits for the first"
    );
    assert_eq!(
        run(vec![failing_voice(0, FaultKind::BadRequest), voice(1_000)]),
        [
            "300 tts 1 asked \"第一句话说完了。\"",
            "300 tts 2 asked \"第二句话说完了。\"",
            "400 error tts bad_request 1",
            "400 play 2",
            "1400 agent 1 completed \"第二句话说完了。\"",
        ],
        "the second goes on without the first"
    );
    assert_eq!(
        run(vec![silent_voice(), voice(1_000), voice(1_000)])[2..],
        [
            "5300 tts 1 cancelled",
            "5300 tts 3 asked \"第一句话说完了。\"",
            "5400 play 3",
            "5400 play 2",
            "7400 agent 1 completed \"第一句话说完了。第二句话说完了。\"",
        ],
        "after a timeout at once"
    );
}

#[test]
fn audio_of_no_length_is_a_fault() {
    check(
        "asked again",
        Config::default(),
        Vendors { tts: vec![voice(0), voice(1_000)], ..vendors() },
        &[
            "0 agent 1 begins",
            "0 llm 1 asked \"你好\"",
            "300 tts 1 asked \"好的，今天天气很好。\"",
            "500 tts 2 asked \"好的，今天天气很好。\"",
            "1600 agent 1 completed \"好的，今天天气很好。\"",
        ],
    );
    check(
        "for good",
        Config::default(),
        Vendors { tts: vec![voice(0)], ..vendors() },
        &[
            "0 agent 1 begins",
            "0 llm 1 asked \"你好\"",
            "300 tts 1 asked \"好的，今天天气很好。\"",
            "500 tts 2 asked \"好的，今天天气很好。\"",
            "600 error tts broken 1",
            "600 agent 1 failed \"\"",
        ],
    );
}

#[test]
fn no_more_segments_are_asked_for_than_the_rules_allow() {
    let config =
        Config { synthesis: Synthesis { segments_ahead: 1, ..Synthesis::default() }, ..Config::default() };
    let vendors = Vendors {
        llm: vec![model(&["第一句话说完了。第二句话说完了。第三句话说完了。"])],
        tts: vec![voice(1_000)],
    };
    assert_eq!(
        told_with(config, vendors, "0 text 你好\n9000 end", &["tts"]),
        [
            "300 tts 1 asked \"第一句话说完了。\"",
            "300 tts 2 asked \"第二句话说完了。\"",
            "1400 tts 3 asked \"第三句话说完了。\""
        ]
    );
}

#[test]
fn calls_that_are_over_are_not_listened_to() {
    let mut talk = Talk::new(Config::default(), vendors());
    talk.play("0 text 你好\n100 signal interrupt\n200 text 在吗");
    talk.driver.tell(Input::Llm(LlmCallId(1), LlmEvent::Delta("旧的。".into())));
    talk.driver.tell(Input::Tts(TtsCallId(1), bargein_core::TtsEvent::FirstAudio));
    talk.play("5000 end");
    assert_eq!(
        talk.of(&["tts", "agent 2"]),
        [
            "200 agent 2 begins",
            "500 tts 1 asked \"好的，今天天气很好。\"",
            "2600 agent 2 completed \"好的，今天天气很好。\""
        ]
    );
}

#[test]
fn a_recogniser_is_opened_again_when_that_may_help() {
    let kinds = &["asr", "error"];
    assert_eq!(
        told(Config::default(), "1000 asr 1 failed\n1600 asr 2 ready\n1700 asr 2 failed\n3000 end", kinds),
        [
            "0 asr 1 opened",
            "1000 error asr unavailable 0",
            "1500 asr 2 opened",
            "1700 error asr unavailable 0",
            "2700 asr 3 opened"
        ],
        "later each time while it does not last"
    );
    assert_eq!(
        told(Config::default(), "1000 asr 1 closed\n1000 end", kinds),
        ["0 asr 1 opened", "1000 asr 2 opened"],
        "at once"
    );
    assert_eq!(
        told(Config::default(), "1000 asr 1 auth\n9000 end", kinds),
        ["0 asr 1 opened", "1000 error asr auth 0"],
        "never"
    );
    assert_eq!(
        told(Config::default(), "100 asr 1 closed\n600 end\n7000 end", kinds),
        [
            "0 asr 1 opened",
            "600 asr 2 opened",
            "5600 asr 2 closed",
            "5600 error asr timeout 0",
            "6100 asr 3 opened"
        ],
        "it does not become ready"
    );
}
