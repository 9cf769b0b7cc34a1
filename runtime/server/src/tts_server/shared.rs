//! One stream of chunks, any number of listeners: each hears it from the beginning, and it is made once.
//!
//! Nobody drives it but its listeners: who has heard everything so far asks for more, all others read what is there.
//! So it is made as fast as the fastest of them listens, no task is needed, and when the last one goes, it goes too.
//! Deliberately out: for how long it can be joined, and how much all of them may hold together, which is
//! [`Kept`](super::kept::Kept)'s.

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use bargein_core::VendorFault;
use bytes::Bytes;
use futures_util::stream::{BoxStream, Stream};

/// Chunks of an answer. Ends after its first failure.
pub(crate) type Chunks = BoxStream<'static, Result<Bytes, VendorFault>>;

/// Who is asked whether more may be held, and told when all is there.
pub(crate) trait Holder: Send + Sync {
    /// So many bytes more are to be held. `false`: they cannot be, and it is not to be joined any more.
    fn grow(&self, bytes: usize) -> bool;
    /// So many bytes are held no longer.
    fn shrink(&self, bytes: usize);
    /// Here is all of it; what it holds is the holder's from here on.
    fn whole(&self, chunks: Vec<Bytes>, bytes: usize);
}

/// See the module.
pub(crate) struct Shared {
    holder: Box<dyn Holder>,
    state: Mutex<State>,
    listening: Arc<Listening>,
}

struct State {
    /// `None` when it has ended.
    source: Option<Chunks>,
    /// What can be heard again.
    chunks: VecDeque<Bytes>,
    bytes: usize,
    /// How many chunks before those were forgotten.
    forgotten: usize,
    /// Whether all of it is held.
    is_held: bool,
    failed: Option<VendorFault>,
    /// How many chunks each listener has heard.
    heard: BTreeMap<u64, usize>,
    listeners: u64,
}

/// How far the fastest listener may be ahead of the slowest when not all can be held.
const AHEAD: usize = 16;

/// Wakes all listeners.
#[derive(Default)]
struct Listening(Mutex<BTreeMap<u64, Waker>>);

impl Wake for Listening {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let wakers = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        wakers.into_values().for_each(Waker::wake);
    }
}

/// One who listens. Dropping the last one drops the stream.
pub(crate) struct Listener {
    shared: Arc<Shared>,
    number: u64,
}

impl Shared {
    pub(crate) fn new(source: Chunks, holder: Box<dyn Holder>) -> Arc<Self> {
        let state = State {
            source: Some(source),
            chunks: VecDeque::new(),
            bytes: 0,
            forgotten: 0,
            is_held: true,
            failed: None,
            heard: BTreeMap::new(),
            listeners: 0,
        };
        Arc::new(Self { holder, state: Mutex::new(state), listening: Arc::default() })
    }

    /// One more listener, from the beginning on; `None` when that is not there any more, or it has failed.
    pub(crate) fn join(self: &Arc<Self>) -> Option<Listener> {
        let mut state = self.lock();
        if state.forgotten > 0 || !state.is_held || state.failed.is_some() {
            return None;
        }
        state.listeners += 1;
        let number = state.listeners;
        state.heard.insert(number, 0);
        drop(state);
        Some(Listener { shared: Arc::clone(self), number })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake_all(&self) {
        Listening::wake_by_ref(&self.listening);
    }
}

impl State {
    fn take(&mut self, chunk: Bytes, holder: &dyn Holder) {
        if self.is_held && !holder.grow(chunk.len()) {
            self.is_held = false;
            holder.shrink(std::mem::take(&mut self.bytes));
        }
        if self.is_held {
            self.bytes += chunk.len();
        }
        self.chunks.push_back(chunk);
    }

    /// Forgets what everybody has heard, when not all can be held.
    fn forget(&mut self) {
        if self.is_held {
            return;
        }
        let slowest = self.heard.values().min().copied().unwrap_or_default();
        while self.forgotten < slowest && self.chunks.pop_front().is_some() {
            self.forgotten += 1;
        }
    }
}

impl Stream for Listener {
    type Item = Result<Bytes, VendorFault>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let shared = &self.shared;
        // Before anything is looked at: what happens from here on wakes.
        let mut wakers = shared.listening.0.lock().unwrap_or_else(PoisonError::into_inner);
        wakers.insert(self.number, cx.waker().clone());
        drop(wakers);

