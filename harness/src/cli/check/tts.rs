//! `bargein check tts`: a server of the custom TTS protocol.

use super::options::Options;
use crate::check::tts::SUITE;
use crate::cli::{Exit, Surroundings};

#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    options: Options,
    /// The formats the server offers: `pcm`, `wav`. Default: both.
    #[arg(long = "format", value_name = "FORMAT", value_delimiter = ',', value_parser = ["pcm", "wav"])]
    formats: Vec<String>,
    /// A header that makes the server fail in the middle of its audio, if it has one: for ERR-08.
    #[arg(long, value_name = "NAME:VALUE")]
    fault_header: Option<String>,
}

pub(super) fn run(arguments: &Arguments, surroundings: &mut Surroundings) -> Exit {
    let set = |settings: &mut crate::check::Settings| {
        settings.formats.clone_from(&arguments.formats);
        if let Some(header) = &arguments.fault_header {
            let (name, value) = header
                .split_once(':')
                .ok_or_else(|| format!("expected --fault-header NAME:VALUE, got `{header}`"))?;
            settings.fault_header = Some((name.trim().to_owned(), value.trim().to_owned()));
        }
        Ok(())
    };
    super::check(&SUITE, &arguments.options, set, surroundings)
}
