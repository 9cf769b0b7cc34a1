//! What is wrong with a script, and under which key.

/// A script that cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{}`: {problem}", path.join("."))]
pub struct ScriptError {
    /// The keys that lead to the place, outermost first; list positions are numbers. Empty: the script as a whole.
    pub path: Vec<String>,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a script at one place.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The last key of the path is none of ours.
    #[error("unknown key{}; known here: {}", hint(nearest.as_deref()), known.join(", "))]
    UnknownKey {
        /// The known key that is spelled most like it, when one is near.
        nearest: Option<String>,
        /// All keys that may stand here.
        known: Vec<String>,
    },
    /// The vendor is none that we play in this role.
    #[error("unknown vendor `{got}`; known in this role: {}", known.join(", "))]
    UnknownVendor {
        /// What stands there.
        got: String,
        /// The vendors there are.
        known: Vec<String>,
    },
    /// The value is not what the key takes.
    #[error("expected {expected}, got {got}")]
    WrongValue {
        /// What the key takes.
        expected: String,
        /// What stands there.
        got: String,
    },
    /// The value has the wrong type or form; the text says what was expected and what was got.
    #[error("{0}")]
    WrongForm(String),
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map(|name| format!(", did you mean `{name}`?")).unwrap_or_default()
}

impl ScriptError {
    pub(crate) fn new(path: &[&str], problem: Problem) -> Self {
        Self { path: path.iter().map(|&key| key.to_owned()).collect(), problem }
    }

    pub(crate) fn wrong(path: &[&str], expected: impl Into<String>, got: impl Into<String>) -> Self {
        Self::new(path, Problem::WrongValue { expected: expected.into(), got: got.into() })
    }

    pub(crate) fn unknown_key(path: &[&str], known: Vec<String>) -> Self {
        let nearest = path.last().and_then(|got| nearest(got, &known));
        Self::new(path, Problem::UnknownKey { nearest, known })
    }

    /// The same error, below one more key.
    pub(crate) fn below(mut self, key: &str) -> Self {
        self.path.insert(0, key.to_owned());
        self
    }
}

/// The known name most like `got`, unless none is likely meant.
pub(crate) fn nearest(got: &str, known: &[String]) -> Option<String> {
    /// Below this Jaro-Winkler likeness two words have little in common.
    const LIKENESS: f64 = 0.8;
    known
        .iter()
        .map(|name| (strsim::jaro_winkler(got, name), name))
        .filter(|(likeness, _)| *likeness >= LIKENESS)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name.clone())
}
