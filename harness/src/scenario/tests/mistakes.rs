//! One mistake for each rule, as its reader sees it.

mod sentences;
mod structure;
mod yaml;

use super::super::Scenario;
use super::Shelf;

fn wrong(text: &str) -> String {
    Scenario::read("a.yaml", text.as_bytes(), &Shelf).map(|_| ()).unwrap_err().to_string()
}

/// A mistake in what follows the head.
fn wrong_below(text: &str) -> String {
    wrong(&format!("version: 1\nname: x\n{text}"))
}

/// A mistake in a sentence, with two steps to speak of.
fn wrong_sentence(sentence: &str) -> String {
    wrong_below(&format!(
        "steps:\n  - user: {{ id: ask, says: hi }}\n  - app: {{ id: tell, speak: hi }}\nexpect:\n  - {sentence}"
    ))
}
