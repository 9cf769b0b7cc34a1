//! Telling a vendor that an answer is not wanted any more, where closing the connection does not say so.
//!
//! Deliberately out: what the vendor replies. A farewell that fails costs tokens and nothing else.

use std::time::Duration;

use bargein_net::World;
use http::{HeaderMap, Uri};
use serde_json::Value;

use crate::OnWritten;
use crate::http::Http;

/// How long a farewell may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Dropped while there is something to say, it is said by a task of the session's, which ends with the session.
pub(crate) struct Farewell {
    http: Http,
    world: World,
    headers: HeaderMap,
    words: Option<(Uri, Value)>,
}

impl Farewell {
    /// Nothing is to be said yet.
    pub(crate) fn new(http: &Http, world: &World, headers: HeaderMap) -> Self {
        Self { http: http.clone(), world: world.clone(), headers, words: None }
    }

    /// From now on this is to be posted when the answer is given up. The first words stand.
    pub(crate) fn say(&mut self, uri: &Uri, body: Value) {
        self.words.get_or_insert_with(|| (uri.clone(), body));
    }

    /// Nothing is to be said any more.
    pub(crate) fn forget(&mut self) {
        self.words = None;
    }
}

impl Drop for Farewell {
    fn drop(&mut self) {
        let Some((uri, body)) = self.words.take() else { return };
        let (http, clock, stopping) =
            (self.http.clone(), self.world.clock.clone(), self.world.tasks.stopping());
        let headers = std::mem::take(&mut self.headers);
        let saying = async move {
            let post = http.post(&uri, headers, body.to_string(), OnWritten::default());
            tokio::select! {
                biased;
                () = stopping => {}
                said = clock.timeout(PATIENCE, post) => {
                    if let Ok(Err(fault)) = said {
                        tracing::debug!(%uri, "an answer that was given up could not be cancelled: {}", fault.message);
                    }
                }
            }
        };
        self.world.tasks.spawn("farewell to a vendor", saying).detach();
    }
}
