//! Regular expressions that compare by their text.

use regex_lite::Regex;

/// A regular expression of `matches`, looked for anywhere in the text.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// When it is not a regular expression; says at which part.
    pub fn new(text: &str) -> Result<Self, regex_lite::Error> {
        Regex::new(text).map(|regex| Self { regex })
    }

    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.regex.as_str()
    }

    /// Whether it is found in the text.
    #[must_use]
    pub fn is_found_in(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}
