//! When each token of an answer leaves.

use std::time::Duration;

use rand::RngCore;

use crate::script::LlmBehaviour;

/// Gives each token its time.
pub(super) struct Pace<'a, R> {
    behaviour: &'a LlmBehaviour,
    rng: &'a mut R,
    next: Duration,
    last: Duration,
    count: u64,
}

impl<'a, R: RngCore> Pace<'a, R> {
    /// The first token leaves not before the `head`.
    pub(super) fn new(behaviour: &'a LlmBehaviour, head: Duration, rng: &'a mut R) -> Self {
        let first = behaviour.first_token.draw(0, rng).max(head);
        Self { behaviour, rng, next: first, last: first, count: 0 }
    }

    /// When the next token leaves, and which one it is, counted from 1.
    pub(super) fn token(&mut self) -> (Duration, u64) {
        self.last = self.next;
        let index = usize::try_from(self.count).unwrap_or(usize::MAX);
        self.next += self.behaviour.per_token.draw(index, self.rng);
        self.count += 1;
        (self.last, self.count)
    }

    /// When the last token leaves; without any, when the first would have.
    pub(super) const fn last(&self) -> Duration {
        self.last
    }
}
