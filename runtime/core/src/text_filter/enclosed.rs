//! Text between an opening and a closing mark: metadata objects and bracket pairs.

use super::find::{Found, find};
use super::{Step, first_characters};

/// How many bytes an object may have. Beyond it the opening mark was ordinary text.
const OBJECT_LIMIT: usize = 4096;

/// How many characters may stand between the marks of a pair. Beyond it the opening mark was ordinary text.
const PAIR_LIMIT: usize = 400;

/// Takes out JSON objects between two marks, as in `[[{"action":"wave"}]]`.
///
/// The object is followed brace by brace, so that the closing mark may occur inside it: `[[{"path":[[0,1]]}]]`.
/// What follows an opening mark and is not an object is ordinary text.
pub(super) fn metadata(rest: &str, open: &str, close: &str, at_end: bool) -> Option<Step> {
    match find(rest, [open], at_end) {
        Found::NotBefore(at) => Some(Step::Keep(at)),
        Found::Undecided => None,
        Found::Here(_) => match object(&rest[open.len()..], close) {
            Extent::Whole(len) => {
                let object = rest[open.len()..open.len() + len].to_owned();
                Some(Step::Tell { len: open.len() + len + close.len(), object })
            }
            Extent::Unfinished if !at_end => None,
            Extent::Unfinished | Extent::Nothing => Some(first_character(rest)),
        },
    }
}

/// Takes out everything from an opening mark through its closing mark; marks of the same pair may be nested.
pub(super) fn pairs(rest: &str, pairs: &[(String, String)], at_end: bool) -> Option<Step> {
    match find(rest, pairs.iter().map(|(open, _)| open.as_str()), at_end) {
        Found::NotBefore(at) => Some(Step::Keep(at)),
        Found::Undecided => None,
        Found::Here(which) => {
            let (open, close) = &pairs[which];
            match pair(rest, open, close, at_end) {
                Extent::Whole(len) => Some(Step::Drop(len)),
                Extent::Unfinished if !at_end => None,
                Extent::Unfinished | Extent::Nothing => Some(first_character(rest)),
            }
        }
    }
}

/// How far something that has begun reaches.
enum Extent {
    /// So many bytes.
    Whole(usize),
    /// Its end is not there yet.
    Unfinished,
    /// It was not what it seemed to be.
    Nothing,
}

/// Says the first character only: a further opening mark may begin at the second.
fn first_character(text: &str) -> Step {
    Step::Keep(text.chars().next().map_or(0, char::len_utf8))
}

fn is_one_character(mark: &str) -> bool {
    mark.chars().nth(1).is_none()
}

/// How far the object at the beginning of `text` reaches, which ends right before the closing mark.
fn object(text: &str, close: &str) -> Extent {
    let (mut depth, mut begun, mut in_string, mut escaped) = (0_usize, false, false, false);
    for (at, c) in text.char_indices() {
        if at > OBJECT_LIMIT {
            return Extent::Nothing;
        }
        if begun && depth == 0 {
            let tail = &text[at..];
            if tail.starts_with(close) {
                return Extent::Whole(at);
            }
            if close.starts_with(tail) {
                return Extent::Unfinished;
            }
            if !c.is_whitespace() {
                return Extent::Nothing;
            }
        } else if in_string {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => in_string = false,
                '\n' => return Extent::Nothing,
                _ => {}
            }
        } else {
            match c {
                '{' => {
                    begun = true;
                    depth += 1;
                }
                _ if !begun && !c.is_whitespace() => return Extent::Nothing,
                '}' => depth -= 1,
                '"' => in_string = true,
                _ => {}
            }
        }
    }
    Extent::Unfinished
}

/// How far the pair reaches whose opening mark stands at the beginning of `text`, both marks included.
fn pair(text: &str, open: &str, close: &str, at_end: bool) -> Extent {
    let reach = first_characters(&text[open.len()..], PAIR_LIMIT + 1);
    if is_one_character(open) && is_one_character(close) && !reach.contains(close) {
        // Cheaper than the walk, for texts that are full of opening marks.
        let is_too_long = reach.chars().count() > PAIR_LIMIT;
        return if is_too_long { Extent::Nothing } else { Extent::Unfinished };
    }
    let (mut at, mut depth, mut characters) = (open.len(), 1_usize, 0_usize);
    while let Some(c) = text[at..].chars().next() {
        let tail = &text[at..];
        let may_become = |mark: &str| !at_end && mark.len() > tail.len() && mark.starts_with(tail);
        if tail.starts_with(close) {
            at += close.len();
            depth -= 1;
            if depth == 0 {
                return Extent::Whole(at);
            }
        } else if may_become(close) {
            return Extent::Unfinished;
        } else if tail.starts_with(open) {
            at += open.len();
            depth += 1;
        } else if may_become(open) {
            return Extent::Unfinished;
        } else {
            at += c.len_utf8();
        }
        characters += 1;
        if characters > PAIR_LIMIT {
            return Extent::Nothing;
        }
    }
    Extent::Unfinished
}
