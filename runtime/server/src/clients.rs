//! Who may ask: keys compared in constant time, and a limit of rate and of requests at once for each client.
//!
//! Every door asks [`Clients::check`] first and keeps the [`Admission`] for as long as its answer lasts. Deliberately
//! out: how a refusal looks, which is the door's.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bargein_net::{Clock, Moment};
use bargein_wire::session_headers::bearer;
use bargein_wire::units::Rate;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::config::{ClientConfig, KeyHash};

/// Everybody who may ask.
#[derive(Debug)]
pub struct Clients {
    clock: Clock,
    /// Empty: nobody is asked for a key.
    clients: Vec<Client>,
}

#[derive(Debug)]
struct Client {
    config: ClientConfig,
    name: Arc<str>,
    limiter: Arc<Limiter>,
}

/// What a client has used of its limits.
#[derive(Debug, Default)]
struct Limiter {
    in_progress: AtomicU32,
    /// When the requests so far are paid for, at the client's rate.
    paid_at: Mutex<Moment>,
}

/// A request was let in. It counts as in progress until this is dropped: keep it with the answer.
#[derive(Debug)]
#[must_use = "dropping an admission gives its slot back"]
pub struct Admission {
    name: Arc<str>,
    limiter: Option<Arc<Limiter>>,
}

/// A request was not let in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Denied {
    /// There is no key.
    #[error("expected a header `Authorization: Bearer KEY`, got none")]
    NoKey,
    /// Nobody has this key.
    #[error("expected the key of a client of this server, got another one")]
    WrongKey,
    /// The client asked too often.
    #[error("expected fewer requests: come again in {} ms", retry_after.as_millis())]
    Rate {
        /// When the next request is let in.
        retry_after: Duration,
    },
    /// The client has too many requests in progress.
    #[error("expected at most {limit} requests at once, got one more: come again when one has ended")]
    Concurrent {
        /// How many it may have.
        limit: u32,
    },
}

impl Clients {
    /// These clients. One that was known before, by its name, keeps what it has used of its limits.
    #[must_use]
    pub fn new(clock: &Clock, clients: &[ClientConfig], before: Option<&Self>) -> Self {
        let limiter = |name: &str| {
            let known = before.and_then(|before| before.clients.iter().find(|known| &*known.name == name));
            known.map(|known| Arc::clone(&known.limiter)).unwrap_or_default()
        };
        let client = |config: &ClientConfig| Client {
            name: config.name.as_str().into(),
            limiter: limiter(&config.name),
            config: config.clone(),
        };
        Self { clock: clock.clone(), clients: clients.iter().map(client).collect() }
    }

    /// Lets a request in, or says why not.
    ///
    /// # Errors
    /// When it carries no key of a client, or its client has used up a limit.
    pub fn check(&self, headers: &HeaderMap) -> Result<Admission, Denied> {
        if self.clients.is_empty() {
            return Ok(Admission { name: "anybody".into(), limiter: None });
        }
        let key = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer);
        let hash = KeyHash::of(key.filter(|key| !key.is_empty()).ok_or(Denied::NoKey)?);
        let client = self.clients.iter().find(|client| client.config.hash == hash);
        client.ok_or(Denied::WrongKey)?.admit(self.clock.now())
    }
}

impl Client {
    fn admit(&self, now: Moment) -> Result<Admission, Denied> {
        let limit = self.config.concurrent.unwrap_or(u32::MAX);
        let one_more = |used: u32| (used < limit).then_some(used + 1);
        let slot = self.limiter.in_progress.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more);
        slot.map_err(|_| Denied::Concurrent { limit })?;
        // From here on the slot goes back with the admission.
        let admission = Admission { name: Arc::clone(&self.name), limiter: Some(Arc::clone(&self.limiter)) };
        if let Some(rate) = self.config.rate {
            self.limiter.pay(rate, now).map_err(|retry_after| Denied::Rate { retry_after })?;
        }
        Ok(admission)
    }
}

impl Limiter {
    /// Pays for one request: each costs `period / count`, and a whole period can be in debt.
    fn pay(&self, rate: Rate, now: Moment) -> Result<(), Duration> {
        let price = rate.period() / rate.count();
        let mut paid_at = self.paid_at.lock().unwrap_or_else(PoisonError::into_inner);
        let paid = (*paid_at).max(now) + price;
        let debt = paid.since(now);
        if debt > rate.period() {
            return Err(debt - rate.period());
        }
        *paid_at = paid;
        Ok(())
    }
}

impl Admission {
    /// The client's name.
    #[must_use]
    pub fn client(&self) -> &Arc<str> {
        &self.name
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        if let Some(limiter) = &self.limiter {
            limiter.in_progress.fetch_sub(1, Ordering::AcqRel);
        }
    }
}
