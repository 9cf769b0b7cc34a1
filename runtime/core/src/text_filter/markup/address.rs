//! Links, images, tags and addresses: marks of markup that have an inside.

use super::{LIMIT, without_marks};
use crate::text_filter::{Step, first_characters};

/// Decides about the link whose opening bracket stands at byte `bracket` (1 for an image, after its `!`).
///
/// It becomes its text, which may hold further marks. Neither part spans lines.
pub(super) fn link(rest: &str, bracket: usize, at_end: bool) -> Option<Step> {
    let not_a_link = || Step::Keep(bracket + 1);
    let text_end = match closing(rest, bracket, ['[', ']']) {
        Closing::At(at) => at,
        Closing::Unfinished => return at_end.then(not_a_link),
        Closing::Nowhere => return Some(not_a_link()),
    };
    match rest[text_end + 1..].chars().next() {
        Some('(') => match closing(rest, text_end + 1, ['(', ')']) {
            Closing::At(end) => {
                Some(Step::Replace { len: end + 1, by: without_marks(&rest[bracket + 1..text_end]) })
            }
            Closing::Unfinished => at_end.then(not_a_link),
            Closing::Nowhere => Some(not_a_link()),
        },
        Some(_) => Some(not_a_link()),
        None => at_end.then(not_a_link),
    }
}

/// Where the closing bracket is.
enum Closing {
    At(usize),
    Unfinished,
    Nowhere,
}

/// Looks for the bracket that closes the one at byte `from`, on the same line.
fn closing(text: &str, from: usize, [open, close]: [char; 2]) -> Closing {
    let text = &text[from..];
    let window = first_characters(text, LIMIT + 1);
    let line = &window[..window.find('\n').unwrap_or(window.len())];
    let not_found = if line.len() < text.len() { Closing::Nowhere } else { Closing::Unfinished };
    if !line.contains(close) {
        // Cheaper than the walk, for texts that are full of opening brackets.
        return not_found;
    }
    let (mut depth, mut escaped) = (0_usize, false);
    for (at, c) in line.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == open {
            depth += 1;
        } else if c == close {
            depth -= 1;
            if depth == 0 {
                return Closing::At(from + at);
            }
        }
    }
    not_found
}

/// What an opening angle bracket begins; lengths include both brackets.
pub(super) enum Angle {
    /// A tag or a comment.
    Tag(usize),
    /// An address such as `<https://example.com>`.
    Address(usize),
    /// Its end is not there yet.
    Unfinished,
    /// Nothing: a sign like any other.
    Nothing,
}

/// Decides what the angle bracket at the beginning of `text` begins.
pub(super) fn angle(text: &str) -> Angle {
    let rest = first_characters(text, LIMIT);
    let found = if rest.starts_with("<!--") {
        rest.find("-->").map(|at| Angle::Tag(at + 3))
    } else if "<!--".starts_with(rest) {
        None
    } else {
        match tag(rest) {
            Some(Angle::Nothing) => address(rest),
            found => found,
        }
    };
    match found {
        Some(found) => found,
        None if rest.len() < text.len() => Angle::Nothing,
        None => Angle::Unfinished,
    }
}

/// `<name attribute="value" …>`, `<name/>` or `</name>`. Every attribute has a value: `a <b and c> d` is no tag.
fn tag(rest: &str) -> Option<Angle> {
    let mut chars = rest.char_indices().skip(1).peekable();
    let take_while = |chars: &mut std::iter::Peekable<_>, allowed: fn(char) -> bool| {
        let mut taken = 0;
        while chars.next_if(|(_, c): &(usize, char)| allowed(*c)).is_some() {
            taken += 1;
        }
        taken
    };
    chars.next_if(|(_, c)| *c == '/');
    if !chars.peek()?.1.is_ascii_alphabetic() {
        return Some(Angle::Nothing);
    }
    take_while(&mut chars, |c| c.is_ascii_alphanumeric() || c == '-');
    loop {
        let spaces = take_while(&mut chars, |c| c.is_ascii_whitespace());
        let (at, c) = *chars.peek()?;
        match c {
            '>' => return Some(Angle::Tag(at + 1)),
            '/' => {
                chars.next();
                let (at, c) = *chars.peek()?;
                return Some(if c == '>' { Angle::Tag(at + 1) } else { Angle::Nothing });
            }
            _ if spaces == 0 => return Some(Angle::Nothing),
            _ => {}
        }
        let name = take_while(&mut chars, |c| c.is_ascii_alphanumeric() || "-_:.@".contains(c));
        if name == 0 || chars.next()?.1 != '=' {
            return Some(Angle::Nothing);
        }
        match *chars.peek()? {
            (_, quote @ ('"' | '\'')) => {
                chars.next();
                while chars.next()?.1 != quote {}
            }
            _ => {
                take_while(&mut chars, |c| !c.is_ascii_whitespace() && c != '>');
            }
        }
    }
}

/// `<scheme://…>` or `<name@host>`.
fn address(rest: &str) -> Option<Angle> {
    let inside = &rest[1..];
    let end = inside.find(|c: char| !c.is_ascii_graphic() || c == '<' || c == '>')?;
    let is_address = inside[..end].contains("://") || inside[..end].contains('@');
    Some(if is_address && inside[end..].starts_with('>') { Angle::Address(end + 2) } else { Angle::Nothing })
}
