//! A streamed answer, read for its faults: nothing is mended, and everything keeps its place and its time.

use bargein_net::Moment;
use serde_json::Value;

use crate::check::raw::Exchange;

/// One event of a stream.
#[derive(Clone, Debug)]
pub(super) struct Event {
    /// What stands behind `data:`, lines joined.
    pub(super) data: String,
    /// How many data lines it has.
    pub(super) lines: usize,
    /// What stands behind `event:`.
    pub(super) name: Option<String>,
    /// When its last byte had arrived.
    pub(super) at: Moment,
    /// Whether a blank line ends it.
    pub(super) is_closed: bool,
}

/// One chunk of an answer: an event whose data is JSON.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    /// Its JSON.
    pub(super) json: Value,
    /// When its last byte had arrived.
    pub(super) at: Moment,
}

/// A streamed answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Reply {
    /// All events that have data or a name.
    pub(super) events: Vec<Event>,
    /// The events whose data is a JSON object.
    pub(super) chunks: Vec<Chunk>,
    /// Data that is neither a JSON object nor `[DONE]`.
    pub(super) broken: Vec<String>,
    /// Where the events `[DONE]` stand among all events.
    pub(super) dones: Vec<usize>,
    /// Lines that are no field.
    pub(super) strays: Vec<String>,
    /// How many lines are comments.
    pub(super) comments: usize,
    /// How many data lines have no space behind the colon.
    pub(super) tight: usize,
    /// How many lines end otherwise than with LF alone.
    pub(super) odd_ends: usize,
    /// How many lines there are.
    pub(super) lines: usize,
    /// Bytes of the longest line.
    pub(super) longest: usize,
    /// Whether it begins with a byte order mark.
    pub(super) has_bom: bool,
    /// Data that is not UTF-8.
    pub(super) not_utf8: Vec<String>,
    /// Data with half an escaped character.
    pub(super) halves: Vec<String>,
}

/// How much of a fault is shown.
const SHOWN: usize = 80;

impl Reply {
    /// Reads the body of an answer.
    pub(super) fn of(exchange: &Exchange) -> Self {
        let mut reply = Self::default();
        let body: &[u8] = &exchange.body;
        let start = if body.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        reply.has_bom = start > 0;
        let mut open: Option<Open> = None;
        let mut at = start;
        while at < body.len() {
            let rest = &body[at..];
            let length = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let line = &rest[..length.unwrap_or(rest.len())];
            let end = match length {
                None => 0,
                Some(length) if rest[length..].starts_with(b"\r\n") => 2,
                Some(_) => 1,
            };
            reply.odd_ends += usize::from(end == 2 || length.is_some_and(|length| rest[length] == b'\r'));
            reply.lines += 1;
            reply.longest = reply.longest.max(line.len());
            at += line.len() + end;
            let arrived = exchange.arrival_of(at.saturating_sub(1)).unwrap_or(exchange.ended);
            if line.is_empty() {
                reply.close(open.take(), arrived, true);
            } else {
                reply.line(line, &mut open);
            }
        }
        reply.close(open, exchange.ended, false);
        reply
    }

