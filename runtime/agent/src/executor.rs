//! Vendor calls: each a task that reads its adapter's stream and sends what it says to the session.
//!
//! Nothing here waits. A call is cancelled by dropping its task, which closes its connection; what it said before and
//! was not yet taken ends in [`Executor::take`]. A vendor that is not configured is a call that fails at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bargein_adapters::SessionIdentity;
use bargein_adapters::asr::{Asr, AsrCall};
use bargein_adapters::llm::{Llm, LlmCall};
use bargein_adapters::tts::{Tts, TtsCall, TtsItem};
use bargein_core::{
    AsrCallId, AsrEvent, FaultKind, LlmCallId, LlmEvent, LlmRequest, RequestId, TtsCallId, TtsRequest,
    VendorFault,
};
use bargein_net::{Clock, Ids, Task, Tasks, World};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream;
use tokio::sync::mpsc;

use crate::marks::{Mark, Marks};
use crate::read_ahead::ReadAhead;
use crate::synthesis_call::{SynthesisCall, Synthesised};

/// What vendors said and the session has not yet taken. Full, the vendors wait.
const EVENTS: usize = 64;
/// How many pieces of a reply's text may wait for the voice. Full, the rest of the reply is not said.
const PIECES: usize = 1024;
/// How many requests are remembered by name for their retries.
const NAMED_REQUESTS: usize = 64;
/// How long a recogniser may take to say goodbye when the session ends.
const GRACE: Duration = Duration::from_millis(500);

/// The adapters of a session; what is `None` fails when it is asked, except that without a recogniser nothing is
/// recognised.
#[derive(Clone, Default)]
pub struct Vendors {
    /// Speech recognition.
    pub asr: Option<Arc<dyn Asr>>,
    /// The language model.
    pub llm: Option<Arc<dyn Llm>>,
    /// Speech synthesis.
    pub tts: Option<Arc<dyn Tts>>,
}

/// What a vendor call said.
pub(crate) enum VendorEvent {
    Asr(AsrCallId, AsrEvent),
    Llm(LlmCallId, LlmEvent),
    Tts(TtsCallId, Synthesised),
}

impl VendorEvent {
    /// Whether the call says nothing more.
    fn is_last(&self) -> bool {
        match self {
            Self::Asr(_, said) => matches!(said, AsrEvent::Failed(_) | AsrEvent::Closed),
            Self::Llm(_, said) => matches!(said, LlmEvent::Failed(_) | LlmEvent::Finished),
            Self::Tts(_, said) => matches!(said, Synthesised::Failed(_) | Synthesised::Finished),
        }
    }
}

/// A synthesis call.
struct Voice {
    /// Dropped with the call, which cancels it.
    _task: Task,
    /// What is still to be said; `None` when the text is whole.
    text: Option<mpsc::Sender<String>>,
    is_open: Arc<AtomicBool>,
}

/// The vendor calls of one session.
pub(crate) struct Executor {
    vendors: Vendors,
    identity: Arc<SessionIdentity>,
    clock: Clock,
    ids: Ids,
    tasks: Tasks,
    marks: Marks,
    events: mpsc::Sender<VendorEvent>,
    asr: Option<(AsrCallId, Task)>,
    /// A recogniser whose audio has ended and which may still say goodbye.
    leaving: Option<Task>,
    llm: BTreeMap<LlmCallId, Task>,
    tts: BTreeMap<TtsCallId, Voice>,
    names: BTreeMap<RequestId, String>,
    /// The model's next connection on its way.
    warming: Option<Task>,
}

impl Executor {
    /// No calls yet; what they will say comes out of the receiver.
    pub(crate) fn new(
        world: &World,
        vendors: Vendors,
        identity: SessionIdentity,
        marks: Marks,
    ) -> (Self, mpsc::Receiver<VendorEvent>) {
        let (events, said) = mpsc::channel(EVENTS);
        let executor = Self {
            vendors,
            identity: Arc::new(identity),
            clock: world.clock.clone(),
            ids: world.ids.clone(),
            tasks: world.tasks.child(),
            marks,
            events,
            asr: None,
            leaving: None,
            llm: BTreeMap::new(),
            tts: BTreeMap::new(),
            names: BTreeMap::new(),
            warming: None,
        };
        (executor, said)
    }

