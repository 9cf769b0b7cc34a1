//! A proxy in a process of its own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use bargein_net::World;

use crate::sessions::Fallible;

/// A proxy at work. Dropping it ends it.
pub(super) struct Proxy {
    process: Child,
    pub(super) authority: String,
}

impl Proxy {
    /// Starts this program in the part of a proxy.
    pub(super) fn start(part: &str, vendor: &str) -> Fallible<Self> {
        let program = std::env::current_exe()?;
        let mut command = Command::new(program);
        command.args([part, vendor]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn()?;
        let mut line = String::new();
        let out = process.stdout.take().ok_or("expected the output of the proxy, got none")?;
        BufReader::new(out).read_line(&mut line)?;
        Ok(Self { process, authority: line.trim().to_owned() })
    }

    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Says where the proxy is, and serves for as long as the process lives.
pub(super) async fn tell(world: &World, authority: &str) -> Fallible<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{authority}")?;
    out.flush()?;
    world.termination()?.asked().await;
    Ok(())
}
