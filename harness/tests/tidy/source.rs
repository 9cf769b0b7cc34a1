//! A Rust file taken apart into tokens, words of strings and comments, each with its line.
//!
//! Just enough of Rust's lexer that a rule about code never trips over a string or a comment, and that spacing and
//! line breaks do not hide anything from it. Macros, conditional compilation and modules are not understood, apart
//! from the inline `#[cfg(test)] mod`, with which the production part of a file ends.

/// A Rust file as the rules see it.
pub(crate) struct Source {
    /// Identifiers, numbers and single punctuation marks, in order.
    pub(crate) tokens: Vec<Piece>,
    /// Contents of string and character literals, prefixes and quotes included.
    pub(crate) strings: Vec<Piece>,
    /// Comments of every kind, their marks included.
    pub(crate) comments: Vec<Piece>,
    /// How many lines stand before the inline test module, blank and comment lines included.
    pub(crate) production_lines: usize,
    /// The first line as it stands.
    pub(crate) first_line: String,
}

/// A part of the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Piece {
    /// Where it begins, from 1.
    pub(crate) line: usize,
    /// What stands there.
    pub(crate) text: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Token,
    Literal,
    Comment,
    Space,
}

impl Source {
    /// Takes a file's text apart. Never fails: what cannot be Rust comes out as odd tokens.
    pub(crate) fn of(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let (mut tokens, mut strings, mut comments) = (Vec::new(), Vec::new(), Vec::new());
        let (mut at, mut line) = (0, 1);
        while at < chars.len() {
            let (kind, end) = next_piece(&chars, at);
            let piece = Piece { line, text: chars[at..end].iter().collect() };
            line += chars[at..end].iter().filter(|&&c| c == '\n').count();
            at = end;
            match kind {
                Kind::Token => tokens.push(piece),
                Kind::Literal => strings.push(piece),
                Kind::Comment => comments.push(piece),
                Kind::Space => {}
            }
        }
        let test_module = inline_test_module(&tokens);
        Self {
            production_lines: test_module.map_or_else(|| text.lines().count(), |line| line - 1),
            first_line: text.lines().next().unwrap_or_default().to_owned(),
            tokens,
            strings,
            comments,
        }
    }

    /// The first token of every place where these tokens follow each other, whatever stands between them.
    pub(crate) fn find<'a>(&'a self, pattern: &str) -> impl Iterator<Item = &'a Piece> + use<'a> {
        let pattern: Vec<String> = Self::of(pattern).tokens.into_iter().map(|piece| piece.text).collect();
        self.tokens
            .windows(pattern.len())
            .filter(move |window| window.iter().zip(&pattern).all(|(piece, wanted)| piece.text == *wanted))
            .map(|window| &window[0])
    }

    /// The identifiers right below `root::{...}`, as in `use tokio::{sync::mpsc, time}`.
    pub(crate) fn grouped_under<'a>(&'a self, root: &str) -> impl Iterator<Item = &'a Piece> + use<'a> {
        let opening = [root, ":", ":", "{"].map(str::to_owned);
        let groups = self.tokens.windows(4).enumerate();
        groups
            .filter(move |(_, window)| {
                window.iter().zip(&opening).all(|(piece, wanted)| piece.text == *wanted)
            })
            .flat_map(|(start, _)| {
                let mut depth = 1;
                let mut group = Vec::new();
                for pair in self.tokens[start + 3..].windows(2) {
                    if depth == 1 && matches!(pair[0].text.as_str(), "{" | ",") {
                        group.push(&pair[1]);
                    }
                    match pair[1].text.as_str() {
                        "{" => depth += 1,
                        "}" => depth -= 1,
                        _ => {}
                    }
                    if depth == 0 {
                        break;
                    }
                }
                group
            })
    }
}

