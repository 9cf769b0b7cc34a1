//! What came of a run: this is the JSON report, and what every other report is made from.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Budgets, Entry, Evidence, Level, Profile, Verdict};

/// What came of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// The program.
    pub tool: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The suite: `custom-tts 1.0`.
    pub suite: &'static str,
    /// The groups of the suite and what they are about.
    pub groups: Vec<(&'static str, &'static str)>,
    /// The URL that was checked.
    pub target: String,
    /// When it began, in Unix milliseconds.
    pub started_unix_ms: u64,
    /// How long it took.
    pub took_ms: u64,
    /// Whose budgets were taken.
    pub profile: Profile,
    /// The budgets.
    pub budgets: Budgets,
    /// Whether a warning counts as a failure.
    pub strict: bool,
    /// The checks that were run, in the order of the catalogue.
    pub checks: Vec<Checked>,
    /// How many of which verdict.
    pub totals: Totals,
    /// Series of what was measured, such as `first_audio_ms`.
    pub measured: BTreeMap<String, Vec<f64>>,
    /// The one line that two runs are compared by.
    pub line: String,
}

/// What came of one check.
#[derive(Clone, Debug, Serialize)]
pub struct Checked {
    /// The rule.
    #[serde(flatten)]
    pub entry: Entry,
    /// Its group.
    pub group: &'static str,
    /// What it says.
    pub verdict: Verdict,
    /// How long it took.
    pub ms: u64,
    /// What was seen, or why it was not judged.
    pub seen: String,
    /// What was expected, when it is more exact than the rule.
    pub expected: Option<String>,
    /// Why it may be broken, when it is waived.
    pub waiver: Option<String>,
    /// What shows it.
    pub evidence: Vec<Evidence>,
}

impl Checked {
    /// What was expected.
    #[must_use]
    pub fn expected(&self) -> &str {
        self.expected.as_deref().unwrap_or(self.entry.expects)
    }
}

/// How many checks of which verdict.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Totals {
    /// Rules kept.
    pub pass: usize,
    /// Rules of level MUST broken.
    pub fail: usize,
    /// Rules of level SHOULD broken.
    pub warn: usize,
    /// Facts.
    pub info: usize,
    /// Not applicable.
    pub skip: usize,
    /// Not judged.
    pub error: usize,
    /// Broken and allowed to be.
    pub waived: usize,
}

impl Totals {
    /// Counts.
    #[must_use]
    pub fn of(checks: &[Checked]) -> Self {
        let mut totals = Self::default();
        for check in checks {
            *match check.verdict {
                Verdict::Pass => &mut totals.pass,
                Verdict::Fail => &mut totals.fail,
                Verdict::Warn => &mut totals.warn,
                Verdict::Info => &mut totals.info,
                Verdict::Skip => &mut totals.skip,
                Verdict::Error => &mut totals.error,
                Verdict::Waived => &mut totals.waived,
            } += 1;
        }
        totals
    }
}

impl Run {
    /// Whether a check failed: with `strict`, also whether one warns.
    #[must_use]
    pub const fn has_failed(&self) -> bool {
        self.totals.fail > 0 || self.strict && self.totals.warn > 0
    }

    /// Whether something could not be judged.
    #[must_use]
    pub const fn is_unjudged(&self) -> bool {
        self.totals.error > 0
    }

    /// The checks that want something done, the gravest first: MUST before SHOULD, failures before what was not judged.
    #[must_use]
    pub fn to_mend(&self) -> Vec<&Checked> {
        let grave =
            |check: &&Checked| matches!(check.verdict, Verdict::Fail | Verdict::Warn | Verdict::Error);
        let mut checks: Vec<_> = self.checks.iter().filter(grave).collect();
        checks.sort_by_key(|check| (check.verdict, check.entry.level));
        checks
    }

    /// `MUST 68/68`: how many rules of a level are kept, of those that were judged.
    pub(super) fn kept(checks: &[Checked], level: Level) -> String {
        let judged =
            checks.iter().filter(|check| check.entry.level == level && check.verdict != Verdict::Skip);
        let kept = judged.clone().filter(|check| matches!(check.verdict, Verdict::Pass | Verdict::Info));
        format!("{level} {}/{}", kept.count(), judged.count())
    }
}
