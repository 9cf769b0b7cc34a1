//! What reports look like.

use std::time::Duration;

use super::samples::results;
use super::*;

const TOOK: Duration = Duration::from_millis(1_234);

fn terminal(look: Look) -> String {
    let mut out = Vec::new();
    let mut report =
        TerminalReport::new(&mut out, look, results().iter().map(|result| result.name.to_string()));
    results().iter().for_each(|result| report.case(result).unwrap());
    report.finish(&results(), TOOK).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn people_read_a_line_a_case_then_what_failed_then_the_sum() {
    insta::assert_snapshot!(terminal(Look::default()));
}

#[test]
fn colours_change_nothing_but_colours() {
    let coloured = terminal(Look { colours: true, real: false });
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, escape)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = escape.split_once('m').map_or("", |(_, rest)| rest);
    }
    plain.push_str(rest);
    assert_ne!(coloured, plain);
    assert_eq!(plain, terminal(Look::default()));
}

#[test]
fn ci_systems_read_junit() {
    let mut out = Vec::new();
    write_junit(&mut out, &results(), TOOK, false).unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap());
}

#[test]
fn programs_read_json() {
    let mut out = Vec::new();
    write_json(&mut out, &results(), TOOK, false).unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap());
}

#[test]
fn durations_are_spoken_in_the_unit_that_fits() {
    let cases = [
        (0, "0 ms"),
        (999, "999 ms"),
        (1_000, "1.0 s"),
        (14_249, "14.2 s"),
        (119_999, "119.9 s"),
        (120_000, "2 min 0 s"),
        (1_865_000, "31 min 5 s"),
    ];
    for (millis, want) in cases {
        assert_eq!(Spoken(Duration::from_millis(millis)).to_string(), want);
    }
}
