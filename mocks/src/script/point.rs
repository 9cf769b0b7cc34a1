//! Where in an answer something goes wrong: `at token 12`, `at byte 4000`, `at 700ms`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use bargein_wire::units::Dur;

use super::text_form::as_text;

/// A point of an answer. What lies before it and at it has been sent when the point is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Point {
    /// After so many tokens, chunks or results: of whatever the role's answers are made. Written `at token 12`.
    Unit(Unit, u64),
    /// After so many bytes of the body. Written `at byte 4000`.
    Byte(u64),
    /// So long after the request arrived. Written `at 700ms`.
    After(Duration),
}

/// What the answers of a role are made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Of a language model.
    Token,
    /// Of a synthesiser: what leaves at once.
    Chunk,
    /// Of a recogniser: a transcript, interim or final.
    Result,
}

/// The answer breaks off: `at token 12`, or `at token 12 by reset`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cut {
    /// Where.
    pub at: Point,
    /// How.
    pub by: CutBy,
}

/// How an answer breaks off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CutBy {
    /// The body ends as if it were whole: the truncation shows in its content only.
    CleanEnd,
    /// The connection closes without the end of the body.
    Reset,
}

/// The answer pauses: `at token 5 for 3s`. Everything after the point is that much later.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stall {
    /// Where.
    pub at: Point,
    /// How long; `None`, written `for ever`, until the client goes away.
    pub length: Option<Duration>,
}

/// The text is none of the forms that name a point of an answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected {expected}, got `{got}`")]
pub struct ParsePointError {
    expected: &'static str,
    got: String,
}

const POINT: &str = "`at token 12` (`chunk` for TTS, `result` for ASR), `at byte 4000` or `at 700ms`";

impl Unit {
    /// The word for it in scripts.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Chunk => "chunk",
            Self::Result => "result",
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unit(unit, number) => write!(f, "at {} {number}", unit.word()),
            Self::Byte(number) => write!(f, "at byte {number}"),
            Self::After(length) => write!(f, "at {}", Dur::from(*length)),
        }
    }
}

impl FromStr for Point {
    type Err = ParsePointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_point(text).ok_or_else(|| ParsePointError { expected: POINT, got: text.to_owned() })
    }
}

fn parse_point(text: &str) -> Option<Point> {
    let mut words = text.split_whitespace();
    if words.next() != Some("at") {
        return None;
    }
    let first = words.next()?;
    let unit = [Unit::Token, Unit::Chunk, Unit::Result].into_iter().find(|unit| unit.word() == first);
    let point = match (unit, first) {
        (Some(unit), _) => Point::Unit(unit, words.next()?.parse().ok().filter(|number| *number > 0)?),
        (None, "byte") => Point::Byte(words.next()?.parse().ok()?),
        (None, length) => Point::After(length.parse::<Dur>().ok()?.into()),
    };
    words.next().is_none().then_some(point)
}

impl FromStr for Cut {
    type Err = ParsePointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (point, by) = match text.split_once(" by ") {
            None => (text, Some(CutBy::CleanEnd)),
            Some((point, how)) => (point, (how.trim() == "reset").then_some(CutBy::Reset)),
        };
        let at = parse_point(point);
        at.zip(by).map(|(at, by)| Self { at, by }).ok_or_else(|| ParsePointError {
            expected: "`at token 12` (`chunk` for TTS, `result` for ASR), `at byte 4000` or `at 700ms`, with or without `by reset`",
            got: text.to_owned(),
        })
    }
}

impl FromStr for Stall {
    type Err = ParsePointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_stall(text).ok_or_else(|| ParsePointError {
            expected: "`at token 5 for 3s`, `at byte 4000 for 3s` or `at 700ms for ever`",
            got: text.to_owned(),
        })
    }
}

fn parse_stall(text: &str) -> Option<Stall> {
    let (point, length) = text.split_once(" for ")?;
    let length = match length.trim() {
        "ever" => None,
        length => Some(length.parse::<Dur>().ok()?.into()),
    };
    Some(Stall { at: parse_point(point)?, length })
}

as_text!(Point, "a point of the answer such as `at token 12`", ["at token 12", "at byte 4000", "at 700ms"]);
as_text!(
    Cut,
    "where the answer breaks off, such as `at token 12 by reset`",
    ["at token 12", "at byte 4000 by reset", "at 700ms"]
);
as_text!(
    Stall,
    "where the answer pauses and how long, such as `at token 5 for 3s`",
    ["at token 5 for 3s", "at 700ms for ever"]
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_reads_as_a_sentence() {
        for (text, at, by) in [
            ("at token 12", Point::Unit(Unit::Token, 12), CutBy::CleanEnd),
            ("at chunk 1 by reset", Point::Unit(Unit::Chunk, 1), CutBy::Reset),
            ("at byte 0 by reset", Point::Byte(0), CutBy::Reset),
            ("at 700ms", Point::After(Duration::from_millis(700)), CutBy::CleanEnd),
        ] {
            assert_eq!(text.parse(), Ok(Cut { at, by }), "{text}");
        }
    }

    #[test]
    fn a_stall_names_its_point_and_its_length() {
        let at = Point::Unit(Unit::Token, 5);
        assert_eq!("at token 5 for 3s".parse(), Ok(Stall { at, length: Some(Duration::from_secs(3)) }));
        assert_eq!("at token 5 for ever".parse(), Ok(Stall { at, length: None }));
    }

    #[test]
    fn other_words_are_refused() {
        for text in
            ["token 12", "at token", "at token 0", "at token 12 by force", "at 700", "at byte -1", "at 1s 2s"]
        {
            assert!(text.parse::<Cut>().is_err(), "{text}");
        }
        for text in ["at token 5", "at token 5 for 3", "for 3s"] {
            assert!(text.parse::<Stall>().is_err(), "{text}");
        }
    }
}
