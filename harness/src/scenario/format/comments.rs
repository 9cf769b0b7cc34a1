//! The comments of a file, which the YAML parser does not tell.

use std::ops::Range;

use crate::scenario::source::Source;
use crate::scenario::yaml::{Node, NodeKind};

/// One comment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Comment {
    /// Its first byte.
    pub(super) at: usize,
    /// The text from `#` to the end of the line, without white space at its end.
    pub(super) text: String,
    /// Whether something else stands before it on its line.
    pub(super) is_trailing: bool,
    /// Whether the line above it is empty.
    pub(super) after_blank: bool,
}

/// All comments, in order.
pub(super) fn comments(source: &Source, root: &Node) -> Vec<Comment> {
    let mut values = Vec::new();
    value_bytes(root, &mut values);
    values.sort_by_key(|range| range.start);
    let text = source.text();
    let mut comments = Vec::new();
    let mut line_start = 0;
    let mut after_blank = false;
    for line in text.split_inclusive('\n') {
        if let Some(at) = comment_start(line, line_start, &values) {
            let before = &line[..at - line_start];
            let comment = line[at - line_start..].trim_end().to_owned();
            let is_trailing = !before.trim().is_empty();
            comments.push(Comment {
                at,
                text: comment,
                is_trailing,
                after_blank: after_blank && !is_trailing,
            });
        }
        line_start += line.len();
        after_blank = line.trim().is_empty();
    }
    comments
}

/// Where a line's comment begins: at a `#` behind white space which is no part of a value.
fn comment_start(line: &str, line_start: usize, values: &[Range<usize>]) -> Option<usize> {
    line.match_indices('#').map(|(at, _)| (at, line_start + at)).find_map(|(at, start)| {
        let is_apart = at == 0 || line[..at].ends_with([' ', '\t']);
        let before = values.partition_point(|value| value.start <= start);
        let is_in_value = before > 0 && values[before - 1].contains(&start);
        (is_apart && !is_in_value).then_some(start)
    })
}

/// The bytes of all scalars.
fn value_bytes(node: &Node, into: &mut Vec<Range<usize>>) {
    match &node.kind {
        NodeKind::Scalar(scalar) => into.push(scalar.place.start..scalar.place.end),
        NodeKind::List { items, .. } => items.iter().for_each(|item| value_bytes(item, into)),
        NodeKind::Map { entries, .. } => {
            for entry in entries {
                into.push(entry.key.place.start..entry.key.place.end);
                value_bytes(&entry.value, into);
            }
        }
    }
}
