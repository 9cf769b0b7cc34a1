//! A file in its canonical form.
//!
//! Keys of the scenario stand in the order of [`super::load::KEYS`], blocks are indented by two, what is in braces or
//! brackets stays there as long as it fits into a line, sentences have one space between words, and the columns of a
//! table of cases stand below each other. Comments and blank lines between blocks stay. The result is read again
//! before it is given out: it means the same and has the same comments, or nothing is given.
//!
//! Deliberately out: whether the file makes a scenario. Anything that is YAML of our kind can be written.

mod comments;
mod outline;
mod scalar;
mod table;
mod write;

use std::sync::Arc;

use serde_json::Value;

use super::decode::Decoder;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::load::source;
use super::source::Source;
use super::yaml::{self, Node, NodeKind, Plain, Style};
use comments::{Comment, comments};
use outline::{Outline, Role};

/// Writes a file in its canonical form; what is canonical already stays as it is. `name` is what errors call it.
///
/// # Errors
/// What cannot be read in it. Keys and words are not looked at: a file with a misspelt one can be written too.
pub fn fmt(name: &str, bytes: &[u8]) -> Result<String, Diagnostics> {
    let source = source(name, bytes)?;
    let (root, all_comments) = read(&source)?;
    let mut outline = Outline::of(&source, &root);
    outline.attach(&source, &all_comments);
    let text = write::document(&source, outline);
    let again = Arc::new(Source::new(name, text));
    match read(&again) {
        Ok((root_again, comments_again)) => {
            let is_kept = meaning(&root, Role::Scenario) == meaning(&root_again, Role::Scenario)
                && texts(&all_comments) == texts(&comments_again);
            if is_kept { Ok(again.text().to_owned()) } else { Err(beyond(&source, &root)) }
        }
        Err(_) => Err(beyond(&source, &root)),
    }
}

fn read(source: &Arc<Source>) -> Result<(Node, Vec<Comment>), Diagnostics> {
    let mut decoder = Decoder::new(source);
    let root = yaml::read(source, &mut decoder.found);
    match root {
        Some(root) if decoder.found.is_empty() => {
            let comments = comments(source, &root);
            Ok((root, comments))
        }
        _ => Err(Diagnostics::of(decoder.found)),
    }
}

/// The file is written in a way that is not understood well enough to be rewritten.
fn beyond(source: &Arc<Source>, root: &Node) -> Diagnostics {
    let message = "this file cannot be rewritten without changing what it says";
    let help = "keep comments on lines of their own, and texts of several lines in `|` blocks";
    Diagnostics(vec![Diagnostic::new(source, root.place, message).with_help(help)])
}

fn texts(comments: &[Comment]) -> Vec<&str> {
    let mut texts: Vec<_> = comments.iter().map(|comment| comment.text.as_str()).collect();
    texts.sort_unstable();
    texts
}

/// What a file says, whatever it looks like.
fn meaning(node: &Node, role: Role) -> Value {
    match &node.kind {
        NodeKind::Scalar(scalar) if role == Role::Sentence => Value::String(scalar::sentence(&scalar.text)),
        NodeKind::Scalar(scalar) if scalar.style == Style::Plain => match Plain::of(&scalar.text) {
            Plain::Number(number) => Value::Number(number),
            Plain::Bool(truth) => Value::Bool(truth),
            Plain::Text | Plain::Refused { .. } => Value::String(scalar.text.clone()),
        },
        NodeKind::Scalar(scalar) => Value::String(scalar.text.clone()),
        NodeKind::List { items, .. } => items.iter().map(|item| meaning(item, role.of_items())).collect(),
        NodeKind::Map { entries, .. } => {
            let mut entries: Vec<_> = entries.iter().collect();
            if role == Role::Scenario {
                entries.sort_by_key(|entry| write::rank(&entry.key.text));
            }
            entries
                .into_iter()
                .map(|entry| {
                    let key = &entry.key.text;
                    let shown = if role == Role::Counts { scalar::sentence(key) } else { key.clone() };
                    Value::Array(vec![Value::String(shown), meaning(&entry.value, role.of_key(key))])
                })
                .collect()
        }
    }
}
