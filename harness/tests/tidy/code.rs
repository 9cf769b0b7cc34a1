//! Rules about one Rust file: its size, its words, and what it must not reach for.
//!
//! The clock, task and channel rules repeat part of `clippy.toml` on purpose: they also see what is behind a feature
//! or a macro, and `select!`, which clippy cannot see into.

use crate::Finding;
use crate::source::{Piece, Source};

/// The longest production part of a file.
const LONGEST: usize = 500;

/// Names that say nothing of what a thing is.
const EMPTY_NAMES: &[&str] = &["Manager", "Helper", "Helpers", "Util", "Utils", "Info", "Data"];

/// File names that say nothing of what is in the file.
const EMPTY_STEMS: &[&str] = &["manager", "helper", "helpers", "util", "utils", "info", "data", "misc"];

/// What stands outside every world, and may therefore ask the machine: the watch that says what a run cost, and the
/// threads that play cases side by side.
const OUTSIDE_WORLDS: (&str, &[&str]) = ("harness/src/run/outside.rs", &["Instant", "thread::Builder"]);

/// A file holds one idea; over 500 production lines, another noun is hiding in it.
pub(crate) fn length(path: &str, source: &Source) -> Vec<Finding> {
    if is_test(path) || source.production_lines <= LONGEST {
        return Vec::new();
    }
    vec![Finding::new(LONGEST, format!("{} production lines, at most {LONGEST}", source.production_lines))]
}

/// Every module says at its top what is in it and what is not.
pub(crate) fn module_docs(_path: &str, source: &Source) -> Vec<Finding> {
    if source.first_line.starts_with("//!") {
        return Vec::new();
    }
    vec![Finding::new(1, "does not open with `//!`".to_owned())]
}

/// Without `biased;`, tokio draws the branch to poll first, and two runs differ.
pub(crate) fn biased_select(_path: &str, source: &Source) -> Vec<Finding> {
    let is_unbiased = |window: &&[Piece]| {
        window[0].text == "select"
            && window[1].text == "!"
            && is_opening(&window[2])
            && window[3].text != "biased"
    };
    let places = source.tokens.windows(4).filter(is_unbiased);
    places.map(|window| Finding::new(window[0].line, "`select!` without `biased;`".to_owned())).collect()
}

fn is_opening(piece: &Piece) -> bool {
    matches!(piece.text.as_str(), "{" | "(" | "[")
}

/// A test runs and passes, code is finished, and a silenced lint says why.
pub(crate) fn stubs(_path: &str, source: &Source) -> Vec<Finding> {
    let patterns = [
        ("# [ignore", "an ignored test"),
        ("should_panic", "`should_panic` does not say which panic"),
        ("todo!", "unfinished code"),
        ("unimplemented!", "unfinished code"),
        ("[allow(", "`allow` stays when its cause is gone: `#[expect(lint, reason = \"...\")]`"),
    ];
    let mut found = matches(source, patterns.iter());
    let marks = [["FIX", "ME"].concat(), ["X", "XX"].concat()];
    let comments =
        source.comments.iter().filter(|comment| marks.iter().any(|mark| comment.text.contains(mark)));
    found.extend(comments.map(|comment| Finding::new(comment.line, "a mark of unfinished work".to_owned())));
    found
}

/// Types and files have the name of what they are.
pub(crate) fn names(path: &str, source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    for pair in source.tokens.windows(2) {
        let (keyword, name) = (pair[0].text.as_str(), pair[1].text.as_str());
        // Associated types are named by the foreign trait, as `http_body::Body::Data` is.
        let is_type = matches!(keyword, "struct" | "enum" | "trait" | "union");
        if is_type && EMPTY_NAMES.iter().any(|empty| ends_with_word(name, empty)) {
            found.push(Finding::new(pair[1].line, format!("`{name}` does not say what it is")));
        }
    }
    let stem = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".rs");
    if EMPTY_STEMS.contains(&stem) {
        found.push(Finding::new(1, format!("`{stem}.rs` does not say what is in it")));
    }
    found
}

