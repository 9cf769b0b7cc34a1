//! The one task that owns a session: everything that happens passes through here, in one order.
//!
//! Each wake takes one thing that happened, hands it to the conversation with its time, and carries out what the
//! conversation and the playout answer, without ever waiting. Of what is due together the order is: stop, application
//! and room messages, vendors, the conversation's timers, room audio, the playout.

use std::sync::{Arc, Mutex, PoisonError};

use bargein_core::{AppCall, AppCallId, AsrEvent, Command, Conversation, Input, Notice, Time, TtsEvent};
use bargein_net::{Clock, Moment, Sleep, World};
use tokio::sync::{mpsc, watch};

use crate::ears::{Ears, LINE_FRAMES};
use crate::executor::{Executor, VendorEvent};
use crate::frame::AudioFrame;
use crate::journal::{Happened, Journal};
use crate::marks::{Mark, Marks};
use crate::playout::{Playout, PlayoutOutput};
use crate::read_ahead::ReadAhead;
use crate::room::{AgentFrame, Room, Told, UserMessage};
use crate::session::SessionSettings;
use crate::synthesis_call::Synthesised;
use crate::voice::VoiceEdge;

/// The call by which the shell itself stops a conversation; applications' begin at 1.
const OWN_STOP: AppCallId = AppCallId(0);

/// A session's state, and all it can do.
pub(crate) struct Driver {
    world: World,
    began: Moment,
    conversation: Conversation,
    room: Room,
    ears: Ears,
    playout: Playout,
    executor: Executor,
    said: mpsc::Receiver<VendorEvent>,
    journal: Arc<Mutex<Journal>>,
    marks: Marks,
}

/// What woke the task.
enum Wake {
    Stop,
    Call(AppCallId, AppCall),
    Message(UserMessage),
    Vendor(VendorEvent),
    Timer,
    Frame(AudioFrame),
    Tick,
}

impl Driver {
    pub(crate) fn new(
        world: &World,
        settings: SessionSettings,
        room: Room,
        began: Moment,
        journal: Arc<Mutex<Journal>>,
    ) -> Self {
        let marks = Marks::new(world.clock.clone(), settings.marks);
        let (executor, said) = Executor::new(world, settings.vendors, settings.identity, marks.clone());
        Self {
            world: world.clone(),
            began,
            conversation: Conversation::new(settings.config),
            room,
            ears: Ears::new(settings.detector, executor.can_recognise()),
            playout: Playout::default(),
            executor,
            said,
            journal,
            marks,
        }
    }

    /// Runs the session to its end. When this returns, nothing of it is left.
    pub(crate) async fn run(
        mut self: Box<Self>,
        mut calls: mpsc::Receiver<(AppCallId, AppCall)>,
        mut stop: watch::Receiver<()>,
    ) {
        let mut timer = Alarm::new(&self.world.clock);
        let mut tick = Alarm::new(&self.world.clock);
        let stopping = self.world.tasks.stopping();
        let stopped = async move {
            tokio::select! {
                biased;
                () = stopping => {}
                // Told, or the handle was dropped.
                _ = stop.changed() => {}
            }
        };
        tokio::pin!(stopped);
        self.settle(Time::ZERO);
        while !self.conversation.is_closed() {
            timer.set(self.moment(self.conversation.next_deadline()));
            tick.set(self.moment(
                [self.playout.next_deadline(), self.ears.next_deadline()].into_iter().flatten().min(),
            ));
            let wake = tokio::select! {
                biased;
                () = &mut stopped => Wake::Stop,
                Some((call, what)) = calls.recv() => Wake::Call(call, what),
                Some(message) = self.room.messages.recv() => Wake::Message(message),
                Some(event) = self.said.recv() => Wake::Vendor(event),
                () = timer.ring() => Wake::Timer,
                Some(frame) = self.room.frames.recv() => Wake::Frame(frame),
                () = tick.ring() => Wake::Tick,
            };
            let stop = matches!(wake, Wake::Stop);
            self.on_wake(wake);
            if stop {
                break;
            }
        }
        let Self { room, executor, said, .. } = *self;
        drop(room);
        executor.stop().await;
        // Not before: a recogniser that says goodbye needs somebody to say it to.
        drop(said);
    }

    fn on_wake(&mut self, wake: Wake) {
        let now = self.now();
        match wake {
            Wake::Stop => self.input(now, Input::App(OWN_STOP, AppCall::Stop { patience: None })),
            Wake::Call(call, what) => self.input(now, Input::App(call, what)),
            Wake::Message(UserMessage::Text(text)) => self.input(now, Input::UserText(text)),
            Wake::Message(UserMessage::Signal(signal)) => self.input(now, Input::Signal(signal)),
            Wake::Vendor(event) => {
                if let Some(event) = self.executor.take(event) {
                    self.on_vendor(now, event);
                }
            }
            Wake::Timer => {
                self.record(now, Happened::Advance);
                self.conversation.advance(now);
            }
            Wake::Frame(frame) => {
                let edge = self.ears.hear(now, &frame);
                self.on_edge(now, edge);
            }
            Wake::Tick => {
                let edge = self.ears.advance(now);
                self.on_edge(now, edge);
            }
        }
        self.settle(now);
    }

