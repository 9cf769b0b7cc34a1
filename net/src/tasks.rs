//! Ownership of tasks: every task has an owner that can stop it, and no panic is lost.
//!
//! Stopping goes in one order: the tasks are told ([`Tasks::stopping`]), they have a grace to end, then they are
//! aborted. After that the set takes no task any more.

use std::any::Any;
use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::Clock;

/// A set of tasks. All clones are the same set; what has ended leaves it by itself.
#[derive(Clone, Debug)]
pub struct Tasks(Arc<Set>);

#[derive(Debug)]
struct Set {
    runtime: Handle,
    clock: Clock,
    parent: Option<Arc<Self>>,
    stopping: CancellationToken,
    /// Told when this set or one below it has become empty.
    emptied: Notify,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    spawned: u64,
    running: BTreeMap<u64, Running>,
    children: Vec<Weak<Set>>,
    panicked: Vec<Panicked>,
    closed: bool,
}

#[derive(Debug)]
struct Running {
    name: &'static str,
    kind: Kind,
    /// `None` for the instant between the decision to spawn and the spawn.
    abort: Option<AbortHandle>,
}

/// Whether a stop waits for the task.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// It must end by itself within the grace.
    Proper,
    /// It serves the others and is aborted, without a word, when they have ended.
    Background,
}

/// A task that ended by a panic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Panicked {
    /// The name it was spawned under.
    pub name: &'static str,
    /// What the panic said.
    pub message: String,
}

/// How a stop went.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[must_use = "a leftover or panicked task is a bug to report"]
pub struct Stopped {
    /// Names of the tasks that were aborted because they did not end within the grace, in the order of their spawn.
    pub leftover: Vec<&'static str>,
    /// The tasks that panicked since the set was made: the first [`PANICS_KEPT`] of them.
    pub panicked: Vec<Panicked>,
}

/// How many panics a set remembers; later ones are only logged.
pub const PANICS_KEPT: usize = 64;

impl Tasks {
    /// An empty set on the runtime this is called in.
    pub(crate) fn new(clock: Clock) -> Self {
        Self(Arc::new(Set::new(Handle::current(), clock, None, CancellationToken::new())))
    }

    /// Runs `future` as a task of this set. A set that has been stopped drops the future at once.
    pub fn spawn(&self, name: &'static str, future: impl Future<Output = ()> + Send + 'static) -> Task {
        Task { abort: self.0.spawn(name, Kind::Proper, future) }
    }

    /// Runs `future` as a task that serves the others, such as one that keeps a connection warm: a stop does not wait for
    /// it, and it ends when the others have.
    pub fn spawn_service(&self, name: &'static str, future: impl Future<Output = ()> + Send + 'static) {
        self.spawn_background(name, future);
    }

    /// Runs `future` as a task that a stop does not wait for: it ends when the proper tasks have.
    pub(crate) fn spawn_background(
        &self,
        name: &'static str,
        future: impl Future<Output = ()> + Send + 'static,
    ) {
        self.0.spawn(name, Kind::Background, future);
    }

    /// A set of its own that this one owns too: what stops this one stops it, and its tasks count here.
    #[must_use]
    pub fn child(&self) -> Self {
        let parent = &self.0;
        let child = Arc::new(Set::new(
            parent.runtime.clone(),
            parent.clock.clone(),
            Some(Arc::clone(parent)),
            parent.stopping.child_token(),
        ));
        let mut state = parent.lock();
        child.lock().closed = state.closed;
        state.children.retain(|child| child.strong_count() > 0);
        state.children.push(Arc::downgrade(&child));
        drop(state);
        Self(child)
    }

    /// How many tasks of this set and those below it have not ended. Connections that merely idle in a client's pool
    /// are not counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.count(Kind::Proper)
    }

    /// Whether every task has ended.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Resolves when a stop of this set, or of one above it, was asked for. At once when that has been.
    pub fn stopping(&self) -> WaitForCancellationFutureOwned {
        self.0.stopping.clone().cancelled_owned()
    }

    /// Stops the set: tells its tasks, waits at most `grace` for them to end, aborts what is left. Nothing of the set
    /// exists when this returns.
    pub async fn stop(&self, grace: Duration) -> Stopped {
        self.0.stopping.cancel();
        // Who ended in time and who did not is told by what is still there.
        let _ = self.0.clock.timeout(grace, self.0.ended(&[Kind::Proper])).await;
        let mut leftover = Vec::new();
        self.0.close(&mut leftover);
        self.0.ended(&[Kind::Proper, Kind::Background]).await;
        Stopped { leftover, panicked: self.0.lock().panicked.clone() }
    }

    /// Names of the tasks of this set and those below it that have not ended, in the order of their spawn.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.0.names()
    }

    /// Aborts every task now, without a word and without waiting.
    pub(crate) fn abort_all(&self) {
        self.0.stopping.cancel();
        self.0.close(&mut Vec::new());
    }
}

