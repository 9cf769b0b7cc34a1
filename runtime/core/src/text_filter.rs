//! The text filter: what of the model's text is said, what is shown, what is told as metadata.
//!
//! A text arrives in deltas and passes the stages documented at [`TextRules`], one after the other. Where a delta
//! ends never matters: a stage holds back what it cannot decide yet, and every split of a text gives the same
//! output. What is held back is bounded: an opening mark whose closing mark does not come within 400 characters
//! (4 KiB for metadata), or not before the end of the text, is said like any other text, and what follows it is
//! looked at anew. Links and tags end within 1,000 characters, runs of one mark after 200, emoji after 32. So a
//! text's cost is linear in its length, whatever it is made of. Subtitles wait only for metadata.
//!
//! Deliberately out: cutting into segments, and what the model was asked.

mod emoji;
mod enclosed;
mod find;
mod markup;
#[cfg(test)]
mod tests;

use crate::config::TextRules;
use find::{Found, find};
use markup::Markup;

pub(crate) use emoji::is_emoji;

/// The filter of one reply.
#[derive(Debug)]
pub(crate) struct TextFilter {
    /// What is neither said nor shown.
    metadata: Option<Stage>,
    /// What is not said.
    speech: Vec<Stage>,
    terminated: bool,
}

/// What came of a delta.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Filtered {
    /// Text to say.
    pub(crate) spoken: String,
    /// Text to show.
    pub(crate) shown: String,
    /// Metadata objects, as they stood between their marks.
    pub(crate) metadata: Vec<String>,
}

impl TextFilter {
    /// A filter at the beginning of a reply. Empty marks and strings in the rules act on nothing.
    pub(crate) fn new(rules: &TextRules) -> Self {
        let is_pair = |(open, close): &&(String, String)| !open.is_empty() && !close.is_empty();
        let metadata = rules.metadata.as_ref().filter(is_pair).cloned();
        let terminator = rules.terminator.clone().filter(|mark| !mark.is_empty());
        let pairs: Vec<_> = rules.pairs.iter().filter(is_pair).cloned().collect();
        let characters: Vec<_> = rules.characters.iter().filter(|one| !one.is_empty()).cloned().collect();

        let speech = [
            terminator.map(Rule::Terminator),
            (!pairs.is_empty()).then_some(Rule::Pairs(pairs)),
            rules.markup.then(|| Rule::Markup(Markup::at_line_start())),
            rules.emoji.then_some(Rule::Emoji),
            (!characters.is_empty()).then_some(Rule::Characters(characters)),
        ];
        Self {
            metadata: metadata.map(|(open, close)| Stage::new(Rule::Metadata(open, close))),
            speech: speech.into_iter().flatten().map(Stage::new).collect(),
            terminated: false,
        }
    }

    /// Takes the next delta and gives what is decided by it.
    pub(crate) fn push(&mut self, delta: &str) -> Filtered {
        self.pass(delta, false)
    }

    /// Says that the text is whole and gives what was held back.
    pub(crate) fn finish(&mut self) -> Filtered {
        self.pass("", true)
    }

    /// Forgets what was held back, as if it had never come.
    pub(crate) fn forget_held(&mut self) {
        for stage in self.metadata.iter_mut().chain(&mut self.speech) {
            stage.held.clear();
        }
    }

    /// Whether the terminator came, so that nothing more will be said.
    #[cfg(test)]
    pub(crate) const fn is_terminated(&self) -> bool {
        self.terminated
    }

    fn pass(&mut self, delta: &str, at_end: bool) -> Filtered {
        let Passed { text: shown, objects, .. } = match &mut self.metadata {
            Some(stage) => stage.run(delta, at_end),
            None => Passed { text: delta.to_owned(), ..Passed::default() },
        };
        Filtered { spoken: self.say(&shown, at_end), shown, metadata: objects }
    }

    fn say(&mut self, shown: &str, mut at_end: bool) -> String {
        if self.terminated {
            return String::new();
        }
        let mut text = shown.to_owned();
        for stage in &mut self.speech {
            let passed = stage.run(&text, at_end);
            text = passed.text;
            // What follows the terminator will never come: the later stages are at the end of their text.
            at_end |= passed.ended;
            self.terminated |= passed.ended;
        }
        text
    }
}

/// One stage with what it holds back.
#[derive(Debug)]
struct Stage {
    rule: Rule,
    held: String,
}

/// What a stage lets through.
#[derive(Debug, Default)]
struct Passed {
    text: String,
    objects: Vec<String>,
    ended: bool,
}

impl Stage {
    const fn new(rule: Rule) -> Self {
        Self { rule, held: String::new() }
    }

    fn run(&mut self, text: &str, at_end: bool) -> Passed {
        self.held.push_str(text);
        let mut passed = Passed::default();
        let mut rest = self.held.as_str();
        while !rest.is_empty()
            && let Some(step) = self.rule.next(rest, at_end)
        {
            let len = match step {
                Step::Keep(len) => {
                    passed.text.push_str(&rest[..len]);
                    len
                }
                Step::Drop(len) => len,
                Step::Replace { len, by } => {
                    passed.text.push_str(&by);
                    len
                }
                Step::Tell { len, object } => {
                    passed.objects.push(object);
                    len
                }
                Step::End => {
                    passed.ended = true;
                    rest.len()
                }
            };
            rest = &rest[len..];
        }
        let decided = self.held.len() - rest.len();
        self.held.drain(..decided);
        passed
    }
}

/// The text's first characters, at most so many.
fn first_characters(text: &str, count: usize) -> &str {
    // No character is shorter than a byte.
    let end = if text.len() <= count { None } else { text.char_indices().nth(count) };
    end.map_or(text, |(end, _)| &text[..end])
}

/// What a stage looks for.
#[derive(Debug)]
enum Rule {
    Metadata(String, String),
    Terminator(String),
    Pairs(Vec<(String, String)>),
    Markup(Markup),
    Emoji,
    Characters(Vec<String>),
}

/// What becomes of the first bytes of the undecided text.
#[derive(Debug)]
enum Step {
    /// So many go on.
    Keep(usize),
    /// So many do not.
    Drop(usize),
    /// Something else goes on in their place.
    Replace { len: usize, by: String },
    /// They are metadata.
    Tell { len: usize, object: String },
    /// Nothing goes on, now or later.
    End,
}

impl Rule {
    /// Decides about the beginning of `rest`, which is not empty; `None` when that takes more text.
    ///
    /// A step never depends on text beyond what it took to decide it, and at the end there always is one: this is
    /// what makes any split of a text give the same output.
    fn next(&mut self, rest: &str, at_end: bool) -> Option<Step> {
        match self {
            Self::Metadata(open, close) => enclosed::metadata(rest, open, close, at_end),
            Self::Pairs(pairs) => enclosed::pairs(rest, pairs, at_end),
            Self::Markup(markup) => markup.next(rest, at_end),
            Self::Emoji => emoji::next(rest, at_end),
            Self::Terminator(mark) => match find(rest, [mark.as_str()], at_end) {
                Found::Here(_) => Some(Step::End),
                Found::Undecided => None,
                Found::NotBefore(at) => Some(Step::Keep(at)),
            },
            Self::Characters(all) => match find(rest, all.iter().map(String::as_str), at_end) {
                Found::Here(which) => Some(Step::Drop(all[which].len())),
                Found::Undecided => None,
                Found::NotBefore(at) => Some(Step::Keep(at)),
            },
        }
    }
}
