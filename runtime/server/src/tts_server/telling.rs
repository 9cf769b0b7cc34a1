//! One request, from its arrival until everybody has been told what became of it.

use std::sync::Arc;

use bargein_core::FaultKind;
use bargein_net::Moment;
use http::StatusCode;

use super::call::CallLog;
use super::synthesis::Source;
use crate::state::Flight;
use crate::{Admission, End, Exchange, ServerState, Timings};

/// Told when the caller went away before it was answered: nobody received it.
const CALLER_GONE: u16 = 499;

/// Holds all that a request holds. Dropped before its end, it tells that the caller has gone.
pub(crate) struct Telling {
    state: Arc<ServerState>,
    began: Moment,
    exchange: Exchange,
    log: CallLog,
    told: bool,
    last_chunk: Option<Moment>,
    admission: Option<Admission>,
    _flight: Flight,
}

impl Telling {
    pub(crate) fn new(
        state: &Arc<ServerState>,
        path: &'static str,
        request_id: String,
        trace: String,
    ) -> Self {
        let exchange = Exchange {
            path,
            client: "".into(),
            request_id,
            trace,
            route: String::new(),
            target: String::new(),
            status: StatusCode::OK.as_u16(),
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
            state: Arc::clone(state),
            began: state.world.clock.now(),
            exchange,
            log: CallLog::default(),
            told: false,
            last_chunk: None,
            admission: None,
            _flight: state.in_flight.enter(),
        }
    }

    pub(crate) fn request_id(&self) -> &str {
        &self.exchange.request_id
    }

    pub(crate) fn log(&self) -> CallLog {
        self.log.clone()
    }

    pub(crate) fn admitted(&mut self, admission: Admission) {
        self.exchange.client = Arc::clone(admission.client());
        self.admission = Some(admission);
    }

    pub(crate) fn client(&self) -> Arc<str> {
        Arc::clone(&self.exchange.client)
    }

    /// What is to be said, by whom.
    pub(crate) fn asked(&mut self, voice: &str, text: &str) {
        voice.clone_into(&mut self.exchange.route);
        self.exchange.characters = text.chars().count() as u64;
    }

    pub(crate) fn from(&mut self, source: Source) {
        self.exchange.source = Some(source);
    }

    /// One more chunk goes to the caller.
    pub(crate) fn chunk(&mut self, bytes: usize) {
        let now = self.state.world.clock.now();
        if let Some(last) = self.last_chunk {
            let gap = now.since(last);
            self.exchange.timings.largest_gap = self.exchange.timings.largest_gap.max(Some(gap));
        } else {
            self.exchange.timings.first_content = Some(now.since(self.began));
        }
        self.last_chunk = Some(now);
        self.exchange.bytes += bytes as u64;
    }

    /// The request was refused.
    pub(crate) fn refused(&mut self, status: StatusCode, fault: Option<FaultKind>) {
        self.exchange.status = status.as_u16();
        self.exchange.fault = fault;
        self.tell(End::Refused);
    }

    /// The answer is over.
    pub(crate) fn ended(&mut self, fault: Option<FaultKind>) {
        self.exchange.fault = fault;
        self.tell(if fault.is_some() { End::Broken } else { End::Whole });
    }

    fn tell(&mut self, end: End) {
        if std::mem::replace(&mut self.told, true) {
            return;
        }
        let calls = self.log.calls();
        let since = |at: Moment| at.since(self.began);
        let timings = &mut self.exchange.timings;
        timings.written = calls.written.map(since);
        timings.headers = calls.headers.map(since);
        timings.first_event = calls.first_audio.map(since);
        timings.total = since(self.state.world.clock.now());
        // All before the vendor has the request, and all between its first audio and ours.
        timings.own = match (calls.written, calls.first_audio, timings.first_content) {
            (Some(written), Some(audio), Some(content)) => {
                Some(since(written) + content.saturating_sub(since(audio)))
            }
            _ => None,
        };
        self.exchange.target = calls.vendor;
        self.exchange.attempts = calls.attempts;
        self.exchange.end = end;
        if end == End::CallerGone {
            self.exchange.status = CALLER_GONE;
        }
        self.state.tell(&self.exchange);
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        self.tell(End::CallerGone);
    }
}
