//! A session with scripted vendors, a user who can speak, and a record of everything with its time.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bargein_adapters::asr::{Asr, AsrCall};
use bargein_adapters::llm::{Llm, LlmCall};
use bargein_adapters::tts::{Format, TextInPieces, Tts, TtsCall, TtsItem};
use bargein_agent::{
    AudioFrame, FRAME, FRAME_SAMPLES, Journal, JournalKeep, RoomUser, SAMPLE_RATE, Session, SessionHandle,
    SessionSettings, Told, UserSays, Vendors, VoiceEdge, loopback,
};
use bargein_core::{AppCall, AsrEvent, Config, LlmEvent, Notice, SpeechOptions, VendorFault};
use bargein_net::{Clock, Moment, Task, World};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::{BoxFuture, FutureExt as _};
use futures_util::stream::BoxStream;
use tokio::sync::mpsc;

/// What happened, one line each, with its millisecond.
#[derive(Clone)]
pub(crate) struct Record {
    clock: Clock,
    lines: Arc<Mutex<Vec<(u64, String)>>>,
}

impl Record {
    fn note(&self, what: impl fmt::Display) {
        self.note_at(self.clock.now(), what);
    }

    fn note_at(&self, at: Moment, what: impl fmt::Display) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push((at.as_millis(), what.to_string()));
    }

    /// The lines that begin with one of these words, as `ms what`.
    pub(crate) fn of(&self, words: &[&str]) -> Vec<String> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = |what: &str| words.iter().any(|word| what.starts_with(word));
        lines.iter().filter(|(_, what)| wanted(what)).map(|(at, what)| format!("{at} {what}")).collect()
    }
}

/// Notes when it is dropped, unless the call had come to its end.
struct Open {
    record: Record,
    name: String,
    ended: bool,
}

impl Drop for Open {
    fn drop(&mut self) {
        if !self.ended {
            self.record.note(format!("{} closed", self.name));
        }
    }
}

/// What vendors do. Times count from the call.
#[derive(Clone)]
pub(crate) struct Script {
    /// The recogniser is ready after this.
    pub(crate) asr_ready: Duration,
    /// After so much audio, in frames, the recogniser says this.
    pub(crate) hears: Vec<(usize, AsrEvent)>,
    /// What the model says, and when. One list a request; the last one serves for all further ones.
    pub(crate) replies: Vec<Vec<(u64, LlmEvent)>>,
    /// The synthesiser's samples a second.
    pub(crate) tts_rate: u32,
    /// When synthesis begins to answer.
    pub(crate) tts_first: Duration,
    /// How long each character takes to say.
    pub(crate) per_char: Duration,
    /// How much audio a chunk holds and how long it takes to come.
    pub(crate) chunk: (Duration, Duration),
    /// Synthesis stops for good after so many chunks.
    pub(crate) stall_after: usize,
    /// The synthesis adapter panics after so many chunks.
    pub(crate) panics_after: usize,
    /// Synthesis fails with this after so many chunks.
    pub(crate) tts_fails: Option<(usize, VendorFault)>,
    /// Synthesis takes a text in pieces.
    pub(crate) in_pieces: bool,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            asr_ready: Duration::ZERO,
            hears: Vec::new(),
            replies: vec![vec![
                (100, LlmEvent::Responding),
                (200, LlmEvent::Delta("I am here.".to_owned())),
                (210, LlmEvent::Finished),
            ]],
            tts_rate: SAMPLE_RATE,
            tts_first: Duration::from_millis(150),
            per_char: Duration::from_millis(50),
            chunk: (FRAME, Duration::from_millis(5)),
            stall_after: usize::MAX,
            panics_after: usize::MAX,
            tts_fails: None,
            in_pieces: false,
        }
    }
}

/// A session under test.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) session: SessionHandle,
    pub(crate) says: UserSays,
    pub(crate) record: Record,
    _listeners: [Task; 2],
}

/// A vendor that does what the script says.
struct Scripted {
    script: Script,
    record: Record,
    calls: Mutex<usize>,
}

impl Scripted {
    fn count(&self) -> usize {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        *calls += 1;
        *calls
    }
}

impl Asr for Scripted {
    fn open(&self, _: AsrCall, mut audio: mpsc::Receiver<Bytes>) -> BoxStream<'static, AsrEvent> {
        let number = self.count();
        self.record.note(format!("asr.{number} opened"));
        let (script, record) = (self.script.clone(), self.record.clone());
        async_stream::stream! {
            let mut open = Open { record: record.clone(), name: format!("asr.{number}"), ended: false };
            record.clock.sleep(script.asr_ready).await;
            yield AsrEvent::Ready;
            let (mut frames, mut loud) = (0, 0);
            while let Some(frame) = audio.recv().await {
                frames += 1;
                loud += usize::from(frame.iter().any(|byte| *byte != 0));
                for (_, event) in script.hears.iter().filter(|(after, _)| *after == frames) {
                    yield event.clone();
                }
            }
            open.ended = true;
            record.note(format!("asr.{number} heard {frames} frames, {loud} with sound"));
            yield AsrEvent::Closed;
        }
        .boxed()
    }
}

