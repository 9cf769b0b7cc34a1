//! Timelines as files, one a case: what two runs are compared by.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use crate::run::CaseResult;

/// Writes the timelines of a case below `folder`, as `theme/behaviour.timeline`; of a row, with its number and
/// title behind the behaviour. A case with several seeds heads each of its timelines with `seed N`.
///
/// # Errors
/// A folder or the file cannot be written.
pub fn write(folder: &Path, result: &CaseResult) -> io::Result<()> {
    let path = folder.join(format!("{}.timeline", result.name.file_stem()));
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, text(result))
}

fn text(result: &CaseResult) -> String {
    let mut text = String::new();
    for run in &result.runs {
        // Writing to a string cannot fail.
        if result.runs.len() > 1 {
            let _ = writeln!(text, "seed {}", run.seed);
        }
        let _ = write!(text, "{}", run.timeline);
    }
    text
}
