//! What the LLM proxy adds, against a bare reverse proxy of the same HTTP library as the physical limit, and against no
//! proxy at all.
//!
//! Three processes: callers and vendor are one, each proxy is another, with one thread each. All three ways are measured
//! in turns, many times, so that what else the machine does meets all of them. Deliberately out: TLS.

mod bare;
mod caller;
mod child;
mod figures;
mod measure;
mod ours;
mod table;
mod vendor;

use bargein_net::{Ids, run_real};
use clap::{Parser, Subcommand};

use crate::sessions::Fallible;

/// What to measure.
#[derive(Clone, Parser, Debug)]
#[command(about = "Measures what the LLM proxy adds, over sockets")]
pub struct Arguments {
    /// How many streams at once; one measurement each.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 64])]
    concurrency: Vec<usize>,
    /// How often each way is measured.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long each time, in milliseconds.
    #[arg(long, default_value_t = 1000)]
    millis: u64,
    /// How many paced streams at once for the event transit.
    #[arg(long, default_value_t = 32)]
    paced: usize,
    /// How many paced streams at once for the memory under load; 0 leaves it out.
    #[arg(long, default_value_t = 500)]
    crowd: usize,
    /// How long the crowd stays, in seconds.
    #[arg(long, default_value_t = 10)]
    crowd_seconds: u64,
    #[command(subcommand)]
    part: Option<Part>,
}

/// The part a process plays. Started by the process without one.
#[derive(Clone, Subcommand, Debug)]
#[command(hide = true)]
enum Part {
    Bare { vendor: String },
    Ours { vendor: String },
}

/// Measures, or plays a part.
///
/// # Errors
/// A process cannot be started, or one of the parts has failed.
pub fn run(arguments: &Arguments) -> Fallible<()> {
    run_real(Ids::fresh_seed(), async |world| match &arguments.part {
        None => Box::pin(measure::run(&world, arguments)).await,
        Some(Part::Bare { vendor }) => bare::run(&world, vendor).await,
        Some(Part::Ours { vendor }) => ours::run(&world, vendor).await,
    })?
}
