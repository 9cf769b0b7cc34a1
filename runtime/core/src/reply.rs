//! The life of one agent turn: a question or a text, filtered, cut into segments, said, ended with one reason.
//!
//! The turn owns its LLM call and its synthesis; nothing of it survives [`Reply::stop`]. Who may begin or cut it is
//! decided elsewhere.
//!
//! All of its text is kept until it ends. That is bounded: an answer by its time and length (see `asking`), a speech
//! of the application by [`QueueRules::max_text`](crate::QueueRules::max_text).

use crate::asking::{Answer, Asking};
use crate::command::LlmRequest;
use crate::config::{Config, Keep};
use crate::fault::{VendorFault, VendorRole};
use crate::ids::{LlmCallId, RoundId, TtsCallId};
use crate::input::{LlmEvent, Message, PlayoutEvent, SpeechOptions, TtsEvent};
use crate::metrics::{Figure, RoundMetrics};
use crate::notice::{InterruptedBy, Notice, Speaker, TurnEnd};
use crate::outbox::Outbox;
use crate::segmenter::Segmenter;
use crate::spoken::SpeakingRate;
use crate::synthesis::{Progress, Speech};
use crate::text_filter::{Filtered, TextFilter};
use crate::time::Time;

/// An agent turn from its first request to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    round: RoundId,
    options: SpeechOptions,
    cause: Cause,
    memory: Memory,
    keep: Keep,
    apology: Option<String>,
    is_spoken: bool,
    asking: Option<Asking>,
    filter: TextFilter,
    segmenter: Segmenter,
    speech: Speech,
    metrics: RoundMetrics,
    shown: String,
    is_text_over: bool,
    has_fault: bool,
}

/// What made the agent speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A turn of the user.
    User,
    /// A question of the application.
    Ask,
    /// A text of the application, or the welcome.
    Speak,
}

impl Cause {
    /// What a speech of this cause is to the one it cuts.
    pub(crate) const fn as_interruption(self) -> InterruptedBy {
        match self {
            Self::User => InterruptedBy::User,
            Self::Ask => InterruptedBy::Ask,
            Self::Speak => InterruptedBy::Speak,
        }
    }
}

/// What the turn leaves in the history when it ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    /// The question, if it is to be remembered.
    pub(crate) question: Option<String>,
    /// Whether the answer is.
    pub(crate) answer: bool,
}

/// Who speaks and why.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) round: RoundId,
    pub(crate) options: SpeechOptions,
    pub(crate) cause: Cause,
    pub(crate) memory: Memory,
    /// How fast the voice speaks, as far as it was heard in this session.
    pub(crate) rate: SpeakingRate,
}

/// How a turn ended and what it leaves.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    pub(crate) why: TurnEnd,
    /// What was heard of it.
    pub(crate) heard: String,
    /// What the history is to remember as the agent's words.
    pub(crate) remembered: String,
}

impl Reply {
    /// Begins with a question to the model.
    pub(crate) fn ask(
        opening: Opening,
        messages: Vec<Message>,
        config: &Config,
        now: Time,
        out: &mut Outbox,
    ) -> Self {
        let mut reply = Self::new(opening, config);
        let request = LlmRequest {
            round: reply.round,
            request: out.next_request(),
            attempt: 1,
            messages,
            proactive: reply.cause == Cause::Ask,
        };
        reply.metrics.asked_model(now);
        reply.asking = Some(Asking::start(config.llm.clone(), request, now, out));
        reply
    }

    /// Begins with a text to say.
    pub(crate) fn say(opening: Opening, text: &str, config: &Config, now: Time, out: &mut Outbox) -> Self {
        let mut reply = Self::new(opening, config);
        reply.on_text(text, now, out);
        reply.finish_text(now, out);
        reply
    }

    fn new(opening: Opening, config: &Config) -> Self {
        Self {
            round: opening.round,
            options: opening.options,
            cause: opening.cause,
            memory: opening.memory,
            keep: config.history.keep,
            apology: config.llm.apology.clone(),
            is_spoken: config.synthesis.enabled,
            asking: None,
            filter: TextFilter::new(&config.text),
            segmenter: Segmenter::new(&config.segmentation),
            speech: Speech::new(config.synthesis.clone(), opening.round, opening.rate),
            metrics: RoundMetrics::default(),
            shown: String::new(),
            is_text_over: false,
            has_fault: false,
        }
    }

    pub(crate) const fn round(&self) -> RoundId {
        self.round
    }

    pub(crate) const fn options(&self) -> SpeechOptions {
        self.options
    }

    pub(crate) const fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Lets it leave nothing in the history.
    pub(crate) fn forget(&mut self) {
        self.memory = Memory::default();
    }

    /// How fast the voice speaks, with what this turn taught.
    pub(crate) const fn rate(&self) -> SpeakingRate {
        self.speech.rate()
    }

    /// Whether audio has left.
    pub(crate) fn is_heard(&self) -> bool {
        self.speech.was_heard()
    }

    /// Whether anything of the answer is known yet.
    pub(crate) fn is_known(&self) -> bool {
        !self.shown.is_empty()
    }

    pub(crate) fn on_llm(&mut self, now: Time, call: LlmCallId, event: LlmEvent, out: &mut Outbox) {
        if let Some(answer) = self.asking.as_mut().and_then(|asking| asking.on_event(now, call, event, out)) {
            self.on_answer(now, answer, out);
        }
    }

    pub(crate) fn on_tts(&mut self, now: Time, call: TtsCallId, event: TtsEvent, out: &mut Outbox) {
        if let Some(progress) = self.speech.on_event(now, call, event, out) {
            self.on_progress(now, progress, out);
        }
    }

