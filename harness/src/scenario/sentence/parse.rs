//! Tokens into a sentence.

use std::ops::Range;
use std::time::Duration;

use bargein_wire::units::Dur;

use super::event::event_name;
use super::test::test;
use super::token::{Token, TokenKind, tokens};
use super::{Anchor, Bound, Offset, Sentence, SentenceError, Subject, Surroundings};

const KEYWORDS: [&str; 19] = [
    "where", "and", "within", "of", "between", "after", "before", "at", "times", "contains", "matches",
    "same", "as", "differs", "from", "is", "spoken", "part", "±",
];

/// Whether a word means something of its own, so that it stands in quotes as a value.
pub(super) fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word)
}

/// A sentence and the bytes its subject stands in.
pub(in crate::scenario) fn sentence(
    text: &str,
    around: &Surroundings<'_>,
) -> Result<(Sentence, Range<usize>), SentenceError> {
    let tokens = tokens(text)?;
    let mut words = Words::new(text, &tokens, around);
    let subject = words.subject()?;
    let subject_range = tokens.first().map_or(0, |token| token.range.start)..words.behind();
    let bound = words.bound()?;
    let times = words.times()?;
    words.end()?;
    Ok((Sentence { subject, bound, times }, subject_range))
}

/// An anchor alone, as behind `at:` of a step.
pub(in crate::scenario) fn anchor(text: &str, around: &Surroundings<'_>) -> Result<Anchor, SentenceError> {
    let tokens = tokens(text)?;
    let mut words = Words::new(text, &tokens, around);
    let anchor = words.anchor()?;
    words.end()?;
    Ok(anchor)
}

/// A place in the tokens of a sentence.
pub(super) struct Words<'a> {
    tokens: &'a [Token],
    at: usize,
    len: usize,
    /// What is known of the scenario around the sentence.
    pub(super) around: &'a Surroundings<'a>,
}

impl<'a> Words<'a> {
    const fn new(text: &str, tokens: &'a [Token], around: &'a Surroundings<'a>) -> Self {
        Self { tokens, at: 0, len: text.len(), around }
    }

    fn subject(&mut self) -> Result<Subject, SentenceError> {
        let event = event_name(self)?;
        let mut tests = Vec::new();
        if self.take("where") {
            tests.push(test(self, &event)?);
            while self.take("and") {
                tests.push(test(self, &event)?);
            }
            super::test::check_measures(&tests).map_err(|message| self.wrong_before(message, None))?;
        }
        Ok(Subject { event, tests })
    }

    fn bound(&mut self) -> Result<Option<Bound>, SentenceError> {
        let percentile = self.percentile()?;
        if self.take("within") {
            let delay = self.duration()?;
            self.expect("of")?;
            return Ok(Some(Bound::Within { delay, of: self.anchor()?, percentile }));
        }
        if percentile.is_some() {
            return Err(self.wrong("expected `within` behind a percentile", None));
        }
        Ok(if self.take("between") {
            let from = self.anchor()?;
            self.expect("and")?;
            Some(Bound::Between(from, self.anchor()?))
        } else if self.take("after") {
            Some(Bound::After(self.anchor()?))
        } else if self.take("before") {
            Some(Bound::Before(self.anchor()?))
        } else if self.take("at") {
            let anchor = self.anchor()?;
            self.expect("±")?;
            Some(Bound::At { anchor, tolerance: self.duration()? })
        } else {
            None
        })
    }

    fn percentile(&mut self) -> Result<Option<u8>, SentenceError> {
        let Some(digits) = self.word().and_then(|word| word.strip_prefix('p')) else { return Ok(None) };
        let Ok(percentile) = digits.parse::<u8>() else { return Ok(None) };
        if !(1..=99).contains(&percentile) {
            return Err(self.wrong("a percentile lies between p1 and p99", None));
        }
        if !self.around.repeats {
            let help = "say how many seeds to run: `repeat: 100`";
            return Err(self.wrong("a percentile needs `repeat`", Some(help.to_owned())));
        }
        self.at += 1;
        Ok(Some(percentile))
    }

