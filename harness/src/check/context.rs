//! What a check works with: the target, the raw client, budgets, and what other checks have fetched already.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bargein_net::{ChaCha8Rng, Clock, World};
use futures_util::future::LocalBoxFuture;
use tokio::sync::OnceCell;

use super::raw::{Ask, Connection, Exchange, Limits, Unreached, exchange};
use super::{Budgets, Entry, Level, Outcome, Profile, Target, Verdict};

/// What a run is set to.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whose budgets are taken.
    pub profile: Profile,
    /// The budgets; changed ones, if the user wants.
    pub budgets: Budgets,
    /// The smallest useful set: fewer samples, no 95th percentile.
    pub quick: bool,
    /// Whether a warning counts as a failure.
    pub strict: bool,
    /// The words of the formats that the server offers; empty for all of the protocol.
    pub formats: Vec<String>,
    /// The model that is asked; `None`: the first that the service lists.
    pub model: Option<String>,
    /// How many checks run beside each other.
    pub beside: usize,
    /// A header that makes the server fail in the middle of its answer, if it has one.
    pub fault_header: Option<(String, String)>,
    /// Whether no check runs beside another, not even one that mostly waits.
    pub one_by_one: bool,
    /// Where the server tells of itself.
    pub pages: Pages,
    /// The server's process, if it is one of this machine.
    pub pid: Option<u32>,
    /// How the server is stopped, if the checker may.
    pub owned: Option<Owned>,
}

/// Where a server tells of itself, by convention or by the user's word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pages {
    /// JSON with `active`, the texts being spoken, and `served`, those that were taken. Default `/stats`.
    pub stats: String,
    /// Text for monitors with `process_resident_memory_bytes` and `process_open_fds`. Default `/metrics`.
    pub metrics: String,
    /// Whether it is well. Default `/health`.
    pub health: String,
}

impl Default for Pages {
    fn default() -> Self {
        let [stats, metrics, health] = ["/stats", "/metrics", "/health"].map(str::to_owned);
        Self { stats, metrics, health }
    }
}

/// Tells a server that is the checker's own to stop.
#[derive(Clone)]
pub struct Owned(Arc<dyn Fn() -> LocalBoxFuture<'static, ()>>);

impl Owned {
    /// By this: it resolves when the server has been told, or has stopped.
    pub fn new(stop: impl Fn() -> LocalBoxFuture<'static, ()> + 'static) -> Self {
        Self(Arc::new(stop))
    }

    /// Tells it.
    pub async fn stop(&self) {
        (self.0)().await;
    }
}

impl std::fmt::Debug for Owned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Owned")
    }
}

impl Settings {
    /// The settings of a profile.
    #[must_use]
    pub fn of(profile: Profile) -> Self {
        Self {
            profile,
            budgets: Budgets::of(profile),
            quick: false,
            strict: false,
            formats: Vec::new(),
            model: None,
            beside: 4,
            fault_header: None,
            one_by_one: false,
            pages: Pages::default(),
            pid: None,
            owned: None,
        }
    }
}

/// What all checks of a run saw, for those that judge the whole of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Answers {
    /// How many answers there were.
    pub all: u64,
    /// How many began as a success and held nothing.
    pub empty: u64,
}

/// What a check works with. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Context {
    entry: &'static Entry,
    shared: Rc<Shared>,
}

#[derive(Debug)]
struct Shared {
    world: World,
    target: Target,
    settings: Settings,
    memo: Mutex<BTreeMap<(String, TypeId), Memo>>,
    measured: Mutex<BTreeMap<String, Vec<f64>>>,
    answers: Mutex<Answers>,
    empty: Mutex<Option<Exchange>>,
}

/// The cell of a value that is fetched once.
type Memo = Arc<dyn Any + Send + Sync>;

/// The rule of what belongs to no check.
const NO_RULE: Entry = Entry::new("RUN-00", Level::Must, "the run itself");

impl Context {
    pub(super) fn new(world: &World, target: &Target, settings: &Settings) -> Self {
        let shared = Shared {
            world: world.clone(),
            target: target.clone(),
            settings: settings.clone(),
            memo: Mutex::default(),
            measured: Mutex::default(),
            answers: Mutex::default(),
            empty: Mutex::default(),
        };
        Self { entry: &NO_RULE, shared: Rc::new(shared) }
    }

    pub(super) fn of(&self, entry: &'static Entry) -> Self {
        Self { entry, shared: Rc::clone(&self.shared) }
    }