/// Whether the last word of a camel-case name is this one: `UserData`, but not `Metadata`.
fn ends_with_word(name: &str, word: &str) -> bool {
    name.strip_suffix(word).is_some_and(|rest| !rest.ends_with(char::is_uppercase))
}

/// Time, sockets, tasks, threads and chance come from the net crate, or a run is not the same twice.
pub(crate) fn impurity(path: &str, source: &Source) -> Vec<Finding> {
    if path.starts_with("net/") {
        return Vec::new();
    }
    let is_outside = |pattern: &str| path == OUTSIDE_WORLDS.0 && OUTSIDE_WORLDS.1.contains(&pattern);
    let patterns = [
        ("Instant", "a clock: `bargein_net::Moment`"),
        ("SystemTime", "a clock: `Clock::unix_millis`"),
        ("tokio::time", "a clock: `bargein_net::Clock`"),
        ("tokio::net", "a socket: `bargein_net::Network`"),
        ("TcpStream", "a socket: `bargein_net::Network`"),
        ("TcpListener", "a socket: `bargein_net::Network`"),
        ("UdpSocket", "a socket: `bargein_net::Network`"),
        ("tokio::spawn", "a task without an owner: `bargein_net::Tasks`"),
        ("task::spawn", "a task without an owner: `bargein_net::Tasks`"),
        ("JoinSet", "a task without an owner: `bargein_net::Tasks`"),
        ("spawn_local", "a task without an owner: `bargein_net::Tasks`"),
        ("spawn_blocking", "a thread: `bargein_net::Tasks`"),
        ("thread::spawn", "a thread: `bargein_net::Tasks`"),
        ("thread::Builder", "a thread: `bargein_net::Tasks`"),
        ("thread::sleep", "a sleep: `bargein_net::Clock`"),
        ("TokioExecutor", "tasks without an owner: `bargein_net::HyperExecutor`"),
        ("TokioTimer", "a clock: `bargein_net::HyperTimer`"),
        ("axum::serve", "tasks without an owner: `bargein_net::serve`"),
        ("Uuid::new_v4", "chance: `bargein_net::Ids`"),
        ("Uuid::now_v7", "chance: `bargein_net::Ids`"),
        ("thread_rng", "chance: `bargein_net::Ids`"),
        ("rand::rng", "chance: `bargein_net::Ids`"),
        ("rand::random", "chance: `bargein_net::Ids`"),
        ("OsRng", "chance: `bargein_net::Ids`"),
        ("from_os_rng", "chance: `bargein_net::Ids`"),
    ];
    let mut found = matches(source, patterns.iter().filter(|(pattern, _)| !is_outside(pattern)));
    for piece in source.grouped_under("tokio").filter(|piece| matches!(piece.text.as_str(), "time" | "net")) {
        found.push(Finding::new(piece.line, format!("`tokio::{}`: `bargein_net` has it", piece.text)));
    }
    found
}

/// What cannot be taken must be felt by who sends it: every channel has a bound.
pub(crate) fn unbounded_channels(_path: &str, source: &Source) -> Vec<Finding> {
    let patterns = [
        ("unbounded_channel", "an unbounded channel"),
        ("UnboundedSender", "an unbounded channel"),
        ("UnboundedReceiver", "an unbounded channel"),
        ("mpsc::unbounded", "an unbounded channel"),
        ("mpsc::channel()", "an unbounded channel"),
    ];
    matches(source, patterns.iter())
}

/// Whether the whole file is a test, a bench or a fuzz target.
pub(crate) fn is_test(path: &str) -> bool {
    let mut folders = path.split('/').rev();
    let file = folders.next().unwrap_or_default();
    file == "tests.rs" || folders.any(|folder| matches!(folder, "tests" | "benches" | "fuzz"))
}

