//! How often something may happen.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::{Dur, as_string};

/// How often something may happen: `20 per minute`, `5 per second`, `100 per 10s`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Rate {
    count: u32,
    period: Dur,
}

impl Rate {
    /// So many times in each period; `None` when the count or the period is zero.
    #[must_use]
    pub fn new(count: u32, period: Dur) -> Option<Self> {
        (count > 0 && period > Dur::ZERO).then_some(Self { count, period })
    }

    /// How many times. At least 1.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.count
    }

    /// In how long. Longer than zero.
    #[must_use]
    pub const fn period(self) -> Duration {
        self.period.get()
    }
}

/// The text is not a rate.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected a rate such as `20 per minute` or `5 per 10s`, got `{0}`")]
pub struct ParseRateError(String);

impl FromStr for Rate {
    type Err = ParseRateError;

    fn from_str(text: &str) -> Result<Self, ParseRateError> {
        let rate = || {
            let (count, period) = text.split_once(" per ")?;
            let period = match period.trim() {
                "second" => Dur::from_secs(1),
                "minute" => Dur::from_secs(60),
                "hour" => Dur::from_secs(3600),
                other => other.parse().ok()?,
            };
            Self::new(count.trim().parse().ok()?, period)
        };
        rate().ok_or_else(|| ParseRateError(text.to_owned()))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.period.get().as_millis() {
            1_000 => write!(f, "{} per second", self.count),
            60_000 => write!(f, "{} per minute", self.count),
            3_600_000 => write!(f, "{} per hour", self.count),
            _ => write!(f, "{} per {}", self.count, self.period),
        }
    }
}

as_string!(Rate,
    name: "Rate",
    expecting: "a rate such as \"20 per minute\"",
    schema: {
        "type": "string",
        "description": "How often something may happen.",
        "pattern": r"^[0-9]+ per (second|minute|hour|[0-9]+(\.[0-9]+)?(ms|s|m|h))$",
        "examples": ["20 per minute", "5 per 10s"],
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_reads_as_count_and_period() {
        for (text, count, secs) in [
            ("20 per minute", 20, 60),
            ("5 per second", 5, 1),
            ("100 per hour", 100, 3600),
            ("3 per 10s", 3, 10),
        ] {
            let rate = text.parse::<Rate>();
            assert_eq!(rate.as_ref().ok().copied(), Rate::new(count, Dur::from_secs(secs)), "{text}");
            assert_eq!(rate.map(|rate| rate.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn a_wrong_rate_says_what_was_expected() {
        for text in ["20", "20/min", "0 per minute", "5 per 0s", "-1 per second", "many per minute"] {
            assert_eq!(text.parse::<Rate>(), Err(ParseRateError(text.to_owned())));
        }
    }
}
