//! When what happened to a request: the times of the attempt that is under way, or of the one that was used.

use std::sync::Arc;
use std::time::Duration;

use bargein_net::{Clock, Moment};

use super::context::Remembering;
use crate::Timings;

/// The times of a request. Two attempts at once have one each.
#[derive(Clone, Debug)]
pub(super) struct Trace {
    pub(super) clock: Clock,
    pub(super) arrived: Moment,
    /// The request's name: the same in all attempts.
    pub(super) request_id: Arc<str>,
    pub(super) timings: Timings,
    /// The round that the session will remember.
    pub(super) remembering: Option<Remembering>,
    /// How long others were waited for, before the first content.
    waited: Duration,
    last_event: Option<Moment>,
}

impl Trace {
    pub(super) fn begin(clock: &Clock, request_id: &str) -> Self {
        Self {
            arrived: clock.now(),
            clock: clock.clone(),
            request_id: request_id.into(),
            timings: Timings::default(),
            remembering: None,
            waited: Duration::ZERO,
            last_event: None,
        }
    }

    /// Since the request came.
    pub(super) fn since(&self, at: Moment) -> Duration {
        at.since(self.arrived)
    }

    /// Waits for somebody else: the caller's body, the vendor.
    pub(super) async fn wait<F: Future>(&mut self, other: F) -> F::Output {
        let before = self.clock.now();
        let output = other.await;
        self.waited += self.clock.now().since(before);
        output
    }

    /// An attempt begins: its times replace those of the one before, and what that one said went to nobody.
    pub(super) fn begin_again(&mut self) {
        self.timings = Timings::default();
        self.last_event = None;
        if let Some(remembering) = &self.remembering {
            remembering.begin_again();
        }
    }

    /// Events came.
    pub(super) fn event(&mut self, at: Moment) {
        let since = self.since(at);
        self.timings.first_event.get_or_insert(since);
        if let Some(last) = self.last_event.replace(at) {
            let gap = at.since(last);
            self.timings.largest_gap = Some(self.timings.largest_gap.map_or(gap, |largest| largest.max(gap)));
        }
    }

    /// The first content is about to be handed on.
    pub(super) fn content(&mut self) {
        let now = self.since(self.clock.now());
        self.timings.first_content = Some(now);
        self.timings.own = Some(now.saturating_sub(self.waited));
    }

    /// The times so far, in milliseconds, as the header `Server-Timing` has them.
    pub(super) fn server_timing(&self) -> String {
        let Timings { connected, written, headers, first_content, own, .. } = &self.timings;
        let named = [
            ("connect", connected),
            ("written", written),
            ("headers", headers),
            ("content", first_content),
            ("own", own),
        ];
        let mut text = String::with_capacity(96);
        for (name, at) in named {
            if let Some(at) = at {
                let separator = if text.is_empty() { "" } else { ", " };
                let micros = at.as_micros();
                // Writing to a text does not fail.
                let _ = std::fmt::Write::write_fmt(
                    &mut text,
                    format_args!("{separator}{name};dur={}.{:03}", micros / 1000, micros % 1000),
                );
            }
        }
        text
    }
}
