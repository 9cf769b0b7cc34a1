//! Paths into the fields of an event.

use std::fmt;

/// A field and the way into it: `text`, `messages.-1.content`, `header.X-Request-Id`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldPath {
    /// The field, as the vocabulary names it.
    pub name: String,
    /// The way into it; empty for the field itself.
    pub rest: Vec<Segment>,
}

/// One step into a JSON value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Segment {
    /// A key of a map, or the name of a header.
    Key(String),
    /// An item of a list, from 0; negative counts from the end, -1 is the last.
    Index(i64),
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.rest.iter().try_for_each(|segment| match segment {
            Segment::Key(key) => write!(f, ".{key}"),
            Segment::Index(index) => write!(f, ".{index}"),
        })
    }
}
