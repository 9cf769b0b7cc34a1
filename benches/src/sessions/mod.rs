//! Many conversations at once in real time, in three processes: callers, mock vendors, and the agent, which alone is
//! measured.
//!
//! All three are this one program in different parts, started by a fourth process that gives the orders and prints the
//! table. A caller's room is a loopback TCP connection that carries 20 ms frames both ways; vendors are mocks behind
//! real HTTP and WebSocket. Deliberately out: any transport a product would use for its rooms, and TLS.

mod agent;
mod callers;
mod control;
mod direct;
mod figures;
mod frames;
mod marks;
mod mocks;
mod process;
mod table;

pub(crate) use process::{cpu_of, resident_of};

use std::error::Error;

use bargein_net::{Ids, run_real};
use clap::{Parser, Subcommand};

/// A measurement that cannot be made ends at its first error.
pub type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// What to measure.
#[derive(Clone, Parser, Debug)]
#[command(about = "Measures the agent with many conversations at once, in real time")]
pub struct Arguments {
    /// How many at once; one measurement each.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 50, 200])]
    sessions: Vec<usize>,
    /// How long each measurement of talk is, in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Which voice detector the sessions have; `none`: there are no sessions, the rooms send every frame back.
    #[arg(long, value_delimiter = ',', default_values_t = [Detector::Earshot, Detector::Loudness])]
    detector: Vec<Detector>,
    #[command(subcommand)]
    part: Option<Part>,
}

/// The part a process plays. Started by the process without one.
#[derive(Clone, Subcommand, Debug)]
#[command(hide = true)]
enum Part {
    Callers(Ordered),
    Mocks(Ordered),
    Agent(Ordered),
}

/// Where a part's orders come from.
#[derive(Clone, clap::Args, Debug)]
struct Ordered {
    by: String,
}

/// How a session tells voice from other sounds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum, serde::Serialize, serde::Deserialize)]
enum Detector {
    /// As in the product.
    Earshot,
    /// By its loudness, which costs next to nothing: what is left is the session without the detector.
    Loudness,
    /// There is no session: what is left is the room's transport, which sends every frame back.
    None,
}

impl std::fmt::Display for Detector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Earshot => "earshot",
            Self::Loudness => "loudness",
            Self::None => "none",
        })
    }
}

/// Measures, or plays a part.
///
/// # Errors
///
/// A process cannot be started, or one of the parts has failed.
pub fn run(arguments: &Arguments) -> Fallible<()> {
    run_real(Ids::fresh_seed(), async |world| match &arguments.part {
        None => Box::pin(direct::measure(&world, arguments)).await,
        Some(Part::Callers(ordered)) => callers::run(&world, &ordered.by).await,
        Some(Part::Mocks(ordered)) => mocks::run(&world, &ordered.by).await,
        Some(Part::Agent(ordered)) => agent::run(&world, &ordered.by).await,
    })?
}
