//! Looking for fixed strings in a text that is still arriving.

/// Where the next of several strings stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// At the very beginning: the string of this index, the longest that fits.
    Here(usize),
    /// Perhaps at the very beginning; more text will tell.
    Undecided,
    /// Not before this byte, which is at least one character away.
    NotBefore(usize),
}

/// Looks for the first of `strings`, none of them empty.
pub(super) fn find<'s>(
    text: &str,
    strings: impl IntoIterator<Item = &'s str, IntoIter: Clone>,
    at_end: bool,
) -> Found {
    let strings = strings.into_iter();
    for (at, _) in text.char_indices() {
        let tail = &text[at..];
        if !at_end && strings.clone().any(|string| string.len() > tail.len() && string.starts_with(tail)) {
            return if at == 0 { Found::Undecided } else { Found::NotBefore(at) };
        }
        let whole = strings.clone().enumerate().filter(|(_, string)| tail.starts_with(string));
        if let Some((which, _)) = whole.max_by_key(|(_, string)| string.len()) {
            return if at == 0 { Found::Here(which) } else { Found::NotBefore(at) };
        }
    }
    Found::NotBefore(text.len())
}
