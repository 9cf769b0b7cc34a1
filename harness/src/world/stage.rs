//! One case's world at work: vendors, session, room, and the witness of it all.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bargein_adapters::registry::OpenError;
use bargein_agent::{
    AgentVoice, CallError, Journal, JournalKeep, Session, SessionHandle, SessionSettings, Tellings, Told,
    UserSays, loopback,
};
use bargein_core::{AppCall, Config, Signal, Time};
use bargein_mocks::{Mock, Observer, Says, Utterance, serve_asr, serve_llm, serve_tts};
use bargein_net::{Clock, Listener, Moment, Task, Tasks, World};

use super::cast::Cast;
use super::clients::clients;
use super::recorder::Recorder;
use super::witness::Witness;
use crate::timeline::{Entry, StepId};
use crate::user::{Microphone, Speech};
use crate::vocabulary::Observed;

/// How long vendors' connections may take to end when the session is over.
const GRACE: Duration = Duration::from_secs(1);

/// Everything of a running case but its director.
pub(crate) struct Stage {
    clock: Clock,
    is_virtual: bool,
    /// Scenario time 0.
    origin: Moment,
    session: Arc<SessionHandle>,
    room: UserSays,
    microphone: Microphone,
    says: Says,
    witness: Arc<Mutex<Witness>>,
    /// The session's tasks and those of its clients.
    agent: Tasks,
    mocks: [Mock; 3],
    pump: Task,
    watch: Task,
}

/// What is left of a stage.
pub(crate) struct Struck {
    /// What happened to the session.
    pub(crate) journal: Journal,
    /// The rules it happened under.
    pub(crate) config: Config,
    /// What should not be there, each in a few words.
    pub(crate) leftovers: Vec<String>,
}

