//! `bargein test`: plays scenarios and judges them.

use std::fs::File;
use std::io::{self, BufWriter};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::{Exit, Surroundings, files};
use crate::report::{self, Look, Progress, TerminalReport};
use crate::run::{Case, CaseResult, Mode, Plan, Stopwatch, Verdict, play_all};
use crate::scenario::Scenario;

/// The theme of the scenarios that are played over sockets when nobody chooses others.
const SMOKE: &str = "smoke";

#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// Scenarios, or folders of them.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Where everything random of a run comes from; `repeat` counts up from it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Play only cases whose name contains this.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Play over sockets and in real time: the theme `smoke`, or what `--filter` chooses. Every bound of an
    /// expectation gets 50 ms of grace.
    #[arg(long)]
    real: bool,
    /// How many cases to play at a time. Default: one a processor.
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Write the timeline of each case below this folder.
    #[arg(long, value_name = "FOLDER")]
    timelines: Option<PathBuf>,
    /// Write a report: `junit=FILE` or `json=FILE`. Can be given several times.
    #[arg(long = "report", value_name = "KIND=FILE")]
    reports: Vec<ReportFile>,
}

/// A report for others.
#[derive(Clone, Debug)]
struct ReportFile {
    kind: Kind,
    path: PathBuf,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Junit,
    Json,
}

impl FromStr for ReportFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("expected `junit=FILE` or `json=FILE`, got `{text}`");
        let (kind, path) = text.split_once('=').filter(|(_, path)| !path.is_empty()).ok_or_else(expected)?;
        let kind = match kind {
            "junit" => Kind::Junit,
            "json" => Kind::Json,
            _ => return Err(expected()),
        };
        Ok(Self { kind, path: path.into() })
    }
}

pub(super) fn run(arguments: &Arguments, surroundings: &mut Surroundings) -> Exit {
    let files = match files::scenarios(&arguments.paths) {
        Ok(files) => files,
        Err(error) => {
            surroundings.complain(error);
            return Exit::Usage;
        }
    };
    let Some(mut cases) = load(&files, surroundings) else { return Exit::Unreadable };
    cases.retain(|case| is_chosen(case, arguments));
    if cases.is_empty() {
        surroundings.complain("expected at least one case to play, got none");
        return Exit::Usage;
    }
    match play(cases, arguments, surroundings) {
        Ok(exit) => exit,
        Err(error) => {
            surroundings.complain(format_args!("expected to write the report: {error}"));
            Exit::NotJudged
        }
    }
}

/// Every case of the files; `None` when one of them is wrong, after telling what is.
fn load(files: &[PathBuf], surroundings: &mut Surroundings) -> Option<Vec<Case>> {
    let mut cases = Vec::new();
    let mut wrong = false;
    for file in files {
        let loaded = Scenario::load(file).and_then(|scenario| Ok(Case::all_of(&scenario)?));
        match loaded {
            Ok(of_file) => cases.extend(of_file),
            Err(error) => {
                wrong = true;
                super::explain_load_error(&error, surroundings);
            }
        }
    }
    (!wrong).then_some(cases)
}

fn is_chosen(case: &Case, arguments: &Arguments) -> bool {
    match &arguments.filter {
        Some(filter) => case.name().to_string().contains(filter.as_str()),
        None => !arguments.real || case.name().theme() == SMOKE,
    }
}

fn play(cases: Vec<Case>, arguments: &Arguments, surroundings: &mut Surroundings) -> io::Result<Exit> {
    let watch = Stopwatch::start();
    let look = Look { colours: surroundings.out_colours, real: arguments.real };
    let progress = Progress::new(cases.len(), surroundings.err_is_terminal);
    let names: Vec<_> = cases.iter().map(|case| case.name().to_string()).collect();
    let mut terminal = TerminalReport::new(&mut surroundings.out, look, names);
    let mut results = Vec::with_capacity(cases.len());
    let plan = Plan {
        mode: if arguments.real { Mode::Real } else { Mode::Virtual },
        seed: arguments.seed,
        jobs: arguments.jobs.unwrap_or(surroundings.cores),
        every_timeline: arguments.timelines.is_some(),
    };
    play_all(cases, plan, |result| {
        progress.case(&result.name.to_string());
        if let Some(folder) = &arguments.timelines {
            report::write_timelines(folder, &result)?;
        }
        progress.beside(|| terminal.case(&result))?;
        results.push(result);
        io::Result::Ok(())
    })?;
    progress.finish();
    terminal.finish(&results, watch.elapsed())?;
    for report in &arguments.reports {
        write(report, &results, watch.elapsed(), arguments.real)?;
    }
    Ok(exit(&results))
}

fn write(report: &ReportFile, results: &[CaseResult], took: Duration, real: bool) -> io::Result<()> {
    let file = BufWriter::new(File::create(&report.path)?);
    match report.kind {
        Kind::Junit => report::write_junit(file, results, took, real).map_err(io::Error::other),
        Kind::Json => Ok(report::write_json(file, results, took, real)?),
    }
}

/// What could not be judged weighs more than what failed: the results are not whole.
fn exit(results: &[CaseResult]) -> Exit {
    let of = |is: fn(&Verdict) -> bool| results.iter().any(|result| is(&result.verdict));
    if of(|verdict| matches!(verdict, Verdict::NotJudged(_))) {
        Exit::NotJudged
    } else if of(|verdict| matches!(verdict, Verdict::Failed(_))) {
        Exit::Failed
    } else {
        Exit::Passed
    }
}
