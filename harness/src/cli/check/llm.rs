//! `bargein check llm`: an endpoint of chat completions.

use super::options::Options;
use crate::check::llm::SUITE;
use crate::cli::{Exit, Surroundings};

#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    options: Options,
    /// The model to ask. Default: the first that the endpoint lists at `/models`.
    #[arg(long)]
    model: Option<String>,
}

pub(super) fn run(arguments: &Arguments, surroundings: &mut Surroundings) -> Exit {
    let set = |settings: &mut crate::check::Settings| {
        settings.model.clone_from(&arguments.model);
        Ok(())
    };
    super::check(&SUITE, &arguments.options, set, surroundings)
}
