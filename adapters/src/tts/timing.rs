//! Characters with times to words with times.

use std::time::Duration;

use super::Word;

/// A time in seconds as vendors write it; what is none, or lies before the beginning, is the beginning.
pub(super) fn from_secs(secs: f64) -> Duration {
    Duration::try_from_secs_f64(secs.max(0.0)).unwrap_or_default()
}

/// Joins characters to words: at white space, and around every character of a script that has none.
#[derive(Debug, Default)]
pub(super) struct WordsOf {
    open: Option<Word>,
}

impl WordsOf {
    /// Takes one character, or several that stand together. Gives the word that it ends, and itself if it is a word.
    pub(super) fn push(
        &mut self,
        text: &str,
        start: Duration,
        end: Duration,
    ) -> impl Iterator<Item = Word> + use<> {
        let is_alone = text.chars().all(is_word_by_itself);
        let is_space = text.trim().is_empty();
        let before = if is_alone || is_space { self.open.take() } else { None };
        let mut itself = None;
        match &mut self.open {
            _ if is_space => {}
            _ if is_alone => itself = Some(Word { text: text.to_owned(), start, end }),
            Some(word) => {
                word.text.push_str(text);
                word.end = end;
            }
            None => self.open = Some(Word { text: text.to_owned(), start, end }),
        }
        before.into_iter().chain(itself)
    }

    /// The word that nothing ended.
    pub(super) fn finish(&mut self) -> Option<Word> {
        self.open.take()
    }
}

/// Whether a character is written without spaces around its word: Han, kana, and the marks between them.
const fn is_word_by_itself(character: char) -> bool {
    matches!(character, '\u{2E80}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FE30}'..='\u{FE4F}'
        | '\u{FF00}'..='\u{FFEF}' | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_become_words_where_the_script_has_spaces() {
        let mut words = WordsOf::default();
        let mut told = Vec::new();
        for (at, character) in (0..).zip(["H", "i", ",", " ", "y", "o", "你", "好", "a"]) {
            told.extend(words.push(
                character,
                Duration::from_millis(at * 10),
                Duration::from_millis(at * 10 + 10),
            ));
        }
        told.extend(words.finish());
        let told: Vec<_> = told
            .iter()
            .map(|word| (word.text.as_str(), word.start.as_millis(), word.end.as_millis()))
            .collect();
        assert_eq!(told, [("Hi,", 0, 30), ("yo", 40, 60), ("你", 60, 70), ("好", 70, 80), ("a", 80, 90)]);
    }

    #[test]
    fn times_that_are_none_are_the_beginning() {
        assert_eq!(from_secs(0.25), Duration::from_millis(250));
        assert_eq!([from_secs(-1.0), from_secs(f64::NAN), from_secs(f64::INFINITY)], [Duration::ZERO; 3]);
    }
}
