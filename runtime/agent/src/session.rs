//! A session: one agent in one room, from start to stop, and the handle an application holds.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bargein_adapters::SessionIdentity;
use bargein_core::{AppCall, AppCallId, Config};
use bargein_net::{Moment, World};
use thiserror::Error;
use tokio::sync::{broadcast, mpsc, watch};

use crate::driver::Driver;
use crate::executor::Vendors;
use crate::journal::{Journal, JournalKeep};
use crate::marks::MarkSink;
use crate::room::{Room, Telling, Tellings};
use crate::voice::{Earshot, VoiceDetector};

/// Calls of the application on their way. An application that is faster is told so.
const CALLS: usize = 64;

/// Starts sessions.
#[derive(Clone, Copy, Debug)]
pub struct Session;

/// Everything a session is made of, besides its world and its room.
pub struct SessionSettings {
    /// How it converses.
    pub config: Config,
    /// Whom it asks.
    pub vendors: Vendors,
    /// What the vendors are told of it. Without a task id it gets a uuid.
    pub identity: SessionIdentity,
    /// How much of it is kept.
    pub journal: JournalKeep,
    /// Tells the user's voice from other sounds. Default [`Earshot`].
    pub detector: Box<dyn VoiceDetector>,
    /// Who wants the shell's milestones. Default nobody.
    pub marks: Option<MarkSink>,
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self {
            config: Config::default(),
            vendors: Vendors::default(),
            identity: SessionIdentity::default(),
            journal: JournalKeep::default(),
            detector: Box::new(Earshot::default()),
            marks: None,
        }
    }
}

impl Session {
    /// Starts a session in this room. Its one owner task belongs to the world's tasks, those of its vendor calls to a
    /// set of its own below them; none is left when it is over.
    #[must_use = "dropping the handle stops the session"]
    pub fn start(world: &World, mut settings: SessionSettings, room: Room) -> SessionHandle {
        if settings.identity.task_id.is_empty() {
            settings.identity.task_id = world.ids.uuid().to_string();
        }
        let takes_pieces = settings.vendors.tts.as_ref().is_some_and(|tts| tts.pieces().is_some());
        settings.config.synthesis.in_pieces = takes_pieces;
        let (calls, called) = mpsc::channel(CALLS);
        let (stop, stopped) = watch::channel(());
        let (alive, over) = watch::channel(());
        let journal = Arc::new(Mutex::new(Journal::new(settings.journal)));
        let handle = SessionHandle {
            id: settings.identity.task_id.clone(),
            began: world.clock.now(),
            next_call: AtomicU64::new(1),
            calls,
            stop,
            over,
            told: room.told.downgrade(),
            journal: Arc::clone(&journal),
            config: settings.config.clone(),
        };
        // Boxed: a future holds what it is given more than once.
        let driver = Box::new(Driver::new(world, settings, room, handle.began, journal));
        let run = async move {
            driver.run(called, stopped).await;
            drop(alive);
        };
        world.tasks.spawn("session", run).detach();
        handle
    }
}

/// A running session, as its application sees it. Dropping it stops the session at once.
pub struct SessionHandle {
    id: String,
    began: Moment,
    next_call: AtomicU64,
    calls: mpsc::Sender<(AppCallId, AppCall)>,
    stop: watch::Sender<()>,
    over: watch::Receiver<()>,
    told: broadcast::WeakSender<Arc<Telling>>,
    journal: Arc<Mutex<Journal>>,
    config: Config,
}

/// A call did not reach the session.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum CallError {
    /// The session is over.
    #[error("expected a running session, it is over")]
    Over,
    /// The application calls faster than the session can take.
    #[error("expected at most {CALLS} calls on their way, got one more")]
    Busy,
}

impl SessionHandle {
    /// The session's id: the task id its vendors are told.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// When the session began: its time zero.
    #[must_use]
    pub fn began(&self) -> Moment {
        self.began
    }

    /// Calls the session. The answer is a notice with the returned id.
    ///
    /// # Errors
    ///
    /// When the call did not reach the session; no notice comes then.
    pub fn call(&self, call: AppCall) -> Result<AppCallId, CallError> {
        let id = AppCallId(self.next_call.fetch_add(1, Ordering::Relaxed));
        self.calls.try_send((id, call)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => CallError::Busy,
            mpsc::error::TrySendError::Closed(_) => CallError::Over,
        })?;
        Ok(id)
    }

    /// What the room is told from now on.
    #[must_use]
    pub fn tellings(&self) -> Tellings {
        // After the end: a channel that is closed already.
        let told = self.told.upgrade().unwrap_or_else(|| broadcast::channel(1).0);
        Tellings::new(told.subscribe())
    }

    /// The rules in force: those of the settings, with what the voice itself decides. A journal replays under them.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// What happened so far.
    #[must_use]
    pub fn journal(&self) -> Journal {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Stops the session at once, whatever it does, and waits until nothing of it is left.
    pub async fn stop(&self) {
        self.stop.send_replace(());
        self.over().await;
    }

    /// Waits until the session is over and nothing of it is left.
    pub async fn over(&self) {
        // The other side never sends: it is dropped in the end.
        let _ = self.over.clone().changed().await;
    }
}
