//! A sentence into words, quoted texts and signs.

use std::ops::Range;

use super::SentenceError;

/// One token and the bytes of the sentence it stands in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) range: Range<usize>,
}

/// What a token is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum TokenKind {
    /// Anything without white space, quotes and signs of comparison.
    Word(String),
    /// A text in double quotes, escapes resolved: `\"` and `\\`; any other backslash is itself.
    Quoted(String),
    /// `=`, `!=`, `<`, `>` or `±`.
    Sign(&'static str),
}

const SIGNS: [(&str, &str); 6] = [("!=", "!="), ("=", "="), ("<", "<"), (">", ">"), ("±", "±"), ("+/-", "±")];

/// All tokens of a sentence.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, SentenceError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let (kind, len) = if rest.starts_with(char::is_whitespace) {
            at += rest.len() - rest.trim_start().len();
            continue;
        } else if let Some((sign, kind)) = sign(rest) {
            (TokenKind::Sign(kind), sign.len())
        } else if rest.starts_with('"') {
            let (quoted, len) = quoted(rest).ok_or_else(|| SentenceError {
                range: at..text.len(),
                message: "this quote is never closed".to_owned(),
                help: None,
            })?;
            (TokenKind::Quoted(quoted), len)
        } else {
            let len = rest
                .char_indices()
                .find(|(at, c)| c.is_whitespace() || *c == '"' || sign(&rest[*at..]).is_some())
                .map_or(rest.len(), |(at, _)| at);
            (TokenKind::Word(rest[..len].to_owned()), len)
        };
        tokens.push(Token { kind, range: at..at + len });
        at += len;
    }
    Ok(tokens)
}

fn sign(rest: &str) -> Option<(&'static str, &'static str)> {
    SIGNS.into_iter().find(|(sign, _)| rest.starts_with(sign))
}

/// The text of a quote at the start of `rest`, and its length with quotes.
fn quoted(rest: &str) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((text, at + 1)),
            '\\' => match chars.next_if(|(_, next)| matches!(next, '"' | '\\')) {
                Some((_, escaped)) => text.push(escaped),
                None => text.push('\\'),
            },
            _ => text.push(c),
        }
    }
    None
}

/// A sentence with one space between its tokens; `None` when it has a quote that is never closed.
pub(in crate::scenario) fn spaced(text: &str) -> Option<String> {
    let tokens = tokens(text).ok()?.into_iter().map(|token| match token.kind {
        TokenKind::Word(word) => word,
        TokenKind::Quoted(text) => quote(&text),
        TokenKind::Sign(sign) => sign.to_owned(),
    });
    Some(tokens.collect::<Vec<_>>().join(" "))
}

/// Whether a text can stand without quotes where a value is due.
pub(super) fn is_bare(text: &str) -> bool {
    !super::parse::is_keyword(text)
        && matches!(tokens(text).as_deref(), Ok([Token { kind: TokenKind::Word(word), .. }]) if word == text)
}

/// A text in quotes, as [`tokens`] reads it back.
pub(super) fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
