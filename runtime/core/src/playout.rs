//! What of a reply is playing, and how much of it has been heard.
//!
//! Positions follow from the playout's own events and the time: the shell plays 20 ms frames on a grid that begins
//! with [`PlayoutEvent::Started`] and stands still only between `Dry` and `Resumed`. Calls are played one after the
//! other; of those that have ended nothing is kept.

use std::time::Duration;

use crate::ids::TtsCallId;
use crate::input::PlayoutEvent;
use crate::time::Time;

/// The call a reply is playing.
#[derive(Debug)]
pub(crate) struct Playout {
    current: Option<Current>,
    has_begun: bool,
    /// Since when nothing is heard although something was before.
    silent_since: Option<Time>,
    gaps: u64,
}

#[derive(Debug)]
struct Current {
    call: TtsCallId,
    /// Heard before the current stretch.
    before: Duration,
    /// Since when audio has been flowing; `None` while it does not.
    flowing_since: Option<Time>,
}

impl Playout {
    pub(crate) const fn new() -> Self {
        Self { current: None, has_begun: false, silent_since: None, gaps: 0 }
    }

    /// Takes an event of the reply's own calls.
    pub(crate) fn on_event(&mut self, now: Time, event: &PlayoutEvent) {
        match *event {
            PlayoutEvent::Started(call) => {
                self.has_begun = true;
                self.end_silence(now);
                self.current = Some(Current { call, before: Duration::ZERO, flowing_since: Some(now) });
            }
            PlayoutEvent::Dry(_) => {
                if let Some(current) = &mut self.current {
                    current.before = current.position(now);
                    current.flowing_since = None;
                }
                self.silent_since = Some(now);
            }
            PlayoutEvent::Resumed(_) => {
                self.end_silence(now);
                if let Some(current) = &mut self.current {
                    current.flowing_since = Some(now);
                }
            }
            PlayoutEvent::Ended(_) => {
                self.current = None;
                self.silent_since.get_or_insert(now);
            }
        }
    }

    /// Silence within a reply, or between two calls of it, is a gap, whoever caused it.
    fn end_silence(&mut self, now: Time) {
        if self.silent_since.take().is_some_and(|since| since < now) {
            self.gaps += 1;
        }
    }

    /// How much of this call has been heard by `now`.
    pub(crate) fn heard(&self, call: TtsCallId, now: Time) -> Duration {
        let current = self.current.as_ref().filter(|current| current.call == call);
        current.map_or(Duration::ZERO, |current| current.position(now))
    }

    /// Whether anything has been heard.
    pub(crate) const fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// How often the reply fell silent before its end.
    pub(crate) fn gaps(&self) -> u64 {
        let is_dry = self.current.as_ref().is_some_and(|current| current.flowing_since.is_none());
        self.gaps + u64::from(is_dry)
    }
}

impl Current {
    fn position(&self, now: Time) -> Duration {
        self.before + self.flowing_since.map_or(Duration::ZERO, |since| now.since(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PlayoutEvent::{Dry, Ended, Resumed, Started};

    const FIRST: TtsCallId = TtsCallId(1);
    const SECOND: TtsCallId = TtsCallId(2);

    fn playout(events: &[(u64, PlayoutEvent)]) -> Playout {
        let mut playout = Playout::new();
        for (at, event) in events {
            playout.on_event(Time::from_millis(*at), event);
        }
        playout
    }

    #[test]
    fn the_position_stands_still_while_playout_is_dry() {
        let events = [(100, Started(FIRST)), (300, Dry(FIRST)), (500, Resumed(FIRST))];
        let cases = [(1, 250, 150), (2, 450, 200), (3, 560, 260)];
        for (count, at, heard) in cases {
            let playout = playout(&events[..count]);
            assert_eq!(playout.heard(FIRST, Time::from_millis(at)), Duration::from_millis(heard), "at {at}");
            assert_eq!(playout.heard(SECOND, Time::from_millis(at)), Duration::ZERO);
        }
    }

    #[test]
    fn a_gap_is_silence_with_something_after_it() {
        type Case = (&'static [(u64, PlayoutEvent)], u64, &'static str);
        let cases: &[Case] = &[
            (
                &[(0, Started(FIRST)), (90, Ended(FIRST)), (90, Started(SECOND))],
                0,
                "one right behind the other",
            ),
            (&[(0, Started(FIRST)), (90, Ended(FIRST)), (110, Started(SECOND))], 1, "a pause between two"),
            (&[(0, Started(FIRST)), (20, Dry(FIRST)), (50, Resumed(FIRST))], 1, "a pause within one"),
            (&[(0, Started(FIRST)), (20, Dry(FIRST))], 1, "a pause that a cut ends"),
            (&[(0, Started(FIRST)), (20, Dry(FIRST)), (50, Ended(FIRST))], 0, "dry was the end already"),
            (
                &[(0, Started(FIRST)), (20, Dry(FIRST)), (50, Ended(FIRST)), (50, Started(SECOND))],
                1,
                "the end was told late and the next was waiting",
            ),
        ];
        for (events, gaps, case) in cases {
            assert_eq!(playout(events).gaps(), *gaps, "{case}");
        }
    }
}
