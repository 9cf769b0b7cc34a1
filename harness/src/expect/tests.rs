//! Lines against timelines: each case is a piece of a scenario, what happened, and what is said of it.

mod any_order;
mod closed_world;
mod lines;
mod percentiles;
mod steps;

use std::sync::Arc;
use std::time::Duration;

use bargein_core::Time;

use super::{Evaluator, Verdict};
use crate::scenario::{Case, Line, Scenario};
use crate::timeline::{Entry, Event, StepId, Value};
use crate::vocabulary::{Observed, StepMoment};

/// The first case of a scenario with the steps `ask` (user), `tell` and `flood` (app) and these expectations.
fn case(expectations: &str) -> Case {
    let text = format!(
        "version: 1\nname: x\nsteps:\n  - user: {{ id: ask, says: hi }}\n  - app: {{ id: tell, speak: hi }}\n  \
         - app: {{ id: flood, speak: hi, times: 3 }}\n{expectations}"
    );
    Scenario::read("a.yaml", text.as_bytes(), &crate::scenario::tests::Shelf).unwrap().cases.remove(0)
}

/// The case of these lines of `expect`.
fn expecting(lines: &[&str]) -> Case {
    let lines: String = lines.iter().map(|line| format!("  - {line}\n")).collect();
    case(&format!("expect:\n{lines}"))
}

/// Runs a timeline: `1405 ask.end how=whole` is an entry, `now 3000` moves time, `over 5000` ends the run.
fn run(case: &Case, timeline: &str) -> Evaluator {
    let mut evaluator = Evaluator::new(case);
    for line in timeline.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match line.split_once(' ').unwrap() {
            ("now", at) => evaluator.advance(millis(at)),
            ("over", at) => evaluator.finish(millis(at)),
            (at, what) => evaluator.push(Arc::new(entry(millis(at), what))),
        }
    }
    evaluator
}

/// What is said of every line after a timeline.
fn said(case: &Case, timeline: &str) -> String {
    let evaluator = run(case, timeline);
    let mut said: Vec<_> = case.expectations.lines.iter().zip(evaluator.verdicts()).map(of_line).collect();
    said.extend(evaluator.nothing_else().map(|verdict| format!("nothing_else: {}", shown(verdict))));
    said.join("\n")
}

fn of_line((line, verdict): (&Line, &Verdict)) -> String {
    format!("{}: {}", line.text, shown(verdict))
}

fn shown(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Failed(failure) => format!("FAILED at {}: {}", failure.at, failure.message),
        other => format!("{other:?}"),
    }
}

fn millis(text: &str) -> Time {
    let micros = (text.trim().parse::<f64>().unwrap() * 1_000.0).round();
    Time::from_nanos(format!("{micros}").parse::<u64>().unwrap() * 1_000)
}

fn entry(at: Time, text: &str) -> Entry {
    let (word, mut rest) = text.split_once(' ').unwrap_or((text, ""));
    let event = match Observed::of_word(word) {
        Some(event) => Event::Observed(event),
        None => {
            let (id, moment) = word.rsplit_once('.').unwrap();
            Event::Step(StepId::new(id), StepMoment::of_word(moment).unwrap())
        }
    };
    let mut entry = Entry::new(at, event);
    while !rest.is_empty() {
        let (name, behind) = rest.split_once('=').unwrap();
        let end = match behind.chars().next() {
            Some('{' | '[') => {
                let mut values = serde_json::Deserializer::from_str(behind).into_iter::<serde_json::Value>();
                values.next().unwrap().unwrap();
                values.byte_offset()
            }
            Some('"') => behind[1..].find('"').unwrap() + 2,
            _ => behind.find(' ').unwrap_or(behind.len()),
        };
        entry.fields.push((name.to_owned().into(), value(&behind[..end])));
        rest = behind[end..].trim_start();
    }
    entry
}

fn value(text: &str) -> Value {
    let number = |text: &str| text.parse::<f64>().ok();
    if let Some(level) = text.strip_suffix("dB").and_then(|text| text.parse().ok()) {
        Value::Level(level)
    } else if let Some(millis) = text.strip_suffix("ms").and_then(|text| text.parse().ok()) {
        Value::Duration(Duration::from_millis(millis))
    } else if text.starts_with(['{', '[']) {
        Value::Json(serde_json::from_str(text).unwrap())
    } else if let Ok(truth) = text.parse() {
        Value::Bool(truth)
    } else if let Some(number) = number(text) {
        Value::Number(number)
    } else {
        Value::Text(text.trim_matches('"').to_owned())
    }
}
