//! Where in a file something stands.

use std::ops::Range;

/// The text of a scenario file and the name it is shown by.
#[derive(PartialEq, Eq, Debug)]
pub struct Source {
    name: String,
    text: String,
    /// First byte of each line.
    lines: Vec<usize>,
}

impl Source {
    /// A file of this name (a path as the user gave it) and text.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let lines = [0].into_iter().chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { name: name.into(), text, lines }
    }

    /// The path as the user gave it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The place of a range of bytes; a range that leaves the text or splits a character is moved inward.
    #[must_use]
    pub fn place(&self, bytes: Range<usize>) -> Place {
        let start = floor(&self.text, bytes.start);
        let end = floor(&self.text, bytes.end).max(start);
        let line = self.lines.partition_point(|at| *at <= start);
        let line_start = self.lines.get(line - 1).copied().unwrap_or_default();
        Place {
            start,
            end,
            line,
            column: 1 + self.text[line_start..start].chars().count(),
            length: self.text[start..end].chars().count(),
        }
    }

    /// What stands at a place.
    #[must_use]
    pub fn at(&self, place: Place) -> &str {
        self.text.get(place.start..place.end).unwrap_or_default()
    }
}

fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A stretch of a file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Place {
    /// First byte.
    pub start: usize,
    /// One behind the last byte.
    pub end: usize,
    /// Line of the first character, from 1.
    pub line: usize,
    /// Column of the first character, from 1, in characters.
    pub column: usize,
    /// How many characters.
    pub length: usize,
}
