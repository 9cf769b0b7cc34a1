//! Which requests a block describes: `request 1`, `request 2..4`, `request 2..`.

use std::fmt;

use super::ScriptError;

/// A run of request numbers, both ends included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Numbers {
    first: u64,
    last: Option<u64>,
}

impl Numbers {
    /// The keys that are blocks, as a regular expression.
    pub(super) const PATTERN: &'static str = r"^request [1-9][0-9]*(\.\.([1-9][0-9]*)?)?$";

    /// The numbers in the key of a block; `None` when the key is not one.
    pub(super) fn of_key(key: &str) -> Option<Result<Self, ScriptError>> {
        let text = key.strip_prefix("request")?;
        if !text.is_empty() && !text.starts_with(' ') {
            return None;
        }
        Some(Self::parse(text.trim()).ok_or_else(|| {
            ScriptError::wrong(
                &[],
                "`request 1`, `request 2..4` or `request 2..`, counted from 1",
                format!("`{key}`"),
            )
        }))
    }

    fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| text.parse::<u64>().ok().filter(|number| *number > 0);
        let (first, last) = match text.split_once("..") {
            None => (number(text)?, Some(number(text)?)),
            Some((first, "")) => (number(first)?, None),
            Some((first, last)) => (number(first)?, Some(number(last)?)),
        };
        last.is_none_or(|last| first <= last).then_some(Self { first, last })
    }

    pub(super) fn contains(self, number: u64) -> bool {
        self.first <= number && self.last.is_none_or(|last| number <= last)
    }

    pub(super) fn overlaps(self, other: Self) -> bool {
        let starts_before_end = |a: Self, b: Self| b.last.is_none_or(|last| a.first <= last);
        starts_before_end(self, other) && starts_before_end(other, self)
    }
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.last {
            None => write!(f, "request {}..", self.first),
            Some(last) if last == self.first => write!(f, "request {last}"),
            Some(last) => write!(f, "request {}..{last}", self.first),
        }
    }
}
