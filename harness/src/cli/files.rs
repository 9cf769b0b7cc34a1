//! Which files the paths of a command line mean.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A path of the command line leads nowhere.
#[derive(Debug, thiserror::Error)]
pub(super) enum FilesError {
    /// It cannot be looked at.
    #[error("expected a scenario or a folder of them, got {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    /// Nothing in it is a scenario.
    #[error("expected files `*.yaml` in {}, got none", .0.display())]
    Empty(PathBuf),
}

/// The scenarios the paths mean: files as they are, of folders every `*.yaml` in and below them, by name.
pub(super) fn scenarios(paths: &[PathBuf]) -> Result<Vec<PathBuf>, FilesError> {
    let mut files = Vec::new();
    for path in paths {
        let before = files.len();
        collect(path, true, &mut files)?;
        if files.len() == before {
            return Err(FilesError::Empty(path.clone()));
        }
    }
    let mut seen = Vec::new();
    files.retain(|file| {
        !seen.contains(file) && {
            seen.push(file.clone());
            true
        }
    });
    Ok(files)
}

fn collect(path: &Path, is_named: bool, files: &mut Vec<PathBuf>) -> Result<(), FilesError> {
    let unreadable = |source| FilesError::Unreadable { path: path.to_owned(), source };
    if !fs::metadata(path).map_err(unreadable)?.is_dir() {
        if is_named || path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path.to_owned());
        }
        return Ok(());
    }
    let entries = fs::read_dir(path).map_err(unreadable)?;
    let mut inside =
        entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>().map_err(unreadable)?;
    inside.sort();
    inside.iter().try_for_each(|path| collect(path, false, files))
}
