//! The report people read: a line a group, what is broken in detail, the facts, and the line that runs are compared by.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};

use crate::check::{Checked, Run, Verdict};
use crate::report::Spoken;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const SO_SO: Style = AnsiColor::Yellow.on_default();
const DIM: Style = Style::new().dimmed();

/// How wide a group and its dots are.
const WIDTH: usize = 44;

/// Writes the report.
///
/// # Errors
/// The report cannot be written.
pub fn write(mut out: impl Write, run: &Run, has_colours: bool) -> io::Result<()> {
    let paint = Paint(has_colours);
    writeln!(out, "{} at {}", run.suite, run.target)?;
    for of_group in run.checks.chunk_by(|one, other| one.group == other.group) {
        group(&mut out, run, of_group, paint)?;
    }
    for check in run.to_mend() {
        broken(&mut out, check, paint)?;
    }
    facts(&mut out, run, paint)?;
    let took = Spoken(Duration::from_millis(run.took_ms));
    let totals = run.totals;
    let counts = [
        (totals.pass, "passed", GOOD),
        (totals.fail, "failed", BAD),
        (totals.warn, "warned", SO_SO),
        (totals.error, "not judged", BAD),
        (totals.waived, "waived", SO_SO),
        (totals.info, "facts", DIM),
        (totals.skip, "skipped", DIM),
    ];
    let shown = counts.iter().filter(|(count, ..)| *count > 0);
    let counts: Vec<_> =
        shown.map(|(count, word, style)| paint.with(*style, &format!("{count} {word}"))).collect();
    writeln!(out, "\n{} in {took}", counts.join(", "))?;
    writeln!(out, "{}", run.line)?;
    out.flush()
}

fn group(out: &mut impl Write, run: &Run, checks: &[Checked], paint: Paint) -> io::Result<()> {
    let group = checks.first().map_or("", |check| check.group);
    let title = run.groups.iter().find(|(id, _)| *id == group).map_or("", |(_, title)| title);
    let dots = ".".repeat(WIDTH.saturating_sub(group.len() + title.len()).max(2));
    let mut counts: BTreeMap<Verdict, usize> = BTreeMap::new();
    for check in checks {
        *counts.entry(check.verdict).or_default() += 1;
    }
    let told: Vec<_> = counts
        .iter()
        .map(|(verdict, count)| paint.with(style(*verdict), &format!("{count} {verdict}")))
        .collect();
    writeln!(out, "  {group:5} {title} {} {}", paint.with(DIM, &dots), told.join(", "))
}

const fn style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Pass => GOOD,
        Verdict::Fail | Verdict::Error => BAD,
        Verdict::Warn | Verdict::Waived => SO_SO,
        Verdict::Info | Verdict::Skip => DIM,
    }
}

fn broken(out: &mut impl Write, check: &Checked, paint: Paint) -> io::Result<()> {
    let word = match check.verdict {
        Verdict::Error => "NOT JUDGED".to_owned(),
        verdict => verdict.word().to_uppercase(),
    };
    let head = format!("{word} {}", check.entry.id);
    writeln!(
        out,
        "\n{} {} ({})",
        paint.with(style(check.verdict), &head),
        check.entry.title,
        check.entry.level
    )?;
    let curl = check.evidence.first().map_or("", |evidence| &evidence.curl);
    let bytes = check.evidence.first().map_or("", |evidence| &evidence.first_bytes);
    let rows = [
        ("seen", check.seen.as_str()),
        ("expected", check.expected()),
        ("why", check.entry.why),
        ("cause", check.entry.cause),
        ("mend", check.entry.mend),
        ("bytes", bytes),
        ("again", curl),
    ];
    // What was not judged says why, and no rule was seen broken.
    let rows = if check.verdict == Verdict::Error { &rows[..2] } else { &rows[..] };
    for (name, text) in rows.iter().filter(|(_, text)| !text.is_empty()) {
        writeln!(out, "    {} {text}", paint.with(DIM, &format!("{name:9}")))?;
    }
    Ok(())
}

fn facts(out: &mut impl Write, run: &Run, paint: Paint) -> io::Result<()> {
    let of = |verdict: Verdict| run.checks.iter().filter(move |check| check.verdict == verdict);
    if of(Verdict::Info).next().is_some() {
        writeln!(out, "\nFacts:")?;
    }
    for check in of(Verdict::Info) {
        writeln!(out, "  {:8} {}: {}", check.entry.id, check.entry.title, check.seen)?;
    }
    for check in of(Verdict::Waived) {
        let why = check.waiver.as_deref().unwrap_or_default();
        writeln!(out, "  {:8} waived: {why}; {}", check.entry.id, check.seen)?;
    }
    // One reason may hold for a hundred checks.
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for check in of(Verdict::Skip) {
        match reasons.iter_mut().find(|(reason, _)| *reason == check.seen) {
            Some((_, ids)) => ids.push(check.entry.id),
            None => reasons.push((&check.seen, vec![check.entry.id])),
        }
    }
    if !reasons.is_empty() {
        writeln!(out, "\nSkipped:")?;
    }
    for (reason, ids) in reasons {
        let ids =
            if ids.len() > 8 { format!("{} and {} more", ids[0], ids.len() - 1) } else { ids.join(" ") };
        writeln!(out, "  {} {}", ids, paint.with(DIM, reason))?;
    }
    Ok(())
}

#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn with(self, style: Style, text: &str) -> String {
        if self.0 { format!("{}{text}{}", style.render(), style.render_reset()) } else { text.to_owned() }
    }
}
