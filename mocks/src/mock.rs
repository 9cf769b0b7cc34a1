//! A vendor at work.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use bargein_net::{Listener, ServerHandle, World, serve};
use serde_json::Value;
use tokio::sync::watch;

use crate::ledger::{JournalEntry, Ledger};

/// The longest request that is read; longer ones get status 413.
pub(crate) const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// A vendor at work. Dropping it closes its listener and every connection at once.
#[must_use = "dropping a mock closes it"]
pub struct Mock {
    /// Closed first: what happens to the connections after that is nobody's doing but ours.
    closing: Closing,
    /// Dropped with the mock, which ends streams that have left the server's hands.
    streams: Option<watch::Sender<()>>,
    server: ServerHandle,
    settings: Value,
}

struct Closing(Arc<Ledger>);

impl Mock {
    pub(crate) fn serve(
        world: &World,
        listener: Listener,
        ledger: Arc<Ledger>,
        router: Router,
        settings: Value,
    ) -> Self {
        let server = serve(world, listener, router.layer(DefaultBodyLimit::max(BODY_LIMIT)));
        Self { closing: Closing(ledger), streams: None, server, settings }
    }

    pub(crate) fn with_streams(self, streams: watch::Sender<()>) -> Self {
        Self { streams: Some(streams), ..self }
    }

    /// Where it listens, with the real port.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.server.authority()
    }

    /// How many connections are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.server.connections()
    }

    /// What a client of this vendor is to be set to so that it is let in here: the keys of the vendor's own section
    /// in a session's configuration.
    #[must_use]
    pub const fn client_settings(&self) -> &Value {
        &self.settings
    }

    /// The last requests, oldest first: at most [`JOURNAL_LENGTH`](crate::JOURNAL_LENGTH).
    #[must_use]
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.closing.0.journal()
    }

    /// Accepts no more, lets answers in progress end within `grace`, then closes what is left.
    pub async fn stop(self, grace: Duration) {
        let Self { closing, streams, server, .. } = self;
        drop((closing, streams));
        // What outlives the grace is a client that does not read, and no fault of ours.
        let _ = server.stop(grace).await;
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}
