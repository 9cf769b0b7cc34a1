//! What of a reply is playing, and how much of each call has been heard.
//!
//! Positions follow from the playout's own events and the time: the shell plays 20 ms frames on a grid that begins
//! with [`PlayoutEvent::Started`] and stands still only between `Dry` and `Resumed`.

use std::time::Duration;

use crate::ids::TtsCallId;
use crate::input::PlayoutEvent;
use crate::time::Time;

/// The calls a reply has played or is playing, in order.
#[derive(Debug)]
pub(crate) struct Playout {
    heard: Vec<Heard>,
    gaps: u64,
}

#[derive(Debug)]
struct Heard {
    call: TtsCallId,
    /// Heard before the current stretch.
    before: Duration,
    /// Since when audio has been flowing; `None` while it does not.
    flowing_since: Option<Time>,
    ended: Option<Time>,
}

impl Playout {
    pub(crate) const fn new() -> Self {
        Self { heard: Vec::new(), gaps: 0 }
    }

    /// Takes an event of the reply's own calls.
    pub(crate) fn on_event(&mut self, now: Time, event: &PlayoutEvent) {
        match *event {
            PlayoutEvent::Started(call) => {
                // Silence between two calls of one reply is a gap, whoever caused it.
                if self.heard.last().and_then(|last| last.ended).is_some_and(|ended| ended < now) {
                    self.gaps += 1;
                }
                let since = Some(now);
                self.heard.push(Heard { call, before: Duration::ZERO, flowing_since: since, ended: None });
            }
            PlayoutEvent::Dry(call) => {
                self.gaps += 1;
                self.with(call, |heard| heard.pause(now));
            }
            PlayoutEvent::Resumed(call) => self.with(call, |heard| heard.flowing_since = Some(now)),
            PlayoutEvent::Ended(call) => self.with(call, |heard| {
                heard.pause(now);
                heard.ended = Some(now);
            }),
        }
    }

    fn with(&mut self, call: TtsCallId, act: impl FnOnce(&mut Heard)) {
        if let Some(heard) = self.heard.iter_mut().find(|heard| heard.call == call) {
            act(heard);
        }
    }

    /// How much of this call has been heard by `now`.
    pub(crate) fn heard(&self, call: TtsCallId, now: Time) -> Duration {
        self.heard.iter().find(|heard| heard.call == call).map_or(Duration::ZERO, |heard| heard.position(now))
    }

    /// Whether this call has been heard to its end.
    pub(crate) fn has_ended(&self, call: TtsCallId) -> bool {
        self.heard.iter().any(|heard| heard.call == call && heard.ended.is_some())
    }

    /// Whether anything has been heard.
    pub(crate) fn has_begun(&self) -> bool {
        !self.heard.is_empty()
    }

    /// How often the reply fell silent before its end.
    pub(crate) const fn gaps(&self) -> u64 {
        self.gaps
    }
}

impl Heard {
    fn position(&self, now: Time) -> Duration {
        self.before + self.flowing_since.map_or(Duration::ZERO, |since| now.since(since))
    }

    fn pause(&mut self, now: Time) {
        self.before = self.position(now);
        self.flowing_since = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_position_stands_still_while_playout_is_dry() {
        let (first, second) = (TtsCallId(1), TtsCallId(2));
        let mut playout = Playout::new();
        let at = Time::from_millis;
        playout.on_event(at(100), &PlayoutEvent::Started(first));
        playout.on_event(at(300), &PlayoutEvent::Dry(first));
        assert_eq!(playout.heard(first, at(450)), Duration::from_millis(200));
        playout.on_event(at(500), &PlayoutEvent::Resumed(first));
        assert_eq!(playout.heard(first, at(560)), Duration::from_millis(260));
        playout.on_event(at(600), &PlayoutEvent::Ended(first));
        playout.on_event(at(600), &PlayoutEvent::Started(second));
        assert_eq!(playout.heard(first, at(900)), Duration::from_millis(300));
        assert_eq!(playout.gaps(), 1, "the second call followed without a gap");
        playout.on_event(at(700), &PlayoutEvent::Ended(second));
        playout.on_event(at(720), &PlayoutEvent::Started(TtsCallId(3)));
        assert_eq!(playout.gaps(), 2);
    }
}