impl Llm for Scripted {
    fn start(&self, call: LlmCall) -> BoxStream<'static, LlmEvent> {
        let number = self.count();
        let asked = call.request.messages.last().map_or("", |message| message.content.as_str());
        self.record.note(format!("llm.{number} asked {asked:?} attempt {}", call.request.attempt));
        self.record.note(format!("id llm {}", call.request_id));
        let reply = self.script.replies.get(number - 1).or_else(|| self.script.replies.last()).cloned();
        let record = self.record.clone();
        async_stream::stream! {
            let mut open = Open { record: record.clone(), name: format!("llm.{number}"), ended: false };
            call.written.tell();
            let began = record.clock.now();
            for (at, event) in reply.unwrap_or_default() {
                record.clock.sleep_until(began + Duration::from_millis(at)).await;
                open.ended = matches!(event, LlmEvent::Finished | LlmEvent::Failed(_));
                yield event;
            }
        }
        .boxed()
    }

    fn warm(&self) -> BoxFuture<'static, ()> {
        self.record.note("warm llm".to_owned());
        std::future::ready(()).boxed()
    }
}

impl Tts for Scripted {
    fn pieces(&self) -> Option<&dyn TextInPieces> {
        self.script.in_pieces.then_some(self)
    }

    fn start(&self, call: TtsCall) -> BoxStream<'static, TtsItem> {
        let number = self.count();
        self.record.note(format!("tts.{number} asked {:?}", call.request.text));
        self.record.note(format!("id tts {}", call.request_id));
        let (script, record) = (self.script.clone(), self.record.clone());
        async_stream::stream! {
            let mut open = Open { record: record.clone(), name: format!("tts.{number}"), ended: false };
            let letters = u32::try_from(call.request.text.chars().count()).unwrap_or(u32::MAX);
            let bytes_of = |audio: Duration| {
                usize::try_from(audio.as_millis() * u128::from(script.tts_rate) / 1000 * 2).unwrap_or(0)
            };
            let (bytes, chunk) = (bytes_of(script.per_char * letters), bytes_of(script.chunk.0));
            call.written.tell();
            record.clock.sleep(script.tts_first).await;
            yield TtsItem::Responding;
            for (index, at) in (0..bytes).step_by(chunk).enumerate() {
                assert!(index != script.panics_after, "scripted");
                if index == script.stall_after {
                    std::future::pending::<()>().await;
                }
                if let Some((_, fault)) = script.tts_fails.as_ref().filter(|(after, _)| *after == index) {
                    open.ended = true;
                    yield TtsItem::Failed(fault.clone());
                    return;
                }
                record.note(format!("chunk {number}.{index}"));
                yield TtsItem::Audio(vec![1; chunk.min(bytes - at)].into(), Format { rate: script.tts_rate });
                record.clock.sleep(script.chunk.1).await;
            }
            open.ended = true;
            yield TtsItem::Finished;
        }
        .boxed()
    }
}

impl TextInPieces for Scripted {
    fn start(&self, call: TtsCall, mut more: mpsc::Receiver<String>) -> BoxStream<'static, TtsItem> {
        let number = self.count();
        let (script, record) = (self.script.clone(), self.record.clone());
        async_stream::stream! {
            let mut open = Open { record: record.clone(), name: format!("tts.{number}"), ended: false };
            let mut piece = Some(call.request.text);
            record.clock.sleep(script.tts_first).await;
            yield TtsItem::Responding;
            while let Some(text) = piece {
                record.note(format!("tts.{number} says {text:?}"));
                for _ in 0..(script.per_char * u32::try_from(text.chars().count()).unwrap_or_default()).as_millis() / 20 {
                    let audio = vec![1; usize::try_from(script.tts_rate / 50 * 2).unwrap_or_default()];
                    yield TtsItem::Audio(audio.into(), Format { rate: script.tts_rate });
                }
                piece = more.recv().await;
            }
            open.ended = true;
            yield TtsItem::Finished;
        }
        .boxed()
    }
}

/// Vendors that do what the script says, and the record of it.
pub(crate) fn vendors(world: &World, script: &Script) -> (Vendors, Record) {
    let record = Record { clock: world.clock.clone(), lines: Arc::default() };
    let vendor =
        || Arc::new(Scripted { script: script.clone(), record: record.clone(), calls: Mutex::default() });
    (Vendors { asr: Some(vendor()), llm: Some(vendor()), tts: Some(vendor()) }, record.clone())
}

impl Stage {
    /// A session with vendors that do what the script says.
    pub(crate) fn new(world: &World, config: Config, script: &Script) -> Self {
        let (vendors, record) = vendors(world, script);
        Self::with(world, config, vendors, record)
    }

    /// A session without vendors.
    pub(crate) fn without_vendors(world: &World, config: Config) -> Self {
        let (_, record) = vendors(world, &Script::default());
        Self::with(world, config, Vendors::default(), record)
    }