    fn on_vendor(&mut self, now: Time, event: VendorEvent) {
        match event {
            VendorEvent::Asr(call, event) => {
                match &event {
                    AsrEvent::Ready => self.ears.ready(),
                    AsrEvent::Closed => self.ears.close(true),
                    AsrEvent::Failed(fault) => self.ears.close(fault.kind.is_retryable()),
                    AsrEvent::Interim { .. } | AsrEvent::Final { .. } => {}
                }
                self.input(now, Input::Asr(call, event));
            }
            VendorEvent::Llm(call, event) => self.input(now, Input::Llm(call, event)),
            VendorEvent::Tts(call, item) => {
                let event = match item {
                    Synthesised::Responding => TtsEvent::Responding,
                    Synthesised::Audio(audio) => {
                        if !self.playout.push(now, call, audio) {
                            return;
                        }
                        TtsEvent::FirstAudio
                    }
                    Synthesised::Words(words) => TtsEvent::Words(words),
                    Synthesised::Finished => TtsEvent::Finished { duration: self.playout.end(now, call) },
                    Synthesised::Failed(fault) => {
                        TtsEvent::Failed { fault, duration: self.playout.end(now, call) }
                    }
                };
                self.input(now, Input::Tts(call, event));
            }
        }
    }

    fn on_edge(&mut self, now: Time, edge: Option<VoiceEdge>) {
        let Some(edge) = edge else { return };
        self.room.tell(self.at(now), Told::Voice(edge));
        let input = match edge {
            VoiceEdge::Started { at } => {
                self.executor.warm();
                Input::VoiceStarted { at }
            }
            VoiceEdge::Stopped { at } => Input::VoiceStopped { at },
        };
        self.input(now, input);
    }

    /// Tells the conversation.
    fn input(&mut self, now: Time, input: Input) {
        self.record(now, Happened::Input(input.clone()));
        self.conversation.handle(now, input);
    }

    /// Carries out everything the conversation and the playout want by now.
    fn settle(&mut self, now: Time) {
        loop {
            if let Some(command) = self.conversation.poll_command() {
                self.with_journal(|journal| journal.record_command(now, &command));
                self.execute(now, command);
                continue;
            }
            self.playout.advance(now);
            match self.playout.poll() {
                Some(PlayoutOutput::Frame(at, frame)) => {
                    self.room.speak(AgentFrame { at: self.at(at), frame });
                    self.marks.mark(Mark::Frame);
                }
                Some(PlayoutOutput::Event(event)) => self.input(now, Input::Playout(event)),
                None => return,
            }
        }
    }

    fn execute(&mut self, now: Time, command: Command) {
        match command {
            Command::OpenAsr(call) => {
                let (line, audio) = mpsc::channel(LINE_FRAMES);
                self.ears.open(line);
                self.executor.open_asr(call, audio);
            }
            Command::CloseAsr(call) => {
                if self.executor.close_asr(call) {
                    self.ears.close(true);
                }
            }
            Command::Listen(listening) => self.ears.listen(listening),
            Command::StartLlm(call, request) => self.executor.start_llm(call, request),
            Command::CancelLlm(call) => self.executor.cancel_llm(call),
            Command::StartTts(call, request) => {
                let level = Arc::new(ReadAhead::new(request.read_ahead));
                self.playout.open(call, Arc::clone(&level));
                self.executor.start_tts(call, request, level);
            }
            Command::OpenTts(call, request) => {
                let level = Arc::new(ReadAhead::new(request.read_ahead));
                self.playout.open(call, Arc::clone(&level));
                self.executor.open_tts(call, request, level);
            }
            Command::AppendTts(call, text) => self.executor.append_tts(call, text),
            Command::EndTts(call) => self.executor.end_tts(call),
            Command::CancelTts(call) => {
                self.executor.cancel_tts(call);
                self.playout.cancel(now, call);
            }
            Command::Play(call) => self.playout.play(now, call),
            Command::StopPlayout => {
                self.marks.mark_at(self.at(now), Mark::CutDecided);
                self.playout.stop();
                self.marks.mark(Mark::CutDone);
            }
            // Nobody called.
            Command::Notify(Notice::Accepted { call: OWN_STOP, .. }) => {}
            Command::Notify(notice) => self.room.tell(self.at(now), Told::Notice(notice)),
            // The loop sees that the conversation is closed.
            Command::Close => {}
        }
    }

    fn record(&self, now: Time, what: Happened) {
        self.with_journal(|journal| journal.record(now, what));
    }

    fn with_journal(&self, write: impl FnOnce(&mut Journal)) {
        write(&mut self.journal.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn now(&self) -> Time {
        Time::ZERO + self.world.clock.now().since(self.began)
    }

    /// A session's time as the world's.
    fn at(&self, time: Time) -> Moment {
        self.began + time.since(Time::ZERO)
    }

    fn moment(&self, time: Option<Time>) -> Option<Moment> {
        time.map(|time| self.at(time))
    }
}

/// A timer that is scheduled anew only when its time changes.
struct Alarm {
    clock: Clock,
    at: Option<Moment>,
    sleep: Option<Sleep>,
}

impl Alarm {
    fn new(clock: &Clock) -> Self {
        Self { clock: clock.clone(), at: None, sleep: None }
    }

    fn set(&mut self, at: Option<Moment>) {
        if self.at != at {
            self.at = at;
            self.sleep = at.map(|at| self.clock.sleep_until(at));
        }
    }

    /// Resolves when the time has come; never while there is none.
    async fn ring(&mut self) {
        match &mut self.sleep {
            Some(sleep) => sleep.await,
            None => std::future::pending().await,
        }
    }
}