    /// Passes on what a live call said, and forgets the call with its last word. Words of others end here.
    pub(crate) fn take(&mut self, event: VendorEvent) -> Option<VendorEvent> {
        let last = event.is_last();
        let live = match &event {
            VendorEvent::Asr(call, _) if last => self.asr.take_if(|(live, _)| live == call).is_some(),
            VendorEvent::Asr(call, _) => self.asr.as_ref().is_some_and(|(live, _)| live == call),
            VendorEvent::Llm(call, _) if last => self.llm.remove(call).is_some(),
            VendorEvent::Llm(call, _) => self.llm.contains_key(call),
            VendorEvent::Tts(call, _) if last => self.tts.remove(call).is_some(),
            VendorEvent::Tts(call, _) => self.tts.contains_key(call),
        };
        live.then_some(event)
    }

    /// Opens a recogniser, if the session has one. It hears what `audio` gives.
    pub(crate) fn open_asr(&mut self, call: AsrCallId, audio: mpsc::Receiver<Bytes>) {
        let mut stream = match &self.vendors.asr {
            Some(asr) => asr.open(AsrCall { session: Arc::clone(&self.identity) }, audio),
            // Ready, and never a word.
            None => stream::once(async { AsrEvent::Ready }).chain(stream::pending()).boxed(),
        };
        let marks = self.marks.clone();
        let next = async move || {
            let said = stream.next().await.unwrap_or_else(|| AsrEvent::Failed(ended_early()));
            if matches!(said, AsrEvent::Final { .. }) {
                marks.mark(Mark::FinalTranscript);
            }
            VendorEvent::Asr(call, said)
        };
        let way = self.way(VendorEvent::Asr(call, AsrEvent::Failed(panicked())));
        let task = self.tasks.spawn("asr call", way.forward(next));
        self.asr = Some((call, task));
    }

    /// Whether there is a recogniser to hear anything.
    pub(crate) fn can_recognise(&self) -> bool {
        self.vendors.asr.is_some()
    }

    /// Lets a recogniser go, which still says goodbye. Tells whether it was the one in use: then its audio ends.
    pub(crate) fn close_asr(&mut self, call: AsrCallId) -> bool {
        let Some((_, task)) = self.asr.take_if(|(live, _)| *live == call) else { return false };
        self.leaving = Some(task);
        true
    }

    /// Has a connection to the model ready, so that the question that the user is about to ask pays no handshake.
    pub(crate) fn warm(&mut self) {
        self.warming = self.vendors.llm.as_ref().map(|llm| self.tasks.spawn("warm connection", llm.warm()));
    }

    /// Asks the model.
    pub(crate) fn start_llm(&mut self, call: LlmCallId, request: LlmRequest) {
        let request_id = self.name(request.request);
        let (session, written) = (Arc::clone(&self.identity), self.marks.on_written(Mark::LlmWritten));
        let mut stream = match &self.vendors.llm {
            Some(llm) => llm.start(LlmCall { request, request_id, session, written }),
            None => stream::once(async { LlmEvent::Failed(missing("a language model")) }).boxed(),
        };
        let marks = self.marks.clone();
        let next = async move || {
            let said = stream.next().await.unwrap_or_else(|| LlmEvent::Failed(ended_early()));
            if matches!(said, LlmEvent::Delta(_)) {
                marks.mark(Mark::Delta);
            }
            VendorEvent::Llm(call, said)
        };
        let way = self.way(VendorEvent::Llm(call, LlmEvent::Failed(panicked())));
        self.llm.insert(call, self.tasks.spawn("llm call", way.forward(next)));
    }

    /// Closes an LLM call.
    pub(crate) fn cancel_llm(&mut self, call: LlmCallId) {
        self.llm.remove(&call);
    }

    /// Synthesises a segment, reading no further than `level` allows.
    pub(crate) fn start_tts(&mut self, call: TtsCallId, request: TtsRequest, level: Arc<ReadAhead>) {
        self.speak(call, request, level, None);
    }

    /// The same of a text that goes on.
    pub(crate) fn open_tts(&mut self, call: TtsCallId, request: TtsRequest, level: Arc<ReadAhead>) {
        let (text, more) = mpsc::channel(PIECES);
        self.speak(call, request, level, Some((text, more)));
    }

    /// Gives an open call more text.
    pub(crate) fn append_tts(&mut self, call: TtsCallId, text: String) {
        let Some(voice) = self.tts.get_mut(&call) else { return };
        let is_taken = voice.text.as_ref().is_none_or(|line| line.try_send(text).is_ok());
        if !is_taken {
            tracing::warn!(
                "expected at most {PIECES} pieces of text to wait for the voice: the rest is not said"
            );
            self.end_tts(call);
        }
    }

