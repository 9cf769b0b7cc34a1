//! The checks of the custom TTS protocol against the reference and its mutants.

use bargein::check::tts::SUITE;
use bargein::check::{Profile, Run, Selection, Settings, Verdict};

use crate::matrix::{OVER_SOCKETS, mutants_are_caught, reference_is_clean, reference_run, vendor};

/// Five minutes: how long a whole run may take against a server with a first audio of 100 ms.
const FULL_RUN_MS: u64 = 300_000;

fn settings() -> Settings {
    let fault_header = Some(("X-Fault".to_owned(), "middle".to_owned()));
    Settings { fault_header, ..Settings::of(Profile::Lan) }
}

fn check(groups: &[&str]) {
    // One by one: a mutant that goes wrong beside others must not do so by accident.
    mutants_are_caught(
        &SUITE,
        vendor("custom"),
        groups,
        &Settings { quick: true, one_by_one: true, ..settings() },
    );
}

/// A run of these checks against the reference.
fn only(ids: &[&str]) -> Run {
    let only = ids.iter().map(|id| (*id).to_owned()).collect();
    let checks = Selection { only, ..Selection::default() }.of(&SUITE).unwrap();
    reference_run(&SUITE, vendor("custom"), &checks, &settings())
}

#[test]
fn the_reference_keeps_every_rule_within_five_minutes() {
    let run = reference_is_clean(&SUITE, vendor("custom"), &settings());
    let skipped = run.checks.iter().filter(|one| one.verdict == Verdict::Skip).map(|one| one.entry.id);
    assert_eq!(skipped.collect::<Vec<_>>(), OVER_SOCKETS, "not judged");
    assert_eq!(run.checks.len(), 148);
    assert!(run.took_ms < FULL_RUN_MS, "{} ms", run.took_ms);
    assert!(run.line.starts_with("custom-tts 1.0 · MUST 68/68 · SHOULD 69/69 · "), "{}", run.line);
}

#[test]
fn what_is_measured_is_what_is_scripted() {
    let run = only(&["LAT-01", "LAT-07"]);
    let all = |series: &str, truth: f64| {
        let values = &run.measured[series];
        assert!(values.len() >= 30, "{series}: {}", values.len());
        assert!(values.iter().all(|value| (value - truth).abs() < 1e-9), "{series}: {values:?}");
    };
    all("first_audio_ms", 100.0);
    all("gap_ms", 20.0);
}

#[test]
fn every_check_has_a_mutant() {
    let mutants: Vec<_> = vendor("custom").mutants.iter().map(|mutant| mutant.id).collect();
    let without = SUITE.all().map(|check| check.entry.id).filter(|id| !mutants.contains(id));
    assert_eq!(without.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn mutants_of_heads_are_caught() {
    check(&["HTTP"]);
}

#[test]
fn mutants_of_chunks_and_samples_are_caught() {
    check(&["CHK", "PCM"]);
}

#[test]
fn mutants_of_wav_headers_and_parameters_are_caught() {
    check(&["WAV", "PAR"]);
}

#[test]
fn mutants_of_errors_and_keys_are_caught() {
    check(&["ERR", "AUT"]);
}

#[test]
fn mutants_of_texts_are_caught() {
    check(&["TXT"]);
}

#[test]
fn mutants_of_latency_are_caught() {
    check(&["LAT"]);
}

#[test]
fn mutants_of_load_and_cuts_are_caught() {
    check(&["CON", "CAN"]);
}

#[test]
fn mutants_of_retries_and_connections_are_caught() {
    check(&["RTY", "KAL"]);
}

#[test]
fn mutants_of_slow_readers_and_operation_are_caught() {
    check(&["SLO", "OPS"]);
}
