//! Vendors as companies: one port each, with all its protocols at their own paths, to be used by any client.
//!
//! Beside the protocols, each port has two paths of its own, `/__mock/journal` and `/__mock/behaviour`. Deliberately
//! out: the words of a user. A recogniser hears what its script says it `hears`.

mod control;
mod part;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use bargein_net::{Listener, ServerHandle, World, serve};
use futures_util::future::join_all;
use tokio::sync::watch;

use crate::mock::BODY_LIMIT;
use crate::observe::Role;
use crate::registry;
use crate::script::{AsrScript, LlmScript, TtsScript, nearest};
use part::Part;

/// Companies at work, each at a port of its own. Dropping them closes everything at once.
#[must_use = "dropping mock vendors closes them"]
pub struct MockVendors {
    /// In the order of the registry.
    vendors: Vec<MockVendor>,
    /// Nothing is ever sent: streams that have left a server's hands end with the channel.
    streams: watch::Sender<()>,
}

/// One company at work.
pub struct MockVendor {
    id: &'static str,
    parts: Arc<[Part]>,
    server: ServerHandle,
}

/// What vendors do from the start. A script is for the vendor that it names, or else for the first of its role; all
/// other vendors do the plain thing.
#[derive(Clone, Debug, Default)]
pub struct Scripts {
    /// The recogniser's.
    pub asr: AsrScript,
    /// The language model's.
    pub llm: LlmScript,
    /// The synthesiser's.
    pub tts: TtsScript,
}

/// Why vendors could not be started. None of their ports is open then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The vendor is none that we play.
    #[error("unknown vendor `{got}`{}; known: {}", hint(nearest.as_deref()), known.join(", "))]
    UnknownVendor {
        /// What was asked for.
        got: String,
        /// The known one that is spelled most like it, when one is near.
        nearest: Option<String>,
        /// The vendors there are.
        known: Vec<&'static str>,
    },
    /// The ports after the first one go beyond 65535.
    #[error("expected {needed} ports from {first} on, got none above 65535")]
    NoPort {
        /// The first port.
        first: u16,
        /// One for each vendor.
        needed: usize,
    },
    /// A port cannot be had: most often somebody listens there already.
    #[error("expected to listen at {address} for the vendor {vendor}, got: {error}")]
    Listen {
        /// For whom.
        vendor: &'static str,
        /// Where.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
}

impl MockVendors {
    /// Opens a port for each of these vendors, all of them when none is named: the port of `listen` for the first in
    /// the order of the registry, the next one for the next; any free ports when it is 0. Their tasks are the
    /// world's.
    ///
    /// # Errors
    /// The first vendor that is not known, or whose port cannot be had.
    pub async fn start(
        world: &World,
        vendors: &[String],
        listen: SocketAddr,
        scripts: &Scripts,
    ) -> Result<Self, StartError> {
        let chosen = choose(vendors)?;
        let listeners = open(world, &chosen, listen).await?;
        let (streams, closed) = watch::channel(());
        let start = |(id, listener)| MockVendor::start(world, id, listener, scripts, &closed);
        Ok(Self { vendors: listeners.into_iter().map(start).collect(), streams })
    }

    /// The companies, in the order of the registry.
    #[must_use]
    pub fn vendors(&self) -> &[MockVendor] {
        &self.vendors
    }

    /// Accepts no more, lets answers in progress end within `grace`, then closes what is left. Streams of recognisers
    /// have no end of their own and are closed at once.
    pub async fn stop(self, grace: Duration) {
        let Self { vendors, streams } = self;
        drop(streams);
        // What outlives the grace is a client that does not read, and no fault of ours.
        join_all(vendors.into_iter().map(|vendor| vendor.server.stop(grace))).await;
    }
}

impl MockVendor {
    fn start(
        world: &World,
        id: &'static str,
        listener: Listener,
        scripts: &Scripts,
        closed: &watch::Receiver<()>,
    ) -> Self {
        let parts: Arc<[Part]> = part::parts(world, id, scripts, closed).into();
        let server = serve(world, listener, router(id, &parts));
        Self { id, parts, server }
    }

    /// Its id, as scripts have it.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// The base of its addresses: `http://127.0.0.1:4100`.
    #[must_use]
    pub fn http(&self) -> String {
        format!("http://{}", self.server.authority())
    }

    /// The same for WebSockets, when it speaks them.
    #[must_use]
    pub fn web_socket(&self) -> Option<String> {
        let speaks = self.parts.iter().any(|part| part.door.is_web_socket);
        speaks.then(|| format!("ws://{}", self.server.authority()))
    }

    /// How people point the company's own clients here: one line for each of its roles.
    #[must_use]
    pub fn clients(&self) -> Vec<(Role, String)> {
        let client = |part: &Part| (part.role, (part.door.client)(self.server.authority()));
        self.parts.iter().map(client).collect()
    }
}

fn router(id: &'static str, parts: &Arc<[Part]>) -> Router {
    control::router(id, parts).layer(DefaultBodyLimit::max(BODY_LIMIT))
}

/// The named companies, each once, in the order of the registry.
fn choose(named: &[String]) -> Result<Vec<&'static str>, StartError> {
    let mut known = registry::companies();
    if let Some(got) = named.iter().find(|name| !known.contains(&name.as_str())) {
        let names: Vec<_> = known.iter().map(|&name| name.to_owned()).collect();
        return Err(StartError::UnknownVendor { got: got.clone(), nearest: nearest(got, &names), known });
    }
    known.retain(|id| named.is_empty() || named.iter().any(|name| name == id));
    Ok(known)
}

/// A listener for each company, or none at all.
async fn open(
    world: &World,
    chosen: &[&'static str],
    listen: SocketAddr,
) -> Result<Vec<(&'static str, Listener)>, StartError> {
    let mut listeners = Vec::new();
    for (offset, &vendor) in chosen.iter().enumerate() {
        let mut address = listen;
        if listen.port() != 0 {
            let port = u16::try_from(offset).ok().and_then(|offset| listen.port().checked_add(offset));
            address.set_port(
                port.ok_or_else(|| StartError::NoPort { first: listen.port(), needed: chosen.len() })?,
            );
        }
        let listener = world.network.listen(&address.to_string()).await;
        listeners.push((vendor, listener.map_err(|error| StartError::Listen { vendor, address, error })?));
    }
    Ok(listeners)
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map(|name| format!(", did you mean `{name}`?")).unwrap_or_default()
}

#[cfg(test)]
mod tests;
