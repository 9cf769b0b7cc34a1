//! Marks of Markdown and HTML tags: what a writer adds for the eye.
//!
//! Taken out: emphasis (`*`, `_`, `~~`), backticks, fences with their language, heading and quote marks, rules, list
//! bullets, tags and comments; a link or image becomes its text, an address in angle brackets the address, an
//! escaped mark the mark. Left alone: `2 * 3`, `2*3`, `snake_case`, `#1`, `C#`, `-5`, `a < b`, numbers of lists.
//! Deliberately out: tables, reference links, attributes of tags without a value, entities.

mod address;

use super::{Rule, Stage, Step};
use address::{Angle, angle, link};

/// How many characters are held back to see the end of a link, a tag or a fence's first line.
const LIMIT: usize = 1_000;

/// The longest run of one mark that is looked at as a whole; what goes on is another run.
const LONGEST_RUN: usize = 200;

/// What a mark can begin with.
const MARKS: &str = "\\`*_~#>-+[!<";

/// Where in the text the next mark would stand.
#[derive(Debug)]
pub(super) struct Markup {
    /// The character before.
    before: Option<char>,
    /// Whether only spaces and quote marks stand before it on its line.
    line_start: bool,
}

impl Markup {
    /// The beginning of a text.
    pub(super) const fn at_line_start() -> Self {
        Self { before: None, line_start: true }
    }

    /// Decides about the beginning of `rest`; see [`Rule::next`].
    pub(super) fn next(&mut self, rest: &str, at_end: bool) -> Option<Step> {
        let step = self.decide(rest, at_end)?;
        let (len, quote) = match &step {
            Step::Keep(len) | Step::Replace { len, .. } => (*len, false),
            Step::Drop(len) => (*len, rest.starts_with('>')),
            Step::Tell { .. } | Step::End => (0, false),
        };
        for c in rest[..len].chars() {
            self.before = Some(c);
            self.line_start = c == '\n' || self.line_start && (quote || c == ' ' || c == '\t');
        }
        Some(step)
    }

    fn decide(&self, rest: &str, at_end: bool) -> Option<Step> {
        let first = rest.chars().next()?;
        let is_mark = MARKS.contains(first);
        let run = match first {
            '\\' | '[' | '<' => 1,
            // Marks have one byte each.
            _ if is_mark => rest.chars().take(LONGEST_RUN).take_while(|c| *c == first).count(),
            _ => first.len_utf8(),
        };
        let after = rest[run..].chars().next();
        if is_mark && after.is_none() && !at_end {
            // The character behind a run of marks says what the run means.
            return None;
        }
        let space_after = matches!(after, Some(' ' | '\t'));
        match first {
            '\\' => Some(escape(rest)),
            '`' if run >= 3 && self.line_start => fence(rest, run, at_end),
            '`' => Some(Step::Drop(run)),
            '*' | '-' | '+' if self.line_start && run == 1 && space_after => Some(Step::Drop(2)),
            '-' if self.line_start && run >= 3 && matches!(after, None | Some('\n')) => Some(Step::Drop(run)),
            '*' => Some(self.emphasis(run, after, |c| c.is_ascii_digit())),
            '_' => Some(self.emphasis(run, after, char::is_alphanumeric)),
            '~' if run >= 2 => Some(Step::Drop(run)),
            '#' if self.line_start && run <= 6 && space_after => Some(Step::Drop(run + 1)),
            '>' if self.line_start && space_after => Some(Step::Drop(run + 1)),
            '>' if self.line_start && matches!(after, None | Some('\n')) => Some(Step::Drop(run)),
            '[' => link(rest, 0, at_end),
            '!' if run == 1 && after == Some('[') => link(rest, 1, at_end),
            '<' => angle_step(rest, at_end),
            _ if is_mark => Some(Step::Keep(run)),
            _ => Some(Step::Keep(rest.find(|c| MARKS.contains(c)).unwrap_or(rest.len()))),
        }
    }

    /// A run of emphasis marks is kept when it stands alone, or between two characters that it would join.
    fn emphasis(&self, run: usize, after: Option<char>, joined: fn(char) -> bool) -> Step {
        let alone =
            run <= 2 && self.before.is_none_or(char::is_whitespace) && after.is_none_or(char::is_whitespace);
        let joins = self.before.is_some_and(joined) && after.is_some_and(joined);
        if alone || joins { Step::Keep(run) } else { Step::Drop(run) }
    }
}

/// The text without its marks; it stands somewhere in a line.
fn without_marks(text: &str) -> String {
    let mut stage = Stage::new(Rule::Markup(Markup { before: None, line_start: false }));
    stage.run(text, true).text
}

/// A backslash before a mark makes it an ordinary character.
fn escape(rest: &str) -> Step {
    match rest[1..].chars().next() {
        Some(c) if c.is_ascii_punctuation() => Step::Replace { len: 2, by: c.to_string() },
        _ => Step::Keep(1),
    }
}

/// The first or last line of a code block, without its newline.
fn fence(rest: &str, run: usize, at_end: bool) -> Option<Step> {
    let line: usize = rest.chars().take(LIMIT).take_while(|c| *c != '\n').map(char::len_utf8).sum();
    if rest[line..].starts_with('\n') || line == rest.len() && at_end {
        return Some(Step::Drop(line));
    }
    (line < rest.len()).then_some(Step::Drop(run))
}

fn angle_step(rest: &str, at_end: bool) -> Option<Step> {
    match angle(rest) {
        Angle::Tag(len) => Some(Step::Drop(len)),
        Angle::Address(len) => Some(Step::Replace { len, by: rest[1..len - 1].to_owned() }),
        Angle::Unfinished if !at_end => None,
        Angle::Unfinished | Angle::Nothing => Some(Step::Keep(1)),
    }
}
