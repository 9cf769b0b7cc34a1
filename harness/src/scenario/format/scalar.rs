//! Single values as they are written.

use crate::scenario::sentence::spaced;
use crate::scenario::source::Source;
use crate::scenario::yaml::{Plain, Scalar, Style};

/// A value on one line; `flow`: between braces or brackets, where more must be quoted.
pub(super) fn one_line(scalar: &Scalar, is_sentence: bool, flow: bool) -> String {
    let text = if is_sentence { sentence(&scalar.text) } else { scalar.text.clone() };
    let stays_plain = scalar.style == Style::Plain || is_sentence && Plain::of(&text) == Plain::Text;
    if stays_plain && is_plain(&text, flow) { text } else { quoted(&text) }
}

/// A sentence with one space between its words; what is no sentence stays.
pub(super) fn sentence(text: &str) -> String {
    spaced(text).unwrap_or_else(|| text.to_owned())
}

/// A block behind `|` or `>`: its head, and its lines without indentation. `None` when it is not of the simple kind
/// and is better written on one line.
pub(super) fn block<'s>(source: &'s Source, scalar: &Scalar) -> Option<(&'s str, Vec<&'s str>)> {
    if scalar.style != Style::Block || scalar.text.starts_with('\n') || scalar.text.trim().is_empty() {
        return None;
    }
    let before = source.text()[..scalar.place.start].trim_end_matches([' ', '\t']).strip_suffix('\n')?;
    let head_line = before.rsplit('\n').next()?;
    let head = head_line.split_whitespace().find(|word| matches!(*word, "|" | "|-" | ">" | ">-"))?;
    let indent = scalar.place.column - 1;
    let lines = source.at(scalar.place).trim_end().split('\n');
    let lines = lines.map(|line| {
        let spaces = line.len() - line.trim_start_matches(' ').len();
        line[spaces.min(indent)..].trim_end_matches('\r')
    });
    let first = source.at(scalar.place).split('\n').next();
    Some((head, first.into_iter().map(|line| line.trim_end_matches('\r')).chain(lines.skip(1)).collect()))
}

/// Whether a text can stand without quotes.
fn is_plain(text: &str, flow: bool) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let is_number_like =
        text.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric()));
    let begins_well = !"-?:,[]{}#&*!|>'\"%@`".contains(first) || is_number_like;
    begins_well
        && text.trim() == text
        && (!flow || !text.contains([',', '[', ']', '{', '}']))
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with(':')
        && !text.contains(char::is_control)
        && !text.contains('\u{feff}')
        && !text.starts_with("...")
}

fn quoted(text: &str) -> String {
    let has_escapes = text.contains(char::is_control) || text.contains('\u{feff}');
    if !has_escapes && text.contains(['"', '\\']) && !text.contains('\'') {
        return format!("'{text}'");
    }
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() || c == '\u{feff}' => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
