//! `nothing_else`: the named streams carry nothing that no line accounts for.

use std::collections::BTreeSet;

use super::record::{Occurrence, Record};
use super::{Failure, Verdict};
use crate::scenario::NothingElse;
use crate::timeline::Event;
use crate::vocabulary::{Observed, Stream};

/// How many entries a failure names.
const NAMED: usize = 3;

pub(super) fn judge(record: &Record, world: &NothingElse, accounted: &BTreeSet<u64>) -> Verdict {
    let within = |event: &Event| world.streams.contains(&event.row().stream);
    let in_speech = accounted_speech(record, accounted);
    let else_: Vec<_> = record
        .all(within)
        .into_iter()
        .filter(|occurrence| !accounted.contains(&occurrence.point.order))
        .filter(|occurrence| !in_speech.contains(&occurrence.point.order))
        .collect();
    if else_.is_empty() {
        return Verdict::Met;
    }
    let named: Vec<_> = else_.iter().take(NAMED).map(|other| described(other)).collect();
    let more = match else_.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!("no line accounts for {}{more}", named.join(", "));
    Verdict::Failed(Failure { at: record.now(), message })
}

fn described(other: &Occurrence) -> String {
    let entry = &other.entry;
    let fields: Vec<_> = entry.fields.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let fields = if fields.is_empty() { String::new() } else { format!(" ({})", fields.join(", ")) };
    format!("{}{fields} at {}", entry.event, entry.at)
}

/// The edges of the stretches of speech of which a line accounts for either edge, or for a moment of a step of the
/// app that lies in them.
fn accounted_speech(record: &Record, accounted: &BTreeSet<u64>) -> BTreeSet<u64> {
    let speaks = Event::Observed(Observed::AgentSpeaks);
    let falls_silent = Event::Observed(Observed::AgentFallsSilent);
    let edges = record.all(|event| *event == speaks || *event == falls_silent);
    let stretches = edges.chunk_by(|_, next| next.entry.event != speaks);
    let of_steps = record.all(|event| event.row().stream == Stream::Step);
    let mut edges_accounted = BTreeSet::new();
    for stretch in stretches {
        let (Some(first), Some(last)) = (stretch.first(), stretch.last()) else { continue };
        let is_of_line = stretch.iter().any(|edge| accounted.contains(&edge.point.order));
        let is_of_step = || {
            of_steps.iter().any(|moment| {
                accounted.contains(&moment.point.order)
                    && (first.entry.at..=last.entry.at).contains(&moment.entry.at)
            })
        };
        if is_of_line || is_of_step() {
            edges_accounted.extend(stretch.iter().map(|edge| edge.point.order));
        }
    }
    edges_accounted
}