    pub(crate) fn on_playout(&mut self, now: Time, event: &PlayoutEvent, out: &mut Outbox) {
        self.speech.on_playout(now, event, out);
    }

    pub(crate) fn deadline(&self) -> Option<Time> {
        let asking = self.asking.as_ref().and_then(Asking::deadline);
        asking.into_iter().chain(self.speech.deadline()).min()
    }

    pub(crate) fn on_time(&mut self, now: Time, out: &mut Outbox) {
        if let Some(answer) = self.asking.as_mut().and_then(|asking| asking.on_time(now, out)) {
            self.on_answer(now, answer, out);
        }
        if let Some(progress) = self.speech.on_time(now, out) {
            self.on_progress(now, progress, out);
        }
    }

    fn on_answer(&mut self, now: Time, answer: Answer, out: &mut Outbox) {
        match answer {
            Answer::Responding => {
                let figure = self.metrics.model_responding(now);
                self.tell(figure, out);
            }
            Answer::Text(text) => {
                let figure = self.metrics.model_content(now);
                self.tell(figure, out);
                self.on_text(&text, now, out);
            }
            Answer::Meta(json) => out.notify(Notice::Meta { round: self.round, json }),
            Answer::ToolCall(call) => out.notify(Notice::ToolCall { round: self.round, call }),
            Answer::Whole => self.finish_text(now, out),
            Answer::Fault(fault) => {
                self.on_fault(VendorRole::Llm, fault, out);
                if !self.is_known()
                    && let Some(apology) = self.apology.take()
                {
                    // Nothing of what may have been held back is to be said before it.
                    self.filter.forget_held();
                    self.on_text(&apology, now, out);
                }
                self.finish_text(now, out);
            }
        }
    }

    fn on_progress(&mut self, now: Time, progress: Progress, out: &mut Outbox) {
        let figure = match progress {
            Progress::FirstResponding => self.metrics.voice_responding(now),
            Progress::FirstAudio => self.metrics.voice_audio(now),
            Progress::Fault(fault) => return self.on_fault(VendorRole::Tts, fault, out),
        };
        self.tell(figure, out);
    }

    fn on_fault(&mut self, of: VendorRole, fault: VendorFault, out: &mut Outbox) {
        self.has_fault = true;
        out.notify(Notice::Error { round: Some(self.round), of, fault });
    }

    fn tell(&self, figure: Option<Figure>, out: &mut Outbox) {
        if let Some((name, value)) = figure {
            out.notify(Notice::Metric { round: self.round, name, value });
        }
    }

    fn on_text(&mut self, text: &str, now: Time, out: &mut Outbox) {
        let filtered = self.filter.push(text);
        self.on_filtered(filtered, now, out);
    }

    fn on_filtered(&mut self, filtered: Filtered, now: Time, out: &mut Outbox) {
        for json in filtered.metadata {
            out.notify(Notice::Meta { round: self.round, json });
        }
        if !filtered.shown.is_empty() {
            self.shown.push_str(&filtered.shown);
            self.subtitle(filtered.shown, false, out);
        }
        let segments = self.segmenter.push(&filtered.spoken);
        self.speak(segments, now, out);
    }

    fn finish_text(&mut self, now: Time, out: &mut Outbox) {
        let rest = self.filter.finish();
        self.on_filtered(rest, now, out);
        let last = self.segmenter.finish();
        self.speak(last, now, out);
        self.speech.end_text(now, out);
        self.is_text_over = true;
        self.subtitle(String::new(), true, out);
    }

    fn speak(&mut self, segments: impl IntoIterator<Item = String>, now: Time, out: &mut Outbox) {
        if !self.is_spoken {
            return;
        }
        for segment in segments {
            if !self.speech.has_begun() {
                self.metrics.asked_voice(now);
            }
            self.speech.push(segment, now, out);
        }
    }

    fn subtitle(&self, text: String, is_final: bool, out: &mut Outbox) {
        out.notify(Notice::Subtitle { round: self.round, of: Speaker::Agent, text, is_final });
    }

    /// The turn's end, once everything has been said.
    pub(crate) fn poll_end(&self, now: Time) -> Option<Ending> {
        if !self.is_text_over || !self.speech.is_over() {
            return None;
        }
        let said_something = self.speech.was_heard() || (!self.is_spoken && self.is_known());
        let why = if said_something || !self.has_fault { TurnEnd::Completed } else { TurnEnd::Failed };
        let heard = self.heard(now);
        // What failed to be said is not remembered; what the filters kept from being said is.
        let remembered =
            if self.has_fault && self.is_spoken { heard.clone() } else { self.shown.trim().to_owned() };
        Some(Ending { why, heard, remembered })
    }

    /// Stops everything at once: calls and audio. [`Self::end`] is to follow.
    pub(crate) fn stop(&mut self, out: &mut Outbox) {
        if let Some(asking) = &mut self.asking {
            asking.cancel(out);
        }
        self.speech.cancel(out);
    }

    /// Ends what was stopped before its end.
    pub(crate) fn end(&self, now: Time, why: TurnEnd, out: &mut Outbox) -> Ending {
        if !self.is_text_over {
            self.subtitle(String::new(), true, out);
        }
        let heard = self.heard(now);
        let remembered = match self.keep {
            Keep::Heard => heard.clone(),
            Keep::Generated => self.shown.trim().to_owned(),
        };
        Ending { why, heard, remembered }
    }

    /// How often it fell silent before its end.
    pub(crate) fn gaps(&self) -> u64 {
        self.speech.gaps()
    }

    fn heard(&self, now: Time) -> String {
        if self.is_spoken { self.speech.heard(now) } else { self.shown.clone() }
    }
}
