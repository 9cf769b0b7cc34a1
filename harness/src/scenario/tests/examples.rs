//! The examples of the language's description load as they are printed there.

use super::super::{Action, Anchor, AppCall, LineKind, Offset, UserAction};
use super::load;

const BARGE_IN: &str = include_str!("examples/barge_in.yaml");
const PRIORITY_TABLE: &str = include_str!("examples/priority_table.yaml");
const LLM_429: &str = include_str!("examples/llm_429.yaml");

#[test]
fn barge_in_loads() {
    let scenario = load(BARGE_IN);
    assert_eq!(scenario.name, "barge-in while the agent speaks");
    let [case] = scenario.cases.as_slice() else { panic!("one case") };
    assert_eq!(case.title, None);
    assert_eq!(case.agent.value["interruption"]["speech_duration"], "500ms");
    assert!(case.llm.value["reply"].as_str().unwrap().starts_with("从前"), "the file's text is in place");
    let [ask, barge] = case.steps.as_slice() else { panic!("two steps") };
    assert_eq!((ask.id.as_str(), ask.at.as_ref()), ("ask", None));
    let Some(Anchor { event, test: None, offset: Offset::Later(by) }) = &barge.at else {
        panic!("an anchor")
    };
    assert_eq!((event.to_string(), by.as_millis()), ("agent.speaks".to_owned(), 2_000));
    let Action::User(UserAction::Says { text, audio, level }) = &barge.action else { panic!("speech") };
    assert_eq!((text.as_str(), level), ("等一下", &None));
    assert!(audio.as_ref().unwrap().ends_with("zh-wait.wav"));
    assert_eq!(case.expectations.lines.len(), 10);
    let texts: Vec<_> = case.expectations.lines.iter().map(|line| line.sentence.to_string()).collect();
    insta::assert_snapshot!(texts.join("\n"), @"
    agent.speaks within 1.3s of ask.end
    agent.falls_silent within 700ms of barge.start
    state where is = interrupted within 600ms of barge.start
    tts.closed_by_agent within 100ms of agent.falls_silent
    metric where name = interruption times 1
    llm.request.2 where messages.-2.content is spoken part of story-200.txt
    state where is = speaking
    state where is = interrupted
    state where is = listening
    agent.speaks between barge.start + 700ms and llm.request.2
    ");
    assert_eq!(case.quiet.as_millis(), 1_000);
}

#[test]
fn the_priority_table_is_three_cases() {
    let scenario = load(PRIORITY_TABLE);
    let titles: Vec<_> = scenario.cases.iter().filter_map(|case| case.title.as_deref()).collect();
    insta::assert_snapshot!(titles.join("\n"), @"
    [medium, high, clear_and_interrupt]
    [medium, medium, enqueue]
    [high, medium, enqueue]
    ");
    for (case, (first, second)) in scenario.cases.iter().zip([
        ("a.end where how = cut", "b.start within 400ms of b.accepted"),
        ("a.end where how = whole", "b.start within 400ms of a.end"),
        ("a.end where how = whole", "b.start within 400ms of a.end"),
    ]) {
        let texts: Vec<_> = case.expectations.lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, [first, second]);
    }
    let Action::App(app) = &scenario.cases[0].steps[1].action else { panic!("an app step") };
    let AppCall::Speak { options, history, .. } = &app.call else { panic!("a speech") };
    assert_eq!(options.priority, bargein_core::Priority::High);
    assert_eq!((app.times, history), (1, &true));
}

#[test]
fn the_rate_limited_model_loads() {
    let scenario = load(LLM_429);
    let [case] = scenario.cases.as_slice() else { panic!("one case") };
    assert_eq!(case.llm.value["request 1"]["status"], 429);
    let counts: Vec<_> =
        case.expectations.lines.iter().filter(|line| matches!(line.kind, LineKind::Count(_))).collect();
    assert_eq!(counts.len(), 2);
    let nothing_else = case.expectations.nothing_else.as_ref().unwrap();
    assert_eq!(nothing_else.streams.len(), 2);
    assert_eq!(case.quiet.as_millis(), 2_000);
}