/// A world could not be built.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// A mock vendor has no place to listen.
    #[error("expected a mock vendor to listen: {0}")]
    Listen(#[from] io::Error),
    /// There is no client for a mock vendor.
    #[error("expected a client for a mock vendor: {0}")]
    Client(#[from] OpenError),
}

impl Stage {
    /// Builds the world of a case and starts its session. What is seen from now on goes to `recorder`.
    ///
    /// # Errors
    /// A mock vendor cannot listen or has no client.
    pub(crate) async fn set(world: &World, cast: &Cast, recorder: &Recorder) -> Result<Self, StageError> {
        let witness = Arc::new(Mutex::new(Witness::new(recorder.clone())));
        let observer = observer(&witness);
        let says = Says::new();
        let asr = listener(world, "asr.mock").await?;
        let llm = listener(world, "llm.mock").await?;
        let tts = listener(world, "tts.mock").await?;
        let mocks = [
            serve_asr(world, asr, cast.asr.clone(), says.clone(), observer.clone()),
            serve_llm(world, llm, cast.llm.clone(), observer.clone()),
            serve_tts(world, tts, cast.tts.clone(), observer),
        ];
        let (room, user) = loopback();
        let agent = World { tasks: world.tasks.child(), ..world.clone() };
        let settings = SessionSettings {
            config: cast.config.clone(),
            vendors: clients(&agent, cast, &mocks)?,
            journal: JournalKeep::Whole,
            ..SessionSettings::default()
        };
        let session = Arc::new(Session::start(&agent, settings, room));
        let origin = session.began();
        recorder.begin(origin);
        recorder.record(Entry::new(Time::ZERO, Observed::SessionReady));
        let microphone = Microphone::new(origin);
        let pump = microphone.clone().pump(world.clock.clone(), user.says.clone());
        let watch = watch(
            world.clock.clone(),
            origin,
            Arc::clone(&witness),
            Arc::clone(&session),
            user.hears,
            user.told,
        );
        Ok(Self {
            clock: world.clock.clone(),
            is_virtual: world.network.is_memory(),
            origin,
            session,
            room: user.says,
            microphone,
            says,
            witness,
            agent: agent.tasks,
            mocks,
            pump: world.tasks.spawn("scripted user", pump),
            watch: world.tasks.spawn("witness", watch),
        })
    }

    /// Scenario time.
    pub(crate) fn now(&self) -> Time {
        Time::ZERO + self.clock.now().since(self.origin)
    }

    /// Waits until a scenario time, rounded up to a millisecond of the world.
    pub(crate) async fn sleep_until(&self, at: Time) {
        self.clock.sleep_until(self.moment(at)).await;
    }

    /// The beginning of the world's millisecond that a scenario time lies in.
    pub(crate) fn millisecond_of(&self, at: Time) -> Time {
        Time::ZERO + Moment::from_millis(self.moment(at).as_millis()).since(self.origin)
    }

    /// The user says something whose signal begins at `at`, and when it began in fact.
    pub(crate) fn say(&self, at: Time, text: &str, speech: &Speech) -> Time {
        let duration = speech.end().saturating_sub(speech.start());
        self.says.push(Utterance { text: text.to_owned(), duration });
        let began = self.microphone.say(self.moment(at), speech.clone());
        Time::ZERO + began.since(self.origin)
    }

    /// The user sends a text; nothing happens when the session has left the room.
    pub(crate) async fn send_text(&self, text: &str) {
        let _ = self.room.text(text).await;
    }

    /// The user's client sends a signal; nothing happens when the session has left the room.
    pub(crate) async fn send_signal(&self, signal: Signal) {
        let _ = self.room.signal(signal).await;
    }

    /// The application calls the session for this step; its answer becomes a moment of the step.
    ///
    /// # Errors
    /// The call did not reach the session.
    pub(crate) fn call(&self, step: &StepId, call: AppCall) -> Result<(), CallError> {
        lock(&self.witness).call(step, || self.session.call(call))
    }

    /// Whether nobody speaks, no turn is open, and nothing that was asked for is still to come.
    pub(crate) fn is_still(&self) -> bool {
        lock(&self.witness).is_still()
    }

    /// Whether the agent is to be heard.
    pub(crate) fn is_heard(&self) -> bool {
        lock(&self.witness).next_deadline().is_some()
    }

    /// Ends everything.
    pub(crate) async fn strike(self) -> Struck {
        self.session.stop().await;
        let (journal, config) = (self.session.journal(), self.session.config().clone());
        drop((self.pump, self.watch, self.session));
        // The session has said that nothing is left of it. Only threads may be a little behind their word.
        let patience = if self.is_virtual { Duration::ZERO } else { GRACE };
        let stopped = self.agent.stop(patience).await;
        for mock in self.mocks {
            mock.stop(GRACE).await;
        }
        let mut leftovers: Vec<_> =
            stopped.leftover.iter().map(|task| format!("the task `{task}`")).collect();
        match lock(&self.witness).lost() {
            0 => {}
            lost => leftovers.push(format!("{lost} frames or notices that nobody read")),
        }
        Struck { journal, config, leftovers }
    }

    fn moment(&self, at: Time) -> Moment {
        self.origin + at.since(Time::ZERO)
    }
}

/// A name in memory, any free port on sockets.
async fn listener(world: &World, name: &str) -> io::Result<Listener> {
    world.network.listen(if world.network.is_memory() { name } else { "127.0.0.1:0" }).await
}

fn observer(witness: &Arc<Mutex<Witness>>) -> Observer {
    let witness = Arc::clone(witness);
    Observer::new(move |observation| lock(&witness).observe(&observation))
}

/// Hands the witness what the room hears and is told, until the session is over. Sound goes first: what the agent
/// says of a frame comes behind it.
async fn watch(
    clock: Clock,
    origin: Moment,
    witness: Arc<Mutex<Witness>>,
    session: Arc<SessionHandle>,
    mut voice: AgentVoice,
    mut told: Tellings,
) {
    let time = |at: Moment| Time::ZERO + at.since(origin);
    let mut voice_goes_on = true;
    loop {
        lock(&witness).set_lost(voice.lost() + told.lost());
        let silence = lock(&witness).next_deadline().map(|at| origin + at.since(Time::ZERO));
        tokio::select! {
            biased;
            frame = voice.frame(), if voice_goes_on => match frame {
                Some(frame) => lock(&witness).frame(time(frame.at), &frame.frame.samples()),
                None => voice_goes_on = false,
            },
            Some(telling) = told.next() => match &telling.what {
                Told::Notice(notice) => lock(&witness).notice(time(telling.at), notice),
                Told::Voice(edge) => lock(&witness).voice(*edge),
            },
            () = clock.sleep_until_option(silence) => lock(&witness).advance(time(clock.now())),
            () = session.over(), if silence.is_none() => break,
        }
    }
    lock(&witness).session_closed(time(clock.now()));
}

fn lock(witness: &Mutex<Witness>) -> MutexGuard<'_, Witness> {
    witness.lock().unwrap_or_else(PoisonError::into_inner)
}
