//! A number of bytes with its unit.

use std::fmt;
use std::str::FromStr;

use super::{as_string, decimal};

/// Units, largest first within each family; the binary ones are written.
const UNITS: [(&str, u64); 7] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("B", 1),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
];

/// A number of bytes written with its unit: `640B`, `64KiB`, `16MiB`, `1.5MB`.
///
/// Written back in the largest binary unit that divides it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Size(u64);

impl Size {
    /// So many bytes.
    #[must_use]
    pub const fn from_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The number of bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

/// The text is not a number of bytes.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ParseSizeError {
    /// The unit is missing or none of ours.
    #[error("expected the unit B, kB, KiB, MB, MiB, GB or GiB, got `{unit}` in `{text}`")]
    UnknownUnit {
        /// What stands after the number.
        unit: String,
        /// The whole text.
        text: String,
    },
    /// What stands before the unit is no decimal number, or does not come to whole bytes.
    #[error("expected a number of whole bytes, such as `64KiB`, got `{0}`")]
    BadNumber(String),
}

impl FromStr for Size {
    type Err = ParseSizeError;

    fn from_str(text: &str) -> Result<Self, ParseSizeError> {
        let text = text.trim();
        let (number, unit) = decimal::split(text);
        if number.is_empty() {
            return Err(ParseSizeError::BadNumber(text.to_owned()));
        }
        let (_, worth) = UNITS
            .iter()
            .find(|(word, _)| *word == unit)
            .ok_or_else(|| ParseSizeError::UnknownUnit { unit: unit.to_owned(), text: text.to_owned() })?;
        binary_or_decimal(number, *worth).map(Self).ok_or_else(|| ParseSizeError::BadNumber(text.to_owned()))
    }
}

/// The number times its unit; a binary unit takes the fractions that come to whole bytes.
fn binary_or_decimal(number: &str, worth: u64) -> Option<u64> {
    let fraction = number.split_once('.').map_or("", |(_, fraction)| fraction);
    let power = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let thousandths = u128::from(decimal::scaled(number, power)?) * u128::from(worth);
    let power = u128::from(power);
    (thousandths % power == 0).then(|| u64::try_from(thousandths / power).ok()).flatten()
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let binary = &UNITS[..4];
        let (word, worth) =
            binary.iter().find(|(_, worth)| self.0 > 0 && self.0.is_multiple_of(*worth)).unwrap_or(&("B", 1));
        write!(f, "{}{word}", self.0 / worth)
    }
}

as_string!(Size,
    name: "Size",
    expecting: "a number of bytes with a unit, such as \"640B\" or \"64KiB\"",
    schema: {
        "type": "string",
        "description": "A number of bytes with its unit.",
        "pattern": r"^[0-9]+(\.[0-9]+)?\s*(B|kB|KiB|MB|MiB|GB|GiB)$",
        "examples": ["640B", "64KiB"],
    }
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_size_reads_with_every_unit_and_is_written_in_binary_ones() {
        for (text, bytes, canonical) in [
            ("640B", 640, "640B"),
            ("64KiB", 65_536, "64KiB"),
            ("1.5MiB", 1_572_864, "1536KiB"),
            ("1.5kB", 1500, "1500B"),
            ("0B", 0, "0B"),
            ("2 GiB", 2_147_483_648, "2GiB"),
        ] {
            let size = text.parse::<Size>();
            assert_eq!(size, Ok(Size::from_bytes(bytes)), "{text}");
            assert_eq!(size.map(|size| size.to_string()), Ok(canonical.to_owned()));
        }
    }

    #[test]
    fn a_wrong_size_says_what_was_expected() {
        for (text, message) in [
            ("640", "expected the unit B, kB, KiB, MB, MiB, GB or GiB, got `` in `640`"),
            ("64kb", "expected the unit B, kB, KiB, MB, MiB, GB or GiB, got `kb` in `64kb`"),
            ("0.3B", "expected a number of whole bytes, such as `64KiB`, got `0.3B`"),
            ("big", "expected a number of whole bytes, such as `64KiB`, got `big`"),
        ] {
            assert_eq!(text.parse::<Size>().map_err(|error| error.to_string()), Err(message.to_owned()));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_as_the_same(bytes: u64) {
            let size = Size::from_bytes(bytes);
            prop_assert_eq!(size.to_string().parse(), Ok(size));
        }
    }
}
