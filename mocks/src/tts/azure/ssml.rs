//! The text of an SSML document, or what is wrong with it in the service's manner.

/// The text between the tags, its escapes resolved.
pub(super) fn text(ssml: &str) -> Result<String, String> {
    for needed in ["<speak", "<voice", "</speak>"] {
        if !ssml.contains(needed) {
            return Err(format!("expected {needed} in the SSML"));
        }
    }
    let mut text = String::new();
    let mut rest = ssml;
    while let Some(at) = rest.find(['<', '&']) {
        text.push_str(&rest[..at]);
        let position = ssml.len() - rest.len() + at;
        let marked = &rest[at..];
        if marked.starts_with('<') {
            let end = marked.find('>').ok_or_else(|| format!("Invalid tag at position {position}"))?;
            if !marked[1..end].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '?' | '!'))
            {
                return Err(format!("Invalid char '<' at position {position}"));
            }
            rest = &marked[end + 1..];
        } else {
            let known = [("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'")];
            let known = known.into_iter().find(|(escape, _)| marked.starts_with(escape));
            let (escape, character) =
                known.ok_or_else(|| format!("Invalid char '&' at position {position}"))?;
            text.push_str(character);
            rest = &marked[escape.len()..];
        }
    }
    text.push_str(rest);
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn the_text_is_what_stands_between_the_tags() {
        let of =
            |inner: &str| text(&format!(r#"<speak version="1.0"><voice name="v">{inner}</voice></speak>"#));
        assert_eq!(of(r#"<prosody rate="1.2">R&amp;D &lt;你好&gt;</prosody>"#).as_deref(), Ok("R&D <你好>"));
        assert_eq!(of("R&D"), Err("Invalid char '&' at position 38".to_owned()));
        assert_eq!(of("1 < 2"), Err("Invalid char '<' at position 39".to_owned()));
        assert_eq!(text("hello"), Err("expected <speak in the SSML".to_owned()));
    }
}
