//! Text of strangers, made visible: what does not show, or reorders what does, becomes an escape.

/// The text with control characters and marks of direction as escapes. Line breaks and tabs stay.
pub(super) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => shown.push(c),
            '\r' => shown.push('\u{240d}'),
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => {
                shown.extend(c.escape_unicode());
            }
            c if c.is_control() => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn what_does_not_show_becomes_visible() {
        for (text, shown) in [
            ("a\r\nb\tc", "a\u{240d}\nb\tc"),
            ("a\0b\u{7}", "a\\u{0}b\\u{7}"),
            ("left\u{202e}right\u{feff}", "left\\u{202e}right\\u{feff}"),
            ("你好 🙂 é", "你好 🙂 é"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }
}