    /// The rule that is judged.
    #[must_use]
    pub const fn entry(&self) -> &'static Entry {
        self.entry
    }

    /// The world of the run.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.shared.world
    }

    /// The clock of the run.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.shared.world.clock
    }

    /// The server under check.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.shared.target
    }

    /// What the run is set to.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// What is still fast enough.
    #[must_use]
    pub fn budgets(&self) -> &Budgets {
        &self.shared.settings.budgets
    }

    /// Random numbers of this check: the same for the same seed.
    #[must_use]
    pub fn rng(&self) -> ChaCha8Rng {
        self.shared.world.ids.rng(self.entry.id)
    }

    /// Waits.
    pub async fn sleep(&self, time: Duration) {
        self.clock().sleep(time).await;
    }

    /// The rule is broken: a failure, a warning or a fact, by its level.
    #[must_use]
    pub fn broken(&self, seen: impl Into<String>) -> Outcome {
        let verdict = match self.entry.level {
            Level::Must => Verdict::Fail,
            Level::Should => Verdict::Warn,
            Level::May => Verdict::Info,
        };
        Outcome::new(verdict, seen)
    }

    /// A new connection.
    ///
    /// # Errors
    /// There is none within five seconds.
    pub async fn connect(&self) -> Result<Connection, Unreached> {
        Connection::open(self.world(), self.target(), Duration::from_secs(5)).await
    }

    /// A new connection, or the outcome that there is none.
    ///
    /// # Errors
    /// There is none within five seconds: the check cannot be judged.
    pub async fn connected(&self) -> Result<Connection, Outcome> {
        self.connect().await.map_err(|why| Outcome::error(why.to_string()))
    }

    /// Asks on a connection of its own.
    pub async fn ask(&self, ask: &Ask, limits: Limits) -> Exchange {
        let exchange = exchange(self.world(), self.target(), ask, limits).await;
        self.note(&exchange);
        exchange
    }

    /// Counts an answer among those of the whole run. [`Context::ask`] does it by itself.
    pub fn note(&self, exchange: &Exchange) {
        let mut answers = self.shared.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.all += 1;
        let is_audio = exchange.head.as_ref().is_some_and(|head| head.media_type().starts_with("audio/"));
        // Until the header of a WAV, nothing is heard.
        let is_empty =
            exchange.is_complete() && exchange.status() == 200 && is_audio && exchange.body.len() <= 44;
        let may_be_empty =
            ["T-EMPTY", "T-SPACE", "T-PUNC", "T-EMO "].iter().any(|id| exchange.ask.label.starts_with(id));
        if is_empty && !may_be_empty {
            answers.empty += 1;
            let mut empty = self.shared.empty.lock().unwrap_or_else(PoisonError::into_inner);
            empty.get_or_insert_with(|| exchange.clone());
        }
    }

    /// What the whole run saw so far, with the first answer that began as a success and held nothing.
    #[must_use]
    pub fn answers(&self) -> (Answers, Option<Exchange>) {
        let answers = *self.shared.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let empty = self.shared.empty.lock().unwrap_or_else(PoisonError::into_inner);
        (answers, empty.clone())
    }

    /// What is fetched once in a run and used by many checks: the first that asks for `key` fetches it.
    pub async fn once<T, F>(&self, key: &str, fetch: F) -> Arc<T>
    where
        T: Send + Sync + 'static,
        F: AsyncFnOnce() -> T,
    {
        let cell = {
            let mut memo = self.shared.memo.lock().unwrap_or_else(PoisonError::into_inner);
            let new = || Arc::new(OnceCell::<Arc<T>>::new()) as Memo;
            let cell = memo.entry((key.to_owned(), TypeId::of::<T>())).or_insert_with(new);
            // The type is part of the key.
            Arc::clone(cell).downcast::<OnceCell<Arc<T>>>().unwrap_or_default()
        };
        Arc::clone(cell.get_or_init(async || Arc::new(fetch().await)).await)
    }

    /// The answer to this request, fetched once in a run under the request's label.
    pub async fn shared_ask(&self, ask: Ask, limits: Limits) -> Arc<Exchange> {
        let key = format!("ask {}", ask.label);
        self.once(&key, async || self.ask(&ask, limits).await).await
    }

    /// Adds a value to a series of what is measured, such as `first_audio_ms`.
    pub fn measured(&self, series: &str, value: f64) {
        let mut measured = self.shared.measured.lock().unwrap_or_else(PoisonError::into_inner);
        measured.entry(series.to_owned()).or_default().push(value);
    }

    /// A series of what was measured so far.
    #[must_use]
    pub fn series(&self, series: &str) -> Vec<f64> {
        let measured = self.shared.measured.lock().unwrap_or_else(PoisonError::into_inner);
        measured.get(series).cloned().unwrap_or_default()
    }

    pub(super) fn all_series(&self) -> BTreeMap<String, Vec<f64>> {
        self.shared.measured.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
