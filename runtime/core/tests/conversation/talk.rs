//! A conversation as a test writes it: a script of moments in, lines of what the core said out.
//!
//! A line of a script is a time in milliseconds, a verb and its words; vendors and playout answer by themselves.

use std::fmt::Display;
use std::time::Duration;

use bargein_core::{
    AppCall, AppCallId, AsrCallId, AsrEvent, Command, Config, FaultKind, Input, Message, Notice, Priority,
    Role, SamePriority, Signal, Speaker, SpeechOptions, Time, VendorFault,
};

use crate::driver::{Driver, LlmPlan, TtsPlan, Vendors};

/// One conversation under test.
pub(crate) struct Talk {
    pub(crate) driver: Driver,
    calls: u64,
}

/// The model answers this 300 ms after the question.
pub(crate) const ANSWER: &str = "好的，今天天气很好。";

/// A model that says these pieces, the first after 300 ms, the others 300 ms apart.
pub(crate) fn model(pieces: &[&str]) -> LlmPlan {
    let pieces = pieces.iter().map(|piece| (*piece).to_owned()).collect();
    LlmPlan { pace: Duration::from_millis(300), pieces, fault: None }
}

/// A model that fails after what it said.
pub(crate) fn failing_model(pieces: &[&str], kind: FaultKind) -> LlmPlan {
    LlmPlan { fault: Some(kind), ..model(pieces) }
}

/// A voice whose first audio comes after 100 ms, with so much audio a segment.
pub(crate) fn voice(audio: u64) -> TtsPlan {
    TtsPlan { first_audio: Duration::from_millis(100), audio: Duration::from_millis(audio), fault: None }
}

/// A voice that fails after so much audio.
pub(crate) fn failing_voice(audio: u64, kind: FaultKind) -> TtsPlan {
    TtsPlan { fault: Some(kind), ..voice(audio) }
}

/// Vendors that answer [`ANSWER`] and take two seconds for every segment.
pub(crate) fn vendors() -> Vendors {
    Vendors { llm: vec![model(&[ANSWER])], tts: vec![voice(2_000)] }
}

/// What the core said to `script`, of these kinds, under these rules and with vendors that answer [`ANSWER`].
pub(crate) fn told(config: Config, script: &str, kinds: &[&str]) -> Vec<String> {
    told_with(config, vendors(), script, kinds)
}

/// What the core said to `script`, of these kinds.
pub(crate) fn told_with(config: Config, vendors: Vendors, script: &str, kinds: &[&str]) -> Vec<String> {
    let mut talk = Talk::new(config, vendors);
    talk.play(script);
    talk.of(kinds)
}

impl Talk {
    pub(crate) fn new(config: Config, vendors: Vendors) -> Self {
        let mut talk = Self { driver: Driver::new(config, vendors), calls: 0 };
        talk.driver.tell(Input::Asr(AsrCallId(1), AsrEvent::Ready));
        talk
    }

    /// Plays a script, line by line, each at its time.
    pub(crate) fn play(&mut self, script: &str) {
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (at, what) = line.split_once(' ').unwrap();
            let at = Time::from_millis(at.parse().unwrap());
            self.driver.wait(at.since(self.driver.now));
            self.act(what);
        }
    }

    /// The application calls now.
    pub(crate) fn call(&mut self, call: AppCall) {
        self.calls += 1;
        self.driver.tell(Input::App(AppCallId(self.calls), call));
    }

    fn act(&mut self, what: &str) {
        let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
        let at = self.driver.now;
        match verb {
            "voice" => self.driver.tell(Input::VoiceStarted { at }),
            "silence" => self.driver.tell(Input::VoiceStopped { at }),
            "interim" | "final" => self.transcript(verb == "final", rest),
            "asr" => {
                let (call, event) = rest.split_once(' ').unwrap();
                let event = match event {
                    "ready" => AsrEvent::Ready,
                    "closed" => AsrEvent::Closed,
                    "failed" => AsrEvent::Failed(VendorFault::new(FaultKind::Unavailable, "planned")),
                    _ => AsrEvent::Failed(VendorFault::new(FaultKind::Auth, "planned")),
                };
                self.driver.tell(Input::Asr(AsrCallId(call.parse().unwrap()), event));
            }
            "text" => self.driver.tell(Input::UserText(rest.into())),
            "signal" => self.driver.tell(Input::Signal(match rest {
                "interrupt" => Signal::Interrupt,
                "start" => Signal::StartListening,
                _ => Signal::StopListening,
            })),
            "speak" => {
                let (options, text) = options(rest);
                self.call(AppCall::Speak { text, options, in_history: true });
            }
            "ask" => {
                let (options, text) = options(rest);
                self.call(AppCall::Ask {
                    text,
                    system_prompt: None,
                    options,
                    question_in_history: false,
                    answer_in_history: true,
                });
            }
            "interrupt" => self.call(AppCall::Interrupt),
            "add" => {
                let message = Message { role: Role::Assistant, content: rest.into() };
                self.call(AppCall::AddHistory(vec![message]));
            }
            "reset" => self.call(AppCall::ResetHistory),
            "stop" => {
                let patience = rest.parse().ok().map(Duration::from_millis);
                self.call(AppCall::Stop { patience });
            }
            "end" => {}
            _ => panic!("no such verb: {what}"),
        }
    }

    /// `sentence text`, or `call/sentence text` for another stream than the first.
    fn transcript(&mut self, is_final: bool, rest: &str) {
        let (place, text) = rest.split_once(' ').unwrap_or((rest, ""));
        let (call, sentence) = place.split_once('/').unwrap_or(("1", place));
        let (sentence, text) = (sentence.parse().unwrap(), text.to_owned());
        let event =
            if is_final { AsrEvent::Final { sentence, text } } else { AsrEvent::Interim { sentence, text } };
        self.driver.tell(Input::Asr(AsrCallId(call.parse().unwrap()), event));
    }

    /// What the core said, of these kinds: the words right after the time of a line.
    pub(crate) fn of(&self, kinds: &[&str]) -> Vec<String> {
        let lines = self.driver.said.iter().filter_map(|(at, command)| {
            let line = line(command);
            let is_asked = kinds.iter().any(|kind| line.starts_with(kind));
            is_asked.then(|| format!("{} {line}", at.as_nanos() / 1_000_000))
        });
        lines.collect()
    }

    /// The messages of the last request to the model, each with the first letter of its role.
    pub(crate) fn last_request(&self) -> Vec<String> {
        let requests = self.driver.said.iter().rev().filter_map(|(_, command)| match command {
            Command::StartLlm(_, request) => Some(request),
            _ => None,
        });
        let messages = requests.map(|request| &request.messages).next().unwrap();
        messages
            .iter()
            .map(|message| format!("{}:{}", word(message.role).split_at(1).0, message.content))
            .collect()
    }
}

