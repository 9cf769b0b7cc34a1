//! Dots that end no sentence: abbreviations, initials, numbers of lists.

use crate::utterance_text::is_cjk;

/// What a dot means after certain words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dot {
    /// The sentence is over.
    End,
    /// It is not.
    Inside,
    /// It is, unless a number follows: `No. 5`.
    EndUnlessNumber,
    /// It is when a capital follows: `at 9 a.m. We open`.
    EndIfCapital,
}

/// Abbreviations without dots of their own, as they are written.
const ABBREVIATIONS: &[(&[&str], Dot)] = &[
    (
        &["Mr", "Mrs", "Ms", "Mx", "Dr", "Prof", "St", "Mt", "Ft", "Rev", "Gen", "Col", "Capt", "Lt", "Sgt"],
        Dot::Inside,
    ),
    (&["Hon", "Sen", "Gov", "Pres", "Messrs", "vs", "cf", "al", "approx", "incl", "tel", "Tel"], Dot::Inside),
    (&["No", "no", "Nos", "Nr", "Vol", "vol", "Fig", "fig", "p", "pp"], Dot::EndUnlessNumber),
    (&["Jan", "Feb", "Aug", "Sept", "Oct", "Nov", "Dec"], Dot::EndUnlessNumber),
    (
        &["etc", "Inc", "Ltd", "Co", "Corp", "Jr", "Sr", "Ave", "Rd", "Blvd", "dept", "Dept"],
        Dot::EndIfCapital,
    ),
];

/// What a single dot behind `text` means.
pub(crate) fn dot_after(text: &str) -> Dot {
    let word_start = text.trim_end_matches(|c: char| {
        c.is_alphanumeric() && !is_cjk(c) || matches!(c, '.' | '\'' | '’' | '-' | '_' | '@' | '/')
    });
    let word = &text[word_start.len()..];
    let line = word_start.trim_end_matches([' ', '\t']);
    if is_list_number(word) && (line.is_empty() || line.ends_with(['\n', '\r'])) {
        return Dot::Inside;
    }
    if is_initials(word) {
        let is_time = word.eq_ignore_ascii_case("a.m") || word.eq_ignore_ascii_case("p.m");
        return if is_time { Dot::EndIfCapital } else { Dot::Inside };
    }
    ABBREVIATIONS.iter().find(|(words, _)| words.contains(&word)).map_or(Dot::End, |(_, dot)| *dot)
}

fn is_list_number(word: &str) -> bool {
    matches!(word.len(), 1 | 2) && word.bytes().all(|b| b.is_ascii_digit())
}

/// `J`, `U.S`, `e.g`, `Ph.D`; not `I`, which ends sentences, nor `plan b`.
fn is_initials(word: &str) -> bool {
    let is_part = |part: &str| matches!(part.len(), 1 | 2) && part.bytes().all(|b| b.is_ascii_alphabetic());
    match word.len() {
        1 => word != "I" && word.bytes().all(|b| b.is_ascii_uppercase()),
        _ => word.contains('.') && word.split('.').all(is_part),
    }
}