        let mut guard = shared.lock();
        let state = &mut *guard;
        let heard = state.heard.get(&self.number).copied().unwrap_or_default();
        let item = if let Some(chunk) = state.chunks.get(heard - state.forgotten) {
            Some(Ok(chunk.clone()))
        } else if let Some(source) = &mut state.source {
            if !state.is_held && state.chunks.len() >= AHEAD {
                return Poll::Pending;
            }
            let waker = Waker::from(Arc::clone(&shared.listening));
            match source.as_mut().poll_next(&mut Context::from_waker(&waker)) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(chunk))) => {
                    state.take(chunk.clone(), &*shared.holder);
                    Some(Ok(chunk))
                }
                Poll::Ready(Some(Err(fault))) => {
                    (state.source, state.failed) = (None, Some(fault.clone()));
                    Some(Err(fault))
                }
                Poll::Ready(None) => {
                    state.source = None;
                    if state.is_held {
                        let bytes = std::mem::take(&mut state.bytes);
                        shared.holder.whole(state.chunks.iter().cloned().collect(), bytes);
                    }
                    None
                }
            }
        } else {
            state.failed.clone().map(Err)
        };
        match &item {
            Some(Ok(_)) => state.heard.insert(self.number, heard + 1),
            // It ends after a failure.
            Some(Err(_)) | None => None,
        };
        state.forget();
        drop(guard);
        shared.listening.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
        shared.wake_all();
        Poll::Ready(item)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.heard.remove(&self.number);
        state.forget();
        // Nobody would poll it again.
        let source = if state.heard.is_empty() { state.source.take() } else { None };
        drop(state);
        drop(source);
        self.shared.listening.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
        self.shared.wake_all();
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let bytes = self.state.get_mut().unwrap_or_else(PoisonError::into_inner).bytes;
        self.holder.shrink(bytes);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::stream::{self, StreamExt as _};
    use futures_util::task::noop_waker;

    use super::*;

    /// Holds so many bytes and no more.
    struct Room(Arc<AtomicUsize>);

    impl Holder for Room {
        fn grow(&self, bytes: usize) -> bool {
            self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |room| room.checked_sub(bytes)).is_ok()
        }

        fn shrink(&self, bytes: usize) {
            self.0.fetch_add(bytes, Ordering::SeqCst);
        }

        fn whole(&self, _: Vec<Bytes>, _: usize) {}
    }

    /// Counts how often it wakes.
    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn shared(chunks: u8, room: usize) -> (Arc<Shared>, Arc<AtomicUsize>) {
        let room = Arc::new(AtomicUsize::new(room));
        let chunks = stream::iter((0..chunks).map(|n| Ok(Bytes::from(vec![n; 10]))));
        (Shared::new(chunks.boxed(), Box::new(Room(Arc::clone(&room)))), room)
    }

    fn poll(listener: &mut Listener, waker: &Waker) -> Poll<Option<u8>> {
        let item = listener.poll_next_unpin(&mut Context::from_waker(waker));
        item.map(|item| item.map(|chunk| chunk.map_or(u8::MAX, |chunk| chunk[0])))
    }

    #[test]
    fn the_fastest_waits_for_the_slowest_only_where_not_all_can_be_held() {
        for (room, waits) in [(1_000, false), (0, true)] {
            let (shared, _) = shared(40, room);
            let (mut fast, mut slow) = (shared.join().expect("fast"), shared.join().expect("slow"));
            let woken = Arc::new(Woken::default());
            let waker = Waker::from(Arc::clone(&woken));
            let ahead = (0..30).take_while(|n| poll(&mut fast, &waker) == Poll::Ready(Some(*n))).count();
            assert_eq!(ahead, if waits { AHEAD } else { 30 }, "room for {room}");
            let before = woken.0.load(Ordering::SeqCst);
            assert_eq!(poll(&mut slow, &noop_waker()), Poll::Ready(Some(0)));
            if waits {
                assert!(woken.0.load(Ordering::SeqCst) > before, "it may go on");
                assert_eq!(poll(&mut fast, &waker), Poll::Ready(Some(16)));
            }
        }
    }

    #[test]
    fn the_slowest_may_go_and_the_fastest_is_told() {
        let (shared, _) = shared(40, 0);
        let (mut fast, slow) = (shared.join().expect("fast"), shared.join().expect("slow"));
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        while poll(&mut fast, &waker).is_ready() {}
        let before = woken.0.load(Ordering::SeqCst);
        drop(slow);
        assert!(woken.0.load(Ordering::SeqCst) > before);
        let rest = std::iter::from_fn(|| match poll(&mut fast, &waker) {
            Poll::Ready(Some(n)) => Some(n),
            _ => None,
        });
        assert_eq!(rest.collect::<Vec<_>>(), (16..40).collect::<Vec<_>>());
    }

    #[test]
    fn what_was_held_is_given_back_and_nobody_joins_what_is_forgotten() {
        let (shared, room) = shared(10, 35);
        let mut only = shared.join().expect("a listener");
        for n in 0..3 {
            assert_eq!(poll(&mut only, &noop_waker()), Poll::Ready(Some(n)));
        }
        assert_eq!(room.load(Ordering::SeqCst), 5);
        assert!(shared.join().is_some());
        assert_eq!(poll(&mut only, &noop_waker()), Poll::Ready(Some(3)));
        assert_eq!(room.load(Ordering::SeqCst), 35, "all of it, once it does not fit");
        assert!(shared.join().is_none());
        drop((only, shared));
        assert_eq!(room.load(Ordering::SeqCst), 35);
    }
}