    fn line(&mut self, line: &[u8], open: &mut Option<Open>) {
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &b""[..]),
        };
        let trimmed = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"" => self.comments += 1,
            b"data" => {
                self.tight += usize::from(!value.starts_with(b" "));
                open.get_or_insert_default().data.push(trimmed.to_vec());
            }
            b"event" => {
                open.get_or_insert_default().name = Some(String::from_utf8_lossy(trimmed).into_owned());
            }
            b"id" | b"retry" => {}
            _ => self.strays.push(shown(&String::from_utf8_lossy(line))),
        }
    }

    fn close(&mut self, open: Option<Open>, at: Moment, is_closed: bool) {
        let Some(Open { data, name }) = open else { return };
        let lines = data.len();
        let bytes = data.join(&b'\n');
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                self.not_utf8.push(shown(&text));
                text
            }
        };
        if lines > 0 {
            if text.trim() == "[DONE]" {
                self.dones.push(self.events.len());
            } else {
                self.chunk(&text, at);
            }
        }
        self.events.push(Event { data: text, lines, name, at, is_closed });
    }

    fn chunk(&mut self, text: &str, at: Moment) {
        let (whole, has_halves) = without_halves(text);
        if has_halves {
            self.halves.push(shown(text));
        }
        match serde_json::from_str::<Value>(&whole) {
            Ok(json) if json.is_object() => self.chunks.push(Chunk { json, at }),
            _ => self.broken.push(shown(text)),
        }
    }

    /// Every choice of every chunk, with the place of the chunk.
    pub(super) fn choices(&self) -> impl Iterator<Item = (usize, &Value)> {
        self.chunks.iter().enumerate().flat_map(|(place, chunk)| {
            let choices = chunk.json.get("choices").and_then(Value::as_array);
            choices.into_iter().flatten().map(move |choice| (place, choice))
        })
    }

    /// What is said, piece by piece, each when it arrived. Empty pieces are left out.
    pub(super) fn deltas(&self) -> Vec<(&str, Moment)> {
        self.choices()
            .filter_map(|(place, choice)| {
                let text = choice.get("delta")?.get("content")?.as_str()?;
                Some((text, self.chunks.get(place)?.at))
            })
            .filter(|(text, _)| !text.is_empty())
            .collect()
    }

    /// All that is said.
    pub(super) fn text(&self) -> String {
        self.deltas().into_iter().map(|(text, _)| text).collect()
    }

    /// When the first word arrived: white space is none.
    pub(super) fn first_token(&self) -> Option<Moment> {
        self.deltas().into_iter().find(|(text, _)| !text.trim().is_empty()).map(|(_, at)| at)
    }

    /// The reasons for the end, with the places of their chunks. Empty ones are none.
    pub(super) fn finishes(&self) -> Vec<(usize, String)> {
        let reason = |choice: &Value| Some(choice.get("finish_reason")?.as_str()?.to_owned());
        let reasons = self.choices().filter_map(|(place, choice)| Some((place, reason(choice)?)));
        reasons.filter(|(_, reason)| !reason.is_empty()).collect()
    }

    /// The deltas of tool calls, in their order.
    pub(super) fn tool_deltas(&self) -> Vec<&Value> {
        self.choices()
            .filter_map(|(_, choice)| choice.get("delta")?.get("tool_calls")?.as_array())
            .flatten()
            .collect()
    }

    /// The places of the chunks that report usage.
    pub(super) fn usages(&self) -> Vec<usize> {
        let reports = |chunk: &Chunk| chunk.json.get("usage").is_some_and(|usage| !usage.is_null());
        self.chunks.iter().enumerate().filter(|(_, chunk)| reports(chunk)).map(|(place, _)| place).collect()
    }
}

#[derive(Default)]
struct Open {
    data: Vec<Vec<u8>>,
    name: Option<String>,
}

/// The beginning of a text, to be shown.
pub(super) fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() {
        short.push_str("...");
    }
    short
}

/// The JSON text with escaped halves of characters replaced, which no parser takes, and whether there were any.
fn without_halves(text: &str) -> (String, bool) {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut whole = String::with_capacity(text.len());
    let mut has_halves = false;
    let mut at = 0;
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let (length, half) = match (c, unit(at)) {
            ('\\', Some(0xd800..=0xdbff)) if matches!(unit(at + 6), Some(0xdc00..=0xdfff)) => (12, false),
            ('\\', Some(0xd800..=0xdfff)) => (6, true),
            ('\\', Some(_)) => (6, false),
            // Whatever is escaped is one character: a quote, a backslash, a letter.
            ('\\', None) => (1 + text[at + 1..].chars().next().map_or(0, char::len_utf8), false),
            _ => (c.len_utf8(), false),
        };
        whole.push_str(if half { "?" } else { text.get(at..at + length).unwrap_or_default() });
        has_halves |= half;
        at += length;
    }
    (whole, has_halves)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_characters_are_found_and_whole_ones_left_alone() {
        for (text, whole, has_halves) in [
            (r#""\ud83d\ude42""#, r#""\ud83d\ude42""#, false),
            (r#""a\ud83d""#, r#""a?""#, true),
            (r#""\ude42b""#, r#""?b""#, true),
            (r#""\\ud83d \u4f60 \n好""#, r#""\\ud83d \u4f60 \n好""#, false),
            ("\\", "\\", false),
        ] {
            assert_eq!(without_halves(text), (whole.to_owned(), has_halves), "{text}");
        }
    }
}
