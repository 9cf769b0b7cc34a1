//! What to say of a line that failed: what was waited for, by when, and what came nearest.

use std::cmp::Reverse;
use std::time::Duration;

use bargein_wire::units::Dur;

use super::record::{Occurrence, Record};
use super::truth::{self, Truth};
use super::window::Window;
use crate::scenario::{Line, LineKind};
use crate::timeline::Value;

/// The longest value that is shown whole, in characters.
const SHOWN: usize = 60;

/// It did not come.
pub(super) fn not_seen(record: &Record, line: &Line, window: &Window) -> String {
    let by = window.to.map_or_else(|| record.now(), |to| to.at.min(record.now()));
    let after = match line.kind {
        LineKind::Order => format!(" after {}", window.from.at),
        LineKind::Expect | LineKind::Never | LineKind::Count(_) => String::new(),
    };
    format!("not seen{after} by {by}; {}", nearest(record, line, window))
}

/// It came after all.
pub(super) fn came_after_all(first: &Occurrence, all: &[&Occurrence]) -> String {
    match all.len() {
        1 => format!("came at {}", first.point.at),
        number => format!("came at {}, {} in all", first.point.at, times(number)),
    }
}

/// It came too often.
pub(super) fn too_often(came: &[&Occurrence], expected: u32) -> String {
    format!("came {} instead of {expected}: {}", times(came.len()), at(came))
}

/// It came too seldom.
pub(super) fn too_seldom(
    record: &Record,
    line: &Line,
    window: &Window,
    came: &[&Occurrence],
    expected: u32,
) -> String {
    match came.len() {
        0 => format!("never came, expected {}; {}", times(expected as usize), nearest(record, line, window)),
        often => format!("came {} instead of {expected}: {}", times(often), at(came)),
    }
}

fn times(number: usize) -> String {
    match number {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        number => format!("{number} times"),
    }
}

fn at(came: &[&Occurrence]) -> String {
    let times: Vec<_> = came.iter().map(|occurrence| occurrence.point.at.to_string()).collect();
    format!("at {}", times.join(", "))
}

/// The occurrence that fails the fewest tests and, among these, lies nearest to the window.
fn nearest(record: &Record, line: &Line, window: &Window) -> String {
    let subject = &line.sentence.subject;
    let tests = &subject.tests;
    let passed = |occurrence: &Occurrence| {
        tests.iter().filter(|test| truth::truth(record, test, occurrence) == Truth::Yes).count()
    };
    let found = record.named(&subject.event).iter().min_by_key(|occurrence| {
        (Reverse(passed(occurrence)), distance(window, occurrence).map(Off::amount))
    });
    let Some(found) = found else {
        return match record.of(&subject.event.event).len() {
            0 => format!("no {} came at all", subject.event.event),
            number => format!("{} came only {}", subject.event.event, times(number)),
        };
    };
    let shown =
        tests.iter().zip(["where"].into_iter().chain(std::iter::repeat("and"))).map(|(test, joint)| {
            let value = truth::field(&found.entry, &test.field);
            let value = value.map_or_else(|| "absent".to_owned(), |value| shortened(&value));
            format!(" {joint} {} = {value}", test.field)
        });
    let off = distance(window, found).map(|off| format!(", {off}")).unwrap_or_default();
    format!("nearest: {}{} at {}{off}", subject.event, shown.collect::<String>(), found.point.at)
}

/// On which side of a window something lies, and how far.
#[derive(Clone, Copy)]
enum Off {
    Early(Duration),
    Late(Duration),
}

impl Off {
    const fn amount(self) -> Duration {
        match self {
            Self::Early(by) | Self::Late(by) => by,
        }
    }
}

impl std::fmt::Display for Off {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Sounds are timed to the sample; nobody reads these digits.
        let rounded = Dur::from_millis(u64::try_from(self.amount().as_millis()).unwrap_or(u64::MAX));
        match (self, rounded) {
            (Self::Early(_), Dur::ZERO) => f.write_str("just too early"),
            (Self::Late(_), Dur::ZERO) => f.write_str("just too late"),
            (Self::Early(_), by) => write!(f, "{by} too early"),
            (Self::Late(_), by) => write!(f, "{by} too late"),
        }
    }
}

fn distance(window: &Window, occurrence: &Occurrence) -> Option<Off> {
    let point = occurrence.point;
    if point < window.from {
        return Some(Off::Early(window.from.at.since(point.at)));
    }
    window.to.filter(|to| point > *to).map(|to| Off::Late(point.at.since(to.at)))
}

fn shortened(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
