//! The body of a streamed answer: whole events as they come, and the truth about how they ended.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bargein_net::Moment;
use bytes::Bytes;
use http_body::{Body, Frame};

use super::deadline::Deadline;
use super::failure::Failure;
use super::feed::{Fed, Feed};
use super::turn::Turn;
use crate::End;

/// How long what may follow the reason to end is waited for: usage, late text, `[DONE]`. Some vendors send nothing more
/// and keep the connection open.
const GRACE: Duration = Duration::from_secs(1);

/// A stream on its way to the caller. Dropping it closes the vendor's connection and gives the client's slot back.
pub(super) struct Relay {
    /// What has come and not left.
    ready: VecDeque<Bytes>,
    feed: Box<Feed>,
    turn: Turn,
    deadline: Deadline,
    between: Duration,
    /// When the whole request has taken too long.
    end: Moment,
    last_event: Moment,
    is_over: bool,
}

impl Relay {
    pub(super) fn new(
        held: Vec<Bytes>,
        feed: Box<Feed>,
        turn: Turn,
        deadline: Deadline,
        between: Duration,
        end: Moment,
    ) -> Self {
        let last_event = turn.state.world.clock.now();
        let mut relay =
            Self { ready: held.into(), feed, turn, deadline, between, end, last_event, is_over: false };
        if relay.feed.reading.is_done {
            relay.conclude();
        }
        relay
    }

    /// The stream ended as it should.
    fn conclude(&mut self) {
        self.feed.close();
        self.is_over = true;
        self.turn.end(End::Whole, 200, None);
    }

    /// The stream broke: the caller is told in an event, and there is no `[DONE]`.
    fn break_off(&mut self, failure: &Failure, is_told: bool) {
        self.feed.close();
        self.is_over = true;
        self.turn.end(End::Broken, 200, Some(failure.kind));
        if !is_told {
            self.ready.push_back(failure.event());
        }
    }

    fn on_fed(&mut self, fed: Fed) {
        match fed {
            Fed::Block { bytes, is_event } => {
                if is_event {
                    self.last_event = self.turn.state.world.clock.now();
                    self.turn.trace.event(self.last_event);
                }
                self.ready.push_back(bytes);
                if let Some(fault) = &self.feed.reading.fault {
                    let failure = Failure::of_answer(fault, &bargein_wire::units::Secret::default());
                    let is_told = self.feed.reading.is_fault_told;
                    self.break_off(&failure, is_told);
                } else if self.feed.reading.is_done {
                    self.conclude();
                }
            }
            Fed::Broken(failure) => self.break_off(&failure, false),
            Fed::End if self.feed.reading.is_whole() => self.conclude(),
            Fed::End => {
                let failure = Failure::broken("the vendor's stream ended without an end of the answer");
                self.break_off(&failure, false);
            }
        }
    }

    /// Nothing came for too long.
    fn on_late(&mut self, now: Moment) {
        if self.feed.reading.is_whole() {
            self.conclude();
        } else if now >= self.end {
            let limit = self.turn.trace.since(self.end);
            self.break_off(&Failure::late("the end of the answer", limit), false);
        } else {
            self.break_off(&Failure::late("another token", self.between), false);
        }
    }
}

impl Body for Relay {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let relay = &mut *self;
        loop {
            if let Some(bytes) = relay.ready.pop_front() {
                relay.turn.exchange.bytes += bytes.len() as u64;
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
            if relay.is_over {
                return Poll::Ready(None);
            }
            if let Poll::Ready(fed) = relay.feed.poll(cx) {
                relay.on_fed(fed);
                continue;
            }
            let patience =
                if relay.feed.reading.is_whole() { GRACE.min(relay.between) } else { relay.between };
            let at = (relay.last_event + patience).min(relay.end);
            if relay.deadline.poll(at, cx).is_pending() {
                return Poll::Pending;
            }
            relay.on_late(relay.turn.state.world.clock.now());
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_over && self.ready.is_empty()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if let Some((tokens_in, tokens_out)) = self.feed.reading.usage {
            self.turn.exchange.tokens_in = Some(tokens_in);
            self.turn.exchange.tokens_out = Some(tokens_out);
        }
        if !self.is_over {
            // The caller has gone away: the feed closes the connection with this.
            self.turn.end(End::CallerGone, 200, None);
        } else if !self.ready.is_empty() {
            self.turn.exchange.end = End::CallerGone;
        }
    }
}
