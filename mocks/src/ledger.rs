//! What all servers of mocks share: requests are counted, limited, written down and told of.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bargein_net::{ChaCha8Rng, Moment, World};
use http::HeaderMap;
use serde_json::Value;
use tokio::sync::watch;

use crate::observe::{Observation, Observer, Role, What};
use crate::script::Limits;

/// How many requests a mock remembers.
pub const JOURNAL_LENGTH: usize = 1_000;

/// How many bytes of a body a mock remembers.
pub const JOURNAL_BODY: usize = 4 * 1024;

/// A request as a mock remembers it.
#[derive(Clone, PartialEq, Debug)]
pub struct JournalEntry {
    /// Which one, counted from 1 by arrival.
    pub request: u64,
    /// When it had arrived whole.
    pub at: Moment,
    /// Its path.
    pub path: String,
    /// Its headers in their order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body: as text when it is not JSON. Of a recogniser stream: the query, as a map. One that is longer than
    /// [`JOURNAL_BODY`] is the beginning of its text.
    pub body: Value,
    /// How many bytes of the body's text were cut off.
    pub cut: usize,
}

/// The book of one mock.
pub(crate) struct Ledger {
    pub(crate) world: World,
    role: Role,
    observer: Observer,
    /// Set when the mock itself closes, so that its clients are not said to have gone away.
    closing: watch::Sender<bool>,
    pages: Mutex<Pages>,
}

#[derive(Default)]
struct Pages {
    limits: Limits,
    count: u64,
    journal: VecDeque<JournalEntry>,
    /// What each key is using. A key that uses nothing is forgotten.
    usage: BTreeMap<String, Usage>,
}

#[derive(Default)]
struct Usage {
    /// When requests were let in, as far back as the rate looks.
    recent: VecDeque<Moment>,
    in_progress: u32,
}

/// Why a request is not let in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exceeded {
    /// Too many requests; one more is let in after this time.
    Rate(Duration),
    /// Too many at once.
    Concurrent,
}

impl Ledger {
    pub(crate) fn new(world: &World, role: Role, limits: Limits, observer: Observer) -> Arc<Self> {
        let pages = Mutex::new(Pages { limits, ..Pages::default() });
        Arc::new(Self { world: world.clone(), role, observer, closing: watch::Sender::new(false), pages })
    }

    /// Writes down a request that has arrived whole, and tells of it.
    pub(crate) fn arrive(
        self: &Arc<Self>,
        path: &str,
        headers: &HeaderMap,
        body: Value,
        text: Option<String>,
    ) -> Call {
        let at = self.world.clock.now();
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let (kept, cut) = cut_body(&body);
        let request = {
            let mut pages = self.pages();
            pages.count += 1;
            let request = pages.count;
            if pages.journal.len() == JOURNAL_LENGTH {
                pages.journal.pop_front();
            }
            let entry = JournalEntry {
                request,
                at,
                path: path.to_owned(),
                headers: headers.clone(),
                body: kept,
                cut,
            };
            pages.journal.push_back(entry);
            request
        };
        let call = Call { ledger: Arc::clone(self), request, at, is_over: false, admitted: None };
        call.tell(What::Request { headers, body, text });
        call
    }

    /// The remembered requests, oldest first.
    pub(crate) fn journal(&self) -> Vec<JournalEntry> {
        self.pages().journal.iter().cloned().collect()
    }

    /// From the next request on these limits hold. Gives how many requests have come before it.
    pub(crate) fn change(&self, limits: Limits) -> u64 {
        let mut pages = self.pages();
        pages.limits = limits;
        pages.count
    }

    /// How many requests are remembered no more.
    pub(crate) fn forgotten(&self) -> u64 {
        let pages = self.pages();
        pages.count - pages.journal.len() as u64
    }

    /// Whether a remembered request is like this.
    pub(crate) fn remembers(&self, like: impl FnMut(&JournalEntry) -> bool) -> bool {
        self.pages().journal.iter().any(like)
    }

    /// From now on nobody is said to have gone away.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Resolves when the mock itself closes.
    pub(crate) fn closed(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut closing = self.closing.subscribe();
        async move {
            // The sender lives as long as the mock.
            let _ = closing.wait_for(|is_closing| *is_closing).await;
        }
    }

    fn admit(&self, now: Moment, key: &str) -> Result<(), Exceeded> {
        let mut pages = self.pages();
        let Pages { limits, usage, .. } = &mut *pages;
        let usage = usage.entry(key.to_owned()).or_default();
        if limits.concurrent.is_some_and(|most| usage.in_progress >= most) {
            return Err(Exceeded::Concurrent);
        }
        if let Some(rate) = limits.rate {
            while usage.recent.front().is_some_and(|at| now.since(*at) >= rate.period()) {
                usage.recent.pop_front();
            }
            if let Some(oldest) = usage.recent.front()
                && usage.recent.len() >= rate.count() as usize
            {
                return Err(Exceeded::Rate(rate.period() - now.since(*oldest)));
            }
            usage.recent.push_back(now);
        } else {
            // A rate that held before is over.
            usage.recent.clear();
        }
        usage.in_progress += 1;
        Ok(())
    }

    fn release(&self, key: &str) {
        let mut pages = self.pages();
        if let Some(usage) = pages.usage.get_mut(key) {
            usage.in_progress -= 1;
            if usage.in_progress == 0 && usage.recent.is_empty() {
                pages.usage.remove(key);
            }
        }
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A body as it is remembered, and how much of its text was cut off.
fn cut_body(body: &Value) -> (Value, usize) {
    let text = body.as_str().map_or_else(|| body.to_string().into(), Cow::Borrowed);
    if text.len() <= JOURNAL_BODY {
        return (body.clone(), 0);
    }
    let end = (0..=JOURNAL_BODY).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    let kept = text.get(..end).unwrap_or_default();
    (kept.into(), text.len() - kept.len())
}

/// A request being answered. Dropped before it is over, it tells that the other side went away.
pub(crate) struct Call {
    ledger: Arc<Ledger>,
    /// Which request, counted from 1.
    pub(crate) request: u64,
    /// When it arrived whole.
    pub(crate) at: Moment,
    is_over: bool,
    /// The key whose limits it counts for.
    admitted: Option<String>,
}

impl Call {
    /// Lets the call in on this key, unless that is too much for the vendor.
    pub(crate) fn admit(&mut self, key: &str) -> Result<(), Exceeded> {
        self.ledger.admit(self.at, key)?;
        self.admitted = Some(key.to_owned());
        Ok(())
    }

    /// The random numbers of this request, which no other request's draws change.
    pub(crate) fn rng(&self) -> ChaCha8Rng {
        self.ledger.world.ids.rng(&format!("{}.{}", self.ledger.role.word(), self.request))
    }

    pub(crate) fn tell(&self, what: What) {
        let Ledger { world, role, observer, .. } = &*self.ledger;
        observer.tell(Observation { at: world.clock.now(), role: *role, request: self.request, what });
    }

    /// The whole answer was sent.
    pub(crate) fn finish(mut self, status: u16, text: &str) {
        self.is_over = true;
        self.tell(What::Response { status, text: text.to_owned() });
    }

    /// The mock breaks the answer off: nobody went away.
    pub(crate) fn break_off(mut self) {
        self.is_over = true;
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if let Some(key) = &self.admitted {
            self.ledger.release(key);
        }
        if !self.is_over && !*self.ledger.closing.borrow() {
            self.tell(What::ClosedByAgent);
        }
    }
}
