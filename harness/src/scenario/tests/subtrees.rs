//! Mistakes that others find in their part of a file are shown where they stand.

use bargein_agent::config::ConfigText;
use bargein_core::Config;
use bargein_mocks::script::LlmScript;

use super::super::{Action, AppCall, Subtree};
use super::load;

fn of_config(config: &Subtree) -> String {
    let read = ConfigText::read(config.value.clone()).and_then(|text| Config::try_from(&text));
    let error = read.map(|_| ()).unwrap_err();
    config.diagnostic(&error.path, error.message.as_str()).to_string()
}

fn of_agent(agent: &str) -> String {
    of_config(&load(&format!("version: 1\nname: x\nagent: {agent}\n")).cases[0].agent)
}

fn of_llm(llm: &str) -> String {
    let scenario = load(&format!("version: 1\nname: x\nllm: {llm}\n"));
    let script = &scenario.cases[0].llm;
    let error = LlmScript::parse(&script.value).unwrap_err();
    script.diagnostic(&error.path, error.problem.to_string()).to_string()
}

#[test]
fn an_unknown_key_is_shown_itself() {
    insta::assert_snapshot!(of_agent("{ endpointing: { silnce: 3s } }"), @"
    error: unknown field `silnce`, expected one of `silence`, `pause_interval`, `complete_sentence_silence`, `final_timeout`, `filter_one_character`, `turns`
     --> a.yaml:3:25
      |
    3 | agent: { endpointing: { silnce: 3s } }
      |                         ^^^^^^
      |
      = help: did you mean `silence`?
    ");
    insta::assert_snapshot!(of_agent("{ endpoint: { silence: 3s } }"), @"
    error: unknown field `endpoint`, expected one of `endpointing`, `interruption`, `queue`, `segmentation`, `synthesis`, `llm`, `asr`, `text`, `history`, `welcome`, `resting`
     --> a.yaml:3:10
      |
    3 | agent: { endpoint: { silence: 3s } }
      |          ^^^^^^^^
      |
      = help: did you mean `endpointing`?
    ");
    insta::assert_snapshot!(of_llm("{ vendor: openai, repply: hi }"), @"
    error: unknown key; known here: vendor, key, rate, concurrent, reply, first_token, per_token, tokens_by, usage, tool_calls, reasoning, meta, answer, keep_alive, quirk, status, body, code, retry_after, after, hang, cut, stall, malformed, wrong_header
     --> a.yaml:3:24
      |
    3 | llm: { vendor: openai, repply: hi }
      |                        ^^^^^^
      |
      = help: did you mean `reply`?
    ");
    insta::assert_snapshot!(of_llm("{ request 2: { repply: hi } }"), @"
    error: unknown key; known here: reply, first_token, per_token, tokens_by, usage, tool_calls, reasoning, meta, answer, keep_alive, quirk, status, body, code, retry_after, after, hang, cut, stall, malformed, wrong_header
     --> a.yaml:3:21
      |
    3 | llm: { request 2: { repply: hi } }
      |                     ^^^^^^
      |
      = help: did you mean `reply`?
    ");
}

#[test]
fn a_wrong_value_is_shown_itself() {
    insta::assert_snapshot!(of_agent("{ endpointing: { silence: 30s } }"), @"
    error: expected 200ms to 2s, got 30s
     --> a.yaml:3:34
      |
    3 | agent: { endpointing: { silence: 30s } }
      |                                  ^^^
    ");
    insta::assert_snapshot!(of_agent("{ history: { initial: [{ role: user, content: a }, { role: robot, content: b }] } }"), @"
    error: unknown variant `robot`, expected one of `system`, `user`, `assistant`
     --> a.yaml:3:67
      |
    3 | agent: { history: { initial: [{ role: user, content: a }, { role: robot, content: b }] } }
      |                                                                   ^^^^^
    ");
    insta::assert_snapshot!(of_llm("{ request 2: { status: abc } }"), @r#"
    error: invalid type: string "abc", expected u16
     --> a.yaml:3:29
      |
    3 | llm: { request 2: { status: abc } }
      |                             ^^^
    "#);
}

#[test]
fn an_update_is_a_part_of_its_own() {
    let scenario =
        load("version: 1\nname: x\nsteps:\n  - app: { update: { interruption: { mod: auto } } }\n");
    let Action::App(app) = &scenario.cases[0].steps[0].action else { panic!("an app step") };
    let AppCall::Update(update) = &app.call else { panic!("an update") };
    insta::assert_snapshot!(of_config(update), @"
    error: unknown field `mod`, expected one of `mode`, `speech_duration`, `gap`, `complete_sentence`, `words`, `backchannels`, `speech_that_may_not_cut`, `signal_cuts_high`
     --> a.yaml:4:38
      |
    4 |   - app: { update: { interruption: { mod: auto } } }
      |                                      ^^^
      |
      = help: did you mean `mode`?
    ");
}

#[test]
fn files_are_put_in_place() {
    let scenario =
        load("version: 1\nname: x\nllm: { reply: { file: story-200.txt }, per_token: tape gaps.txt }\n");
    let llm = &scenario.cases[0].llm.value;
    assert_eq!(llm["per_token"], serde_json::json!(["20ms", "35ms", "20ms"]));
    assert!(llm["reply"].as_str().unwrap().ends_with("他修钟。"), "without the line break at the end");
    LlmScript::parse(llm).unwrap();
}
