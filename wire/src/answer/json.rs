//! JSON of vendors that cut a character's two surrogate escapes apart (Q54), which no JSON parser accepts.
//!
//! A lone escape is read as a character of the private plane 16, and [`SurrogateJoiner`] turns what two texts in
//! a row end and begin with back into the one character that was meant.

use serde_json::Value;

/// The character that stands for surrogate 0xD800; the other 2047 follow it, up to the last character there is.
const STANDINS: u32 = 0x0010_F800;

/// Reads a JSON document, lone surrogates included. White space around it is allowed (Q26).
pub(crate) fn read(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| {
        let mended = with_standins(text);
        if mended == text { Err(error) } else { serde_json::from_str(&mended) }
    })
}

/// The same JSON text with stand-ins for the surrogate escapes that are alone.
fn with_standins(text: &str) -> String {
    let mut mended = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        mended.push_str(before);
        let (pair, single) = (surrogates(escape), surrogate(escape));
        let kept = match (pair, single) {
            (true, _) => 12,
            (false, Some(lone)) => {
                mended.extend(char::from_u32(STANDINS + (lone - 0xD800)));
                rest = escape.get(6..).unwrap_or_default();
                continue;
            }
            // The backslash and what it escapes: another backslash must not begin an escape of its own.
            (false, None) => escape.chars().take(2).map(char::len_utf8).sum(),
        };
        let (keep, after) = escape.split_at(kept);
        mended.push_str(keep);
        rest = after;
    }
    mended.push_str(rest);
    mended
}

/// The surrogate that this text begins with as an escape.
fn surrogate(escape: &str) -> Option<u32> {
    let digits = escape.strip_prefix("\\u")?.get(..4)?;
    u32::from_str_radix(digits, 16).ok().filter(|unit| (0xD800..=0xDFFF).contains(unit))
}

/// Whether this text begins with the escapes of a whole character.
fn surrogates(escape: &str) -> bool {
    let low = escape.get(6..).and_then(surrogate);
    surrogate(escape).is_some_and(|high| high < 0xDC00) && low.is_some_and(|low| low >= 0xDC00)
}

/// A number, also one that is written as a text (Q50).
pub(crate) fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// Joins halves of characters over the borders of texts.
#[derive(Clone, Debug, Default)]
pub(crate) struct SurrogateJoiner {
    /// The first half that the last text ended with.
    high: Option<u32>,
}

impl SurrogateJoiner {
    /// The text with halves joined; a last half waits for the next text, one without its other becomes U+FFFD.
    pub(crate) fn push(&mut self, text: &str) -> String {
        let mut joined = String::with_capacity(text.len());
        for character in text.chars() {
            let half = u32::from(character).checked_sub(STANDINS).map(|offset| 0xD800 + offset);
            match (self.high.take(), half) {
                (Some(high), Some(low @ 0xDC00..)) => {
                    joined.extend(char::from_u32(0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00)));
                    continue;
                }
                (Some(_), _) => joined.push(char::REPLACEMENT_CHARACTER),
                (None, _) => {}
            }
            match half {
                Some(high @ ..0xDC00) => self.high = Some(high),
                Some(_) => joined.push(char::REPLACEMENT_CHARACTER),
                None => joined.push(character),
            }
        }
        joined
    }

    /// What still waits when no text follows.
    pub(crate) fn finish(&mut self) -> &'static str {
        if self.high.take().is_some() { "\u{fffd}" } else { "" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(texts: &[&str], expected: &str) {
        let mut joiner = SurrogateJoiner::default();
        let mut joined = String::new();
        for text in texts {
            let value = read(text).unwrap_or_default();
            joined += &joiner.push(value.as_str().unwrap_or("not JSON"));
        }
        joined += joiner.finish();
        assert_eq!(joined, expected, "{texts:?}");
    }

    #[test]
    fn halves_of_a_character_join_over_texts_or_become_a_replacement() {
        check(&[r#""a\ud83d\ude42b""#], "a🙂b");
        check(&[r#""a\ud83d""#, r#""\ude42b""#], "a🙂b");
        check(&[r#""a\uD83D""#, r#""""#, r#""\uDE42""#], "a🙂");
        check(&[r#""a\ud83d""#], "a\u{fffd}");
        check(&[r#""a\ud83d""#, r#""b""#], "a\u{fffd}b");
        check(&[r#""\ude42""#, r#""b""#], "\u{fffd}b");
        check(&[r#""\ud83d\ud83d\ude42""#], "\u{fffd}🙂");
        check(&[r#""\\ud83d \ud83d""#], "\\ud83d \u{fffd}");
        check(&[r#""\n\ud83d\n""#], "\n\u{fffd}\n");
        check(&[r#"  "plain 你好🙂"  "#], "plain 你好🙂");
        check(&[r#""cut \ud8""#], "not JSON");
        check(&["\"\\"], "not JSON");
    }
}
