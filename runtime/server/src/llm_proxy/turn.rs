//! One request and what became of it: told once, however it ends.

use std::sync::Arc;
use std::time::Duration;

use bargein_core::FaultKind;
use bargein_net::Moment;
use http::HeaderMap;

use super::context::Remembering;
use super::headers;
use crate::state::Flight;
use crate::{Admission, End, Exchange, ServerState, Timings};

/// The status that is logged when the caller went away before it was answered.
const CALLER_GONE: u16 = 499;

/// One request, until its answer is over. Held by whatever answers it: dropped before the end, the caller has gone
/// away. The client's slot is given back with it.
pub(super) struct Turn {
    pub(super) state: Arc<ServerState>,
    pub(super) exchange: Exchange,
    pub(super) arrived: Moment,
    /// How long others were waited for, before the first content.
    waited: Duration,
    last_event: Option<Moment>,
    /// The round that the session will remember.
    pub(super) remembering: Option<Remembering>,
    _admission: Option<Admission>,
    _flight: Flight,
}

impl Turn {
    pub(super) fn begin(state: &Arc<ServerState>, path: &'static str, headers: &HeaderMap) -> Self {
        let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let request_id =
            headers::request_id(headers).map_or_else(|| state.world.ids.uuid().to_string(), text);
        let exchange = Exchange {
            path,
            client: Arc::from(""),
            request_id,
            trace: headers.get(headers::TRACEPARENT).map(text).unwrap_or_default(),
            route: String::new(),
            target: String::new(),
            status: CALLER_GONE,
            end: End::CallerGone,
            fault: None,
            attempts: 0,
            timings: Timings::default(),
            tokens_in: None,
            tokens_out: None,
            characters: 0,
            source: None,
            bytes: 0,
        };
        Self {
            arrived: state.world.clock.now(),
            exchange,
            waited: Duration::ZERO,
            last_event: None,
            remembering: None,
            _admission: None,
            _flight: state.in_flight.enter(),
            state: Arc::clone(state),
        }
    }

    /// The client was let in.
    pub(super) fn admit(&mut self, admission: Admission) {
        self.exchange.client = Arc::clone(admission.client());
        self._admission = Some(admission);
    }

    /// Since the request came.
    pub(super) fn since(&self, at: Moment) -> Duration {
        at.since(self.arrived)
    }

    /// Waits for somebody else: the caller's body, the vendor.
    pub(super) async fn wait<F: Future>(&mut self, other: F) -> F::Output {
        let before = self.state.world.clock.now();
        let output = other.await;
        self.waited += self.state.world.clock.now().since(before);
        output
    }

    /// An attempt begins: its times replace those of the one before.
    pub(super) fn attempt(&mut self, target: &str) {
        self.exchange.attempts += 1;
        target.clone_into(&mut self.exchange.target);
        self.exchange.timings = Timings::default();
        self.last_event = None;
        if let Some(remembering) = &self.remembering {
            remembering.begin_again();
        }
    }

    /// Events came.
    pub(super) fn event(&mut self, at: Moment) {
        let since = self.since(at);
        let timings = &mut self.exchange.timings;
        timings.first_event.get_or_insert(since);
        if let Some(last) = self.last_event.replace(at) {
            let gap = at.since(last);
            timings.largest_gap = Some(timings.largest_gap.map_or(gap, |largest| largest.max(gap)));
        }
    }

    /// The first content is about to be handed on.
    pub(super) fn content(&mut self) {
        let now = self.since(self.state.world.clock.now());
        self.exchange.timings.first_content = Some(now);
        self.exchange.timings.own = Some(now.saturating_sub(self.waited));
    }

    /// The times so far, in milliseconds, as the header `Server-Timing` has them.
    pub(super) fn server_timing(&self) -> String {
        let Timings { connected, written, headers, first_content, own, .. } = &self.exchange.timings;
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

    /// It is over. Told when this is dropped.
    pub(super) fn end(&mut self, end: End, status: u16, fault: Option<FaultKind>) {
        (self.exchange.end, self.exchange.status, self.exchange.fault) = (end, status, fault);
        match (&self.remembering, end) {
            (Some(remembering), End::Whole) => remembering.is_whole(),
            (Some(remembering), End::Refused) => remembering.forget(),
            // What was handed on until then stays, as cut.
            (Some(_), End::Broken | End::CallerGone) | (None, _) => {}
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.exchange.timings.total = self.since(self.state.world.clock.now());
        self.state.tell(&self.exchange);
    }
}