/// A running task. Dropping it aborts the task: [`Task::detach`] leaves it to its set.
#[derive(Debug)]
#[must_use = "dropping a task aborts it: keep it, or detach it"]
pub struct Task {
    abort: Option<AbortHandle>,
}

impl Task {
    /// Ends the task at its next await. Nothing happens when it has ended.
    pub fn abort(&self) {
        if let Some(abort) = &self.abort {
            abort.abort();
        }
    }

    /// Leaves the task to its set.
    pub fn detach(mut self) {
        self.abort = None;
    }

    /// Whether the task has ended, in whichever way.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.abort.as_ref().is_none_or(AbortHandle::is_finished)
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.abort();
    }
}

impl Set {
    fn new(runtime: Handle, clock: Clock, parent: Option<Arc<Self>>, stopping: CancellationToken) -> Self {
        Self { runtime, clock, parent, stopping, emptied: Notify::new(), state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spawn(
        self: &Arc<Self>,
        name: &'static str,
        kind: Kind,
        future: impl Future<Output = ()> + Send + 'static,
    ) -> Option<AbortHandle> {
        let id = {
            let mut state = self.lock();
            if state.closed {
                return None;
            }
            state.spawned += 1;
            let id = state.spawned;
            state.running.insert(id, Running { name, kind, abort: None });
            id
        };
        let membership = Membership { set: Arc::clone(self), id };
        let observed = async move {
            let membership = membership;
            if let Err(panic) = AssertUnwindSafe(future).catch_unwind().await {
                membership.set.observe(&Panicked { name, message: panic_message(&*panic) });
            }
        };
        #[expect(clippy::disallowed_methods, reason = "the one place that spawns: the task is owned here")]
        // The lock is free here: a runtime that is shutting down drops the future, and so the membership, in `spawn`.
        let abort = self.runtime.spawn(observed).abort_handle();
        let mut state = self.lock();
        if state.closed {
            abort.abort();
        } else if let Some(running) = state.running.get_mut(&id) {
            running.abort = Some(abort.clone());
        }
        drop(state);
        Some(abort)
    }

    /// Keeps a panic here and in every set above.
    fn observe(&self, panicked: &Panicked) {
        tracing::error!(task = panicked.name, message = panicked.message, "a task panicked");
        for set in self.lineage() {
            let mut state = set.lock();
            if state.panicked.len() < PANICS_KEPT {
                state.panicked.push(panicked.clone());
            }
        }
    }

    /// This set and those above it.
    fn lineage(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |set| set.parent.as_deref())
    }

    fn children(&self) -> Vec<Arc<Self>> {
        self.lock().children.iter().filter_map(Weak::upgrade).collect()
    }

    fn count(&self, kind: Kind) -> usize {
        let own = self.lock().running.values().filter(|running| running.kind == kind).count();
        own + self.children().iter().map(|child| child.count(kind)).sum::<usize>()
    }

    fn names(&self) -> Vec<&'static str> {
        let mut names = self.lock().proper_names();
        names.extend(self.children().iter().flat_map(|child| child.names()));
        names
    }

    /// Resolves when no task of these kinds is left here or below.
    async fn ended(&self, kinds: &[Kind]) {
        loop {
            let emptied = self.emptied.notified();
            if kinds.iter().all(|kind| self.count(*kind) == 0) {
                return;
            }
            emptied.await;
        }
    }

    /// Takes no task any more and aborts what is left, here and below.
    fn close(&self, leftover: &mut Vec<&'static str>) {
        let mut state = self.lock();
        state.closed = true;
        leftover.extend(state.proper_names());
        let aborts: Vec<_> = state.running.values().filter_map(|task| task.abort.clone()).collect();
        drop(state);
        aborts.iter().for_each(AbortHandle::abort);
        self.children().iter().for_each(|child| child.close(leftover));
    }
}

impl State {
    fn proper_names(&self) -> Vec<&'static str> {
        self.running.values().filter(|task| task.kind == Kind::Proper).map(|task| task.name).collect()
    }
}

/// A task's entry in its set, for as long as the task's future exists.
struct Membership {
    set: Arc<Set>,
    id: u64,
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.set.lock().running.remove(&self.id);
        self.set.lineage().for_each(|set| set.emptied.notify_waiters());
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic that is no text").to_owned()
}