    /// The text of an open call is whole.
    pub(crate) fn end_tts(&mut self, call: TtsCallId) {
        if let Some(voice) = self.tts.get_mut(&call) {
            voice.text = None;
            voice.is_open.store(false, Ordering::Relaxed);
        }
    }

    fn speak(
        &mut self,
        call: TtsCallId,
        request: TtsRequest,
        level: Arc<ReadAhead>,
        pieces: Option<(mpsc::Sender<String>, mpsc::Receiver<String>)>,
    ) {
        let request_id = self.name(request.request);
        let stall = request.stall_timeout;
        let (session, written) = (Arc::clone(&self.identity), self.marks.on_written(Mark::TtsWritten));
        let is_open = Arc::new(AtomicBool::new(pieces.is_some()));
        let (text, more) = pieces.unzip();
        let pieces = self.vendors.tts.as_ref().and_then(|tts| tts.pieces()).zip(more);
        let stream = match (&self.vendors.tts, pieces) {
            (_, Some((tts, more))) => tts.start(TtsCall { request, request_id, session, written }, more),
            (Some(tts), None) => tts.start(TtsCall { request, request_id, session, written }),
            (None, None) => stream::once(async { TtsItem::Failed(missing("speech synthesis")) }).boxed(),
        };
        let mut reading = SynthesisCall::new(stream, level, self.clock.clone(), stall, Arc::clone(&is_open));
        let (marks, mut silent) = (self.marks.clone(), true);
        let next = async move || {
            let said = reading.next().await;
            if matches!(said, Synthesised::Audio(_)) && std::mem::take(&mut silent) {
                marks.mark(Mark::FirstAudio);
            }
            VendorEvent::Tts(call, said)
        };
        let way = self.way(VendorEvent::Tts(call, Synthesised::Failed(panicked())));
        let task = self.tasks.spawn("tts call", way.forward(next));
        self.tts.insert(call, Voice { _task: task, text, is_open });
    }

    /// Closes a synthesis call.
    pub(crate) fn cancel_tts(&mut self, call: TtsCallId) {
        self.tts.remove(&call);
    }

    /// Ends every call. When this returns, no task of the session's calls exists.
    pub(crate) async fn stop(mut self) {
        self.llm.clear();
        self.tts.clear();
        self.warming = None;
        for task in self.leaving.into_iter().chain(self.asr.map(|(_, task)| task)) {
            task.detach();
        }
        // A call that did not end in time was aborted; a panic has been logged.
        let _ = self.tasks.stop(GRACE).await;
    }

    fn way(&self, if_panicked: VendorEvent) -> Way {
        Way { events: self.events.clone(), if_panicked: Some(if_panicked) }
    }

    /// The name of a request on the wire: the same for all its attempts.
    fn name(&mut self, request: RequestId) -> String {
        if self.names.len() > NAMED_REQUESTS {
            self.names.pop_first();
        }
        self.names.entry(request).or_insert_with(|| self.ids.uuid().to_string()).clone()
    }
}

/// A call's way to the session. If the call's task panics, it says the call's last word: an adapter's mistake fails
/// the call, and never leaves the conversation waiting.
struct Way {
    events: mpsc::Sender<VendorEvent>,
    if_panicked: Option<VendorEvent>,
}

impl Way {
    /// Sends on what a call says, up to its last word.
    async fn forward(self, mut next: impl AsyncFnMut() -> VendorEvent) {
        loop {
            let said = next().await;
            let last = said.is_last();
            if self.events.send(said).await.is_err() || last {
                return;
            }
        }
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(word) = self.if_panicked.take()
        {
            // Full: the conversation's own time limits end the call.
            let _ = self.events.try_send(word);
        }
    }
}

/// The fault of a stream that ended without a last word.
pub(crate) fn ended_early() -> VendorFault {
    VendorFault::new(FaultKind::Broken, "expected a last word of the call, got the end of its stream")
}

fn panicked() -> VendorFault {
    VendorFault::new(FaultKind::Broken, "expected the adapter to go on, it panicked")
}

fn missing(what: &str) -> VendorFault {
    VendorFault::new(FaultKind::BadRequest, format!("expected {what}, this session has none"))
}
