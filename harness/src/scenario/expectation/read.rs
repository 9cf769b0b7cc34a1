//! Expectations out of the tree of a file.

use std::time::Duration;

use super::{Expectations, Line, LineKind, NothingElse};
use crate::scenario::decode::{Decoder, Keys};
use crate::scenario::sentence::{Bound, Surroundings, sentence};
use crate::scenario::yaml::{Node, Scalar};
use crate::vocabulary::Stream;

/// What `nothing_else` waits for when it does not say.
pub(in crate::scenario) const QUIET: Duration = Duration::from_secs(1);

/// All expectations of a scenario.
pub(in crate::scenario) fn expectations(
    decoder: &mut Decoder<'_>,
    around: &Surroundings<'_>,
    scenario: &Keys<'_>,
) -> Expectations {
    let mut lines = Vec::new();
    for entry in scenario.entries {
        let kind = match entry.key.text.as_str() {
            "expect" => LineKind::Expect,
            "order" => LineKind::Order,
            "never" => LineKind::Never,
            "count" => {
                for entry in decoder.entries(&entry.value, "events with their numbers").unwrap_or_default() {
                    let Some(count) = decoder.count(&entry.value, 0..=u32::MAX) else { continue };
                    lines.extend(line(decoder, around, LineKind::Count(count), &entry.key));
                }
                continue;
            }
            _ => continue,
        };
        for item in decoder.list(&entry.value, "of sentences").unwrap_or_default() {
            let Some(scalar) = decoder.scalar(item, "a sentence such as `agent.speaks within 1s of ask.end`")
            else {
                continue;
            };
            lines.extend(line(decoder, around, kind, scalar));
        }
    }
    let nothing_else = scenario.get("nothing_else").and_then(|node| nothing_else(decoder, node));
    Expectations { lines, nothing_else }
}

fn line(
    decoder: &mut Decoder<'_>,
    around: &Surroundings<'_>,
    kind: LineKind,
    scalar: &Scalar,
) -> Option<Line> {
    match sentence(&scalar.text, around) {
        Ok((sentence, subject)) => {
            let refused = match kind {
                LineKind::Expect => None,
                LineKind::Order | LineKind::Never if sentence.times.is_some() => {
                    Some("`times` belongs to `expect`")
                }
                LineKind::Count(_) if sentence.times.is_some() || sentence.bound.is_some() => {
                    Some("`count` takes an event with its tests and nothing else")
                }
                LineKind::Order | LineKind::Never | LineKind::Count(_) => match sentence.bound {
                    Some(Bound::Within { percentile: Some(_), .. }) => {
                        Some("a percentile belongs to `expect`")
                    }
                    _ => None,
                },
            };
            if let Some(message) = refused {
                let help = matches!(kind, LineKind::Count(_))
                    .then(|| "for a number within a bound there is `expect` with `times`".to_owned());
                decoder.refuse(scalar.place, message, help);
                return None;
            }
            let subject = decoder.source.place(scalar.bytes_of(subject));
            Some(Line { kind, sentence, text: scalar.text.clone(), place: scalar.place, subject })
        }
        Err(error) => {
            let place = decoder.source.place(scalar.bytes_of(error.range));
            decoder.refuse(place, error.message, error.help);
            None
        }
    }
}

fn nothing_else(decoder: &mut Decoder<'_>, node: &Node) -> Option<NothingElse> {
    let keys = decoder.keys(node, "nothing_else", &["streams", "quiet"])?;
    let Some(streams) = keys.get("streams") else {
        let help = "such as `streams: [error, playout]`";
        decoder.lacks(&keys, "`nothing_else` names its `streams`", Some(help.to_owned()));
        return None;
    };
    let words = Stream::ALL.map(|stream| (stream.word(), stream));
    let items = decoder.list(streams, "of streams")?;
    let streams: Option<Vec<_>> = items.iter().map(|item| decoder.word(item, &words)).collect();
    let quiet = keys.get("quiet").map_or(Some(QUIET), |node| decoder.duration(node));
    Some(NothingElse { streams: streams?, quiet: quiet?, place: node.place })
}