fn matches<'a>(source: &Source, patterns: impl Iterator<Item = &'a (&'a str, &'a str)>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (pattern, what) in patterns {
        found.extend(
            source.find(pattern).map(|piece| Finding::new(piece.line, format!("`{pattern}`: {what}"))),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines a rule complains about.
    fn lines(rule: fn(&str, &Source) -> Vec<Finding>, path: &str, text: &str) -> Vec<usize> {
        rule(path, &Source::of(text)).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn length_counts_up_to_the_test_module() {
        let long = "fn f() {}\n".repeat(501);
        let tested = format!("fn f() {{}}\n#[cfg(test)]\nmod tests {{\n{long}}}\n");
        assert_eq!(lines(length, "wire/src/a.rs", &long), [500]);
        assert_eq!(lines(length, "wire/tests/a.rs", &long), [0; 0]);
        assert_eq!(lines(length, "wire/src/a.rs", &tested), [0; 0]);
    }

    #[test]
    fn a_module_without_docs_is_found() {
        assert_eq!(lines(module_docs, "a.rs", "use b;\n//! Late.\n"), [1]);
        assert_eq!(lines(module_docs, "a.rs", "//! What is in.\n"), [0; 0]);
    }

    #[test]
    fn a_select_without_order_is_found() {
        let text = "tokio::select! {\n biased;\n a = b => c }\nselect! {\n a = b => c }\n// select! { a }\n";
        assert_eq!(lines(biased_select, "a.rs", text), [4]);
    }

    #[test]
    fn stubs_and_silenced_lints_are_found() {
        let unfinished = ["// FIX", "ME: later"].concat();
        for text in [
            "# [ignore]",
            "#[should_panic]",
            "todo! ()",
            "unimplemented! ()",
            "#![allow (lint)]",
            &unfinished,
        ] {
            assert_eq!(lines(stubs, "a.rs", text), [1], "{text}");
        }
        assert_eq!(
            lines(stubs, "a.rs", "#[expect(lint, reason = \"allow(it)\")] fn allow(todo: u8) {}"),
            [0; 0]
        );
    }

    #[test]
    fn empty_names_are_found() {
        for text in ["struct CallManager;", "pub enum UserInfo {}", "trait Helper {}", "struct AudioUtils;"] {
            assert_eq!(lines(names, "a.rs", text), [1], "{text}");
        }
        assert_eq!(lines(names, "wire/src/utils.rs", ""), [1]);
        assert_eq!(lines(names, "a.rs", "struct Metadata; type Data = Bytes; struct Database;"), [0; 0]);
    }

    #[test]
    fn impurity_is_found_outside_the_net_crate() {
        let cases = [
            "use std::time::{Duration, Instant};",
            "use tokio::{sync::mpsc, time};",
            "use tokio::{net::TcpSocket};",
            "tokio::\n  spawn(f)",
            "Uuid::new_v4()",
            "let mut rng = rand::rng();",
            "std::thread::sleep(d)",
        ];
        for text in cases {
            assert!(!lines(impurity, "runtime/core/src/a.rs", text).is_empty(), "{text}");
            assert!(lines(impurity, "net/src/a.rs", text).is_empty(), "{text}");
        }
        assert_eq!(
            lines(impurity, "a.rs", "use std::time::Duration; use tokio::{sync::mpsc}; // Instant"),
            [0; 0]
        );
    }

    #[test]
    fn what_stands_outside_every_world_may_ask_for_little() {
        let text = "use std::time::Instant;\nthread::Builder::new();\nUuid::new_v4();\n";
        assert_eq!(lines(impurity, "harness/src/run/outside.rs", text), [3]);
        assert_eq!(lines(impurity, "harness/src/run/pool.rs", text), [1, 2, 3]);
    }

    #[test]
    fn unbounded_channels_are_found() {
        for text in ["unbounded_channel ()", "let s: UnboundedSender<u8>;", "std::sync::mpsc::channel()"] {
            assert_eq!(lines(unbounded_channels, "a.rs", text), [1], "{text}");
        }
        assert_eq!(lines(unbounded_channels, "a.rs", "mpsc::channel(BOUND)"), [0; 0]);
    }
}