    fn with(world: &World, config: Config, vendors: Vendors, record: Record) -> Self {
        let (room, RoomUser { says, mut hears, mut told }) = loopback();
        let settings = SessionSettings { config, vendors, journal: JournalKeep::Whole, ..Default::default() };
        let session = Session::start(world, settings, room);
        let notes = record.clone();
        let voice = world.tasks.spawn("listener", async move {
            let mut last: Option<(Moment, u32)> = None;
            while let Some(frame) = hears.frame().await {
                // Frames that follow each other on the grid are one line.
                match &mut last {
                    Some((begun, frames)) if *begun + FRAME * *frames == frame.at => *frames += 1,
                    last => {
                        if let Some((begun, frames)) = last.replace((frame.at, 1)) {
                            notes.note_at(begun, format!("heard {frames} frames"));
                        }
                    }
                }
            }
            if let Some((begun, frames)) = last {
                notes.note_at(begun, format!("heard {frames} frames"));
            }
        });
        let notes = record.clone();
        let notices = world.tasks.spawn("reader", async move {
            while let Some(telling) = told.next().await {
                match &telling.what {
                    Told::Voice(VoiceEdge::Started { at }) => {
                        notes.note_at(telling.at, format!("voice from {at}"));
                    }
                    Told::Voice(VoiceEdge::Stopped { at }) => {
                        notes.note_at(telling.at, format!("voice until {at}"));
                    }
                    Told::Notice(notice) => notes.note_at(telling.at, words(notice)),
                }
            }
        });
        Self { world: world.clone(), session, says, record, _listeners: [voice, notices] }
    }

    /// Speaks a recording, then `silence`, in real time.
    pub(crate) async fn speak(&self, recording: &str, silence: Duration) {
        let path = format!("{}/../../fixtures/speech/{recording}.wav", env!("CARGO_MANIFEST_DIR"));
        let samples: Vec<i16> = hound::WavReader::open(path)
            .map_or_else(|_| Vec::new(), |wav| wav.into_samples().flatten().collect());
        let mut frames: Vec<_> = samples
            .chunks(FRAME_SAMPLES)
            .map(|chunk| {
                let mut frame = [0; FRAME_SAMPLES];
                frame[..chunk.len()].copy_from_slice(chunk);
                AudioFrame::from_samples(&frame)
            })
            .collect();
        assert!(!frames.is_empty(), "no recording {recording}");
        let silent = usize::try_from(silence.as_millis() / FRAME.as_millis()).unwrap_or(0);
        frames.resize(frames.len() + silent, AudioFrame::silence());
        self.send(frames).await;
    }

    /// Says nothing.
    pub(crate) async fn listen(&self, silence: Duration) {
        let silent = usize::try_from(silence.as_millis() / FRAME.as_millis()).unwrap_or(0);
        self.send(vec![AudioFrame::silence(); silent]).await;
    }

    async fn send(&self, frames: Vec<AudioFrame>) {
        let began = self.world.clock.now();
        for (index, frame) in frames.into_iter().enumerate() {
            let count = u32::try_from(index + 1).unwrap_or(u32::MAX);
            self.world.clock.sleep_until(began + FRAME * count).await;
            // The session may have ended meanwhile.
            let _ = self.says.frame(frame).await;
        }
    }

    /// Calls the session as its application.
    pub(crate) fn call(&self, call: AppCall) {
        assert!(self.session.call(call).is_ok(), "the session takes the call");
    }

    /// Stops the session and gives what was kept of it.
    pub(crate) async fn end(self) -> (Record, Journal) {
        self.session.stop().await;
        let journal = self.session.journal();
        assert!(self.world.tasks.is_empty(), "nothing of the session or its room is left");
        (self.record, journal)
    }
}

/// A speech of the application.
pub(crate) fn speech(text: &str) -> AppCall {
    AppCall::Speak { text: text.to_owned(), options: SpeechOptions::default(), in_history: true }
}

/// A notice in a few words.
fn words(notice: &Notice) -> String {
    match notice {
        Notice::Accepted { call, .. } => format!("accepted {}", call.0),
        Notice::Refused { call, reason } => format!("refused {} {reason:?}", call.0),
        Notice::State { is, .. } => format!("state {is:?}"),
        Notice::TurnStarted { of, .. } => format!("turn of {of:?}"),
        Notice::TurnEnded { of, why, text, .. } => format!("turn ended of {of:?} {why:?} {text:?}"),
        Notice::SpeechDropped { round } => format!("dropped {}", round.0),
        Notice::Subtitle { of, text, is_final, .. } => format!("subtitle of {of:?} {text:?} {is_final}"),
        Notice::Metric { name, value, .. } => format!("metric {} {value}", name.word()),
        Notice::Error { of, fault, .. } => {
            format!("error {} {}: {}", of.word(), fault.kind.word(), fault.message)
        }
        Notice::Meta { json, .. } => format!("meta {json}"),
        Notice::ToolCall { call, .. } => format!("tool {} {}", call.name, call.arguments),
    }
}
