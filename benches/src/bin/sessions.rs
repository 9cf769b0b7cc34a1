//! The load measurement: many conversations at once in real time, over sockets, with everything but the agent in
//! other processes. Without arguments it measures for some nine minutes.

use std::process::ExitCode;

use bargein_benches::sessions::{Arguments, Fallible, run};
use clap::Parser as _;

fn main() -> ExitCode {
    let outcome: Fallible<()> = run(&Arguments::parse());
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            use std::io::Write as _;
            // Without a place to say so, the exit code remains.
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}
