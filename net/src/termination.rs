//! How the system asks a program to end, or to read its configuration again.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::World;

/// The system's wish that this program ends: SIGINT, as Ctrl-C sends it, or SIGTERM; outside Unix, Ctrl-C alone. In
/// the virtual world there is nobody to wish so.
///
/// From the first one that is made until the process ends, these signals do nothing by themselves.
#[derive(Debug)]
pub struct Termination(Option<Signals>);

#[cfg(unix)]
#[derive(Debug)]
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

#[cfg(not(unix))]
#[derive(Debug)]
struct Signals;

impl World {
    /// Begins to listen for the system's wish that this program ends. A wish that comes between this call and the
    /// first [`Termination::asked`] is kept.
    ///
    /// # Errors
    ///
    /// Whatever the system says when it does not tell us of signals.
    pub fn termination(&self) -> io::Result<Termination> {
        let signals = if self.network.is_memory() { None } else { Some(Signals::listen()?) };
        Ok(Termination(signals))
    }
}

impl Termination {
    /// Resolves when the system asks for the end, each time it does; never in the virtual world. Dropping the future
    /// loses nothing.
    pub async fn asked(&mut self) {
        match &mut self.0 {
            Some(signals) => signals.next().await,
            None => std::future::pending().await,
        }
    }
}

/// The system's wish that this program reads its configuration again: SIGHUP; never outside Unix, and never in the
/// virtual world.
///
/// From the first one that is made until the process ends, the signal does nothing by itself.
#[derive(Debug)]
pub struct Hangup(#[cfg(unix)] Option<Signal>);

#[cfg(unix)]
impl World {
    /// Begins to listen for the system's wish that this program reads its configuration again. A wish that comes
    /// between this call and the first [`Hangup::asked`] is kept.
    ///
    /// # Errors
    ///
    /// As [`World::termination`].
    pub fn hangup(&self) -> io::Result<Hangup> {
        let signal = if self.network.is_memory() { None } else { Some(signal(SignalKind::hangup())?) };
        Ok(Hangup(signal))
    }
}

#[cfg(not(unix))]
impl World {
    /// Nobody can wish so on this system.
    ///
    /// # Errors
    ///
    /// None here.
    #[expect(clippy::unnecessary_wraps, reason = "the other systems can refuse")]
    pub const fn hangup(&self) -> io::Result<Hangup> {
        Ok(Hangup())
    }
}

impl Hangup {
    /// Resolves when the system asks, each time it does. Dropping the future loses nothing.
    pub async fn asked(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.0
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            biased;
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "the other systems can refuse")]
    const fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        // Without a handler nobody can ask: as if nobody did.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
