//! The command line from outside: what it prints, what it writes, and how it ends.
#![expect(clippy::panic, reason = "a test that cannot begin has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A scenario that holds without any vendor.
const HOLDS: &str = "version: 1
name: the voice of the user is noticed
steps:
  - user: { id: hello, says: hello }
expect:
  - voice.started at hello.start ± 50ms
";

/// A folder of its own for each test, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("command_line").join(name);
    // It is there only after an earlier run.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    folder
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// The program in a folder, without a terminal.
fn bargein(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bargein"));
    command.current_dir(folder).args(arguments).env_remove("CLICOLOR_FORCE");
    command.output().unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs the program and compares its exit code; `says` must stand in what it writes.
fn check(folder: &Path, arguments: &[&str], code: i32, says: &[&str]) -> Output {
    let output = bargein(folder, arguments);
    let all = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{all}");
    for says in says {
        assert!(all.contains(says), "{arguments:?}: expected {says:?} in\n{all}");
    }
    output
}

#[test]
fn zero_is_for_everything_passed_and_for_help() {
    let folder = folder("zero");
    write(&folder, "holds.yaml", HOLDS);
    check(&folder, &["test", "holds.yaml"], 0, &["  holds ....", " ok   ", "1 passed; "]);
    check(&folder, &["test", "."], 0, &["1 passed; "]);
    check(&folder, &["--help"], 0, &["Exit codes: 0 all passed"]);
    check(&folder, &["test", "--help"], 0, &["--timelines <FOLDER>"]);
    check(&folder, &["--version"], 0, &["bargein 0."]);
}

#[test]
fn one_is_for_wrong_usage() {
    let folder = folder("one");
    write(&folder, "holds.yaml", HOLDS);
    fs::create_dir(folder.join("empty")).unwrap();
    check(&folder, &[], 1, &["Usage"]);
    check(&folder, &["test"], 1, &["<PATHS>..."]);
    check(&folder, &["tset", "holds.yaml"], 1, &["'test'"]);
    check(
        &folder,
        &["test", "nowhere.yaml"],
        1,
        &["expected a scenario or a folder of them, got nowhere.yaml"],
    );
    check(&folder, &["test", "empty"], 1, &["expected files `*.yaml` in empty, got none"]);
    check(
        &folder,
        &["test", "holds.yaml", "--filter", "nothing"],
        1,
        &["expected at least one case to play"],
    );
    check(
        &folder,
        &["test", "holds.yaml", "--report", "html=x"],
        1,
        &["expected `junit=FILE` or `json=FILE`"],
    );
    check(&folder, &["test", "holds.yaml", "--jobs", "0"], 1, &["--jobs"]);
}

#[test]
fn two_is_for_a_scenario_that_cannot_be_read() {
    let folder = folder("two");
    write(&folder, "holds.yaml", HOLDS);
    let wrong = [
        ("key.yaml", "version: 1\nname: x\nstepz: []\n", ["no key `stepz`", "did you mean `steps`?"]),
        (
            "agent.yaml",
            "version: 1\nname: x\nagent: { endpointing: { silence: 5s } }\n",
            ["5s", "silence: 5s"],
        ),
        ("llm.yaml", "version: 1\nname: x\nllm: { replay: hi }\n", ["did you mean `reply`?", "replay: hi"]),
        (
            "wav.yaml",
            "version: 1\nname: x\nsteps:\n  - user: { says: hi, audio: a.wav }\n",
            ["a.wav", "says: hi"],
        ),
        (
            "mute.yaml",
            "version: 1\nname: x\nsteps:\n  - user: { says: … }\n",
            ["at least one letter", "says: …"],
        ),
    ];
    write(&folder, "a.wav", "no sound");
    for (name, text, says) in wrong {
        write(&folder, name, text);
        check(&folder, &["test", "holds.yaml", name], 2, &says);
    }
    check(&folder, &["test", "a.wav"], 2, &["UTF-8", "a.wav"][1..]);
    // Everything that is wrong is told at once.
    check(&folder, &["test", "."], 2, &["stepz", "replay", "silence", "says: hi", "says: …"]);
}

#[test]
fn three_is_for_what_could_not_be_judged() {
    let folder = folder("three");
    write(&folder, "holds.yaml", HOLDS);
    check(
        &folder,
        &["test", "holds.yaml", "--report", "json=no/such/folder.json"],
        3,
        &["expected to write"],
    );
}

#[test]
fn four_is_for_an_expectation_that_failed() {
    let folder = folder("four");
    write(&folder, "fails.yaml", &HOLDS.replace("voice.started", "agent.speaks"));
    let says = [
        "  fails ....",
        "FAILED",
        " fails.yaml:6:5",
        "6 |   - agent.speaks at hello.start ± 50ms",
        "voice.started",
        "rerun: bargein test fails.yaml --seed 7",
        "0 passed, 1 failed; ",
    ];
    check(&folder, &["test", "fails.yaml", "--seed", "7"], 4, &says);
}

#[test]
fn a_step_whose_anchor_cannot_come_fails_at_once() {
    let folder = folder("anchor");
    let text = HOLDS.replace("expect:", "  - user: { says: later, at: error + 2s }\nexpect:");
    write(&folder, "stuck.yaml", &text);
    let says = ["`step2` could not begin", "at: error + 2s", "nothing goes on that could lead to it"];
    check(&folder, &["test", "stuck.yaml"], 4, &says);
}

#[test]
fn reports_and_timelines_are_files() {
    let folder = folder("reports");
    write(&folder, "holds.yaml", HOLDS);
    write(&folder, "fails.yaml", &HOLDS.replace("voice.started", "agent.speaks"));
    let arguments =
        ["test", ".", "--report", "junit=j.xml", "--report", "json=r.json", "--timelines", "lines/deep"];
    check(&folder, &arguments, 4, &["1 passed, 1 failed"]);
    let junit = fs::read_to_string(folder.join("j.xml")).unwrap();
    assert!(junit.contains(r#"tests="2" skipped="0" failures="1" errors="0""#), "{junit}");
    let json: serde_json::Value = serde_json::from_slice(&fs::read(folder.join("r.json")).unwrap()).unwrap();
    assert_eq!((&json["passed"], &json["failed"]), (&1.into(), &1.into()));
    assert_eq!(json["cases"][0]["name"], "fails");
    assert_eq!(json["cases"][0]["failures"][0]["line"], 6);
    let timeline = fs::read_to_string(folder.join("lines/deep/holds.timeline")).unwrap();
    assert!(timeline.starts_with("      0 ms  session.ready\n"), "{timeline}");
    assert!(timeline.contains("  voice.started\n"), "{timeline}");
}

#[test]
fn colours_are_for_terminals() {
    let folder = folder("colours");
    write(&folder, "fails.yaml", &HOLDS.replace("voice.started", "agent.speaks"));
    write(&folder, "wrong.yaml", "version: 2\n");
    for arguments in [&["test", "fails.yaml"][..], &["test", "wrong.yaml"], &["--help"], &["nothing"]] {
        let output = bargein(&folder, arguments);
        assert!(!(text(&output.stdout) + &text(&output.stderr)).contains('\u{1b}'), "{arguments:?}");
    }
}

#[test]
fn fmt_rewrites_and_only_checks_when_told_so() {
    let folder = folder("fmt");
    let untidy = HOLDS.replace("name: the", "name:   the");
    write(&folder, "holds.yaml", HOLDS);
    write(&folder, "untidy.yaml", &untidy);
    check(&folder, &["fmt", "--check", "holds.yaml"], 0, &[]);
    check(&folder, &["fmt", "--check", "."], 4, &["untidy.yaml is not in canonical form"]);
    assert_eq!(fs::read_to_string(folder.join("untidy.yaml")).unwrap(), untidy);
    check(&folder, &["fmt", "."], 0, &[]);
    assert_eq!(fs::read_to_string(folder.join("untidy.yaml")).unwrap(), HOLDS);
    check(&folder, &["fmt", "--check", "."], 0, &[]);
    write(&folder, "wrong.yaml", "version: 1\nname: [\n");
    check(&folder, &["fmt", "."], 2, &["wrong.yaml"]);
    check(&folder, &["fmt", "nowhere"], 1, &["nowhere"]);
}

#[test]
fn schema_prints_a_schema_of_scenarios() {
    let folder = folder("schema");
    let output = check(&folder, &["schema"], 0, &[]);
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for key in ["steps", "expect", "llm", "agent"] {
        assert!(schema["properties"][key].is_object(), "{key}");
    }
}
