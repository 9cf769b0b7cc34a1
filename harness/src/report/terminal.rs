//! The report people read while a run goes on.
//!
//! A line a case as soon as it is known, in the order of the files; what failed in detail behind them; a summary.

use std::io::{self, Write};
use std::time::Duration;

use annotate_snippets::Renderer;
use anstyle::{AnsiColor, Style};
use bargein_core::Time;

use super::{Rerun, Spoken};
use crate::run::{CaseResult, Failure, Verdict};
use crate::timeline::Timeline;

/// How many entries are shown on either side of a failure.
const AROUND: usize = 6;
/// How wide the names and their dots are at least, and at most before verdicts stand out of line.
const NAMES: std::ops::RangeInclusive<usize> = 44..=72;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// How reports may look.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Look {
    /// Whether colours are understood.
    pub colours: bool,
    /// Whether the run was over sockets, for the commands to run it again.
    pub real: bool,
}

/// Writes the report to a terminal or a file.
#[derive(Debug)]
pub struct TerminalReport<W> {
    out: W,
    look: Look,
    width: usize,
}

impl<W: Write> TerminalReport<W> {
    /// A report on cases of these names.
    pub fn new(out: W, look: Look, names: impl IntoIterator<Item = String>) -> Self {
        let longest = names.into_iter().map(|name| columns(&name) + 4).max().unwrap_or(0);
        let width = longest.clamp(*NAMES.start(), *NAMES.end());
        Self { out, look, width }
    }

    /// One more case is known.
    ///
    /// # Errors
    /// The report cannot be written.
    pub fn case(&mut self, result: &CaseResult) -> io::Result<()> {
        let name = result.name.to_string();
        let dots = ".".repeat(self.width.saturating_sub(columns(&name) + 2).max(1));
        let runs = match result.runs.len() {
            1 => String::new(),
            runs => format!(" ({runs} seeds)"),
        };
        let talk = format!("{} of talk in {}{runs}", Spoken(result.talk()), Spoken(result.took));
        let (dim, rest) = (self.paint(DIM), self.plain());
        let (word, style) = match &result.verdict {
            Verdict::Passed => ("ok", GOOD),
            Verdict::Failed(_) => ("FAILED", BAD),
            Verdict::NotJudged(_) => ("NOT JUDGED", BAD),
        };
        let verdict = self.paint(style);
        write!(self.out, "  {name} {dim}{dots}{rest} {verdict}{word}{rest}")?;
        match result.verdict {
            Verdict::Passed => writeln!(self.out, "   {dim}{talk}{rest}"),
            Verdict::Failed(_) | Verdict::NotJudged(_) => writeln!(self.out),
        }
    }

    /// No more cases: everything that failed in detail, and the summary.
    ///
    /// # Errors
    /// The report cannot be written.
    pub fn finish(mut self, results: &[CaseResult], took: Duration) -> io::Result<()> {
        for result in results {
            match &result.verdict {
                Verdict::Passed => {}
                Verdict::Failed(failures) => self.failures(result, failures)?,
                Verdict::NotJudged(why) => {
                    let (bad, rest) = (self.paint(BAD), self.plain());
                    writeln!(self.out, "\n{bad}{}{rest}: {why}", result.source.name())?;
                    self.timeline(result.runs.first().map(|run| &run.timeline), None)?;
                    self.rerun(result, 0)?;
                }
            }
        }
        self.summary(results, took)
    }

    fn failures(&mut self, result: &CaseResult, failures: &[Failure]) -> io::Result<()> {
        let renderer = if self.look.colours { Renderer::styled() } else { Renderer::plain() };
        writeln!(self.out)?;
        for failure in failures {
            writeln!(self.out, "{}", failure.diagnostic.render(&renderer))?;
        }
        // The first failure leads to the others: what happened around it is shown once.
        let Some(first) = failures.first() else { return Ok(()) };
        self.timeline(result.runs.get(first.run).map(|run| &run.timeline), first.around)?;
        self.rerun(result, first.run)
    }

    fn timeline(&mut self, timeline: Option<&Timeline>, around: Option<Time>) -> io::Result<()> {
        let entries = timeline.map_or(&[][..], Timeline::entries);
        let middle = around.map_or(entries.len(), |at| entries.partition_point(|entry| entry.at <= at));
        let shown = &entries[middle.saturating_sub(AROUND)..(middle + AROUND).min(entries.len())];
        if shown.is_empty() {
            return Ok(());
        }
        let (dim, rest) = (self.paint(DIM), self.plain());
        writeln!(self.out, "{dim}timeline around it:{rest}")?;
        shown.iter().try_for_each(|entry| writeln!(self.out, "{dim}{entry}{rest}"))
    }

    fn rerun(&mut self, result: &CaseResult, run: usize) -> io::Result<()> {
        writeln!(self.out, "rerun: {}", Rerun::new(result, run, self.look.real))
    }

    fn summary(&mut self, results: &[CaseResult], took: Duration) -> io::Result<()> {
        let passed = results.iter().filter(|result| result.verdict == Verdict::Passed).count();
        let talk = results.iter().map(CaseResult::talk).sum();
        let (good, bad, rest) = (self.paint(GOOD), self.paint(BAD), self.plain());
        write!(self.out, "\n{good}{passed} passed{rest}")?;
        if passed < results.len() {
            write!(self.out, ", {bad}{} failed{rest}", results.len() - passed)?;
        }
        writeln!(self.out, "; {} of talk in {}", Spoken(talk), Spoken(took))?;
        self.out.flush()
    }

    fn paint(&self, style: Style) -> Style {
        if self.look.colours { style } else { Style::new() }
    }

    fn plain(&self) -> &'static str {
        if self.look.colours { "\u{1b}[0m" } else { "" }
    }
}

/// How many columns of a terminal a name takes: two for a CJK character.
fn columns(name: &str) -> usize {
    name.chars().map(|c| if c >= '\u{2e80}' { 2 } else { 1 }).sum()
}
