//! The tree of a file.

use std::ops::Range;

use crate::scenario::source::Place;

/// A value with its place.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::scenario) struct Node {
    /// All of it.
    pub(in crate::scenario) place: Place,
    /// What it is.
    pub(in crate::scenario) kind: NodeKind,
}

/// What a node is.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::scenario) enum NodeKind {
    /// A single value.
    Scalar(Scalar),
    /// A list; `flow` when written in brackets.
    List { items: Vec<Node>, flow: bool },
    /// A map; `flow` when written in braces.
    Map { entries: Vec<Entry>, flow: bool },
}

/// One entry of a map.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::scenario) struct Entry {
    /// Its key.
    pub(in crate::scenario) key: Scalar,
    /// Its value.
    pub(in crate::scenario) value: Node,
}

/// How a scalar is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::scenario) enum Style {
    /// Bare: may be a number or a truth value.
    Plain,
    /// In single quotes.
    Single,
    /// In double quotes.
    Double,
    /// As a block behind `|` or `>`.
    Block,
}

/// A single value as text, and where each part of the text stands in the file.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::scenario) struct Scalar {
    /// The text, escapes resolved.
    pub(in crate::scenario) text: String,
    /// How it is written.
    pub(in crate::scenario) style: Style,
    /// All of it, quotes included.
    pub(in crate::scenario) place: Place,
    pieces: Vec<Piece>,
}

/// A part of a scalar's text and the bytes of the file it comes from.
#[derive(Clone, PartialEq, Debug)]
struct Piece {
    /// Length in the text.
    len: usize,
    /// Bytes of the file.
    source: Range<usize>,
    /// Whether the file has these very bytes, so that parts of it can be pointed at.
    verbatim: bool,
}

impl Scalar {
    /// A scalar as it stands in the file.
    pub(super) fn new(text: String, style: Style, place: Place, file: &str) -> Self {
        let quote = usize::from(matches!(style, Style::Single | Style::Double));
        let inner = place.start + quote..place.end.saturating_sub(quote).max(place.start + quote);
        let verbatim = file.get(inner.clone()) == Some(text.as_str());
        let source = if verbatim { inner } else { place.start..place.end };
        let pieces = vec![Piece { len: text.len(), source, verbatim }];
        Self { text, style, place, pieces }
    }

    /// The bytes of the file that a part of the text comes from; all of the scalar when the part comes from more than
    /// one place.
    pub(in crate::scenario) fn bytes_of(&self, part: Range<usize>) -> Range<usize> {
        let mut from = 0;
        let mut found: Option<Range<usize>> = None;
        for piece in &self.pieces {
            let to = from + piece.len;
            let touches = part.start < to && part.end > from
                || (part.is_empty() && found.is_none() && (from..=to).contains(&part.start));
            if touches {
                let bytes = piece.bytes(part.start.saturating_sub(from)..part.end.min(to) - from);
                found = match found {
                    None => Some(bytes),
                    Some(before) if before.end == bytes.start => Some(before.start..bytes.end),
                    Some(_) => return self.place.start..self.place.end,
                };
            }
            from = to;
        }
        found.unwrap_or(self.place.start..self.place.end)
    }

    /// The same scalar with a part of its text replaced by another scalar, which stands elsewhere in the file.
    pub(in crate::scenario) fn replace(&mut self, part: Range<usize>, by: &Self) {
        if part == (0..self.text.len()) {
            *self = by.clone();
            return;
        }
        let mut pieces = Vec::new();
        let mut from = 0;
        let mut rest = Vec::new();
        for piece in self.pieces.drain(..) {
            let to = from + piece.len;
            if from < part.start {
                pieces.push(piece.cut(0..to.min(part.start) - from));
            }
            if to > part.end {
                rest.push(piece.cut(part.end.saturating_sub(from)..piece.len));
            }
            from = to;
        }
        pieces.extend(by.pieces.iter().cloned());
        pieces.extend(rest);
        self.pieces = pieces;
        self.text.replace_range(part, &by.text);
    }
}

impl Piece {
    /// The bytes of the file that a part comes from.
    fn bytes(&self, part: Range<usize>) -> Range<usize> {
        if self.verbatim {
            self.source.start + part.start..self.source.start + part.end
        } else {
            self.source.clone()
        }
    }

    /// A part of it.
    fn cut(&self, part: Range<usize>) -> Self {
        Self { len: part.len(), source: self.bytes(part), verbatim: self.verbatim }
    }
}

impl Node {
    /// What it is, for messages: `a list`.
    pub(in crate::scenario) const fn what(&self) -> &'static str {
        match &self.kind {
            NodeKind::Scalar(_) => "a single value",
            NodeKind::List { .. } => "a list",
            NodeKind::Map { .. } => "a map",
        }
    }

    /// The scalar, if it is one.
    pub(in crate::scenario) const fn as_scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            NodeKind::Scalar(scalar) => Some(scalar),
            NodeKind::List { .. } | NodeKind::Map { .. } => None,
        }
    }
}
