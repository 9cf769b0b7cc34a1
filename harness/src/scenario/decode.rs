//! Nodes into values: what every part of the loader asks of a tree.
//!
//! Each method gives the value, or reports what was expected with the place and gives nothing, so that one pass finds
//! every mistake.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use bargein_wire::units::Dur;

use super::diagnostic::Diagnostic;
use super::nearest::advice;
use super::source::{Place, Source};
use super::yaml::{Entry, Node, NodeKind, Plain, Scalar, Style};

/// Reads values of one file and collects what is wrong with them.
pub(super) struct Decoder<'a> {
    /// The file.
    pub(super) source: &'a Arc<Source>,
    /// What was found so far.
    pub(super) found: Vec<Diagnostic>,
}

/// The entries of a map whose keys are all known.
#[derive(Clone, Copy)]
pub(super) struct Keys<'n> {
    /// All of them, in the order of the file.
    pub(super) entries: &'n [Entry],
    /// The whole map.
    pub(super) place: Place,
    /// Whether all keys are known: else what is missing was probably only misspelt.
    pub(super) all_known: bool,
}

impl<'n> Keys<'n> {
    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&'n Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// A key and its value.
    pub(super) fn entry(&self, key: &str) -> Option<&'n Entry> {
        self.entries.iter().find(|entry| entry.key.text == key)
    }
}

impl<'a> Decoder<'a> {
    pub(super) const fn new(source: &'a Arc<Source>) -> Self {
        Self { source, found: Vec::new() }
    }

    /// Reports that a map lacks a key, unless one in it was probably meant to be it.
    pub(super) fn lacks(&mut self, keys: &Keys<'_>, message: impl Into<String>, help: Option<String>) {
        if keys.all_known {
            self.refuse(keys.place, message, help);
        }
    }

    /// Reports a mistake.
    pub(super) fn refuse(&mut self, place: Place, message: impl Into<String>, help: Option<String>) {
        let diagnostic = Diagnostic::new(self.source, place, message);
        self.found.push(match help {
            Some(help) => diagnostic.with_help(help),
            None => diagnostic,
        });
    }

    fn expected(&mut self, node: &Node, what: &str) {
        let got = match &node.kind {
            NodeKind::Scalar(scalar) => format!("`{}`", scalar.text.escape_debug()),
            NodeKind::List { .. } | NodeKind::Map { .. } => node.what().to_owned(),
        };
        self.refuse(node.place, format!("expected {what}, got {got}"), None);
    }

    /// A map with only these keys. Unknown ones are reported and ignored.
    pub(super) fn keys<'n>(&mut self, node: &'n Node, what: &str, known: &[&str]) -> Option<Keys<'n>> {
        let entries = self.entries(node, what)?;
        let mut all_known = true;
        for entry in entries {
            if !known.contains(&entry.key.text.as_str()) {
                all_known = false;
                let message = format!("{what} has no key `{}`", entry.key.text);
                self.refuse(entry.key.place, message, advice(&entry.key.text, known));
            }
        }
        Some(Keys { entries, place: node.place, all_known })
    }

    /// A map with any keys.
    pub(super) fn entries<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Entry]> {
        match &node.kind {
            NodeKind::Map { entries, .. } => Some(entries),
            NodeKind::Scalar(_) | NodeKind::List { .. } => {
                self.expected(node, &format!("a map ({what})"));
                None
            }
        }
    }

    /// A list.
    pub(super) fn list<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Node]> {
        match &node.kind {
            NodeKind::List { items, .. } => Some(items),
            NodeKind::Scalar(_) | NodeKind::Map { .. } => {
                self.expected(node, &format!("a list ({what})"));
                None
            }
        }
    }

    /// A text, its white space at the ends included.
    pub(super) fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        self.scalar(node, what).map(|scalar| scalar.text.clone())
    }

    /// A text as it stands in the file.
    pub(super) fn scalar<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n Scalar> {
        match &node.kind {
            NodeKind::Scalar(scalar) if scalar.style != Style::Plain => Some(scalar),
            NodeKind::Scalar(scalar) => match Plain::of(&scalar.text) {
                Plain::Text => Some(scalar),
                Plain::Number(_) | Plain::Bool(_) => {
                    let help = format!("as a text it stands in quotes: \"{}\"", scalar.text);
                    let message = format!("expected {what}, got `{}`", scalar.text);
                    self.refuse(node.place, message, Some(help));
                    None
                }
                // Reported when the tree was read.
                Plain::Refused { .. } => None,
            },
            NodeKind::List { .. } | NodeKind::Map { .. } => {
                self.expected(node, what);
                None
            }
        }
    }

    /// A duration with its unit.
    pub(super) fn duration(&mut self, node: &Node) -> Option<Duration> {
        let Some(scalar) = node.as_scalar() else {
            self.expected(node, "a duration such as `300ms`");
            return None;
        };
        match scalar.text.parse::<Dur>() {
            Ok(duration) => Some(duration.into()),
            Err(error) => {
                self.refuse(node.place, error.to_string(), None);
                None
            }
        }
    }

    /// A level in whole dB of full scale.
    pub(super) fn level(&mut self, node: &Node) -> Option<i32> {
        let level = node.as_scalar().and_then(|scalar| level(&scalar.text)).filter(|level| *level <= 0);
        if level.is_none() {
            self.expected(node, "a level of at most 0dB, such as `-20dB`");
        }
        level
    }

    /// A whole number in a range.
    pub(super) fn count(&mut self, node: &Node, range: RangeInclusive<u32>) -> Option<u32> {
        let number = match &node.kind {
            NodeKind::Scalar(scalar) if scalar.style == Style::Plain => match Plain::of(&scalar.text) {
                Plain::Number(number) => number.as_u64().and_then(|number| u32::try_from(number).ok()),
                Plain::Text | Plain::Bool(_) | Plain::Refused { .. } => None,
            },
            _ => None,
        };
        let count = number.filter(|count| range.contains(count));
        if count.is_none() {
            let what = match *range.end() {
                u32::MAX => format!("a whole number from {}", range.start()),
                end => format!("a whole number from {} to {end}", range.start()),
            };
            self.expected(node, &what);
        }
        count
    }

    /// `true` or `false`.
    pub(super) fn bool(&mut self, node: &Node) -> Option<bool> {
        let truth = node.as_scalar().and_then(|scalar| match (scalar.style, scalar.text.as_str()) {
            (Style::Plain, "true") => Some(true),
            (Style::Plain, "false") => Some(false),
            _ => None,
        });
        if truth.is_none() {
            self.expected(node, "true or false");
        }
        truth
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&mut self, node: &Node, words: &[(&str, T)]) -> Option<T> {
        let text = node.as_scalar().map(|scalar| scalar.text.as_str());
        let found = words.iter().find(|(word, _)| Some(*word) == text).map(|(_, value)| *value);
        if found.is_none() {
            let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            let expected = match known.as_slice() {
                [only] => format!("`{only}`"),
                _ => format!("one of {}", known.join(", ")),
            };
            let got =
                text.map_or_else(|| node.what().to_owned(), |text| format!("`{}`", text.escape_debug()));
            let message = format!("expected {expected}, got {got}");
            let help = text
                .and_then(|text| super::nearest::nearest(text, known.iter().copied()))
                .map(|name| format!("did you mean `{name}`?"));
            self.refuse(node.place, message, help);
        }
        found
    }
}

/// `-20dB` as a number.
pub(super) fn level(text: &str) -> Option<i32> {
    text.strip_suffix("dB")?.trim_end().parse().ok()
}
