//! A pure driver: the core, its journal, and a world of vendors and playout that answers from a table of delays.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use bargein_core::{
    Command, Config, Conversation, FaultKind, Input, LlmCallId, LlmEvent, PlayoutEvent, Time, TtsCallId,
    TtsEvent, VendorFault,
};

/// How the vendors of a run behave; the n-th call takes the n-th entry, round and round.
#[derive(Clone, Debug)]
pub(crate) struct Vendors {
    /// For each LLM call.
    pub(crate) llm: Vec<LlmPlan>,
    /// For each synthesis call.
    pub(crate) tts: Vec<TtsPlan>,
}

/// One LLM call.
#[derive(Clone, Debug)]
pub(crate) struct LlmPlan {
    /// To the first content, and between pieces of it.
    pub(crate) pace: Duration,
    /// The pieces.
    pub(crate) pieces: Vec<String>,
    /// How it ends instead of well.
    pub(crate) fault: Option<FaultKind>,
}

/// One synthesis call.
#[derive(Clone, Debug)]
pub(crate) struct TtsPlan {
    /// To the first audio.
    pub(crate) first_audio: Duration,
    /// How much audio; arrives at four times real time.
    pub(crate) audio: Duration,
    /// How it ends instead of well.
    pub(crate) fault: Option<FaultKind>,
}

/// How long after the end of its text the audio of an open call is whole. Longer than any plan's first audio.
const TEXT_TO_END: Duration = Duration::from_secs(2);

/// Vendor calls that nobody has ended.
#[derive(Debug, Default)]
pub(crate) struct InFlight {
    pub(crate) llm: BTreeSet<LlmCallId>,
    pub(crate) tts: BTreeSet<TtsCallId>,
}

/// The core with everything around it.
pub(crate) struct Driver {
    pub(crate) core: Conversation,
    pub(crate) now: Time,
    /// Everything the core said, with the time it was polled at.
    pub(crate) said: Vec<(Time, Command)>,
    /// Everything it was told; `None` is a wake-up.
    pub(crate) journal: Vec<(Time, Option<Input>)>,
    vendors: Vendors,
    llm_calls: usize,
    tts_calls: usize,
    due: BTreeMap<(Time, u64), Input>,
    counter: u64,
    playing: VecDeque<TtsCallId>,
    audio: BTreeMap<TtsCallId, Duration>,
    /// Calls whose text is not whole, with the end that waits for it.
    open: BTreeMap<TtsCallId, TtsEvent>,
}

impl Driver {
    pub(crate) fn new(config: Config, vendors: Vendors) -> Self {
        let mut driver = Self {
            core: Conversation::new(config),
            now: Time::ZERO,
            said: Vec::new(),
            journal: Vec::new(),
            vendors,
            llm_calls: 0,
            tts_calls: 0,
            due: BTreeMap::new(),
            counter: 0,
            playing: VecDeque::new(),
            audio: BTreeMap::new(),
            open: BTreeMap::new(),
        };
        driver.execute();
        driver
    }

    /// Gives the core an input now.
    pub(crate) fn tell(&mut self, input: Input) {
        self.journal.push((self.now, Some(input.clone())));
        self.core.handle(self.now, input);
        self.execute();
    }

    /// Lets time pass; vendors, playout and timers do what is due.
    pub(crate) fn wait(&mut self, duration: Duration) {
        let end = self.now + duration;
        loop {
            let vendor = self.due.keys().next().map(|(at, _)| *at);
            let timer = self.core.next_deadline();
            let Some(at) = vendor.into_iter().chain(timer).min().filter(|at| *at <= end) else { break };
            self.now = at;
            if vendor == Some(at) {
                let Some((_, input)) = self.due.pop_first() else { break };
                self.on_due(input);
            } else {
                self.journal.push((at, None));
                self.core.advance(at);
                self.execute();
            }
        }
        self.now = end;
    }

    /// The calls that were started and have not ended by themselves.
    pub(crate) fn calls_in_flight(&self) -> InFlight {
        let mut in_flight = InFlight::default();
        for (_, command) in &self.said {
            if let Command::StartLlm(call, _) = command {
                in_flight.llm.insert(*call);
            } else if let Command::StartTts(call, _) | Command::OpenTts(call, _) = command {
                in_flight.tts.insert(*call);
            }
        }
        for (_, input) in &self.journal {
            if let Some(Input::Llm(call, LlmEvent::Finished | LlmEvent::Failed(_))) = input {
                in_flight.llm.remove(call);
            } else if let Some(Input::Tts(call, TtsEvent::Finished { .. } | TtsEvent::Failed { .. })) = input
            {
                in_flight.tts.remove(call);
            }
        }
        in_flight
    }

