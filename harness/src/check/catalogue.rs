//! What a check is: its entry in the catalogue, and the function that judges.

use std::fmt::{self, Write as _};
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use serde::Serialize;

use super::raw::Exchange;
use super::{Context, Gate, Heard, Judged};

/// How much it matters that a rule is kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// The agent breaks, or the caller hears a fault.
    Must,
    /// Quality and cost.
    Should,
    /// Worth knowing.
    May,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::May => "MAY",
        })
    }
}

/// Beside whom a check may run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pace {
    /// It measures time, or the server's whole state: nothing else is under way meanwhile.
    Alone,
    /// Beside a few others.
    Together,
    /// It mostly waits: beside any number of others, begun before them.
    Waits,
    /// It judges what all others saw: when they have ended, alone.
    Last,
}

/// One rule of a catalogue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Entry {
    /// Group and number, such as `PCM-04`. Never given to another rule.
    pub id: &'static str,
    /// How much it matters.
    pub level: Level,
    /// The rule in a few words.
    pub title: &'static str,
    /// What is sent.
    pub sends: &'static str,
    /// What is expected.
    pub expects: &'static str,
    /// Whom it hurts when it is broken, and how.
    pub why: &'static str,
    /// What most often is the cause.
    pub cause: &'static str,
    /// How to mend it.
    pub mend: &'static str,
    /// Whether it belongs to the smallest useful set.
    pub quick: bool,
    /// Beside whom it may run.
    #[serde(skip)]
    pub pace: Pace,
    /// How long it may take before it counts as not judged.
    #[serde(skip)]
    pub limit: Duration,
}

impl Entry {
    /// An entry that runs beside others, outside the smallest set, and may take 60 s.
    #[must_use]
    pub const fn new(id: &'static str, level: Level, title: &'static str) -> Self {
        Self {
            id,
            level,
            title,
            sends: "",
            expects: "",
            why: "",
            cause: "",
            mend: "",
            quick: false,
            pace: Pace::Together,
            limit: Duration::from_secs(60),
        }
    }

    /// What is sent, and what is expected.
    #[must_use]
    pub const fn rule(mut self, sends: &'static str, expects: &'static str) -> Self {
        (self.sends, self.expects) = (sends, expects);
        self
    }

    /// Why it matters, what is usually wrong, and how that is mended.
    #[must_use]
    pub const fn advice(mut self, why: &'static str, cause: &'static str, mend: &'static str) -> Self {
        (self.why, self.cause, self.mend) = (why, cause, mend);
        self
    }

    /// Belongs to the smallest useful set.
    #[must_use]
    pub const fn quick(mut self) -> Self {
        self.quick = true;
        self
    }

    /// Beside whom it may run.
    #[must_use]
    pub const fn pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// How many seconds it may take.
    #[must_use]
    pub const fn limit(mut self, seconds: u64) -> Self {
        self.limit = Duration::from_secs(seconds);
        self
    }

    /// The letters before the number: `PCM`.
    #[must_use]
    pub fn group(&self) -> &'static str {
        self.id.split_once('-').map_or(self.id, |(group, _)| group)
    }
}

/// A rule, and the function that judges it.
#[derive(Clone, Copy)]
pub struct Check {
    /// The rule.
    pub entry: Entry,
    /// Judges it. Dropping the future closes the connections it made.
    pub judge: for<'c> fn(&'c Context) -> LocalBoxFuture<'c, Judged>,
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check").field("entry", &self.entry).finish_non_exhaustive()
    }
}

/// The checks of one protocol.
#[derive(Clone, Copy, Debug)]
pub struct Suite {
    /// Protocol and version, for reports: `custom-tts 1.0`.
    pub name: &'static str,
    /// The groups in their order: the letters of their ids, and what they are about.
    pub groups: &'static [(&'static str, &'static str)],
    /// The checks of each group, in the order of the catalogue.
    pub checks: &'static [&'static [Check]],
    /// Whether the server answers the base case at all. When it does not, only the checks whose ids are in `base` run.
    pub gate: for<'c> fn(&'c Context) -> LocalBoxFuture<'c, Gate>,
    /// The checks that need no base case.
    pub base: &'static [&'static str],
    /// The checks of how the server is reached: they run even when it is not.
    pub reach: &'static [&'static str],
    /// What the comparable line at the end of a report says besides the counts, from what was measured.
    pub figures: fn(&Context) -> Vec<String>,
    /// The audio of an answer, if it is one.
    pub heard: fn(&Exchange) -> Option<Heard>,
}

impl Suite {
    /// Every check, in the order of the catalogue.
    pub fn all(&self) -> impl Iterator<Item = &'static Check> + use<> {
        self.checks.iter().flat_map(|group| group.iter())
    }

    /// What a group is about.
    #[must_use]
    pub fn group_title(&self, group: &str) -> &'static str {
        self.groups.iter().find(|(id, _)| *id == group).map_or("", |(_, title)| title)
    }
}

/// The catalogue as people read it: a line a check.
#[must_use]
pub fn catalogue_text<'c>(suite: &Suite, checks: impl IntoIterator<Item = &'c Check>) -> String {
    let mut text = String::new();
    let mut group = "";
    for Check { entry, .. } in checks {
        if entry.group() != group {
            group = entry.group();
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{group}: {}", suite.group_title(group));
        }
        let quick = if entry.quick { "quick" } else { "" };
        let _ = writeln!(text, "  {:8} {:6} {quick:5}  {}", entry.id, entry.level, entry.title);
    }
    text
}
