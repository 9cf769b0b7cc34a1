//! Borders: after which marks a sentence or a clause is over.
//!
//! The marks `。！？；` end a sentence at once, and so do `!?` unless they may be part of an address. Other full-width
//! marks end something unless they stand between two digits. Other Latin marks do when no letter, digit or sign of
//! an address follows (`3.14`, `10:30`, `1,000`), and a single dot does not after an abbreviation or the number of a
//! list. Further marks and closing quotes and brackets stay with a mark that waited for what follows.

use super::abbreviation::{Dot, dot_after};
use crate::utterance_text::is_cjk;

/// What is over at a border.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Strength {
    Clause,
    Sentence,
}

/// What stands right behind a grapheme cluster.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    NoBorder,
    /// What is over, and the byte it ends before.
    Border {
        strength: Strength,
        end: usize,
    },
    /// More text will tell.
    Undecided,
}

/// The marks met while walking through a segment, cluster by cluster.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marks {
    in_quotes: bool,
    run: Option<Run>,
    /// Whether the word so far may be an address: it has one of `./@`.
    in_address: bool,
}

/// Marks in a row, such as `?!`, perhaps with closing quotes and brackets.
#[derive(Debug, Clone, Copy)]
struct Run {
    /// Where the first mark begins.
    from: usize,
    /// Where the last mark ends.
    to: usize,
    /// What the last mark ends.
    strength: Strength,
    /// Whether one of them is of full width.
    wide: bool,
}

impl Marks {
    pub(super) const fn new(in_quotes: bool) -> Self {
        Self { in_quotes, run: None, in_address: false }
    }

    /// Walks over `cluster`, which stands at byte `at` of the segment's text and is followed by `next`.
    pub(super) fn verdict(
        &mut self,
        text: &str,
        at: usize,
        cluster: &str,
        next: Option<(usize, &str)>,
        at_end: bool,
    ) -> Verdict {
        let end = at + cluster.len();
        let was_in_address = self.in_address;
        self.in_address = in_address_after(was_in_address, cluster);
        if is_newline(cluster) && (next.is_some() || at_end || cluster.ends_with('\n')) {
            *self = Self::new(false);
            return Verdict::Border { strength: Strength::Sentence, end };
        }
        if let Some((strength, wide)) = mark(cluster) {
            let (from, was_wide) = self.run.as_ref().map_or((at, false), |run| (run.from, run.wide));
            self.run = Some(Run { from, to: end, strength, wide: wide || was_wide });
        } else if !self.closes(text, at, cluster) {
            self.run = None;
        }
        self.in_quotes = quotes_after(self.in_quotes, cluster);

        if let Some(mark) = mark_that_ends_at_once(was_in_address, cluster) {
            return Verdict::Border { strength: Strength::Sentence, end: at + mark.len_utf8() };
        }
        let Some((next_at, next)) = next else {
            // The last cluster may still grow.
            return if at_end { Verdict::NoBorder } else { Verdict::Undecided };
        };
        let Some(run) = &self.run else { return Verdict::NoBorder };
        if is_newline(next) {
            return Verdict::NoBorder;
        }
        if mark(next).is_some() || self.closes(text, next_at, next) {
            // The run goes on, unless this is the beginning of a larger cluster.
            let known = at_end || next_at + next.len() < text.len();
            return if known { Verdict::NoBorder } else { Verdict::Undecided };
        }
        run.verdict(text, next_at, at_end)
    }

    /// Whether the cluster is a quote or bracket that closes.
    fn closes(&self, text: &str, at: usize, cluster: &str) -> bool {
        match cluster {
            "\"" => self.in_quotes,
            "'" => !text[at + 1..].starts_with(char::is_alphanumeric),
            _ => only_character(cluster).is_some_and(is_closing),
        }
    }
}

impl Run {
    /// Whether the run, which is over before `next_at`, ends something.
    fn verdict(&self, text: &str, next_at: usize, at_end: bool) -> Verdict {
        let marks = &text[self.from..self.to];
        let after = &text[next_at..];
        let closed = self.to < next_at;
        let between_digits =
            text[..self.from].ends_with(char::is_numeric) && after.starts_with(char::is_numeric);
        if only_character(marks).is_some() && between_digits && !closed
            || !self.wide && !closed && after.starts_with(is_tight)
        {
            return Verdict::NoBorder;
        }
        let dot = if marks == "." { dot_after(&text[..self.from]) } else { Dot::End };
        let word = after.trim_start();
        let ends = match dot {
            Dot::End => true,
            Dot::Inside => false,
            Dot::EndUnlessNumber | Dot::EndIfCapital if word.is_empty() && !at_end => {
                return Verdict::Undecided;
            }
            Dot::EndUnlessNumber => !word.starts_with(char::is_numeric),
            Dot::EndIfCapital => word.starts_with(char::is_uppercase),
        };
        if ends { Verdict::Border { strength: self.strength, end: next_at } } else { Verdict::NoBorder }
    }
}

/// Whether straight quotes are open behind `text`. None stays open over the end of a line.
pub(super) fn quotes_after(open: bool, text: &str) -> bool {
    text.chars().fold(open, |open, c| match c {
        '\n' | '\r' => false,
        '"' => !open,
        _ => open,
    })
}

/// Whether the word behind `text` may be an address. A CJK character is a word of its own.
fn in_address_after(before: bool, text: &str) -> bool {
    text.chars().fold(before, |before, c| match c {
        '.' | '/' | '@' => true,
        _ => before && !c.is_whitespace() && !is_cjk(c),
    })
}

/// Whether it is a quote or bracket that only ever closes. Straight quotes are not: they also open.
pub(crate) const fn is_closing(c: char) -> bool {
    matches!(
        c,
        '”' | '’'
            | '»'
            | '›'
            | '」'
            | '』'
            | '）'
            | '】'
            | '》'
            | '〉'
            | '〕'
            | '〗'
            | '］'
            | '｝'
            | '｣'
            | ')'
            | ']'
            | '}'
    )
}

/// What a mark ends, and whether it is of full width.
fn mark(cluster: &str) -> Option<(Strength, bool)> {
    Some(match only_character(cluster)? {
        '。' | '！' | '？' | '；' | '…' | '⋯' | '｡' | '．' | '‼' | '⁇' | '⁈' | '⁉' | '।' | '؟' | '۔' => {
            (Strength::Sentence, true)
        }
        '，' | '、' | '：' | '､' | '،' => (Strength::Clause, true),
        '.' | '!' | '?' | ';' => (Strength::Sentence, false),
        ',' | ':' => (Strength::Clause, false),
        _ => return None,
    })
}

/// The mark at the beginning of the cluster, if nothing that follows can change what it means.
///
/// Nobody waits for a sign that combines with it either: it would begin the next segment.
fn mark_that_ends_at_once(in_address: bool, cluster: &str) -> Option<char> {
    let first = cluster.chars().next()?;
    let ends = match first {
        '。' | '！' | '？' | '；' | '｡' | '।' | '؟' | '۔' => true,
        '!' | '?' => !in_address,
        _ => false,
    };
    ends.then_some(first)
}

fn is_newline(cluster: &str) -> bool {
    matches!(cluster, "\n" | "\r\n" | "\r" | "\u{2028}" | "\u{2029}")
}

/// Whether a Latin mark before it is part of a number, a name or an address.
fn is_tight(c: char) -> bool {
    c.is_alphanumeric() && !is_cjk(c) || "/=&%#@_-+~$\\".contains(c)
}

fn only_character(text: &str) -> Option<char> {
    let mut characters = text.chars();
    let first = characters.next();
    if characters.next().is_none() { first } else { None }
}
