//! The report CI systems read: JUnit XML. A suite a theme, a test case a case.

use std::io::Write;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::Rerun;
use crate::run::{CaseResult, Verdict};

/// Writes the report of all cases.
///
/// # Errors
/// The report cannot be written.
pub fn write(
    out: impl Write,
    results: &[CaseResult],
    took: Duration,
    real: bool,
) -> Result<(), SerializeError> {
    let mut report = Report::new("bargein");
    report.set_time(took);
    for in_theme in results.chunk_by(|one, other| one.name.theme() == other.name.theme()) {
        let theme = in_theme.first().map_or("", |result| result.name.theme());
        let mut suite = TestSuite::new(theme);
        suite.set_time(in_theme.iter().map(|result| result.took).sum());
        suite.add_test_cases(in_theme.iter().map(|result| test_case(result, real)));
        report.add_test_suite(suite);
    }
    report.serialize(out)
}

fn test_case(result: &CaseResult, real: bool) -> TestCase {
    let status = match &result.verdict {
        Verdict::Passed => TestCaseStatus::success(),
        Verdict::Failed(failures) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            if let Some(first) = failures.first() {
                let diagnostic = &first.diagnostic;
                status.set_message(format!(
                    "{}:{}: {}",
                    diagnostic.source.name(),
                    diagnostic.place.line,
                    diagnostic.message
                ));
                let told: Vec<_> = failures.iter().map(|failure| failure.diagnostic.to_string()).collect();
                let rerun = Rerun::new(result, first.run, real);
                status.set_description(format!("{}\n\nrerun: {rerun}", told.join("\n\n")));
            }
            status.set_type("expectation");
            status
        }
        Verdict::NotJudged(why) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(why.as_str());
            status.set_type("not judged");
            status
        }
    };
    let mut case = TestCase::new(result.name.in_theme(), status);
    case.set_classname(result.name.theme());
    case.set_time(result.took);
    if let Verdict::Failed(failures) = &result.verdict
        && let Some(run) = failures.first().and_then(|failure| result.runs.get(failure.run))
    {
        case.set_system_out(run.timeline.to_string());
    }
    case
}