    fn on_due(&mut self, input: Input) {
        if let Input::Playout(PlayoutEvent::Ended(call)) = input {
            if self.playing.front() != Some(&call) {
                return;
            }
            let is_coming = |input: &Input| matches!(input, Input::Tts(of, _) if *of == call);
            if self.open.contains_key(&call) || self.due.values().any(is_coming) {
                // Its audio is not whole: playout waits for more.
                self.later(Duration::from_millis(20), Input::Playout(PlayoutEvent::Ended(call)));
                return;
            }
            self.playing.pop_front();
            self.tell(input);
            self.play_next();
        } else {
            self.tell(input);
        }
    }

    fn later(&mut self, delay: Duration, input: Input) {
        self.counter += 1;
        self.due.insert((self.now + delay, self.counter), input);
    }

    fn execute(&mut self) {
        while let Some(command) = self.core.poll_command() {
            self.said.push((self.now, command.clone()));
            match command {
                Command::StartLlm(call, _) => self.start_llm(call),
                Command::StartTts(call, _) => self.start_tts(call, false),
                Command::OpenTts(call, _) => self.start_tts(call, true),
                Command::EndTts(call) => {
                    if let Some(end) = self.open.remove(&call) {
                        self.later(TEXT_TO_END, Input::Tts(call, end));
                    }
                }
                Command::CancelTts(call) => {
                    self.open.remove(&call);
                    self.due.retain(|_, input| !matches!(input, Input::Tts(of, _) if *of == call));
                }
                Command::CancelLlm(call) => {
                    self.due.retain(|_, input| !matches!(input, Input::Llm(of, _) if *of == call));
                }
                Command::Play(call) => {
                    self.playing.push_back(call);
                    if self.playing.len() == 1 {
                        self.play_next();
                    }
                }
                Command::StopPlayout => self.playing.clear(),
                Command::AppendTts(..)
                | Command::OpenAsr(_)
                | Command::CloseAsr(_)
                | Command::Listen(_)
                | Command::Notify(_)
                | Command::Close => {}
            }
        }
    }

    fn play_next(&mut self) {
        let Some(call) = self.playing.front().copied() else { return };
        let audio = self.audio.get(&call).copied().unwrap_or_default();
        self.later(Duration::ZERO, Input::Playout(PlayoutEvent::Started(call)));
        self.later(audio, Input::Playout(PlayoutEvent::Ended(call)));
    }

    fn start_llm(&mut self, call: LlmCallId) {
        let plan = self.vendors.llm[self.llm_calls % self.vendors.llm.len()].clone();
        self.llm_calls += 1;
        let mut at = plan.pace;
        self.later(at, Input::Llm(call, LlmEvent::Responding));
        for piece in plan.pieces {
            self.later(at, Input::Llm(call, LlmEvent::Delta(piece)));
            at += plan.pace;
        }
        let end =
            plan.fault.map_or(LlmEvent::Finished, |kind| LlmEvent::Failed(VendorFault::new(kind, "planned")));
        self.later(at, Input::Llm(call, end));
    }

    fn start_tts(&mut self, call: TtsCallId, is_open: bool) {
        let plan = self.vendors.tts[self.tts_calls % self.vendors.tts.len()].clone();
        self.tts_calls += 1;
        if plan.fault.is_none() || !plan.audio.is_zero() {
            self.later(plan.first_audio, Input::Tts(call, TtsEvent::Responding));
        }
        if !plan.audio.is_zero() {
            self.audio.insert(call, plan.audio);
            self.later(plan.first_audio, Input::Tts(call, TtsEvent::FirstAudio));
        }
        let duration = plan.audio;
        let end = match plan.fault {
            None => TtsEvent::Finished { duration },
            Some(kind) => TtsEvent::Failed { fault: VendorFault::new(kind, "planned"), duration },
        };
        if is_open && plan.fault.is_none() {
            self.open.insert(call, end);
            return;
        }
        self.later(plan.first_audio + plan.audio / 4, Input::Tts(call, end));
    }
}

/// The commands a journal leads to, from the beginning.
pub(crate) fn replay(config: Config, journal: &[(Time, Option<Input>)]) -> Vec<Command> {
    let mut core = Conversation::new(config);
    for (at, input) in journal {
        match input {
            Some(input) => core.handle(*at, input.clone()),
            None => core.advance(*at),
        }
    }
    std::iter::from_fn(|| core.poll_command()).collect()
}