    fn times(&mut self) -> Result<Option<u32>, SentenceError> {
        if !self.take("times") {
            return Ok(None);
        }
        let times = self.word().and_then(|word| word.parse::<u32>().ok());
        let Some(times) = times else {
            return Err(self.wrong("expected a whole number behind `times`", None));
        };
        if times == 0 {
            let help = "what must not happen stands under `never`";
            return Err(self.wrong("`times` counts from 1", Some(help.to_owned())));
        }
        self.at += 1;
        Ok(Some(times))
    }

    fn anchor(&mut self) -> Result<Anchor, SentenceError> {
        let event = event_name(self)?;
        let test = if self.take("where") { Some(test(self, &event)?) } else { None };
        let offset = match self.word() {
            Some("+") => self.skip().duration().map(Offset::Later)?,
            Some("-") => self.skip().duration().map(Offset::Earlier)?,
            Some(word) if word.starts_with('+') => Offset::Later(self.duration_of(&word[1..])?),
            Some(word) if word.starts_with('-') => Offset::Earlier(self.duration_of(&word[1..])?),
            _ => Offset::None,
        };
        Ok(Anchor { event, test, offset })
    }

    fn duration(&mut self) -> Result<Duration, SentenceError> {
        match self.word() {
            Some(word) => self.duration_of(word),
            None => Err(self.wrong("expected a duration such as `300ms`", None)),
        }
    }

    /// The next word, of which `text` is the part that must be a duration.
    fn duration_of(&mut self, text: &str) -> Result<Duration, SentenceError> {
        let duration = text.parse::<Dur>().map_err(|error| self.wrong(error.to_string(), None))?;
        self.at += 1;
        Ok(duration.into())
    }

    fn end(&self) -> Result<(), SentenceError> {
        match self.peek() {
            None => Ok(()),
            Some(_) => {
                let help = "behind the event come `where …`, then one bound (within, between, after, before, at), \
                            then `times n`; a value with a space stands in double quotes";
                Err(self.wrong("the sentence should end here", Some(help.to_owned())))
            }
        }
    }

    /// The next token.
    pub(super) fn peek(&self) -> Option<&'a TokenKind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    /// The next token, if it is a word.
    pub(super) fn word(&self) -> Option<&'a str> {
        match self.peek() {
            Some(TokenKind::Word(word)) => Some(word),
            Some(TokenKind::Quoted(_) | TokenKind::Sign(_)) | None => None,
        }
    }

    /// Goes on by one token.
    pub(super) const fn skip(&mut self) -> &mut Self {
        self.at += 1;
        self
    }

    /// Goes on if the next token is this word or sign.
    pub(super) fn take(&mut self, wanted: &str) -> bool {
        let found = match self.peek() {
            Some(TokenKind::Word(word)) => word == wanted,
            Some(TokenKind::Sign(sign)) => *sign == wanted,
            Some(TokenKind::Quoted(_)) | None => false,
        };
        self.at += usize::from(found);
        found
    }

    /// Goes on over this word or sign, which must come next.
    pub(super) fn expect(&mut self, wanted: &str) -> Result<(), SentenceError> {
        if self.take(wanted) { Ok(()) } else { Err(self.wrong(format!("expected `{wanted}`"), None)) }
    }

    /// A mistake at the next token, or at the end of the sentence.
    pub(super) fn wrong(&self, message: impl Into<String>, help: Option<String>) -> SentenceError {
        let end = self.tokens.last().map_or(self.len, |token| token.range.end);
        let range = self.tokens.get(self.at).map_or(end..end, |token| token.range.clone());
        let got = match self.peek() {
            None => " here, where the sentence ends",
            Some(_) => "",
        };
        SentenceError { range, message: format!("{}{got}", message.into()), help }
    }

    /// A mistake at the token before.
    pub(super) fn wrong_before(&self, message: impl Into<String>, help: Option<String>) -> SentenceError {
        let range =
            self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map(|token| token.range.clone());
        SentenceError { range: range.unwrap_or(0..self.len), message: message.into(), help }
    }

    fn behind(&self) -> usize {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, |token| token.range.end)
    }
}
