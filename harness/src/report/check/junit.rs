//! The report CI systems read: JUnit XML. A suite a group, a test case a check.

use std::io::Write;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use crate::check::{Checked, Run, Verdict};

/// Writes the report.
///
/// # Errors
/// The report cannot be written.
pub fn write(out: impl Write, run: &Run) -> Result<(), SerializeError> {
    let mut report = Report::new(run.suite);
    report.set_time(Duration::from_millis(run.took_ms));
    for of_group in run.checks.chunk_by(|one, other| one.group == other.group) {
        let group = of_group.first().map_or("", |check| check.group);
        let mut suite = TestSuite::new(group);
        suite.set_time(Duration::from_millis(of_group.iter().map(|check| check.ms).sum()));
        suite.add_test_cases(of_group.iter().map(|check| case(check, run.strict)));
        report.add_test_suite(suite);
    }
    report.serialize(out)
}

fn case(check: &Checked, is_strict: bool) -> TestCase {
    let broken = |kind| {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_type(check.verdict.word());
        status.set_message(check.seen.as_str());
        status.set_description(described(check));
        status
    };
    let status = match check.verdict {
        Verdict::Fail => broken(NonSuccessKind::Failure),
        Verdict::Warn if is_strict => broken(NonSuccessKind::Failure),
        Verdict::Error => broken(NonSuccessKind::Error),
        Verdict::Skip => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(check.seen.as_str());
            status
        }
        Verdict::Waived => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(format!("waived: {}", check.waiver.as_deref().unwrap_or_default()));
            status
        }
        Verdict::Pass | Verdict::Warn | Verdict::Info => TestCaseStatus::success(),
    };
    let mut case = TestCase::new(format!("{} {}", check.entry.id, check.entry.title), status);
    case.set_classname(check.group);
    case.set_time(Duration::from_millis(check.ms));
    if matches!(check.verdict, Verdict::Warn | Verdict::Info) {
        case.set_system_out(format!("{}: {}", check.verdict, check.seen));
    }
    case
}

fn described(check: &Checked) -> String {
    let curl =
        check.evidence.first().map(|evidence| format!("\nagain: {}", evidence.curl)).unwrap_or_default();
    format!(
        "{} {}\nseen: {}\nexpected: {}\nwhy: {}\nusual cause: {}\nmend: {}{curl}",
        check.entry.level,
        check.entry.title,
        check.seen,
        check.expected(),
        check.entry.why,
        check.entry.cause,
        check.entry.mend
    )
}
