//! The LLM proxy against a bare reverse proxy and against no proxy at all, over sockets. Without arguments it measures for
//! some two minutes.

use std::process::ExitCode;

use bargein_benches::proxy::{Arguments, run};
use clap::Parser as _;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            use std::io::Write as _;
            // Without a place to say so, the exit code remains.
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}
