//! Messages with audio on their way to the client, with the script's faults in them.

use std::collections::VecDeque;
use std::time::Duration;

use axum::extract::ws::Message;

use crate::script::{CutBy, Faults, Point, Unit};

/// Messages by the time they are due.
pub(super) struct Outbox {
    faults: Faults,
    waiting: VecDeque<Letter>,
    /// How many pieces of audio were posted, and how many of their bytes.
    posted: (u64, u64),
    /// The same of what left.
    left: (u64, u64),
    /// How much later than due messages leave; `None`: they never do.
    delay: Option<Duration>,
}

struct Letter {
    due: Duration,
    messages: Vec<Message>,
    /// The bytes of audio in it; `None` of what is none.
    audio: Option<u64>,
}

/// What was taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Due {
    pub(super) is_audio: bool,
}

/// What to do next.
#[derive(Debug)]
pub(super) enum Next {
    Send(Vec<Message>),
    Cut(CutBy),
}

impl Outbox {
    pub(super) fn new(faults: Faults) -> Self {
        Self { faults, waiting: VecDeque::new(), posted: (0, 0), left: (0, 0), delay: Some(Duration::ZERO) }
    }

    /// Puts in what is no audio. `due` is since the call began, and never before that of an earlier one.
    pub(super) fn post(&mut self, due: Duration, messages: Vec<Message>) {
        if !messages.is_empty() {
            self.waiting.push_back(Letter { due, messages, audio: None });
        }
    }

    /// Puts in a piece of audio of so many bytes.
    pub(super) fn post_audio(&mut self, due: Duration, mut messages: Vec<Message>, bytes: u64) {
        self.posted = (self.posted.0 + 1, self.posted.1 + bytes);
        if self.faults.malformed == Some(Point::Unit(Unit::Chunk, self.posted.0)) {
            messages = messages.into_iter().map(spoiled).collect();
        }
        self.waiting.push_back(Letter { due, messages, audio: Some(bytes) });
    }

    /// Whether everything has left.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// When something is to be done next.
    pub(super) fn next_due(&self) -> Option<Duration> {
        let letter = self.waiting.front().and_then(|letter| self.leaves(letter));
        [letter, self.cut_due()].into_iter().flatten().min()
    }

    /// What is to be done by now.
    pub(super) fn take_due(&mut self, now: Duration) -> Option<(Next, Due)> {
        let letter = self.waiting.front().and_then(|letter| self.leaves(letter));
        if let (Some(cut), Some(due)) = (self.faults.cut, self.cut_due())
            && due <= now
            && letter.is_none_or(|leaves| due < leaves)
        {
            return Some((Next::Cut(cut.by), Due { is_audio: false }));
        }
        if letter.is_none_or(|leaves| leaves > now) {
            return None;
        }
        let letter = self.waiting.pop_front()?;
        if let Some(bytes) = letter.audio {
            self.left = (self.left.0 + 1, self.left.1 + bytes);
            if let Some(stall) = self.faults.stall
                && self.has_come_to(stall.at)
                && self.delay == Some(Duration::ZERO)
            {
                self.delay = stall.length;
            }
        }
        Some((Next::Send(letter.messages), Due { is_audio: letter.audio.is_some() }))
    }

    fn leaves(&self, letter: &Letter) -> Option<Duration> {
        let delay = match self.faults.stall {
            Some(stall) if matches!(stall.at, Point::After(at) if letter.due > at) => stall.length,
            _ => self.delay,
        };
        delay.map(|delay| letter.due + delay)
    }

    fn has_come_to(&self, point: Point) -> bool {
        match point {
            Point::Unit(_, number) => self.left.0 >= number,
            // A message is not split: the point is behind the one it lies in.
            Point::Byte(byte) => self.left.1 >= byte,
            Point::After(_) => false,
        }
    }

    fn cut_due(&self) -> Option<Duration> {
        match self.faults.cut?.at {
            Point::After(at) => Some(at),
            point => self.has_come_to(point).then_some(Duration::ZERO),
        }
    }
}

/// A broken message: audio that lacks its last byte, a text that lacks its second half.
fn spoiled(message: Message) -> Message {
    match message {
        Message::Text(text) => {
            let half = text.chars().count() / 2;
            Message::text(text.chars().take(half).collect::<String>())
        }
        Message::Binary(bytes) => Message::Binary(bytes.slice(..bytes.len().saturating_sub(1))),
        other => other,
    }
}
