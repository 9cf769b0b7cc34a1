//! `bargein check`: does a server keep a protocol, and how well.

mod llm;
mod options;
mod tts;

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::Path;

use bargein_net::World;

use self::options::{Kind, Options, ReportFile};
use super::{Exit, Surroundings};
use crate::check::{self, Checked, Run, Settings, Suite, Target, TargetError, WaiverError, catalogue_text};
use crate::report::{Progress, check as report};

#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    subject: Subject,
}

#[derive(clap::Subcommand, Debug)]
enum Subject {
    /// A server of the custom TTS protocol.
    Tts(tts::Arguments),
    /// An endpoint of chat completions: its base, such as http://localhost:8000/v1, or the full URL.
    Llm(llm::Arguments),
}

pub(super) fn run(arguments: &Arguments, surroundings: &mut Surroundings) -> Exit {
    match &arguments.subject {
        Subject::Tts(arguments) => tts::run(arguments, surroundings),
        Subject::Llm(arguments) => llm::run(arguments, surroundings),
    }
}

/// Why nothing is checked.
#[derive(Debug, thiserror::Error)]
enum CheckError {
    #[error("expected a URL to check, got none")]
    NoUrl,
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Selection(#[from] check::SelectionError),
    #[error("expected at least one check to run, got none")]
    NoCheck,
    #[error("{0}")]
    Option(String),
    #[error("expected certificates in {path}: {source}")]
    Certificates { path: String, source: io::Error },
    #[error("expected to read {path}: {source}")]
    Waivers { path: String, source: io::Error },
    #[error("{path}: {source}")]
    WrongWaivers { path: String, source: WaiverError },
    #[error(transparent)]
    World(#[from] bargein_net::RunError),
    #[error("expected to write the report: {0}")]
    Report(#[from] io::Error),
}

impl CheckError {
    const fn exit(&self) -> Exit {
        match self {
            Self::World(_) | Self::Report(_) => Exit::NotJudged,
            _ => Exit::Usage,
        }
    }
}

/// Checks a target with a suite, and reports.
fn check(
    suite: &'static Suite,
    options: &Options,
    settings: impl FnOnce(&mut Settings) -> Result<(), String>,
    surroundings: &mut Surroundings,
) -> Exit {
    let checked = if options.list {
        list(suite, options, surroundings)
    } else {
        play(suite, options, settings, surroundings)
    };
    checked.unwrap_or_else(|error| {
        surroundings.complain(&error);
        error.exit()
    })
}

fn list(
    suite: &'static Suite,
    options: &Options,
    surroundings: &mut Surroundings,
) -> Result<Exit, CheckError> {
    let checks = options.selection().of(suite)?;
    write!(surroundings.out, "{}", catalogue_text(suite, checks))?;
    Ok(Exit::Passed)
}

fn play(
    suite: &'static Suite,
    options: &Options,
    set: impl FnOnce(&mut Settings) -> Result<(), String>,
    surroundings: &mut Surroundings,
) -> Result<Exit, CheckError> {
    let url = options.url.as_deref().ok_or(CheckError::NoUrl)?;
    let mut target = Target::read(url)?.with_key(options.key.clone());
    for header in &options.headers {
        target = target.with_header(header)?;
    }
    let mut settings = options.settings().map_err(CheckError::Option)?;
    set(&mut settings).map_err(CheckError::Option)?;
    let checks = options.selection().of(suite)?;
    if checks.is_empty() {
        return Err(CheckError::NoCheck);
    }
    let waivers = options.waivers.as_deref().map(waivers).transpose()?.unwrap_or_default();
    let progress = Progress::new(checks.len(), surroundings.err_is_terminal);
    let tell = |checked: &Checked| progress.case(&format!("{} {}", checked.entry.id, checked.verdict));
    let roots = options.ca.as_deref().map(certificates).transpose()?;
    let run = bargein_net::run_real(options.seed, async |world: World| {
        roots.map_or(Ok(()), |roots| world.network.trust(&roots))?;
        Ok::<_, io::Error>(check::run(&world, suite, &checks, &target, &settings, &waivers, tell).await)
    })?;
    let run = run.map_err(|source| CheckError::Certificates {
        path: options.ca.iter().map(|path| path.display().to_string()).collect(),
        source,
    })?;
    progress.finish();
    report::write_terminal(&mut surroundings.out, &run, surroundings.out_colours)?;
    for file in &options.reports {
        write(file, &run)?;
    }
    Ok(exit(&run))
}

fn certificates(path: &Path) -> Result<Vec<u8>, CheckError> {
    fs::read(path).map_err(|source| CheckError::Certificates { path: path.display().to_string(), source })
}

fn waivers(path: &Path) -> Result<Vec<check::Waiver>, CheckError> {
    let name = path.display().to_string();
    let text =
        fs::read_to_string(path).map_err(|source| CheckError::Waivers { path: name.clone(), source })?;
    check::read_waivers(&text).map_err(|source| CheckError::WrongWaivers { path: name, source })
}

fn write(file: &ReportFile, run: &Run) -> io::Result<()> {
    let out = BufWriter::new(File::create(&file.path)?);
    match file.kind {
        Kind::Junit => report::write_junit(out, run).map_err(io::Error::other),
        Kind::Json => Ok(report::write_json(out, run)?),
        Kind::Html => report::write_html(out, run),
    }
}

/// A rule that is broken is sure, whatever else could not be judged.
const fn exit(run: &Run) -> Exit {
    if run.has_failed() {
        Exit::Failed
    } else if run.is_unjudged() {
        Exit::NotJudged
    } else {
        Exit::Passed
    }
}
