//! `bargein check tts`: a server of the custom TTS protocol.

use std::process::{Command, Stdio};

use futures_util::FutureExt as _;

use super::options::Options;
use crate::check::Owned;
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
    /// The server's process on this machine: its memory and descriptors are watched.
    #[arg(long)]
    pid: Option<u32>,
    /// The process may be told to end by a TERM signal, at the very end: for OPS-03.
    #[arg(long, requires = "pid")]
    may_stop: bool,
    /// Where the server says in JSON how many texts are `active` and how many were `served`. Default: /stats.
    #[arg(long, value_name = "PATH")]
    stats: Option<String>,
    /// Where the server has `process_resident_memory_bytes` and `process_open_fds` for monitors. Default: /metrics.
    #[arg(long, value_name = "PATH")]
    metrics: Option<String>,
    /// Where the server says that it is well. Default: /health.
    #[arg(long, value_name = "PATH")]
    health: Option<String>,
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
        settings.pid = arguments.pid;
        settings.owned = arguments.pid.filter(|_| arguments.may_stop).map(stopped_by_signal);
        let pages = &mut settings.pages;
        for (page, path) in [
            (&mut pages.stats, &arguments.stats),
            (&mut pages.metrics, &arguments.metrics),
            (&mut pages.health, &arguments.health),
        ] {
            if let Some(path) = path {
                page.clone_from(path);
            }
        }
        Ok(())
    };
    super::check(&SUITE, &arguments.options, set, surroundings)
}

/// A server that ends when its process is told to.
fn stopped_by_signal(pid: u32) -> Owned {
    Owned::new(move || {
        async move {
            let mut kill = Command::new("kill");
            kill.args(["-TERM", &pid.to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
            // A process that is gone already has stopped too.
            let _ = kill.status();
        }
        .boxed_local()
    })
}
