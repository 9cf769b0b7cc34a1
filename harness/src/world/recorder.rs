//! The timeline while it is being made, shared by everybody who observes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bargein_core::Time;
use bargein_net::Moment;
use tokio::sync::Notify;

use crate::timeline::{Entry, Timeline};

/// Takes entries from observers, tells the director, and can be read from outside the world. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    timeline: Timeline,
    /// What was recorded since it was last asked for, in the order of recording.
    fresh: Vec<Arc<Entry>>,
    /// Scenario time 0.
    origin: Option<Moment>,
}

impl Recorder {
    /// Makes `origin` scenario time 0. What happened before is of time 0 too.
    pub(super) fn begin(&self, origin: Moment) {
        self.lock().origin = Some(origin);
    }

    /// The scenario time of a moment.
    #[must_use]
    pub fn time(&self, at: Moment) -> Time {
        self.lock().origin.map_or(Time::ZERO, |origin| Time::ZERO + at.since(origin))
    }

    /// Puts an entry into the timeline.
    pub fn record(&self, entry: Entry) {
        let entry = Arc::new(entry);
        let mut state = self.lock();
        state.timeline.record(Arc::clone(&entry));
        state.fresh.push(entry);
        drop(state);
        self.0.changed.notify_one();
    }

    /// Resolves when something was recorded since the last time it did. For one waiter.
    pub(crate) async fn changed(&self) {
        self.0.changed.notified().await;
    }

    /// What was recorded since the last time, in the order of recording.
    pub(crate) fn take_fresh(&self) -> Vec<Arc<Entry>> {
        std::mem::take(&mut self.lock().fresh)
    }

    /// The timeline so far.
    #[must_use]
    pub fn timeline(&self) -> Timeline {
        self.lock().timeline.clone()
    }

    /// The last entries as lines of text, for a run that has to be given up.
    #[must_use]
    pub fn last_lines(&self, count: usize) -> Vec<String> {
        let timeline = self.timeline();
        let entries = timeline.entries();
        entries[entries.len().saturating_sub(count)..].iter().map(ToString::to_string).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
