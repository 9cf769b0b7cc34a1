//! `nothing_else`.

use super::{case, said};

/// What is said of the closed world when the run is over.
fn check(lines: &str, timeline: &str) -> String {
    let case = case(&format!("{lines}nothing_else: {{ streams: [error, playout], quiet: 2s }}\n"));
    said(&case, &format!("{timeline}\nover 9000")).lines().last().unwrap_or_default().to_owned()
}

#[test]
fn an_empty_world_is_closed() {
    insta::assert_snapshot!(check("", "100 state is=listening"), @"nothing_else: Met");
}

#[test]
fn what_no_line_accounts_for_is_named() {
    insta::assert_snapshot!(check("", "100 error of=llm kind=auth\n200 agent.speaks"), @"nothing_else: FAILED at 9.000 s: no line accounts for error (of = llm, kind = auth) at 0.100 s, agent.speaks at 0.200 s");
    insta::assert_snapshot!(check(
        "expect: [error where of = llm]\n",
        "100 error of=llm kind=auth\n200 error of=llm kind=auth",
    ), @"nothing_else: FAILED at 9.000 s: no line accounts for error (of = llm, kind = auth) at 0.200 s");
}

#[test]
fn the_end_of_speech_is_accounted_for_with_its_beginning() {
    let speech = "1000 ask.end\n1500 agent.speaks\n2500 agent.falls_silent";
    insta::assert_snapshot!(check("expect: [agent.speaks within 1s of ask.end]\n", speech), @"nothing_else: Met");
    insta::assert_snapshot!(check("expect: [agent.falls_silent]\n", speech), @"nothing_else: Met");
    insta::assert_snapshot!(check(
        "expect: [agent.speaks within 1s of ask.end]\n",
        &format!("{speech}\n3000 agent.speaks\n3500 agent.falls_silent"),
    ), @"nothing_else: FAILED at 9.000 s: no line accounts for agent.speaks at 3.000 s, agent.falls_silent at 3.500 s");
}

#[test]
fn a_step_of_the_app_accounts_for_the_speech_it_is_heard_in() {
    insta::assert_snapshot!(check(
        "expect: [tell.end where how = whole]\n",
        "1500 agent.speaks\n1500 tell.start\n2500 agent.falls_silent\n2500 tell.end how=whole",
    ), @"nothing_else: Met");
}

#[test]
fn an_anchor_accounts_for_its_event_and_a_count_for_all_of_them() {
    insta::assert_snapshot!(check(
        "expect: [state where is = listening within 300ms of error]\ncount: { agent.speaks: 2 }\n",
        "100 error of=llm kind=auth\n150 state is=listening\n200 agent.speaks\n300 agent.falls_silent\n400 agent.speaks",
    ), @"nothing_else: Met");
}
