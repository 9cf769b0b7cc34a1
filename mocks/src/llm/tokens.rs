//! A text cut into the tokens that a model would send one by one.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::cjk::is_cjk;
use crate::script::{LlmBehaviour, TokensBy, Usage};

/// The tokens of a text; joined they are the text.
#[must_use]
pub(crate) fn tokens(text: &str, by: TokensBy) -> Vec<&str> {
    let mut ends = Vec::new();
    let mut pending = Pending::Nothing;
    for (start, grapheme) in text.grapheme_indices(true) {
        let kind = kind(grapheme, by);
        // White space waits for what it stands before; a word goes on until white space or a whole character.
        let joins = match (pending, kind) {
            (Pending::Space, _) | (Pending::Word, Kind::Letter) => true,
            (Pending::Nothing | Pending::Word, _) => false,
        };
        if !joins && start > 0 {
            ends.push(start);
        }
        pending = match kind {
            Kind::Space => Pending::Space,
            Kind::Letter => Pending::Word,
            Kind::Whole => Pending::Nothing,
        };
    }
    if !text.is_empty() {
        ends.push(text.len());
    }
    let starts = std::iter::once(0).chain(ends.iter().copied());
    starts.zip(ends.iter().copied()).filter_map(|(start, end)| text.get(start..end)).collect()
}

/// The usage to report: the script's, or what was really said to a question of so many bytes.
pub(super) fn usage(prompt_bytes: u64, behaviour: &LlmBehaviour) -> Usage {
    let said = |text: &str| tokens(text, behaviour.tokens_by).len() as u64;
    behaviour.usage.unwrap_or_else(|| Usage {
        prompt_tokens: prompt_bytes.div_ceil(4),
        completion_tokens: said(&behaviour.reply) + said(behaviour.reasoning.as_deref().unwrap_or_default()),
    })
}

#[derive(Clone, Copy)]
enum Kind {
    Space,
    Letter,
    /// A token by itself.
    Whole,
}

#[derive(Clone, Copy)]
enum Pending {
    Nothing,
    Space,
    Word,
}

fn kind(grapheme: &str, by: TokensBy) -> Kind {
    let space = grapheme.chars().all(char::is_whitespace);
    match by {
        TokensBy::Character => Kind::Whole,
        TokensBy::Auto | TokensBy::Word if space => Kind::Space,
        TokensBy::Auto if grapheme.starts_with(is_cjk) => Kind::Whole,
        TokensBy::Auto | TokensBy::Word => Kind::Letter,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(by: TokensBy, text: &str, expected: &[&str]) {
        assert_eq!(tokens(text, by), expected);
    }

    #[test]
    fn a_cjk_character_is_a_token_and_so_is_a_latin_word_with_its_space() {
        check(TokensBy::Auto, "我在。", &["我", "在", "。"]);
        check(TokensBy::Auto, "Hello world, again.", &["Hello", " world,", " again."]);
        check(TokensBy::Auto, "用 Rust 写", &["用", " Rust", " 写"]);
        check(TokensBy::Auto, "Rust很好ok", &["Rust", "很", "好", "ok"]);
        check(TokensBy::Auto, "a \n", &["a", " \n"]);
        check(TokensBy::Auto, "", &[]);
    }

    #[test]
    fn the_rule_can_be_chosen() {
        check(TokensBy::Word, "我在。 Hello", &["我在。", " Hello"]);
        check(TokensBy::Character, "Hi 👩‍👩‍👧!", &["H", "i", " ", "👩‍👩‍👧", "!"]);
    }

    proptest! {
        #[test]
        fn tokens_joined_are_the_text(text: String) {
            for by in [TokensBy::Auto, TokensBy::Character, TokensBy::Word] {
                prop_assert_eq!(tokens(&text, by).concat(), text.clone());
            }
        }
    }
}
