//! Sentences back into text, in the canonical spelling: one space between words, quotes only where needed.

use std::fmt;

use bargein_wire::units::Dur;

use super::token::{is_bare, quote};
use super::{Anchor, Bound, EventName, Literal, Offset, Op, Sentence, Subject, Test};

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.subject)?;
        if let Some(bound) = &self.bound {
            write!(f, " {bound}")?;
        }
        match self.times {
            Some(times) => write!(f, " times {times}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.event)?;
        let joints = ["where"].into_iter().chain(std::iter::repeat("and"));
        self.tests.iter().zip(joints).try_for_each(|(test, joint)| write!(f, " {joint} {test}"))
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.event)?;
        match self.nth {
            Some(nth) => write!(f, ".{nth}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Within { delay, of, percentile } => {
                if let Some(percentile) = percentile {
                    write!(f, "p{percentile} ")?;
                }
                write!(f, "within {} of {of}", Dur::from(*delay))
            }
            Self::Between(from, to) => write!(f, "between {from} and {to}"),
            Self::After(anchor) => write!(f, "after {anchor}"),
            Self::Before(anchor) => write!(f, "before {anchor}"),
            Self::At { anchor, tolerance } => write!(f, "at {anchor} ± {}", Dur::from(*tolerance)),
        }
    }
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.event)?;
        if let Some(test) = &self.test {
            write!(f, " where {test}")?;
        }
        match self.offset {
            Offset::None => Ok(()),
            Offset::Later(by) => write!(f, " + {}", Dur::from(by)),
            Offset::Earlier(by) => write!(f, " - {}", Dur::from(by)),
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.op)
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equals(literal) => write!(f, "= {literal}"),
            Self::DiffersFromValue(literal) => write!(f, "!= {literal}"),
            Self::Less(literal) => write!(f, "< {literal}"),
            Self::More(literal) => write!(f, "> {literal}"),
            Self::Contains(text) => write!(f, "contains {}", Value(text)),
            Self::Matches(pattern) => write!(f, "matches {}", Value(pattern.as_str())),
            Self::SameAs(other) => write!(f, "same as {other}"),
            Self::DiffersFrom(other) => write!(f, "differs from {other}"),
            Self::IsSpokenPartOf(text) => match &text.file {
                Some(file) => write!(f, "is spoken part of {file}"),
                None => write!(f, "is spoken part of {}", quote(&text.text)),
            },
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Bare, these would read as what they look like where JSON is compared.
            Self::Text(text) if text.parse::<f64>().is_ok() || text.parse::<bool>().is_ok() => {
                f.write_str(&quote(text))
            }
            Self::Text(text) => write!(f, "{}", Value(text)),
            Self::Number(number) => write!(f, "{number}"),
            Self::Duration(duration) => write!(f, "{}", Dur::from(*duration)),
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::Level(level) => write!(f, "{level}dB"),
        }
    }
}

/// A text as a value, quoted where needed.
struct Value<'a>(&'a str);

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_bare(self.0) { f.write_str(self.0) } else { f.write_str(&quote(self.0)) }
    }
}
