//! The nearest known name, for errors about unknown ones.

/// The known word that was most likely meant; `None` when none is near.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    known
        .into_iter()
        .map(|name| (distance(&word, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= (name.chars().count().max(3) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Edits from one to the other; nothing but a different joint (`clear-and interrupt`) is one.
fn distance(word: &str, name: &str) -> usize {
    let bare = |text: &str| text.replace(['_', '-', ' ', '.'], "");
    if bare(word) == bare(name) {
        return usize::from(word != name);
    }
    strsim::damerau_levenshtein(word, name)
}

/// Advice naming the nearest known word, or all of them when there are few and none is near.
pub(super) fn advice(word: &str, known: &[&str]) -> Option<String> {
    if let Some(name) = nearest(word, known.iter().copied()) {
        return Some(format!("did you mean `{name}`?"));
    }
    (!known.is_empty() && known.len() <= 12).then(|| format!("known here: {}", known.join(", ")))
}
