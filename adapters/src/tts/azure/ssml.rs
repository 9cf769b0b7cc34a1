//! A text as SSML.

/// The document that has `text` said by `voice`, `rate` times as fast as usual.
pub(super) fn of(text: &str, voice: &str, language: &str, rate: Option<f64>) -> String {
    let text = escaped(text);
    let text = match rate {
        Some(rate) => format!(r#"<prosody rate="{rate}">{text}</prosody>"#),
        None => text,
    };
    format!(
        r#"<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="{}"><voice name="{}">{text}</voice></speak>"#,
        escaped(language),
        escaped(voice)
    )
}

/// A text without what XML reads as its own, or does not allow at all.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\t' | '\n' | '\r' => escaped.push(character),
            '\u{0}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => {}
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_what_it_says() {
        let ssml = of("R&D <1> \"a\u{1}b\"", "v'1", "en-US", Some(1.2));
        assert_eq!(
            ssml,
            r#"<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="en-US"><voice name="v&apos;1"><prosody rate="1.2">R&amp;D &lt;1&gt; &quot;ab&quot;</prosody></voice></speak>"#
        );
    }
}
