//! The head of the page: what was checked, how it went, what to mend first.

use maud::{Markup, html};

use super::visible::visible;
use crate::check::{Checked, Run, Verdict};
use crate::report::Spoken;

/// The name of the page.
pub(super) fn header(run: &Run) -> Markup {
    let (word, class) = if run.has_failed() {
        ("failed", "fail")
    } else if run.is_unjudged() {
        ("not judged", "error")
    } else if run.totals.warn > 0 {
        ("passed, with warnings", "warn")
    } else {
        ("passed", "pass")
    };
    html! {
        header {
            p.suite { (run.suite) }
            h1 { (visible(&run.target)) }
            p.verdict.(class) { span.badge.(class) { (word) } }
            p.line { (visible(&run.line)) }
        }
    }
}

/// How many checks of which verdict.
pub(super) fn totals(run: &Run) -> Markup {
    let totals = run.totals;
    let counts = [
        (Verdict::Pass, totals.pass, "rules kept"),
        (Verdict::Fail, totals.fail, "MUST broken"),
        (Verdict::Warn, totals.warn, "SHOULD broken"),
        (Verdict::Error, totals.error, "not judged"),
        (Verdict::Waived, totals.waived, "waived"),
        (Verdict::Info, totals.info, "facts"),
        (Verdict::Skip, totals.skip, "do not apply"),
    ];
    html! {
        section #summary aria-labelledby="summary-title" {
            h2 #summary-title { "Summary" }
            ul.totals {
                @for (verdict, count, words) in counts {
                    @if count > 0 || matches!(verdict, Verdict::Pass | Verdict::Fail | Verdict::Warn) {
                        li.(verdict.word()) { strong { (count) } " " (words) }
                    }
                }
            }
        }
    }
}

/// The address of a check on the page.
pub(super) fn address(check: &Checked) -> String {
    format!("{}-evidence", check.entry.id.to_ascii_lowercase())
}

/// The gravest first, with what helps at once.
pub(super) fn mend_first(run: &Run) -> Markup {
    let checks = run.to_mend();
    html! {
        section #mend aria-labelledby="mend-title" {
            h2 #mend-title { "What to mend first" }
            @if checks.is_empty() {
                p { "Nothing: every rule that was judged is kept." }
            }
            ol.mend {
                @for check in checks {
                    li.(check.verdict.word()) {
                        p {
                            span.badge.(check.verdict.word()) { (check.verdict) }
                            " "
                            a href={ "#" (address(check)) } { (check.entry.id) }
                            " " (check.entry.level) ": " (check.entry.title)
                        }
                        p.seen { "Seen: " (visible(&check.seen)) }
                        @if !check.entry.mend.is_empty() && check.verdict != Verdict::Error {
                            p { "To mend it: " (check.entry.mend) "." }
                        }
                    }
                }
            }
        }
    }
}

/// What the run was set to.
pub(super) fn footer(run: &Run) -> Markup {
    let took = Spoken(std::time::Duration::from_millis(run.took_ms));
    let profile = format!("{:?}", run.profile).to_lowercase();
    let strict = if run.strict { ", strict" } else { "" };
    html! {
        footer {
            p {
                (run.tool) " " (run.version) ", profile " (profile) (strict) ", began "
                (moment(run.started_unix_ms)) ", took " (took.to_string()) "."
            }
        }
    }
}

/// A time as people write it, in UTC.
fn moment(unix_ms: u64) -> String {
    let time = i64::try_from(unix_ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    time.map_or_else(String::new, |time| time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}
