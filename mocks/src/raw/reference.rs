//! A vendor that keeps every rule of its protocol, or breaks just one: what checkers are tested with.

use std::time::Duration;

use bargein_net::{Listener, Stopped, World};
use bargein_wire::units::Secret;

use super::RawServer;

/// A reference at work. Dropping it closes its listener and every connection at once.
#[derive(Debug)]
#[must_use = "dropping a reference closes it"]
pub struct Reference {
    server: RawServer,
    url: String,
    key: Secret,
}

/// A reference with one rule broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mutant {
    /// The check that must catch it.
    pub id: &'static str,
    /// What it does wrong: "sends ..., refuses ...".
    pub breaks: &'static str,
    /// The other checks of level MUST that fail too, because the same fault is theirs.
    pub followers: &'static [&'static str],
}

/// Which vendor has mutants, and how one of them is served.
#[derive(Clone, Copy, Debug)]
pub struct MutantVendor {
    /// The vendor's id in scripts.
    pub id: &'static str,
    /// Its mutants, in the order of their checks.
    pub mutants: &'static [Mutant],
    /// Serves the unbroken reference, or a mutant.
    pub serve: fn(&World, Listener, Option<&'static Mutant>) -> Reference,
}

impl MutantVendor {
    /// The mutant of a check.
    #[must_use]
    pub fn mutant(&self, id: &str) -> Option<&'static Mutant> {
        self.mutants.iter().find(|mutant| mutant.id == id)
    }
}

impl Reference {
    pub(crate) fn new(server: RawServer, scheme: &str, path: &str, key: Secret) -> Self {
        let url = format!("{scheme}://{}{path}", server.authority());
        Self { server, url, key }
    }

    /// Where it listens, with the real port.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.server.authority()
    }

    /// What a client is to be pointed at.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The key that is let in.
    #[must_use]
    pub const fn key(&self) -> &Secret {
        &self.key
    }

    /// Accepts no more, lets answers in progress end within `grace`, then breaks off what is left.
    pub async fn stop(self, grace: Duration) -> Stopped {
        self.server.stop(grace).await
    }
}
