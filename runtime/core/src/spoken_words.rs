//! Which part of a text is heard by when, as its vendor tells word by word.
//!
//! Words are found in the text in their order; what a vendor spells otherwise (a number in words, a mark of its own) is
//! passed over. Deliberately out: texts of which nothing is told, whose time is shared out (`spoken`).

use std::time::Duration;

use crate::input::TimedWord;

/// How far behind the last word the next one is looked for, in bytes: a spelling of its own must not lead astray.
const REACH: usize = 64;

/// The words of one text, as far as they were told.
#[derive(Debug, Default)]
pub(crate) struct SpokenWords {
    words: Vec<Place>,
}

/// Where a word stands and when it is heard.
#[derive(Debug)]
struct Place {
    /// Where its text ends, in bytes.
    end_of_text: usize,
    start: Duration,
    end: Duration,
}

impl SpokenWords {
    /// Takes more words of `text`, in their order.
    pub(crate) fn learn(&mut self, text: &str, words: &[TimedWord]) {
        for word in words {
            let from = self.words.last().map_or(0, |place| place.end_of_text);
            let spelled = word.text.trim();
            let rest = text.get(from..).unwrap_or_default();
            let found = rest.find(spelled).filter(|at| !spelled.is_empty() && *at <= REACH);
            if let Some(at) = found {
                let end_of_text = from + at + spelled.len();
                self.words.push(Place { end_of_text, start: word.start, end: word.end });
            }
        }
    }

    /// What of `text` has been begun by `heard`; `None` when too little was told to know.
    pub(crate) fn until<'t>(&self, text: &'t str, heard: Duration) -> Option<&'t str> {
        self.words.last().filter(|last| last.end >= heard)?;
        let begun = self.words.iter().take_while(|place| place.start < heard).last();
        text.get(..begun.map_or(0, |place| place.end_of_text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word((text, start, end): (&str, u64, u64)) -> TimedWord {
        TimedWord {
            text: text.to_owned(),
            start: Duration::from_millis(start),
            end: Duration::from_millis(end),
        }
    }

    #[test]
    fn a_text_is_heard_up_to_the_word_that_has_begun() {
        let text = "In 2024, hello there.";
        let mut words = SpokenWords::default();
        words.learn(text, &[("In", 0, 100), ("twenty", 100, 300)].map(word));
        words.learn(text, &[("hello", 500, 800), ("there.", 800, 1200)].map(word));
        for (at, heard) in [
            (0, Some("")),
            (1, Some("In")),
            (500, Some("In")),
            (501, Some("In 2024, hello")),
            (1200, Some(text)),
            (1201, None),
        ] {
            assert_eq!(words.until(text, Duration::from_millis(at)), heard, "at {at} ms");
        }
        assert_eq!(words.until("In", Duration::from_millis(700)), None, "a text that became shorter");
        assert_eq!(SpokenWords::default().until(text, Duration::ZERO), None);
    }

    #[test]
    fn a_word_far_away_is_not_the_one_that_is_said() {
        let text = format!("a {} b", "c ".repeat(40));
        let mut words = SpokenWords::default();
        words.learn(&text, &[("a", 0, 10), ("b", 10, 20), ("c", 20, 30)].map(word));
        assert_eq!(words.until(&text, Duration::from_millis(25)), Some("a c"));
    }
}
