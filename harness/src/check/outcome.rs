//! What came of a check.

use std::fmt;

use serde::Serialize;

use super::raw::Exchange;

/// What a check says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The rule is kept.
    Pass,
    /// A rule of level MUST is broken.
    Fail,
    /// A rule of level SHOULD is broken.
    Warn,
    /// A fact worth knowing.
    Info,
    /// The rule does not apply to this server; the reason says why.
    Skip,
    /// It could not be judged. Never counts as a pass.
    Error,
    /// Broken, and allowed to be until a date. Never counts as a pass.
    Waived,
}

impl Verdict {
    /// The word in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Skip => "skip",
            Self::Error => "error",
            Self::Waived => "waived",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// What came of a check, with what shows it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What it says.
    pub verdict: Verdict,
    /// What was seen: with figures, bytes and milliseconds.
    pub seen: String,
    /// What was expected instead of the catalogue's general words, if there is something more exact.
    pub expected: Option<String>,
    /// What shows it. Dropped when the check passes, unless it is kept.
    pub evidence: Vec<Exchange>,
    /// Whether the evidence is of value although the check passes: what plots are made of.
    pub keeps_evidence: bool,
}

/// What a check returns: `Err` is an outcome too, the early one, so that `?` ends a check that cannot go on.
pub type Judged = Result<Outcome, Outcome>;

impl Outcome {
    /// An outcome without evidence.
    #[must_use]
    pub fn new(verdict: Verdict, seen: impl Into<String>) -> Self {
        Self { verdict, seen: seen.into(), expected: None, evidence: Vec::new(), keeps_evidence: false }
    }

    /// The rule is kept.
    #[must_use]
    pub fn pass(seen: impl Into<String>) -> Self {
        Self::new(Verdict::Pass, seen)
    }

    /// A smaller fault than the rule's level: a warning whatever the level.
    #[must_use]
    pub fn warn(seen: impl Into<String>) -> Self {
        Self::new(Verdict::Warn, seen)
    }

    /// A fact.
    #[must_use]
    pub fn info(seen: impl Into<String>) -> Self {
        Self::new(Verdict::Info, seen)
    }

    /// The rule does not apply.
    #[must_use]
    pub fn skip(why: impl Into<String>) -> Self {
        Self::new(Verdict::Skip, why)
    }

    /// It could not be judged.
    #[must_use]
    pub fn error(why: impl Into<String>) -> Self {
        Self::new(Verdict::Error, why)
    }

    /// More exact words for what was expected.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// With this exchange as evidence.
    #[must_use]
    pub fn with(mut self, exchange: &Exchange) -> Self {
        self.evidence.push(exchange.clone());
        self
    }

    /// Keeps the evidence although the check passes.
    #[must_use]
    pub const fn keep(mut self) -> Self {
        self.keeps_evidence = true;
        self
    }
}
