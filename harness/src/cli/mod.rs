//! The command line: arguments in, an exit code out.
//!
//! One file a subcommand. Deliberately out: reading the environment, which `main` does once ([`Surroundings`]).

mod check;
mod exit;
mod files;
mod fmt;
mod mock;
mod schema;
mod serve;
mod surroundings;
mod test;

use std::ffi::OsString;
use std::io::Write as _;

use annotate_snippets::Renderer;
use clap::error::ErrorKind;
use clap::{Parser, Subcommand};

pub use exit::Exit;
pub use surroundings::Surroundings;

use crate::scenario::LoadError;

/// A voice-agent runtime that can be tested.
#[derive(Parser, Debug)]
#[command(name = "bargein", version, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 all passed, 1 wrong usage or configuration, 2 a scenario cannot be read, \
    3 something could not be run or judged, 4 an expectation or a check failed.";

#[derive(Subcommand, Debug)]
enum Command {
    /// Play scenarios and judge them.
    Test(test::Arguments),
    /// Check whether a server keeps a protocol, how fast it is, and where it will stutter.
    Check(Box<check::Arguments>),
    /// Bring scenarios into their canonical form.
    Fmt(fmt::Arguments),
    /// Play vendors at real ports, for any client.
    Mock(mock::Arguments),
    /// Put vendors behind protocols that everybody speaks.
    Serve(serve::Arguments),
    /// Print the JSON Schema of scenarios, for editors.
    Schema,
}

/// Does what the command line says. The first argument is the program's own name.
pub fn run(arguments: impl IntoIterator<Item = OsString>, surroundings: &mut Surroundings) -> Exit {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return explain(&error, surroundings),
    };
    match arguments.command {
        Command::Test(arguments) => test::run(&arguments, surroundings),
        Command::Check(arguments) => check::run(&arguments, surroundings),
        Command::Fmt(arguments) => fmt::run(&arguments, surroundings),
        Command::Mock(arguments) => mock::run(&arguments, surroundings),
        Command::Serve(arguments) => serve::run(&arguments, surroundings),
        Command::Schema => schema::run(surroundings),
    }
}

/// How mistakes in files are drawn.
fn renderer(colours: bool) -> Renderer {
    if colours { Renderer::styled() } else { Renderer::plain() }
}

/// A file cannot be loaded.
fn explain_load_error(error: &LoadError, surroundings: &mut Surroundings) {
    match error {
        LoadError::Unreadable { .. } => surroundings.complain(error),
        LoadError::Wrong(diagnostics) => {
            let text = diagnostics.render(&renderer(surroundings.err_colours));
            surroundings.complain(text);
        }
    }
}

/// Help was asked for, or is needed.
fn explain(error: &clap::Error, surroundings: &mut Surroundings) -> Exit {
    let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let text = error.render();
    if !asked {
        let text = if surroundings.err_colours { text.ansi().to_string() } else { text.to_string() };
        surroundings.complain(text.trim_end());
        return Exit::Usage;
    }
    let text = if surroundings.out_colours { text.ansi().to_string() } else { text.to_string() };
    match write!(surroundings.out, "{text}") {
        Ok(()) => Exit::Passed,
        Err(_) => Exit::NotJudged,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Arguments;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        Arguments::command().debug_assert();
    }
}
