//! `bargein mock`: plays vendors at real ports, for any client, until it is asked to end.

mod mutants;

use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use bargein_mocks::{MockVendor, MockVendors, Scripts, StartError};
use bargein_net::World;
use serde_json::{Map, Value, json};

use super::{Exit, Surroundings};
use crate::world::load_scripts;

/// How long answers in progress may take to end.
const GRACE: Duration = Duration::from_secs(5);

#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// Which vendors to play. Default: all there are.
    #[arg(value_name = "VENDOR")]
    vendors: Vec<String>,
    /// Where to listen: one port a vendor, counted up from this one; port 0, or none, is any free port.
    #[arg(long, value_name = "ADDRESS[:PORT]", default_value = "127.0.0.1:0", value_parser = listen)]
    listen: SocketAddr,
    /// What the vendors do: YAML with the keys `asr`, `llm` and `tts` of a scenario.
    #[arg(long, value_name = "FILE")]
    behaviour: Option<PathBuf>,
    /// Where everything random comes from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// When all ports are open, print one line: an object from the vendor's id to its address.
    #[arg(long)]
    json: bool,
    /// Play one vendor by the rules, but for the rule of this check; `none`: by all rules. Its address and key are
    /// printed.
    #[arg(long, value_name = "CHECK", conflicts_with = "behaviour")]
    mutant: Option<String>,
}

fn listen(text: &str) -> Result<SocketAddr, String> {
    let address = text.parse().or_else(|_| text.parse().map(|ip: IpAddr| SocketAddr::new(ip, 0)));
    address.map_err(|_| "expected an address such as `127.0.0.1` or `127.0.0.1:4100`".to_owned())
}

pub(super) fn run(arguments: &Arguments, surroundings: &mut Surroundings) -> Exit {
    let scripts = match arguments.behaviour.as_deref().map(load_scripts).transpose() {
        Ok(scripts) => scripts.unwrap_or_default(),
        Err(error) => {
            super::explain_load_error(&error, surroundings);
            return Exit::Unreadable;
        }
    };
    let played = bargein_net::run_real(arguments.seed, async |world| match &arguments.mutant {
        Some(check) => mutants::play(&world, arguments, check, &mut *surroundings.out).await,
        None => play(&world, arguments, &scripts, &mut *surroundings.out).await,
    });
    match played {
        Ok(Ok(())) => Exit::Passed,
        Ok(Err(error)) => {
            surroundings.complain(&error);
            error.exit()
        }
        Err(error) => {
            surroundings.complain(error);
            Exit::NotJudged
        }
    }
}

/// Why nothing is played.
#[derive(Debug, thiserror::Error)]
enum PlayError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Mutant(#[from] mutants::MutantError),
    #[error("expected the system to tell when to end, got: {0}")]
    Signals(#[source] io::Error),
    #[error("expected to write the addresses: {0}")]
    Addresses(#[source] io::Error),
}

impl PlayError {
    const fn exit(&self) -> Exit {
        match self {
            Self::Start(StartError::UnknownVendor { .. } | StartError::NoPort { .. }) => Exit::Usage,
            Self::Mutant(error) => error.exit(),
            Self::Start(_) | Self::Signals(_) | Self::Addresses(_) => Exit::NotJudged,
        }
    }
}

/// Plays until the system asks for the end. Asked again, it does not wait for anybody.
async fn play(
    world: &World,
    arguments: &Arguments,
    scripts: &Scripts,
    out: &mut dyn Write,
) -> Result<(), PlayError> {
    // Before the addresses are known: who knows them may also ask for the end.
    let mut termination = world.termination().map_err(PlayError::Signals)?;
    let vendors = MockVendors::start(world, &arguments.vendors, arguments.listen, scripts).await?;
    let tell = if arguments.json { tell_programs } else { tell_people };
    tell(out, vendors.vendors()).and_then(|()| out.flush()).map_err(PlayError::Addresses)?;
    termination.asked().await;
    tokio::select! {
        biased;
        () = termination.asked() => {}
        () = vendors.stop(GRACE) => {}
    }
    Ok(())
}

/// `{"<id>": "http://…", "<id>": {"http": "http://…", "ws": "ws://…"}}`.
fn tell_programs(out: &mut dyn Write, vendors: &[MockVendor]) -> io::Result<()> {
    let addresses = |vendor: &MockVendor| {
        let http = vendor.http();
        vendor
            .web_socket()
            .map_or_else(|| Value::String(http.clone()), |ws| json!({ "http": http, "ws": ws }))
    };
    let all: Map<_, _> = vendors.iter().map(|vendor| (vendor.id().to_owned(), addresses(vendor))).collect();
    writeln!(out, "{}", Value::Object(all))
}

fn tell_people(out: &mut dyn Write, vendors: &[MockVendor]) -> io::Result<()> {
    let width = vendors.iter().map(|vendor| vendor.id().len()).max().unwrap_or_default();
    for vendor in vendors {
        writeln!(out, "{:width$}  {}", vendor.id(), vendor.http())?;
        for (role, client) in vendor.clients() {
            writeln!(out, "{:width$}  {}: {client}", "", role.word())?;
        }
    }
    writeln!(
        out,
        "GET /__mock/journal lists what was asked, PUT /__mock/behaviour changes what is done, Ctrl-C ends."
    )
}
