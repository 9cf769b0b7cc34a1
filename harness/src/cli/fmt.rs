//! `bargein fmt`: brings scenarios into their canonical form.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Exit, Surroundings, files};
use crate::scenario;

#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// Scenarios, or folders of them.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Change nothing: name the files which are not in canonical form, and fail if there are any.
    #[arg(long)]
    check: bool,
}

pub(super) fn run(arguments: &Arguments, surroundings: &mut Surroundings) -> Exit {
    let files = match files::scenarios(&arguments.paths) {
        Ok(files) => files,
        Err(error) => {
            surroundings.complain(error);
            return Exit::Usage;
        }
    };
    // Every file is told about; the worst of them is how it ends.
    files.iter().map(|file| format(file, arguments.check, surroundings)).max().unwrap_or(Exit::Passed)
}

fn format(file: &Path, check: bool, surroundings: &mut Surroundings) -> Exit {
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) => {
            surroundings.complain(format_args!("{}: {error}", file.display()));
            return Exit::Unreadable;
        }
    };
    match scenario::fmt(&file.display().to_string(), &bytes) {
        Err(diagnostics) => {
            let text = diagnostics.render(&super::renderer(surroundings.err_colours));
            surroundings.complain(text);
            Exit::Unreadable
        }
        Ok(canonical) if canonical.as_bytes() == bytes => Exit::Passed,
        Ok(_) if check => {
            surroundings.complain(format_args!("{} is not in canonical form", file.display()));
            Exit::Failed
        }
        Ok(canonical) => match fs::write(file, canonical) {
            Ok(()) => Exit::Passed,
            Err(error) => {
                surroundings.complain(format_args!("{}: {error}", file.display()));
                Exit::NotJudged
            }
        },
    }
}
