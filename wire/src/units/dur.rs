//! A length of time with its unit.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::{as_string, decimal};

/// A length of time written with its unit: `300ms`, `1.4s`, `2m`, `1h`.
///
/// Exact to the nanosecond, at most 584 years. Written back in the largest unit that keeps it short.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Dur(Duration);

impl Dur {
    /// No time at all.
    pub const ZERO: Self = Self(Duration::ZERO);

    /// So many milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }

    /// So many seconds.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(Duration::from_secs(secs))
    }

    /// The same as the standard library's type.
    #[must_use]
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl From<Duration> for Dur {
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}

impl From<Dur> for Duration {
    fn from(dur: Dur) -> Self {
        dur.0
    }
}

/// The text is not a length of time.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ParseDurError {
    /// A bare number.
    #[error("expected a duration with a unit, got `{0}`: write `{0}ms` or `{0}s`")]
    NoUnit(String),
    /// The unit is none of ours.
    #[error("expected the unit ms, s, m or h, got `{unit}` in `{text}`")]
    UnknownUnit {
        /// What stands after the number.
        unit: String,
        /// The whole text.
        text: String,
    },
    /// What stands before the unit is no decimal number, or one finer than a nanosecond or longer than 584 years.
    #[error("expected a decimal number before the unit, such as `1.4s`, got `{0}`")]
    BadNumber(String),
}

impl FromStr for Dur {
    type Err = ParseDurError;

    fn from_str(text: &str) -> Result<Self, ParseDurError> {
        let text = text.trim();
        let (number, unit) = decimal::split(text);
        let nanos = match unit {
            _ if number.is_empty() => return Err(ParseDurError::BadNumber(text.to_owned())),
            "" => return Err(ParseDurError::NoUnit(text.to_owned())),
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => {
                return Err(ParseDurError::UnknownUnit { unit: unit.to_owned(), text: text.to_owned() });
            }
        };
        decimal::scaled(number, nanos)
            .map(|nanos| Self(Duration::from_nanos(nanos)))
            .ok_or_else(|| ParseDurError::BadNumber(text.to_owned()))
    }
}

impl fmt::Display for Dur {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.as_nanos();
        let (unit, word) = match nanos {
            n if n < 1_000_000_000 => (1_000_000, "ms"),
            n if n % 3_600_000_000_000 == 0 => (3_600_000_000_000, "h"),
            n if n % 60_000_000_000 == 0 => (60_000_000_000, "m"),
            _ => (1_000_000_000, "s"),
        };
        let (whole, mut rest, mut place) = (nanos / unit, nanos % unit, unit / 10);
        write!(f, "{whole}")?;
        if rest > 0 {
            f.write_str(".")?;
        }
        while rest > 0 {
            write!(f, "{}", rest / place)?;
            rest %= place;
            place /= 10;
        }
        f.write_str(word)
    }
}

as_string!(Dur,
    name: "Dur",
    expecting: "a duration with a unit, such as \"300ms\" or \"1.4s\"",
    schema: {
        "type": "string",
        "description": "A length of time with its unit.",
        "pattern": r"^[0-9]+(\.[0-9]+)?\s*(ms|s|m|h)$",
        "examples": ["300ms", "1.4s", "2m"],
    }
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_duration_reads_with_every_unit_and_is_written_shortest() {
        for (text, millis, canonical) in [
            ("300ms", 300, "300ms"),
            ("1.4s", 1400, "1.4s"),
            ("1400ms", 1400, "1.4s"),
            ("2m", 120_000, "2m"),
            ("1.5m", 90_000, "90s"),
            ("60m", 3_600_000, "1h"),
            ("0s", 0, "0ms"),
            (" 20 ms ", 20, "20ms"),
        ] {
            let dur = text.parse::<Dur>();
            assert_eq!(dur, Ok(Dur::from_millis(millis)), "{text}");
            assert_eq!(dur.map(|dur| dur.to_string()), Ok(canonical.to_owned()));
        }
    }

    #[test]
    fn a_wrong_duration_says_what_was_expected() {
        for (text, message) in [
            ("300", "expected a duration with a unit, got `300`: write `300ms` or `300s`"),
            ("3 sec", "expected the unit ms, s, m or h, got `sec` in `3 sec`"),
            ("fast", "expected a decimal number before the unit, such as `1.4s`, got `fast`"),
            ("-1s", "expected a decimal number before the unit, such as `1.4s`, got `-1s`"),
            ("1.s", "expected a decimal number before the unit, such as `1.4s`, got `1.s`"),
            ("1.2.3s", "expected a decimal number before the unit, such as `1.4s`, got `1.2.3s`"),
            ("99999999999h", "expected a decimal number before the unit, such as `1.4s`, got `99999999999h`"),
        ] {
            assert_eq!(text.parse::<Dur>().map_err(|error| error.to_string()), Err(message.to_owned()));
        }
    }

    #[test]
    fn json_takes_the_text_and_refuses_a_bare_number() {
        assert_eq!(serde_json::from_str::<Dur>("\"1.4s\"").ok(), Some(Dur::from_millis(1400)));
        let error = serde_json::from_str::<Dur>("1400").map_err(|error| error.to_string());
        assert!(error.is_err_and(|error| error.contains("expected a duration with a unit")));
        assert_eq!(serde_json::to_string(&Dur::from_secs(2)).ok(), Some("\"2s\"".to_owned()));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_as_the_same(nanos: u64) {
            let dur = Dur(Duration::from_nanos(nanos));
            prop_assert_eq!(dur.to_string().parse(), Ok(dur));
        }
    }
}
