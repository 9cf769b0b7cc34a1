//! What an utterance is, judged by its text alone: complete, one character, speakable, of given words.
//!
//! Compared without case and punctuation: Chinese by characters, other scripts by words.

use crate::spoken::is_cjk;

/// Whether the text reads as a complete sentence: it ends with a mark that ends sentences. Recognisers put them.
pub(crate) fn reads_as_complete_sentence(text: &str) -> bool {
    let bare = text.trim_end_matches(|c: char| c.is_whitespace() || "\"'”’」』）)".contains(c));
    is_speakable(bare) && bare.ends_with(['。', '！', '？', '.', '!', '?']) && !bare.ends_with("...")
}

/// Whether there is anything in it to say.
pub(crate) fn is_speakable(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// Whether it is one character, punctuation aside: takes no turn where such are filtered.
pub(crate) fn is_one_character(text: &str) -> bool {
    text.chars().filter(|c| c.is_alphanumeric()).count() == 1
}

/// Whether all of it consists of these phrases, in any number and order.
pub(crate) fn consists_of(text: &str, phrases: &[String]) -> bool {
    let words = words(text);
    let phrases: Vec<_> =
        phrases.iter().map(|phrase| self::words(phrase)).filter(|words| !words.is_empty()).collect();
    // reachable[n]: the first n words are made of phrases.
    let mut reachable = vec![true];
    for end in 1..=words.len() {
        let is_reachable = phrases.iter().any(|phrase| {
            end >= phrase.len()
                && reachable[end - phrase.len()]
                && words[end - phrase.len()..end] == phrase[..]
        });
        reachable.push(is_reachable);
    }
    !words.is_empty() && reachable[words.len()]
}

/// Whether it contains one of these phrases.
pub(crate) fn contains_any(text: &str, phrases: &[String]) -> bool {
    let words = words(text);
    phrases
        .iter()
        .map(|phrase| self::words(phrase))
        .any(|phrase| !phrase.is_empty() && words.windows(phrase.len()).any(|window| *window == phrase[..]))
}

/// The words to compare: each CJK character for itself, other letters and digits in runs, in lower case.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_in_word = false;
    for c in text.chars() {
        if is_cjk(c) {
            words.push(c.to_string());
            is_in_word = false;
        } else if c.is_alphanumeric() {
            match words.last_mut().filter(|_| is_in_word) {
                Some(word) => word.extend(c.to_lowercase()),
                None => words.push(c.to_lowercase().collect()),
            }
            is_in_word = true;
        } else {
            is_in_word = false;
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrases(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn sentences_are_complete_by_their_mark() {
        for text in ["今天天气怎么样？", "Stop it.", "他说：“好。”", "Really?! "] {
            assert!(reads_as_complete_sentence(text), "{text}");
        }
        for text in ["今天天气", "等一下，", "well...", "", "。", "我想……"] {
            assert!(!reads_as_complete_sentence(text), "{text}");
        }
    }

    #[test]
    fn one_character_is_one_without_its_punctuation() {
        for (text, expected) in [("嗯。", true), ("I", true), ("好的", false), ("。", false), ("ok", false)]
        {
            assert_eq!(is_one_character(text), expected, "{text}");
        }
    }

    #[test]
    fn backchannels_are_told_from_speech() {
        let known = phrases(&["嗯", "mm-hmm", "uh"]);
        for text in ["嗯", "嗯嗯。", "Mm-hmm, uh.", "嗯 uh"] {
            assert!(consists_of(text, &known), "{text}");
        }
        for text in ["", "。", "嗯我知道", "hmm", "uh no"] {
            assert!(!consists_of(text, &known), "{text}");
        }
    }

    #[test]
    fn words_are_found_whole() {
        let known = phrases(&["停", "stop now"]);
        for text in ["请停一下", "Please STOP, now!"] {
            assert!(contains_any(text, &known), "{text}");
        }
        for text in ["stopnow", "stop it now", "等等", ""] {
            assert!(!contains_any(text, &known), "{text}");
        }
    }
}
