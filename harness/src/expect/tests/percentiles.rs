//! Percentiles over the runs of a `repeat`.

use std::time::Duration;

use super::{Evaluator, Verdict, case, run};
use crate::expect::percentiles;

#[test]
fn a_percentile_is_judged_over_all_runs_by_nearest_rank() {
    let case = case(
        "repeat: 20\nexpect:\n  - p95 within 900ms of ask.end\n"
            .replace("- p95", "- agent.speaks p95")
            .as_str(),
    );
    let verdicts = |timeline: &str| {
        let evaluator: Evaluator = run(&case, timeline);
        evaluator.verdicts().into_iter().cloned().collect::<Vec<_>>()
    };
    let mut runs: Vec<_> = (1..=19)
        .map(|n| verdicts(&format!("1000 ask.end\n{} agent.speaks\nover 9000", 1000 + n * 40)))
        .collect();
    assert_eq!(runs[0], [Verdict::Measured(Some(Duration::from_millis(40)))]);
    runs.push(verdicts("1000 ask.end\nover 9000"));
    assert_eq!(runs[19], [Verdict::Measured(None)]);
    let judged = percentiles(&case.expectations.lines, &runs);
    insta::assert_snapshot!(judged[0].message, @"p95 is 760ms, asked for 900ms; it came in 19 of 20 runs");
    assert!(judged[0].is_met);
    runs.push(verdicts("over 9000"));
    let judged = percentiles(&case.expectations.lines, &runs);
    insta::assert_snapshot!(judged[0].message, @"p95 did not come, asked for 900ms; it came in 19 of 21 runs");
    assert!(!judged[0].is_met);
}
