//! The files a scenario names: recordings of speech, and texts.

use std::io;
use std::path::{Path, PathBuf};

/// Where the files of a scenario come from.
pub trait Fixtures {
    /// The path of a recording.
    ///
    /// # Errors
    /// When there is none of this name.
    fn speech(&self, name: &str) -> Result<PathBuf, FixtureError>;

    /// A text file's content.
    ///
    /// # Errors
    /// When there is none of this name, or it cannot be read.
    fn text(&self, name: &str) -> Result<String, FixtureError>;
}

/// A file that a scenario names cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FixtureError {
    /// There is no such file.
    #[error("there is no file `{name}`; looked in {}", folders(.looked))]
    NotFound {
        /// The name in the scenario.
        name: String,
        /// The folders looked in, in order.
        looked: Vec<PathBuf>,
    },
    /// It is there, but cannot be read.
    #[error("`{}` cannot be read: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

fn folders(looked: &[PathBuf]) -> String {
    let shown: Vec<_> = looked
        .iter()
        .map(
            |folder| {
                if folder.as_os_str().is_empty() { ".".to_owned() } else { folder.display().to_string() }
            },
        )
        .collect();
    shown.join(", ")
}

/// Files beside the scenario, then those of the nearest folder `fixtures` above it: `speech/` for recordings,
/// `text/` for texts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FixtureFolders {
    beside: PathBuf,
    fixtures: Option<PathBuf>,
}

impl FixtureFolders {
    /// The folders for a scenario file. Looks at the file system.
    #[must_use]
    pub fn near(scenario: &Path) -> Self {
        let beside = scenario.parent().unwrap_or_else(|| Path::new("")).to_owned();
        let above = std::path::absolute(scenario).unwrap_or_else(|_| scenario.to_owned());
        let depth = above.ancestors().count();
        // Relative as long as that is possible, so that messages and reports do not depend on the machine.
        let relative = beside.ancestors().map(Path::to_owned);
        let absolute = above.ancestors().skip(1).map(Path::to_owned);
        let fixtures = relative
            .chain(absolute)
            .take(2 * depth)
            .map(|folder| folder.join("fixtures"))
            .find(|folder| folder.is_dir());
        Self { beside, fixtures }
    }

    fn find(&self, kind: &str, name: &str) -> Result<PathBuf, FixtureError> {
        let looked: Vec<_> = [self.beside.clone()]
            .into_iter()
            .chain(self.fixtures.iter().map(|folder| folder.join(kind)))
            .collect();
        let found = looked.iter().map(|folder| folder.join(name)).find(|path| path.is_file());
        found.ok_or_else(|| FixtureError::NotFound { name: name.to_owned(), looked })
    }
}

impl Fixtures for FixtureFolders {
    fn speech(&self, name: &str) -> Result<PathBuf, FixtureError> {
        self.find("speech", name)
    }

    fn text(&self, name: &str) -> Result<String, FixtureError> {
        let path = self.find("text", name)?;
        std::fs::read_to_string(&path).map_err(|error| FixtureError::Unreadable { path, error })
    }
}
