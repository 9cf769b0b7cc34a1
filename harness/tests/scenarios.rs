//! Every scenario of the repository: the same bytes every time, and journals that lead to the same commands again.
#![expect(clippy::panic, reason = "a test that cannot begin has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;

use bargein::report;
use bargein::run::{Case, Mode, Plan, play, play_all};
use bargein::scenario::Scenario;
use bargein::world::Recorder;

const SEED: u64 = 1;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            files.extend(self::files(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn cases() -> Vec<Case> {
    let of_file = |path: &PathBuf| {
        let scenario = Scenario::load(path).unwrap_or_else(|error| panic!("{error}"));
        Case::all_of(&scenario).unwrap_or_else(|error| panic!("{error}"))
    };
    files(&root().join("scenarios"), "yaml").iter().flat_map(of_file).collect()
}

/// An empty folder for timelines.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("timelines").join(name);
    // It is there only after an earlier run.
    let _ = fs::remove_dir_all(&folder);
    folder
}

/// The timelines below a folder, by name.
fn timelines(folder: &Path) -> BTreeMap<PathBuf, String> {
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path.strip_prefix(folder).unwrap_or(&path).to_owned(), text)
    };
    files(folder, "timeline").into_iter().map(read).collect()
}

fn in_this_process(name: &str) -> BTreeMap<PathBuf, String> {
    let folder = folder(name);
    let jobs = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let plan = Plan { mode: Mode::Virtual, seed: SEED, jobs, every_timeline: true };
    play_all(cases(), plan, |result| report::write_timelines(&folder, &result))
        .unwrap_or_else(|error| panic!("{error}"));
    timelines(&folder)
}

fn in_another_process(name: &str) -> BTreeMap<PathBuf, String> {
    let folder = folder(name);
    let mut command = Command::new(env!("CARGO_BIN_EXE_bargein"));
    // One at a time, so that the order of the cases and their neighbours differ too.
    command.current_dir(root()).args(["test", "scenarios", "--jobs", "1", "--seed"]).arg(SEED.to_string());
    let output = command.arg("--timelines").arg(&folder).output().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    timelines(&folder)
}

fn assert_same(one: &BTreeMap<PathBuf, String>, other: &BTreeMap<PathBuf, String>) {
    let names = |timelines: &BTreeMap<PathBuf, String>| timelines.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(one), names(other));
    for (name, text) in one {
        let other = &other[name];
        let differs = text.lines().zip(other.lines()).find(|(one, other)| one != other);
        assert!(text == other, "{}: {differs:?}", name.display());
    }
}

#[test]
fn every_scenario_gives_the_same_bytes_again_and_in_another_process() {
    let first = in_this_process("first");
    assert_eq!(first.len(), cases().len());
    assert_same(&first, &in_this_process("second"));
    assert_same(&first, &in_another_process("third"));
}

#[test]
fn every_journal_leads_to_the_same_commands_again() {
    for case in cases() {
        let played = play(&case, SEED, Mode::Virtual, &Recorder::default());
        let played = played.unwrap_or_else(|error| panic!("{}: {error}", case.name()));
        let (journal, config) = (played.journal, played.config);
        let replayed = bargein_agent::replay(config, &journal);
        assert_eq!(replayed.as_deref(), Ok(journal.commands()), "{}", case.name());
        assert!(!journal.commands().is_empty(), "{}", case.name());
    }
}
