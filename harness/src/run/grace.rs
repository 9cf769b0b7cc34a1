//! What the real world may be late by.

use std::time::Duration;

use crate::scenario::{Bound, Case, LineKind};

/// How much later, or further off, something may come over sockets and in real time: what a busy machine and its
/// scheduler add to a chain of a dozen wake-ups, and far below what a user notices.
pub(super) const GRACE: Duration = Duration::from_millis(50);

/// The case with [`GRACE`] added to every `within` and every `±` of what must come. What must not come keeps its
/// bounds.
pub(super) fn with_grace(case: &Case) -> Case {
    let mut case = case.clone();
    let lines = case.expectations.lines.iter_mut().filter(|line| line.kind != LineKind::Never);
    for bound in lines.filter_map(|line| line.sentence.bound.as_mut()) {
        match bound {
            Bound::Within { delay, .. } => *delay += GRACE,
            Bound::At { tolerance, .. } => *tolerance += GRACE,
            Bound::Between(..) | Bound::After(_) | Bound::Before(_) => {}
        }
    }
    case
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{FixtureFolders, Scenario};

    #[test]
    fn what_must_come_may_be_late_and_what_must_not_keeps_its_bounds() {
        let text = "version: 1\nname: grace\nsteps:\n  - user: { id: a, says: hi }\nexpect:\n  \
            - agent.speaks within 1s of a.end\n  - voice.started at a.start ± 100ms\nnever:\n  \
            - error within 1s of a.end\n";
        let fixtures = FixtureFolders::near(std::path::Path::new("grace.yaml"));
        let scenario = Scenario::read("grace.yaml", text.as_bytes(), &fixtures).unwrap();
        let lines = with_grace(&scenario.cases[0]).expectations.lines;
        let bounds: Vec<_> = lines.iter().filter_map(|line| line.sentence.bound.clone()).collect();
        let millis = Duration::from_millis;
        assert!(matches!(bounds[0], Bound::Within { delay, .. } if delay == millis(1_050)));
        assert!(matches!(bounds[1], Bound::At { tolerance, .. } if tolerance == millis(150)));
        assert!(matches!(bounds[2], Bound::Within { delay, .. } if delay == millis(1_000)));
    }
}
