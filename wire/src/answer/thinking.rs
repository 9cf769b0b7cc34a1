//! Reasoning inside the text, between `<think>` and `</think>` (Q18), taken out over the borders of deltas.

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// Takes reasoning out of a text that comes in pieces.
#[derive(Clone, Debug, Default)]
pub(crate) struct Thinking {
    inside: bool,
    /// The end of the last piece, when it may be the beginning of a tag.
    held: String,
    /// Whether there was any reasoning.
    pub(crate) seen: bool,
}

impl Thinking {
    /// What may be spoken of the text up to here; the beginning of a tag waits for the next piece.
    pub(crate) fn push(&mut self, piece: &str) -> String {
        let text = std::mem::take(&mut self.held) + piece;
        let mut rest = text.as_str();
        let mut spoken = String::new();
        loop {
            let tag = if self.inside { CLOSE } else { OPEN };
            let found = rest.find(tag);
            let end = found.unwrap_or_else(|| rest.len() - partial(rest, tag));
            let (before, after) = rest.split_at(end);
            if !self.inside {
                spoken.push_str(before);
            }
            if found.is_none() {
                after.clone_into(&mut self.held);
                return spoken;
            }
            self.inside = !self.inside;
            self.seen = true;
            rest = after.strip_prefix(tag).unwrap_or(after);
        }
    }

    /// What waited when no piece follows.
    pub(crate) fn finish(&mut self) -> String {
        let held = std::mem::take(&mut self.held);
        if self.inside { String::new() } else { held }
    }
}

/// How many bytes at the end of `text` are the beginning of `tag`.
fn partial(text: &str, tag: &str) -> usize {
    (1..tag.len()).rev().find(|length| text.ends_with(&tag[..*length])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasoning_is_taken_out_wherever_the_pieces_are_cut() {
        for (text, expected) in [
            ("<think>a\nb</think>你好", "你好"),
            ("1 < 2 <b>bold</b>", "1 < 2 <b>bold</b>"),
            ("a<think>b</think>c<think>d</think>e", "ace"),
            ("a<think>never closed </thin", "a"),
            ("ends with <thi", "ends with <thi"),
            ("<<think>x</</think>y", "<y"),
            ("", ""),
        ] {
            let cuts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            for cut in cuts {
                let (head, tail) = text.split_at(cut);
                let mut thinking = Thinking::default();
                let spoken = thinking.push(head) + &thinking.push(tail) + &thinking.finish();
                assert_eq!(spoken, expected, "{text:?} cut at {cut}");
            }
            let mut thinking = Thinking::default();
            let spoken: String =
                text.chars().map(|piece| thinking.push(piece.encode_utf8(&mut [0; 4]))).collect();
            assert_eq!(spoken + &thinking.finish(), expected, "{text:?} by characters");
        }
    }

    #[test]
    fn text_that_cannot_be_a_tag_is_not_held() {
        let mut thinking = Thinking::default();
        assert_eq!(thinking.push("hello <"), "hello ");
        assert_eq!(thinking.push("3"), "<3");
    }
}
