//! Messages on their way to the client, with the script's faults in them.

use std::collections::VecDeque;
use std::time::Duration;

use super::protocol::Frame;
use crate::observe::What;
use crate::script::{CutBy, Faults, Point, Unit};

/// Messages by the time they are due.
pub(super) struct Outbox {
    faults: Faults,
    waiting: VecDeque<Letter>,
    /// How many results were posted.
    results: u64,
    /// How many results left.
    left: u64,
    /// How much later than due messages leave; `None`: they never do.
    delay: Option<Duration>,
}

/// One message.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Letter {
    pub due: Duration,
    pub kind: Kind,
    pub frame: Frame,
}

/// What a message is.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Kind {
    /// What belongs to no result: that the stream was taken, a voice was heard, a setting was changed.
    Word,
    /// A transcript; told when it leaves.
    Result(What),
    /// The last message, after which the stream closes.
    Last,
}

/// What to do next.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Next {
    Send(Letter),
    Cut(CutBy),
}

impl Outbox {
    pub(super) fn new(faults: Faults) -> Self {
        Self { faults, waiting: VecDeque::new(), results: 0, left: 0, delay: Some(Duration::ZERO) }
    }

    /// Puts a message in. `due` is since the stream was opened, and never before that of an earlier message.
    pub(super) fn post(&mut self, due: Duration, kind: Kind, mut frame: Frame) {
        if matches!(kind, Kind::Result(_)) {
            self.results += 1;
            if self.faults.malformed == Some(Point::Unit(Unit::Result, self.results)) {
                frame = frame.broken();
            }
        }
        self.waiting.push_back(Letter { due, kind, frame });
    }

    /// When something is to be done next.
    pub(super) fn next_due(&self) -> Option<Duration> {
        let letter = self.waiting.front().and_then(|letter| self.leaves(letter));
        [letter, self.cut_due()].into_iter().flatten().min()
    }

    /// What is to be done by now.
    pub(super) fn take_due(&mut self, now: Duration) -> Option<Next> {
        let letter = self.waiting.front().and_then(|letter| self.leaves(letter));
        if let (Some(cut), Some(due)) = (self.faults.cut, self.cut_due())
            && due <= now
            && letter.is_none_or(|leaves| due < leaves)
        {
            return Some(Next::Cut(cut.by));
        }
        if letter.is_none_or(|leaves| leaves > now) {
            return None;
        }
        let letter = self.waiting.pop_front()?;
        if matches!(letter.kind, Kind::Result(_)) {
            self.left += 1;
            if let Some(stall) = self.faults.stall
                && stall.at == Point::Unit(Unit::Result, self.left)
            {
                self.delay = stall.length;
            }
        }
        Some(Next::Send(letter))
    }

    fn leaves(&self, letter: &Letter) -> Option<Duration> {
        let delay = match self.faults.stall {
            Some(stall) if matches!(stall.at, Point::After(at) if letter.due > at) => stall.length,
            _ => self.delay,
        };
        delay.map(|delay| letter.due + delay)
    }

    fn cut_due(&self) -> Option<Duration> {
        match self.faults.cut?.at {
            Point::After(at) => Some(at),
            Point::Unit(_, number) if self.left >= number => Some(Duration::ZERO),
            Point::Unit(..) | Point::Byte(_) => None,
        }
    }
}
