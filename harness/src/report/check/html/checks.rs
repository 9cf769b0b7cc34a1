//! Every check, by groups: what was seen, and behind a click what shows it.

use maud::{Markup, html};

use super::evidence::{Sound, evidence};
use super::summary::address;
use super::visible::visible;
use crate::check::{Checked, Run, Verdict};

/// What can be shown: the word of the choice, and what it is called.
const CHOICES: [(&str, &str); 3] =
    [("all", "all checks"), ("broken", "broken or not judged"), ("kept", "kept")];

/// All groups.
pub(super) fn section(run: &Run, sound: &mut Sound) -> Markup {
    let groups: Vec<&[Checked]> = run.checks.chunk_by(|one, other| one.group == other.group).collect();
    html! {
        section #checks aria-labelledby="checks-title" {
            h2 #checks-title { "Checks" }
            fieldset.choice {
                legend { "Show" }
                @for (word, name) in CHOICES {
                    label { input type="radio" name="show" value=(word) checked[word == "all"]; " " (name) }
                }
            }
            @for checks in groups {
                (group(run, checks, sound))
            }
        }
    }
}

fn group(run: &Run, checks: &[Checked], sound: &mut Sound) -> Markup {
    let id = checks.first().map_or("", |check| check.group);
    let title = run.groups.iter().find(|(group, _)| *group == id).map_or("", |(_, title)| title);
    let kept = checks.iter().filter(|check| matches!(check.verdict, Verdict::Pass | Verdict::Info)).count();
    let judged = checks.iter().filter(|check| check.verdict != Verdict::Skip).count();
    html! {
        section.group aria-label=(title) {
            h3 { (id) ": " (title) " " span.count { (kept) "/" (judged) } }
            @for check in checks {
                (one(check, sound))
            }
        }
    }
}

fn one(check: &Checked, sound: &mut Sound) -> Markup {
    let entry = &check.entry;
    html! {
        details.check.(check.verdict.word()) id=(entry.id.to_ascii_lowercase()) {
            summary {
                span.badge.(check.verdict.word()) { (check.verdict) }
                span.id { (entry.id) }
                span.level { (entry.level) }
                span.title { (entry.title) }
            }
            div.body id=(address(check)) {
                dl {
                    dt { "Seen" } dd.seen { (visible(&check.seen)) }
                    dt { "Expected" } dd { (visible(check.expected())) }
                    dt { "Sent" } dd { (entry.sends) }
                    dt { "Why it matters" } dd { (entry.why) }
                    @if !entry.cause.is_empty() { dt { "Usual cause" } dd { (entry.cause) } }
                    @if !entry.mend.is_empty() { dt { "To mend it" } dd { (entry.mend) } }
                    @if let Some(waiver) = &check.waiver { dt { "Waived" } dd { (visible(waiver)) } }
                    dt { "Took" } dd { (check.ms) " ms" }
                }
                @for one in &check.evidence {
                    (evidence(one, sound))
                }
            }
        }
    }
}
