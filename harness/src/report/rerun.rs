//! The command that runs one case again, exactly.

use std::fmt;

use crate::run::CaseResult;

/// How to run a case again as it ran, with the seed of one of its runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rerun {
    path: String,
    seed: u64,
    title: Option<String>,
    real: bool,
}

impl Rerun {
    /// The command for a case and the run at this place in it.
    #[must_use]
    pub fn new(result: &CaseResult, run: usize, real: bool) -> Self {
        Self {
            path: result.source.name().to_owned(),
            seed: result.runs.get(run).map_or(0, |run| run.seed),
            title: result.name.title().map(str::to_owned),
            real,
        }
    }
}

impl fmt::Display for Rerun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bargein test {} --seed {}", quoted(&self.path), self.seed)?;
        if let Some(title) = &self.title {
            write!(f, " --filter {}", quoted(title))?;
        }
        if self.real {
            f.write_str(" --real")?;
        }
        Ok(())
    }
}

/// A word for a POSIX shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_can_be_pasted_into_a_shell() {
        let mut rerun =
            Rerun { path: "scenarios/limits/llm_429.yaml".to_owned(), seed: 7, title: None, real: false };
        assert_eq!(rerun.to_string(), "bargein test scenarios/limits/llm_429.yaml --seed 7");
        rerun.title = Some("[high, it's]".to_owned());
        rerun.real = true;
        assert_eq!(
            rerun.to_string(),
            r"bargein test scenarios/limits/llm_429.yaml --seed 7 --filter '[high, it'\''s]' --real"
        );
    }
}