/// What begins at `at`, and where it ends.
fn next_piece(chars: &[char], at: usize) -> (Kind, usize) {
    let rest = &chars[at..];
    match rest {
        ['/', '/', ..] => (Kind::Comment, at + until(rest, |c| c == '\n')),
        ['/', '*', ..] => (Kind::Comment, at + block_comment(rest)),
        ['"', ..] => (Kind::Literal, at + quoted(rest, '"')),
        ['\'', '\\', ..] | ['\'', _, '\'', ..] => (Kind::Literal, at + quoted(rest, '\'')),
        [c, ..] if c.is_whitespace() => (Kind::Space, at + until(rest, |c| !c.is_whitespace())),
        [c, ..] if is_word(*c) => {
            let word = until(rest, |c| !is_word(c));
            let prefix: String = rest[..word].iter().collect();
            match (prefix.as_str(), rest.get(word)) {
                ("b" | "c", Some('"')) => (Kind::Literal, at + word + quoted(&rest[word..], '"')),
                ("b", Some('\'')) => (Kind::Literal, at + word + quoted(&rest[word..], '\'')),
                ("r" | "br" | "cr", Some('"' | '#')) => match raw_string(&rest[word..]) {
                    Some(length) => (Kind::Literal, at + word + length),
                    None => (Kind::Token, at + word),
                },
                _ => (Kind::Token, at + word),
            }
        }
        _ => (Kind::Token, at + 1),
    }
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn until(chars: &[char], stop: impl Fn(char) -> bool) -> usize {
    chars.iter().position(|&c| stop(c)).unwrap_or(chars.len())
}

fn block_comment(chars: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < chars.len() {
        match chars[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn quoted(chars: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < chars.len() && chars[at] != quote {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

/// `#"..."#` with any number of marks; nothing when this is a raw identifier.
fn raw_string(chars: &[char]) -> Option<usize> {
    let marks = until(chars, |c| c != '#');
    if chars.get(marks) != Some(&'"') {
        return None;
    }
    let closing: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', marks)).collect();
    let body = marks + 1;
    let length = chars[body..].windows(closing.len()).position(|window| window == closing);
    Some(length.map_or(chars.len(), |length| body + length + closing.len()))
}

/// The line of the attribute of the first `#[cfg(test)] mod name {`; other attributes may stand between.
fn inline_test_module(tokens: &[Piece]) -> Option<usize> {
    let text = |at: usize| tokens.get(at).map_or("", |piece| piece.text.as_str());
    (0..tokens.len()).find_map(|start| {
        let opens = ["#", "[", "cfg", "(", "test", ")", "]"];
        if !opens.iter().enumerate().all(|(offset, wanted)| text(start + offset) == *wanted) {
            return None;
        }
        let mut at = start + opens.len();
        while text(at) == "#" {
            at += tokens[at..].iter().position(|piece| piece.text == "]")? + 1;
        }
        (text(at) == "mod" && text(at + 2) == "{").then(|| tokens[start].line)
    })
}

#[cfg(test)]
mod tests {
    use super::Source;

    fn texts(pieces: &[super::Piece]) -> Vec<&str> {
        pieces.iter().map(|piece| piece.text.as_str()).collect()
    }

    #[test]
    fn strings_and_comments_are_not_code() {
        let source =
            Source::of("a /* b /* c */ d */ \"e\\\" // f\" r#\"g \" h\"# 'i' '\\'' b\"j\" // k\nl<'m> r#n");
        assert_eq!(texts(&source.tokens), ["a", "l", "<", "'", "m", ">", "r", "#", "n"]);
        assert_eq!(texts(&source.strings), ["\"e\\\" // f\"", "r#\"g \" h\"#", "'i'", "'\\''", "b\"j\""]);
        assert_eq!(texts(&source.comments), ["/* b /* c */ d */", "// k"]);
        assert_eq!(source.tokens[1].line, 2);
    }

    #[test]
    fn the_production_part_ends_at_the_inline_test_module() {
        let cases = [
            ("a\nb\n#[cfg(test)]\nmod tests {\n}\n", 2),
            ("a\n#[cfg(test)]\n#[expect(x, reason = \"[y]\")]\nmod tests {\n}\n", 1),
            ("a\n#[cfg(test)]\nmod tests;\nb\n", 4),
            ("a\n#[cfg(test)]\nfn only_tests() {}\nb\n", 4),
        ];
        for (text, lines) in cases {
            assert_eq!(Source::of(text).production_lines, lines, "{text}");
        }
    }

    #[test]
    fn a_pattern_is_found_across_spacing_and_groups() {
        let source =
            Source::of("x\ntokio ::\n  time::sleep(); use tokio::{sync::{mpsc, time}, net::{a}, rt};");
        assert_eq!(source.find("tokio::time").map(|piece| piece.line).collect::<Vec<_>>(), [2]);
        let grouped: Vec<&str> = source.grouped_under("tokio").map(|piece| piece.text.as_str()).collect();
        assert_eq!(grouped, ["sync", "net", "rt"]);
    }
}
