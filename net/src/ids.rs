//! Ids and random numbers: all of a run come from its seed.

use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, PoisonError};

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

use crate::Clock;

/// The source of ids and random numbers. All clones are the same source. In the virtual world a run with the same
/// seed asks for the same ids in the same order and gets the same values.
#[derive(Clone, Debug)]
pub struct Ids(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    seed: u64,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    nonces: ChaCha8Rng,
    uuids: ChaCha8Rng,
    /// Millisecond and counter of the last uuid.
    last: (u64, u16),
}

/// The counter has the 12 bits between version and variant.
const COUNTER_MAX: u16 = 0x0fff;

impl Ids {
    pub(crate) fn new(seed: u64, clock: Clock) -> Self {
        let state =
            State { nonces: stream(seed, "ids/nonce"), uuids: stream(seed, "ids/uuid"), last: (0, 0) };
        Self(Arc::new(Inner { seed, clock, state: Mutex::new(state) }))
    }

    /// A seed that no other run has, from the system's randomness: for runs that need not be repeated.
    #[must_use]
    pub fn fresh_seed() -> u64 {
        std::hash::RandomState::new().hash_one("seed")
    }

    /// A uuid v7 (RFC 9562): the wall clock's millisecond, a counter within it, random bits. Each is greater than the
    /// one before, also when the wall clock jumps back.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        let now = self.0.clock.unix_millis();
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.last = match state.last {
            (millis, _) if millis < now => (now, 0),
            (millis, COUNTER_MAX) => (millis + 1, 0),
            (millis, counter) => (millis, counter + 1),
        };
        let (millis, counter) = state.last;
        let mut bytes = [0; 10];
        state.uuids.fill_bytes(&mut bytes);
        bytes[..2].copy_from_slice(&counter.to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }

    /// A random number for one use, such as the nonce of a signature. Never zero.
    #[must_use]
    pub fn nonce(&self) -> u32 {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.nonces.next_u32().max(1)
    }

    /// The random numbers of this name, from their beginning: the same seed and name give the same numbers in every
    /// version of this crate, whatever else was drawn.
    #[must_use]
    pub fn rng(&self, name: &str) -> ChaCha8Rng {
        stream(self.0.seed, name)
    }
}

/// FNV-1a of seed and name, expanded to a key by SplitMix64. Both are short, fixed by their papers, and never change.
fn stream(seed: u64, name: &str) -> ChaCha8Rng {
    const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;
    let hash = seed
        .to_le_bytes()
        .iter()
        .chain(name.as_bytes())
        .fold(FNV_OFFSET, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(FNV_PRIME));
    let mut state = hash;
    let mut key = [0; 32];
    for chunk in key.chunks_exact_mut(8) {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        chunk.copy_from_slice(&(word ^ (word >> 31)).to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}
