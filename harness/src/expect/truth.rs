//! Whether the tests of a sentence are true of an entry.

use std::borrow::Cow;
use std::cmp::Ordering;

use bargein_core::Time;

use super::record::{Occurrence, Record};
use crate::scenario::{FieldPath, Literal, Op, Quote, Segment, Test};
use crate::timeline::{Entry, Event, Value};
use crate::vocabulary::{FieldKind, Observed};

/// What is known of a test.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Truth {
    /// It is true.
    Yes,
    /// It is false.
    No,
    /// It depends on an event that may still come.
    Open,
    /// It is certain once everything up to this time has been recorded.
    OpenUntil(Time),
}

/// Whether all tests are true of an occurrence.
pub(super) fn all(record: &Record, tests: &[Test], of: &Occurrence) -> Truth {
    let mut all = Truth::Yes;
    for test in tests {
        match truth(record, test, of) {
            Truth::Yes => {}
            Truth::No => return Truth::No,
            open => all = open,
        }
    }
    all
}

/// Whether one test is true of an occurrence.
pub(super) fn truth(record: &Record, test: &Test, of: &Occurrence) -> Truth {
    let Some(value) = field(&of.entry, &test.field) else { return Truth::No };
    let truth = match &test.op {
        Op::Equals(literal) => equals(&value, literal),
        Op::DiffersFromValue(literal) => !equals(&value, literal),
        Op::Less(literal) => order(&value, literal) == Some(Ordering::Less),
        Op::More(literal) => order(&value, literal) == Some(Ordering::Greater),
        Op::Contains(text) => text_of(&value).contains(text.as_str()),
        Op::Matches(pattern) => pattern.is_found_in(&text_of(&value)),
        Op::SameAs(other) | Op::DiffersFrom(other) => {
            let same = matches!(test.op, Op::SameAs(_));
            match record.named(other).first() {
                Some(other) => field(&other.entry, &test.field).is_some_and(|other| (other == value) == same),
                None if record.lost(other).is_some() => false,
                None => return Truth::Open,
            }
        }
        Op::IsSpokenPartOf(_) if !record.is_settled(of.point.at) => return Truth::OpenUntil(of.point.at),
        Op::IsSpokenPartOf(quote) => is_spoken_part(record, of, &text_of(&value), quote),
    };
    if truth { Truth::Yes } else { Truth::No }
}

/// The value at a path of an entry; `None` when there is none.
pub(super) fn field<'e>(entry: &'e Entry, path: &FieldPath) -> Option<Cow<'e, Value>> {
    let value = entry.field(&path.name)?;
    if path.rest.is_empty() {
        return Some(Cow::Borrowed(value));
    }
    let Value::Json(json) = value else { return None };
    let headers = entry.event.row().field(&path.name).is_some_and(|field| field.kind == FieldKind::Headers);
    let found = path.rest.iter().try_fold(json, |json, segment| step_into(json, segment, headers))?;
    Some(Cow::Owned(Value::Json(found.clone())))
}

fn step_into<'j>(
    json: &'j serde_json::Value,
    segment: &Segment,
    headers: bool,
) -> Option<&'j serde_json::Value> {
    match (json, segment) {
        (serde_json::Value::Array(items), Segment::Index(index)) => {
            let distance = usize::try_from(index.unsigned_abs()).ok()?;
            items.get(if *index < 0 { items.len().checked_sub(distance)? } else { distance })
        }
        (serde_json::Value::Object(map), Segment::Key(key)) if headers => {
            map.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value)
        }
        (serde_json::Value::Object(map), Segment::Key(key)) => map.get(key),
        (serde_json::Value::Object(map), Segment::Index(index)) => map.get(&index.to_string()),
        _ => None,
    }
}

fn equals(value: &Value, literal: &Literal) -> bool {
    match (value, literal) {
        (Value::Text(value), Literal::Text(text)) => value == text,
        (Value::Bool(value), Literal::Bool(truth)) => value == truth,
        (Value::Json(serde_json::Value::String(value)), Literal::Text(text)) => value == text,
        (Value::Json(serde_json::Value::Bool(value)), Literal::Bool(truth)) => value == truth,
        _ => order(value, literal) == Some(Ordering::Equal),
    }
}

/// How a value compares by size; `None` when it has none, or another unit.
fn order(value: &Value, literal: &Literal) -> Option<Ordering> {
    match (value, literal) {
        (Value::Number(value), Literal::Number(number)) => value.partial_cmp(number),
        (Value::Duration(value), Literal::Duration(duration)) => Some(value.cmp(duration)),
        (Value::Level(value), Literal::Level(level)) => Some(value.cmp(level)),
        (Value::Json(serde_json::Value::Number(value)), Literal::Number(number)) => {
            value.as_f64()?.partial_cmp(number)
        }
        _ => None,
    }
}

/// A value as text to search in; JSON other than a string in its compact form.
fn text_of(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Text(text) | Value::Json(serde_json::Value::String(text)) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

/// Whether a text is a beginning of the quote and ends within one segment of what had been heard by then.
fn is_spoken_part(record: &Record, of: &Occurrence, part: &str, quote: &Quote) -> bool {
    let silences = record.of(&Event::Observed(Observed::AgentFallsSilent));
    let heard =
        silences.iter().rev().filter(|silence| silence.point <= of.point).find_map(|silence| {
            match (silence.entry.field("heard"), silence.entry.field("segment")) {
                (Some(Value::Text(heard)), Some(Value::Text(segment))) => {
                    Some((letters(heard), letters(segment)))
                }
                _ => None,
            }
        });
    let Some((heard, segment)) = heard else { return false };
    let part = letters(part);
    let apart = part.chars().count().abs_diff(heard.chars().count());
    !part.is_empty() && letters(&quote.text).starts_with(&part) && apart <= segment.chars().count()
}

/// Without white space: how pieces of speech are joined again is no one's promise.
fn letters(text: &str) -> String {
    text.split_whitespace().collect()
}
