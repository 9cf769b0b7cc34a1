//! The options that every subject of checks has.

use std::path::PathBuf;
use std::str::FromStr;

use bargein_wire::units::Secret;

use crate::check::{Profile, Selection, Settings};

#[derive(Clone, clap::Args, Debug)]
pub(super) struct Options {
    /// The server's address, such as http://localhost:8080/stream-audio.
    #[arg(value_name = "URL")]
    pub(super) url: Option<String>,
    /// The key clients send.
    #[arg(long, value_parser = secret)]
    pub(super) key: Option<Secret>,
    /// Whose budgets of time are taken.
    #[arg(long, value_enum, default_value_t)]
    profile: Profile,
    /// The smallest useful set of checks, in a few seconds.
    #[arg(long)]
    quick: bool,
    /// Only these checks or groups: `PCM-04`, `PCM`. Can be given several times, or with commas.
    #[arg(long, value_name = "ID|GROUP", value_delimiter = ',')]
    only: Vec<String>,
    /// All but these checks or groups.
    #[arg(long, value_name = "ID|GROUP", value_delimiter = ',')]
    skip: Vec<String>,
    /// Warnings count as failures.
    #[arg(long)]
    strict: bool,
    /// A header of every request.
    #[arg(long = "header", value_name = "NAME:VALUE")]
    pub(super) headers: Vec<String>,
    /// Certificates to trust besides those of the web, in PEM or DER.
    #[arg(long, value_name = "FILE")]
    pub(super) ca: Option<PathBuf>,
    /// Another budget than the profile's: `first_audio_p95_ms=800`. The names are those of the JSON report.
    #[arg(long = "budget", value_name = "NAME=VALUE")]
    budgets: Vec<String>,
    /// Rules that may be broken until a date: a JSON list of objects with `id`, `reason` and `until`.
    #[arg(long, value_name = "FILE")]
    pub(super) waivers: Option<PathBuf>,
    /// Write a report: `html=FILE`, `json=FILE` or `junit=FILE`. Can be given several times.
    #[arg(long = "report", value_name = "KIND=FILE")]
    pub(super) reports: Vec<ReportFile>,
    /// Show the checks instead of running them.
    #[arg(long)]
    pub(super) list: bool,
    /// Where everything random comes from.
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
}

#[expect(clippy::unnecessary_wraps, reason = "what clap asks of a parser")]
fn secret(text: &str) -> Result<Secret, String> {
    Ok(Secret::new(text))
}

/// A report for others.
#[derive(Clone, Debug)]
pub(super) struct ReportFile {
    pub(super) kind: Kind,
    pub(super) path: PathBuf,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Junit,
    Json,
    Html,
}

impl FromStr for ReportFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("expected `html=FILE`, `json=FILE` or `junit=FILE`, got `{text}`");
        let (kind, path) = text.split_once('=').filter(|(_, path)| !path.is_empty()).ok_or_else(expected)?;
        let kind = match kind {
            "junit" => Kind::Junit,
            "json" => Kind::Json,
            "html" => Kind::Html,
            _ => return Err(expected()),
        };
        Ok(Self { kind, path: path.into() })
    }
}

impl Options {
    /// Which checks are meant.
    pub(super) fn selection(&self) -> Selection {
        Selection { only: self.only.clone(), skip: self.skip.clone(), quick: self.quick }
    }

    /// What the run is set to, as far as every subject has it.
    pub(super) fn settings(&self) -> Result<Settings, String> {
        let mut settings = Settings::of(self.profile);
        settings.quick = self.quick;
        settings.strict = self.strict;
        for change in &self.budgets {
            settings.budgets = settings.budgets.changed(change)?;
        }
        Ok(settings)
    }
}