/// `[low|medium|high] [enqueue] [keep] text`.
fn options(rest: &str) -> (SpeechOptions, String) {
    let mut options = SpeechOptions::default();
    let mut text = rest;
    while let Some((word, after)) = text.split_once(' ') {
        match word {
            "low" => options.priority = Priority::Low,
            "medium" => options.priority = Priority::Medium,
            "high" => options.priority = Priority::High,
            "enqueue" => options.same_priority = SamePriority::Enqueue,
            "keep" => options.enqueue_user_speech = true,
            _ => break,
        }
        text = after;
    }
    (options, text.into())
}

/// The name of a variant without its fields, in lower case.
fn word(value: impl std::fmt::Debug) -> String {
    format!("{value:?}").to_lowercase()
}

fn side(of: Speaker) -> &'static str {
    if of == Speaker::User { "user" } else { "agent" }
}

fn quoted(text: impl Display) -> String {
    format!("\"{text}\"")
}

fn line(command: &Command) -> String {
    match command {
        Command::OpenAsr(call) => format!("asr {} opened", call.0),
        Command::CloseAsr(call) => format!("asr {} closed", call.0),
        Command::Listen(on) => format!("listen {on}"),
        Command::StartLlm(call, request) => {
            let question =
                request.messages.last().map(|message| message.content.as_str()).unwrap_or_default();
            format!("llm {} asked {}", call.0, quoted(question))
        }
        Command::CancelLlm(call) => format!("llm {} cancelled", call.0),
        Command::StartTts(call, request) => format!("tts {} asked {}", call.0, quoted(&request.text)),
        Command::OpenTts(call, request) => format!("tts {} opened {}", call.0, quoted(&request.text)),
        Command::AppendTts(call, text) => format!("tts {} goes on {}", call.0, quoted(text)),
        Command::EndTts(call) => format!("tts {} is whole", call.0),
        Command::CancelTts(call) => format!("tts {} cancelled", call.0),
        Command::Play(call) => format!("play {}", call.0),
        Command::StopPlayout => "playout stopped".into(),
        Command::Close => "closed".into(),
        Command::Notify(notice) => notice_line(notice),
    }
}

fn notice_line(notice: &Notice) -> String {
    match notice {
        Notice::Accepted { call, round } => {
            let round = round.map(|round| format!(" round {}", round.0)).unwrap_or_default();
            format!("accepted {}{round}", call.0)
        }
        Notice::Refused { call, reason } => format!("refused {} {}", call.0, word(reason)),
        Notice::State { round, is } => {
            format!("state {} {}", word(is), round.map(|round| round.0).unwrap_or_default())
        }
        Notice::TurnStarted { round, of } => format!("{} {} begins", side(*of), round.0),
        Notice::TurnEnded { round, of, why, text } => {
            format!("{} {} {} {}", side(*of), round.0, word(why), quoted(text))
        }
        Notice::SpeechDropped { round } => format!("dropped {}", round.0),
        Notice::Subtitle { round, of, text, is_final } => {
            let last = if *is_final { " final" } else { "" };
            format!("shows {} {} {}{last}", side(*of), round.0, quoted(text))
        }
        Notice::Metric { round, name, value } => format!("metric {} {} {value}", name.word(), round.0),
        Notice::Error { round, of, fault } => {
            let round = round.map(|round| round.0).unwrap_or_default();
            format!("error {} {} {round}", of.word(), fault.kind.word())
        }
        Notice::Meta { round, json } => format!("meta {} {json}", round.0),
        Notice::ToolCall { round, call } => format!("tool {} {} {}", round.0, call.name, call.arguments),
    }
}
