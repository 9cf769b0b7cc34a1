//! The one binary.

use std::process::ExitCode;

use bargein::cli::{self, Surroundings};

fn main() -> ExitCode {
    let mut surroundings = Surroundings::of_process();
    cli::run(std::env::args_os(), &mut surroundings).into()
}
