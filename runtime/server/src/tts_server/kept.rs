//! Audio that can be heard again: what is being made, for a retry that comes while it is; what was made, for a while
//! or until the room is needed.
//!
//! Two of these are at work: one for retries, by the request's id and all that it asks for; one, off by default, for
//! whoever asks for the same text. Both hold a bounded number of bytes. Audio that cannot be held is made and heard as
//! any other, and forgotten.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bargein_net::{Clock, Moment};
use bytes::Bytes;

use super::layout::Layout;
use super::shared::{Chunks, Holder, Listener, Shared};

/// What makes two requests the same.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Key {
    /// The client and its request's id; `None` where any request for the same is the same.
    pub(crate) request: Option<(Arc<str>, String)>,
    pub(crate) voice: String,
    pub(crate) text: String,
    pub(crate) layout: Layout,
}

/// See the module.
pub(crate) struct Kept {
    clock: Clock,
    /// The most that is held, in bytes.
    limit: usize,
    /// For how long what is whole is kept; `None`: until the room is needed.
    lasting: Option<Duration>,
    state: Mutex<State>,
}

/// How many entries there are at most, however small.
const MOST_ENTRIES: usize = 4_096;

#[derive(Default)]
struct State {
    entries: BTreeMap<Key, Entry>,
    /// What all hold together.
    bytes: usize,
    /// Counts uses.
    uses: u64,
}

enum Entry {
    Running(Weak<Shared>),
    Whole { chunks: Arc<[Bytes]>, bytes: usize, until: Option<Moment>, used: u64 },
}

/// What there is of some audio.
pub(crate) enum Found {
    /// It is being made.
    Running(Listener),
    /// All of it.
    Whole(Arc<[Bytes]>),
}

impl Kept {
    pub(crate) fn new(clock: &Clock, limit: u64, lasting: Option<Duration>) -> Arc<Self> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Arc::new(Self { clock: clock.clone(), limit, lasting, state: Mutex::default() })
    }

    /// Whether anything is ever kept.
    pub(crate) const fn is_on(&self) -> bool {
        self.limit > 0
    }

    /// What there is by this key.
    pub(crate) fn find(&self, key: &Key) -> Option<Found> {
        let mut state = self.lock();
        state.expire(self.clock.now());
        state.uses += 1;
        let now_used = state.uses;
        match state.entries.get_mut(key)? {
            Entry::Whole { chunks, used, .. } => {
                *used = now_used;
                Some(Found::Whole(Arc::clone(chunks)))
            }
            Entry::Running(shared) => {
                let shared = shared.upgrade()?;
                drop(state);
                shared.join().map(Found::Running)
            }
        }
    }

    /// Makes audio that others can join, and puts it into `also` too when it is whole.
    pub(crate) fn begin(
        self: &Arc<Self>,
        key: Key,
        source: Chunks,
        also: Option<(Arc<Self>, Key)>,
    ) -> Chunks {
        let place = Place { kept: Arc::clone(self), key: key.clone(), also };
        let shared = Shared::new(source, Box::new(place));
        self.lock().entries.insert(key, Entry::Running(Arc::downgrade(&shared)));
        match shared.join() {
            Some(listener) => Box::pin(listener),
            None => Box::pin(futures_util::stream::empty()),
        }
    }

    /// Keeps audio that is whole and counted by nobody.
    fn insert(&self, key: Key, chunks: Arc<[Bytes]>, bytes: usize) {
        if self.make_room(bytes) {
            self.put(key, chunks, bytes);
        }
    }

    /// Keeps audio that is counted already.
    fn put(&self, key: Key, chunks: Arc<[Bytes]>, bytes: usize) {
        let until = self.lasting.map(|lasting| self.clock.now() + lasting);
        let mut state = self.lock();
        state.uses += 1;
        let used = state.uses;
        let before = state.entries.insert(key, Entry::Whole { chunks, bytes, until, used });
        if let Some(Entry::Whole { bytes, .. }) = before {
            state.bytes -= bytes;
        }
        while state.entries.len() > MOST_ENTRIES && state.evict() {}
    }

    /// Counts so many bytes more, at the cost of what was used longest ago. `false`: there is no room for them.
    fn make_room(&self, bytes: usize) -> bool {
        let mut state = self.lock();
        state.expire(self.clock.now());
        while state.bytes.saturating_add(bytes) > self.limit {
            if bytes > self.limit || !state.evict() {
                return false;
            }
        }
        state.bytes += bytes;
        true
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn expire(&mut self, now: Moment) {
        let mut freed = 0;
        self.entries.retain(|_, entry| match entry {
            Entry::Running(shared) => shared.strong_count() > 0,
            Entry::Whole { bytes, until: Some(until), .. } if *until <= now => {
                freed += *bytes;
                false
            }
            Entry::Whole { .. } => true,
        });
        self.bytes -= freed;
    }

    /// Forgets what was used longest ago; `false` when nothing is left that can be.
    fn evict(&mut self) -> bool {
        let whole = self.entries.iter().filter_map(|(key, entry)| match entry {
            Entry::Whole { used, .. } => Some((*used, key)),
            Entry::Running(_) => None,
        });
        let Some(oldest) = whole.min().map(|(_, key)| key.clone()) else { return false };
        if let Some(Entry::Whole { bytes, .. }) = self.entries.remove(&oldest) {
            self.bytes -= bytes;
        }
        true
    }
}

/// Where audio goes when it is whole.
struct Place {
    kept: Arc<Kept>,
    key: Key,
    also: Option<(Arc<Kept>, Key)>,
}

impl Holder for Place {
    fn grow(&self, bytes: usize) -> bool {
        self.kept.make_room(bytes)
    }

    fn shrink(&self, bytes: usize) {
        self.kept.lock().bytes -= bytes;
    }

    fn whole(&self, chunks: Vec<Bytes>, bytes: usize) {
        let chunks: Arc<[Bytes]> = chunks.into();
        if let Some((also, key)) = &self.also {
            also.insert(key.clone(), Arc::clone(&chunks), bytes);
        }
        self.kept.put(self.key.clone(), chunks, bytes);
    }
}
