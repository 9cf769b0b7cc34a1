//! What all doors share: the world, the configuration in force, the requests in progress.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use bargein_adapters::registry::OpenError;
use bargein_net::World;

use crate::audio_api::Recognisers;
use crate::llm_proxy::{Contexts, Models};
use crate::tts_server::{Memory, Voices};
use crate::{Clients, Config, Exchange, Metrics, Observe};

/// What all doors share. One a server.
pub struct ServerState {
    /// Time, connections, tasks, ids.
    pub world: World,
    /// Requests in progress.
    pub in_flight: Arc<InFlight>,
    /// What is counted.
    pub metrics: Metrics,
    /// What sessions said before. A reload does not forget it.
    pub(crate) contexts: Contexts,
    live: RwLock<Arc<Live>>,
    observers: Vec<Arc<dyn Observe>>,
}

/// What a reload replaces. A request keeps what it began with.
pub struct Live {
    /// The configuration.
    pub config: Config,
    /// Who may ask.
    pub clients: Clients,
    /// The models behind the LLM proxy.
    pub models: Models,
    /// The voices behind the TTS server and the audio endpoints.
    pub voices: Voices,
    /// The recognisers behind transcriptions.
    pub recognisers: Recognisers,
    /// Audio that can be heard again. Begins anew with a reload: a voice may be another one then.
    pub(crate) memory: Memory,
}

/// The configuration cannot be served.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// A vendor's client cannot be made.
    #[error("`{path}`: {error}")]
    Vendor {
        /// The keys that lead to the vendor, joined with dots.
        path: String,
        /// Why.
        error: OpenError,
    },
}

impl Live {
    fn new(world: &World, config: Config, before: Option<&Self>) -> Result<Self, StateError> {
        let clients = Clients::new(&world.clock, &config.clients, before.map(|before| &before.clients));
        let models = Models::open(world, &config)?;
        let voices = Voices::open(world, &config)?;
        let recognisers = Recognisers::open(world, &config)?;
        let memory = Memory::new(&world.clock, &config.speech);
        Ok(Self { config, clients, models, voices, recognisers, memory })
    }
}

impl ServerState {
    /// A server of this configuration. Nothing is connected yet.
    ///
    /// # Errors
    /// When a vendor's client cannot be made from its settings.
    pub fn new(
        world: &World,
        config: Config,
        observers: Vec<Arc<dyn Observe>>,
    ) -> Result<Arc<Self>, StateError> {
        let live = RwLock::new(Arc::new(Live::new(world, config, None)?));
        Ok(Arc::new(Self {
            world: world.clone(),
            in_flight: Arc::default(),
            metrics: Metrics::new(),
            contexts: Contexts::default(),
            live,
            observers,
        }))
    }

    /// The configuration in force.
    #[must_use]
    pub fn live(&self) -> Arc<Live> {
        Arc::clone(&self.live.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another configuration in force, from the next request on. Requests in progress go on as they began; the
    /// place to listen at stays.
    ///
    /// # Errors
    /// As [`Self::new`]; the one before stays in force then.
    pub fn reload(&self, config: Config) -> Result<(), StateError> {
        let live = Arc::new(Live::new(&self.world, config, Some(&self.live()))?);
        *self.live.write().unwrap_or_else(PoisonError::into_inner) = live;
        Ok(())
    }

    /// Tells everybody who wants to know what became of a request.
    pub fn tell(&self, exchange: &Exchange) {
        self.metrics.saw(exchange);
        self.observers.iter().for_each(|observer| observer.saw(exchange));
    }
}

/// Requests in progress, and whether new ones are welcome.
#[derive(Debug, Default)]
pub struct InFlight {
    count: AtomicUsize,
    draining: AtomicBool,
}

/// One request in progress, until it is dropped.
#[derive(Debug)]
#[must_use = "dropping a flight ends it"]
pub struct Flight(Arc<InFlight>);

impl InFlight {
    /// One more request is in progress.
    pub fn enter(self: &Arc<Self>) -> Flight {
        self.count.fetch_add(1, Ordering::AcqRel);
        Flight(Arc::clone(self))
    }

    /// How many requests are in progress.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// From now on the server says that it is not ready.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Whether the server is about to end.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::AcqRel);
    }
}
