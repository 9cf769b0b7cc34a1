//! The house rules as tests: what a reviewer would say every time is said here once.
//!
//! Each test reads the tree, and its failure lists every place with the reason for the rule; a rule is loosened by
//! changing it here, in sight, never by an exception in the code. That a rule bites is tested beside it, on made-up
//! snippets. What clippy can see is in `clippy.toml` and the workspace's lints instead.

use std::error::Error;
use std::process::Command;

use serde_json::Value;

use source::Source;

#[path = "tidy/code.rs"]
mod code;
#[path = "tidy/edges.rs"]
mod edges;
#[path = "tidy/source.rs"]
mod source;
#[path = "tidy/texts.rs"]
mod texts;
#[path = "tidy/tree.rs"]
mod tree;
#[path = "tidy/vendors.rs"]
mod vendors;

/// A place where a rule is broken.
pub(crate) struct Finding {
    /// The line, from 1; 0 when the rule is about the whole file.
    pub(crate) line: usize,
    /// What is wrong there.
    pub(crate) what: String,
}

impl Finding {
    fn new(line: usize, what: String) -> Self {
        Self { line, what }
    }
}

type Checked = Result<(), Box<dyn Error>>;

#[test]
fn crates_depend_only_along_the_map() -> Checked {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(tree::root())
        .output()?;
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    report(
        "docs/architecture.md says who knows whom",
        vec![("Cargo.toml".to_owned(), edges::forbidden(&metadata))],
    );
    Ok(())
}

#[test]
fn files_hold_one_idea() -> Checked {
    every_source("split the file: which noun is hiding in it?", code::length)
}

#[test]
fn modules_open_with_docs() -> Checked {
    every_source("say what is in, what is out, and where wire facts come from", code::module_docs)
}

#[test]
fn selects_poll_in_a_fixed_order() -> Checked {
    every_source(
        "begin with `biased;`, then stop, control, vendor events, timers, audio",
        code::biased_select,
    )
}

#[test]
fn code_is_finished_and_tests_run() -> Checked {
    every_source("finish it, or leave it out", code::stubs)
}

#[test]
fn names_say_what_a_thing_is() -> Checked {
    every_source("name it after what it does or holds", code::names)
}

#[test]
fn clocks_sockets_tasks_and_chance_come_from_the_net_crate() -> Checked {
    every_source(
        "a scenario depends on its file, its fixtures and its seed, and on nothing else",
        code::impurity,
    )
}

#[test]
fn channels_are_bounded() -> Checked {
    every_source("give it a bound, and the bound a comment", code::unbounded_channels)
}

#[test]
fn vendors_stay_in_their_folders() -> Checked {
    every_source("a vendor is its own files and one line of a registration table", vendors::leaks)
}

#[test]
fn manifests_inherit_from_the_workspace() -> Checked {
    let is_member = |path: &str| path.ends_with("/Cargo.toml") && !path.starts_with("fuzz/");
    every_text("versions, lints and dependencies are kept in one place", |path, text| {
        if is_member(path) { texts::manifest(text) } else { Vec::new() }
    })
}

#[test]
fn no_file_knows_a_machine() -> Checked {
    every_text("use a path relative to the root, or a temporary folder", |_, text| texts::machine_paths(text))
}

#[test]
fn scenarios_stand_in_their_theme() -> Checked {
    let files = tree::files()?;
    let found = files.iter().map(|path| (path.clone(), texts::scenario_place(path))).collect();
    report("scenarios/<theme>/<behaviour>.yaml, snake case", found);
    Ok(())
}

#[test]
fn wire_fixtures_say_where_they_come_from() -> Checked {
    let found = texts::fixture_sources(&tree::files()?);
    report("a fixture made by our own encoder proves nothing", vec![("fixtures/wire".to_owned(), found)]);
    Ok(())
}

#[test]
fn links_of_documents_lead_somewhere() -> Checked {
    every_text("mend the link", |path, text| {
        if path.ends_with(".md") {
            texts::links(path, text, |target| tree::root().join(target).exists())
        } else {
            Vec::new()
        }
    })
}

/// Applies a rule to every Rust file.
fn every_source(why: &str, rule: fn(&str, &Source) -> Vec<Finding>) -> Checked {
    every_text(
        why,
        |path, text| if path.ends_with(".rs") { rule(path, &Source::of(text)) } else { Vec::new() },
    )
}

/// Applies a rule to every file that is text.
fn every_text(why: &str, rule: impl Fn(&str, &str) -> Vec<Finding>) -> Checked {
    let mut found = Vec::new();
    for path in tree::files()? {
        if let Some(text) = tree::text(&path)? {
            let broken = rule(&path, &text);
            found.push((path, broken));
        }
    }
    report(why, found);
    Ok(())
}

/// Fails with one line a finding, if there is any.
fn report(why: &str, found: Vec<(String, Vec<Finding>)>) {
    let mut message = String::new();
    for (path, findings) in found {
        for Finding { line, what } in findings {
            message +=
                &if line == 0 { format!("\n  {path}: {what}") } else { format!("\n  {path}:{line}: {what}") };
        }
    }
    assert!(message.is_empty(), "{why}{message}");
}
