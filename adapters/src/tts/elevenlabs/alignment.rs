//! When each character is heard.

use std::time::Duration;

use serde::Deserialize;

use crate::tts::Word;
use crate::tts::timing::{WordsOf, from_secs};

/// Characters with their times, in seconds from the first sample of the request.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Alignment {
    characters: Vec<String>,
    character_start_times_seconds: Vec<f64>,
    character_end_times_seconds: Vec<f64>,
}

impl Alignment {
    /// The words they make. A word that two messages share becomes two.
    pub(super) fn words(self) -> Vec<Word> {
        let starts = self.character_start_times_seconds.into_iter().map(from_secs);
        let ends = self.character_end_times_seconds.into_iter().map(from_secs);
        words(self.characters.into_iter().zip(starts.zip(ends)))
    }
}

pub(super) fn words(characters: impl Iterator<Item = (String, (Duration, Duration))>) -> Vec<Word> {
    let mut of = WordsOf::default();
    let mut words: Vec<Word> = Vec::new();
    for (text, (start, end)) in characters {
        words.extend(of.push(&text, start, end));
    }
    words.extend(of.finish());
    words
}
