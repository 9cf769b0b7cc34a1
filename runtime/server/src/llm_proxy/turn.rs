//! One request and what became of it: told once, however it ends.

use std::sync::Arc;

use bargein_core::FaultKind;
use http::HeaderMap;

use super::headers;
use super::trace::Trace;
use crate::state::Flight;
use crate::{Admission, End, Exchange, ServerState, Timings};

/// The status that is logged when the caller went away before it was answered.
const CALLER_GONE: u16 = 499;

/// One request, until its answer is over. Held by whatever answers it: dropped before the end, the caller has gone
/// away. The client's slot is given back with it.
pub(super) struct Turn {
    pub(super) state: Arc<ServerState>,
    pub(super) exchange: Exchange,
    pub(super) trace: Trace,
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
            trace: Trace::begin(&state.world.clock, &exchange.request_id),
            exchange,
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

    /// An attempt at this target begins.
    pub(super) fn attempt(&mut self, target: &str) {
        self.exchange.attempts += 1;
        target.clone_into(&mut self.exchange.target);
        self.trace.begin_again();
    }

    /// It is over. Told when this is dropped.
    pub(super) fn end(&mut self, end: End, status: u16, fault: Option<FaultKind>) {
        (self.exchange.end, self.exchange.status, self.exchange.fault) = (end, status, fault);
        match (&self.trace.remembering, end) {
            (Some(remembering), End::Whole) => remembering.is_whole(),
            (Some(remembering), End::Refused) => remembering.forget(),
            // What was handed on until then stays, as cut.
            (Some(_), End::Broken | End::CallerGone) | (None, _) => {}
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.exchange.timings = self.trace.timings;
        self.exchange.timings.total = self.trace.since(self.state.world.clock.now());
        self.state.tell(&self.exchange);
    }
}
