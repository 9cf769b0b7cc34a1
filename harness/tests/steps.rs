//! When steps begin and end, and when a run does: small scenarios, and what their timelines say.
#![expect(clippy::panic, reason = "a test that cannot begin has failed")]

use std::num::NonZeroUsize;
use std::path::Path;

use bargein::run::{Case, CaseResult, Mode, Plan, Verdict, play_all};
use bargein::scenario::{FixtureFolders, Scenario};

fn run(scenario: &str) -> CaseResult {
    let text = format!("version: 1\nname: steps\n{scenario}");
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("steps.yaml");
    let cases = Scenario::read("steps.yaml", text.as_bytes(), &FixtureFolders::near(&here))
        .and_then(|scenario| Case::all_of(&scenario))
        .unwrap_or_else(|wrong| panic!("{wrong}"));
    let plan = Plan { mode: Mode::Virtual, seed: 1, jobs: NonZeroUsize::MIN, every_timeline: true };
    let mut results = Vec::new();
    let played = play_all(cases, plan, |result| {
        results.push(result);
        Ok(())
    });
    match (played, results.pop()) {
        (Ok(()), Some(result)) => result,
        other => panic!("{other:?}"),
    }
}

/// The moments of steps in a run's timeline, `MS EVENT FIELDS`.
fn moments(result: &CaseResult) -> Vec<String> {
    let lines = result.runs[0].timeline.entries().iter().map(ToString::to_string);
    let of_steps = lines.filter(|line| line.contains("one.") || line.contains("two."));
    of_steps
        .map(|line| line.split_whitespace().filter(|word| *word != "ms").collect::<Vec<_>>().join(" "))
        .collect()
}

fn check(scenario: &str, want: &[&str]) {
    let result = run(scenario);
    assert_eq!(moments(&result), want, "{scenario}");
    assert_eq!(result.verdict, Verdict::Passed, "{scenario}");
}

/// The label of the failure, which says what was wrong.
fn check_fails(scenario: &str, says: &str) {
    let result = run(scenario);
    let Verdict::Failed(failures) = &result.verdict else { panic!("{scenario}: {:?}", result.verdict) };
    let told: Vec<_> = failures.iter().map(|failure| failure.diagnostic.to_string()).collect();
    assert!(told.join("\n").contains(says), "{scenario}: {told:?}");
}

fn check_talk(scenario: &str, millis: u128) {
    assert_eq!(run(scenario).talk().as_millis(), millis, "{scenario}");
}

#[test]
fn a_step_begins_when_the_one_before_it_has_ended() {
    check(
        "steps:\n  - user: { id: one, silence: 300ms }\n  - user: { id: two, signal: interrupt }\n",
        &["0 one.start", "300 one.end how=whole", "300 two.start", "300 two.end how=whole"],
    );
    check(
        "steps:\n  - app: { id: one, speak: 好。 }\n  - app: { id: two, interrupt: true }\n",
        &[
            "0 one.accepted",
            "150 one.start",
            "589.937 one.end how=whole",
            "590 two.start",
            "590 two.end how=whole",
            "590 two.accepted",
        ],
    );
}

#[test]
fn speech_begins_at_the_very_sample_it_is_due() {
    check(
        "steps:\n  - user: { id: one, says: 等 }\n  - user: { id: two, says: 等, at: one.end + 1ms }\n",
        &["0 one.start", "218.312 one.end how=whole", "219.312 two.start", "437.625 two.end how=whole"],
    );
}

#[test]
fn an_anchor_may_lie_before_the_end_of_speech_that_goes_on() {
    check(
        "steps:\n  - user: { id: one, silence: 1s }\n  - user: { id: two, silence: 10ms, at: one.end - 300ms }\n",
        &["0 one.start", "700 two.start", "710 two.end how=whole", "1000 one.end how=whole"],
    );
}

#[test]
fn a_call_is_made_as_often_and_as_far_apart_as_it_says() {
    check(
        "steps:\n  - app: { id: one, reset_history: true, times: 3, every: 40ms }\n",
        &[
            "0 one.start",
            "0 one.end how=whole",
            "0 one.accepted",
            "40 one.start",
            "40 one.end how=whole",
            "40 one.accepted",
            "80 one.start",
            "80 one.end how=whole",
            "80 one.accepted",
        ],
    );
}

#[test]
fn a_session_that_is_over_refuses_everything() {
    check(
        "steps:\n  - app: { id: one, stop: true }\n  - app: { id: two, speak: 好。, at: session.closed + 1s }\n",
        &["0 one.start", "0 one.end how=whole", "0 one.accepted", "1000 two.refused reason=stopping"],
    );
}

#[test]
fn more_calls_than_fit_at_once_are_made_all_the_same() {
    let result = run("steps:\n  - app: { id: one, reset_history: true, times: 150 }\n");
    let accepted = moments(&result).iter().filter(|line| line.ends_with("one.accepted")).count();
    assert_eq!(accepted, 150);
}

#[test]
fn a_step_that_cannot_begin_fails_the_run_at_once() {
    let steps = |one: &str, two: &str| {
        format!("steps:\n  - user: {{ {one} }}\n  - user: {{ silence: 1s, at: {two} }}\n")
    };
    check_fails(&steps("silence: 2s", "agent.speaks"), "nothing goes on that could lead to it");
    check_fails(&steps("silence: 2s", "agent.speaks"), "`step2` could not begin");
    check_fails(
        &steps("silence: 2s, at: session.ready + 3s", "session.ready.1 + 1s"),
        "it was due at 1.000 s, but the step before it began at 3.000 s",
    );
    check_fails(
        "limit: 5s\nllm: { hang: true }\nagent: { llm: { first_token_timeout: 30s } }\n\
         steps:\n  - user: { text: hello }\n  - user: { id: two, silence: 1s, at: agent.speaks }\n",
        "waited for 5.0 s",
    );
}

#[test]
fn a_run_ends_when_it_has_been_quiet() {
    check_talk("steps:\n  - user: { silence: 300ms }\n", 1_300);
    check_talk(
        "steps:\n  - user: { silence: 300ms }\nnothing_else: { streams: [error], quiet: 3s }\n",
        3_300,
    );
    // Said by 590 ms.
    check_talk("steps:\n  - app: { speak: 好。 }\n", 1_590);
}

#[test]
fn a_run_ends_when_patience_is_over() {
    let hangs = "llm: { hang: true }\nagent: { llm: { first_token_timeout: 30s } }\n\
                 limit: 4s\nsteps:\n  - user: { text: hello }\n";
    check_talk(hangs, 4_000);
    check_fails(&format!("{hangs}expect: [agent.speaks]\n"), "no agent.speaks came at all");
}

#[test]
fn patience_waits_for_what_is_sure_to_come() {
    check_talk("limit: 2s\nsteps:\n  - user: { silence: 10s }\n", 11_000);
    check_talk(
        "limit: 2s\nsteps:\n  - user: { id: one, silence: 1s }\n  - user: { silence: 1s, at: one.end + 7s }\n",
        10_000,
    );
    // 27 characters of 220 ms, heard from 150 ms on.
    let long = "山高水长路远马急。".repeat(3);
    check_talk(&format!("limit: 3s\nsteps:\n  - app: {{ speak: {long} }}\n"), 7_090);
}
