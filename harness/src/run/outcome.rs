//! What came of a case: the one value that every report shows.

use std::sync::Arc;
use std::time::Duration;

use bargein_core::Time;

use crate::scenario::{Diagnostic, Source};
use crate::timeline::Timeline;

/// One case with all its seeds.
#[derive(Clone, Debug)]
pub struct CaseResult {
    /// Which case.
    pub name: CaseName,
    /// Its file.
    pub source: Arc<Source>,
    /// Every run, in the order of their seeds. Never empty.
    pub runs: Vec<Run>,
    /// How long the machine took for all of them.
    pub took: Duration,
    /// Whether it holds what it promises.
    pub verdict: Verdict,
}

/// One run of a case.
#[derive(Clone, Debug)]
pub struct Run {
    /// What everything random of the run came from.
    pub seed: u64,
    /// How much scenario time passed.
    pub talk: Duration,
    /// Everything that happened.
    pub timeline: Timeline,
}

/// Whether a case holds what it promises.
#[derive(Clone, PartialEq, Debug)]
pub enum Verdict {
    /// Everything that was expected came, and nothing else.
    Passed,
    /// An expectation was not met, or the world was not empty afterwards. Never without a failure.
    Failed(Vec<Failure>),
    /// The case could not be run or judged: says why, and shows the end of the timeline if there is one.
    NotJudged(String),
}

/// One expectation that was not met.
#[derive(Clone, PartialEq, Debug)]
pub struct Failure {
    /// The line in the file, and what came instead.
    pub diagnostic: Diagnostic,
    /// The place in [`CaseResult::runs`] of the run it was seen in; the first one that failed.
    pub run: usize,
    /// The point of the timeline to look at. `None`: its end.
    pub around: Option<Time>,
}

impl CaseResult {
    /// How much scenario time passed in all runs.
    #[must_use]
    pub fn talk(&self) -> Duration {
        self.runs.iter().map(|run| run.talk).sum()
    }
}

/// What a case is called: its theme, its behaviour, and what tells its row from others.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CaseName {
    theme: String,
    behaviour: String,
    row: Option<Row>,
}

/// Which row of a table.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Row {
    /// From 1.
    number: usize,
    title: String,
}

/// How much of a row's title a file's name shows, in characters.
const TITLE_IN_FILES: usize = 40;

impl CaseName {
    /// The name of a case of the file at `path`: the file's folder and stem. Below a folder `scenarios`, every folder
    /// from there on is of the theme. `row` is the number, from 1, and the title of the table's row.
    #[must_use]
    pub fn new(path: &str, row: Option<(usize, &str)>) -> Self {
        let mut folders: Vec<&str> =
            path.split(['/', '\\']).filter(|part| !matches!(*part, "" | "." | "..")).collect();
        let file = folders.pop().unwrap_or_default();
        let behaviour = file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_owned();
        let theme = match folders.iter().rposition(|folder| *folder == "scenarios") {
            Some(root) => folders[root + 1..].join("/"),
            None => folders.last().copied().unwrap_or_default().to_owned(),
        };
        let row = row.map(|(number, title)| Row { number, title: title.to_owned() });
        Self { theme, behaviour, row }
    }

    /// The folder: what the behaviours in it have in common. May be empty.
    #[must_use]
    pub fn theme(&self) -> &str {
        &self.theme
    }

    /// The behaviour, with the row's title.
    #[must_use]
    pub fn in_theme(&self) -> String {
        match &self.row {
            Some(Row { title, .. }) => format!("{} {title}", self.behaviour),
            None => self.behaviour.clone(),
        }
    }

    /// The row's title, `[high, medium]`; `None` without a table.
    #[must_use]
    pub fn title(&self) -> Option<&str> {
        self.row.as_ref().map(|row| row.title.as_str())
    }

    /// A relative path for a file about this case, without extension: `queue/priority_table.2-high-medium`.
    #[must_use]
    pub fn file_stem(&self) -> String {
        let theme = if self.theme.is_empty() { String::new() } else { format!("{}/", self.theme) };
        let Some(Row { number, title }) = &self.row else { return format!("{theme}{}", self.behaviour) };
        let words = title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let words: String =
            words.flat_map(|word| ["-", word]).flat_map(str::chars).take(TITLE_IN_FILES).collect();
        format!("{theme}{}.{number}{words}", self.behaviour)
    }
}

impl std::fmt::Display for CaseName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.theme.is_empty() {
            write!(f, "{}/", self.theme)?;
        }
        f.write_str(&self.in_theme())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_called_by_theme_and_behaviour_wherever_it_was_started_from() {
        let cases = [
            ("scenarios/limits/llm_429.yaml", "limits/llm_429"),
            ("./scenarios/limits/llm_429.yaml", "limits/llm_429"),
            ("/srv/qa/scenarios/limits/deep/llm_429.yaml", "limits/deep/llm_429"),
            ("limits/llm_429.yaml", "limits/llm_429"),
            ("../qa/limits/llm_429.yaml", "limits/llm_429"),
            ("llm_429.yaml", "llm_429"),
        ];
        for (path, want) in cases {
            assert_eq!(CaseName::new(path, None).to_string(), want, "{path}");
        }
    }

    #[test]
    fn a_row_tells_its_title_and_has_a_file_of_its_own() {
        let file =
            |number, title| CaseName::new("scenarios/queue/table.yaml", Some((number, title))).file_stem();
        let name = CaseName::new("scenarios/queue/table.yaml", Some((2, "[high, medium, 等一下。]")));
        assert_eq!(name.to_string(), "queue/table [high, medium, 等一下。]");
        assert_eq!(name.file_stem(), "queue/table.2-high-medium-等一下");
        assert_eq!(file(1, "[……]"), "queue/table.1");
        assert_eq!(file(3, &"很".repeat(300)), format!("queue/table.3-{}", "很".repeat(39)));
    }
}
