//! The checks of model endpoints against the reference and its mutants.

use bargein::check::llm::SUITE;
use bargein::check::{Profile, Settings};

use crate::matrix::{mutants_are_caught, reference_is_clean, vendor};

fn check(groups: &[&str]) {
    // Not looked up: a mutant may have no list of models.
    let model = Some("reference-1".to_owned());
    mutants_are_caught(
        &SUITE,
        vendor("openai"),
        groups,
        &Settings { model, quick: true, ..Settings::of(Profile::Lan) },
    );
}

#[test]
fn the_reference_keeps_every_rule() {
    let run = reference_is_clean(&SUITE, vendor("openai"), &Settings::of(Profile::Lan));
    // Judged, and not skipped.
    assert_eq!(run.totals.skip, 0, "{:?}", run.totals);
    assert!(run.checks.len() >= 50);
    assert!(run.line.starts_with("chat-completions 1.0 · MUST 5"), "{}", run.line);
}

#[test]
fn mutants_of_head_and_framing_are_caught() {
    check(&["HTTP", "SSE"]);
}

#[test]
fn mutants_of_chunks_are_caught() {
    check(&["CHU"]);
}

#[test]
fn mutants_of_ends_and_usage_are_caught() {
    check(&["END", "USE"]);
}

#[test]
fn mutants_of_flow_and_text_are_caught() {
    check(&["FLW", "TXT"]);
}

#[test]
fn mutants_of_requests_and_errors_are_caught() {
    check(&["REQ", "MOD", "ERR"]);
}

#[test]
fn mutants_of_keys_limits_and_tools_are_caught() {
    check(&["AUT", "RAT", "TOL"]);
}

#[test]
fn mutants_of_connections_are_caught() {
    check(&["CAN", "CON", "KAL"]);
}
