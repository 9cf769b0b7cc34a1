//! What the reference knows of itself between requests, and what its mutants wrongly remember.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bargein_net::Moment;

use super::speech::Speech;

/// How many ids a mutant remembers: no check asks with more.
const MOST_IDS: usize = 4_096;

/// Counts, shared by all connections.
#[derive(Debug, Default)]
pub(super) struct State {
    active: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
    served: AtomicU64,
    wrong: Mutex<Wrong>,
    /// What a broken server holds while it writes.
    pub(super) writing: tokio::sync::Mutex<()>,
}

/// What only a broken server remembers. Empty in an unbroken one.
#[derive(Debug, Default)]
pub(super) struct Wrong {
    /// When the last text was asked for.
    pub(super) last: Option<Moment>,
    /// Nobody is served before this.
    pub(super) locked_until: Moment,
    /// Until when streams that were cut go on.
    pub(super) undead: Vec<Moment>,
    /// Until when streams that were cut are counted.
    pub(super) counted: Vec<Moment>,
    /// Bytes that are never given back.
    pub(super) leaked: u64,
    /// Descriptors that are never closed.
    pub(super) unclosed: usize,
    /// Long texts being spoken.
    pub(super) long: usize,
    /// How many answers were made of a kind.
    pub(super) made: u64,
    /// The voice and rate that all requests share.
    pub(super) speech: Option<Speech>,
    pub(super) rate: u32,
    /// Ids that were answered to the end.
    pub(super) answered: BTreeSet<String>,
    /// Where an answer was cut, by id.
    pub(super) cut: BTreeMap<String, u64>,
    /// The text of an id.
    pub(super) texts: BTreeMap<String, String>,
    /// How far the audio of an id has been given out, while anybody reads it.
    pub(super) cursors: BTreeMap<String, Weak<AtomicU64>>,
}

impl Wrong {
    /// Remembers that an id was answered; gives whether it had been before.
    pub(super) fn answer(&mut self, id: &str) -> bool {
        self.answered.len() < MOST_IDS && !self.answered.insert(id.to_owned())
    }

    /// The text an id was first seen with.
    pub(super) fn first_text(&mut self, id: &str, text: &str) -> String {
        if self.texts.len() >= MOST_IDS {
            return text.to_owned();
        }
        self.texts.entry(id.to_owned()).or_insert_with(|| text.to_owned()).clone()
    }

    /// The place in the audio that all readers of an id share.
    pub(super) fn cursor(&mut self, id: &str) -> Arc<AtomicU64> {
        self.cursors.retain(|_, cursor| cursor.strong_count() > 0);
        if let Some(cursor) = self.cursors.get(id).and_then(Weak::upgrade) {
            return cursor;
        }
        let cursor = Arc::default();
        self.cursors.insert(id.to_owned(), Arc::downgrade(&cursor));
        cursor
    }
}

/// Counts one while it exists.
#[derive(Debug)]
pub(super) struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn one(of: &Arc<AtomicUsize>) -> Self {
        of.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(of))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl State {
    /// How many texts are being spoken.
    pub(super) fn active(&self) -> usize {
        self.active.load(Ordering::Relaxed)
    }

    /// How many connections are open.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// How many texts were taken.
    pub(super) fn served(&self) -> u64 {
        self.served.load(Ordering::Relaxed)
    }

    /// One text more was taken.
    pub(super) fn serve(&self) {
        self.served.fetch_add(1, Ordering::Relaxed);
    }

    /// One text more is being spoken.
    pub(super) fn speaking(&self) -> Counted {
        Counted::one(&self.active)
    }

    /// One connection more is open.
    pub(super) fn connected(&self) -> Counted {
        Counted::one(&self.connections)
    }

    /// What a broken server remembers.
    pub(super) fn wrong(&self) -> MutexGuard<'_, Wrong> {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
