//! Which checks of a suite are run.

use super::{Check, Suite};

/// Which checks are run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Selection {
    /// Ids and groups, such as `PCM-04` or `PCM`; empty for all.
    pub only: Vec<String>,
    /// Ids and groups that are left out.
    pub skip: Vec<String>,
    /// The smallest useful set and nothing else.
    pub quick: bool,
}

/// A name that is no check and no group.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected the id of a check or group of {suite}, got `{got}`{}", nearest.as_ref().map(|id| format!(", did you mean `{id}`?")).unwrap_or_default())]
pub struct SelectionError {
    suite: &'static str,
    got: String,
    nearest: Option<&'static str>,
}

impl Selection {
    /// The checks it means, in the order of the catalogue.
    ///
    /// # Errors
    /// A name in it is no check and no group.
    pub fn of(&self, suite: &Suite) -> Result<Vec<&'static Check>, SelectionError> {
        for name in self.only.iter().chain(&self.skip) {
            known(suite, name)?;
        }
        let is_meant = |names: &[String], check: &Check| names.iter().any(|name| means(name, check));
        Ok(suite
            .all()
            .filter(|check| self.only.is_empty() || is_meant(&self.only, check))
            .filter(|check| !is_meant(&self.skip, check))
            .filter(|check| !self.quick || check.entry.quick)
            .collect())
    }
}

/// Whether a name is this check's, or its group's: `PCM-04`, `pcm`, `PCM-*`.
fn means(name: &str, check: &Check) -> bool {
    let group = name.strip_suffix("-*").unwrap_or(name);
    check.entry.id.eq_ignore_ascii_case(name) || check.entry.group().eq_ignore_ascii_case(group)
}

fn known(suite: &Suite, name: &str) -> Result<(), SelectionError> {
    if suite.all().any(|check| means(name, check)) {
        return Ok(());
    }
    let names = suite.all().flat_map(|check| [check.entry.id, check.entry.group()]);
    let got = name.to_ascii_uppercase();
    let distance = |id: &&str| strsim::damerau_levenshtein(id, &got);
    let nearest = names.min_by_key(distance).filter(|id| distance(id) <= 2);
    Err(SelectionError { suite: suite.name, got: name.to_owned(), nearest })
}
