//! The conversation: routes inputs to the sub-machines and owns nothing else.
//!
//! At most one reply is live, and at most one user turn is being collected. What the user does is in `user_side`,
//! what the agent does in `agent_side`, what the application asks in `app_calls`.

mod agent_side;
mod app_calls;
mod user_side;

use self::agent_side::Planned;
use self::user_side::{Pending, User};
use crate::command::Command;
use crate::config::{Config, Resting, Turns};
use crate::endpointing::{Endpointing, Transcript};
use crate::fault::VendorRole;
use crate::history::History;
use crate::ids::{AsrCallId, RoundId};
use crate::input::{AsrEvent, Input};
use crate::interruption::Interruption;
use crate::notice::{AgentState, Notice};
use crate::outbox::Outbox;
use crate::recogniser::Recogniser;
use crate::reply::Reply;
use crate::speech_queue::SpeechQueue;
use crate::spoken::SpeakingRate;
use crate::time::Time;

/// One conversation, from its first command to [`Command::Close`].
///
/// Nothing here waits, fails, reads a clock or sees audio. See the crate's documentation for the loop around it.
///
/// Memory is bounded by the history's limits (1,000 messages, 1 MiB), the queue's capacity, one answer (see
/// [`LlmRules::total_timeout`](crate::LlmRules::total_timeout)) and what the user says before it is answered.
#[derive(Debug)]
pub struct Conversation {
    config: Config,
    now: Time,
    out: Outbox,
    recogniser: Recogniser,
    endpointing: Endpointing,
    interruption: Interruption,
    user: User,
    /// What the user said while it could not be answered.
    pending: Option<Pending>,
    agent: Option<Reply>,
    queue: SpeechQueue<Planned>,
    history: History,
    /// How fast the agent's voice speaks, as far as it was heard.
    rate: SpeakingRate,
    state: (Option<RoundId>, AgentState),
    life: Life,
}

/// Whether the conversation takes more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Open,
    /// Nothing new begins; ends when nothing is going on, or then.
    Draining {
        until: Time,
    },
    Closed,
}

impl Conversation {
    /// Begins a conversation at [`Time::ZERO`]; its first commands are ready to be polled.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let mut out = Outbox::default();
        let resting = resting_state(config.resting);
        out.notify(Notice::State { round: None, is: resting });
        if config.endpointing.turns == Turns::WalkieTalkie {
            out.send(Command::Listen(false));
        }
        let recogniser = Recogniser::open(config.asr.clone(), Time::ZERO, &mut out);
        let mut conversation = Self {
            now: Time::ZERO,
            recogniser,
            endpointing: Endpointing::default(),
            interruption: Interruption::default(),
            user: User::Silent,
            pending: None,
            agent: None,
            queue: SpeechQueue::new(),
            history: History::new(&config.history),
            rate: SpeakingRate::new(),
            state: (None, resting),
            life: Life::Open,
            config,
            out,
        };
        conversation.welcome();
        // A welcome that is not to be spoken is over as soon as it is shown.
        conversation.settle();
        conversation
    }

    /// Applies one input that happened at `now`. Timers due by then fire first, each at its own deadline.
    ///
    /// `now` may lie before an earlier one: time never runs backwards. After [`Command::Close`] nothing has an effect.
    pub fn handle(&mut self, now: Time, input: Input) {
        self.advance(now);
        if self.is_closed() {
            return;
        }
        let now = self.now;
        match input {
            Input::VoiceStarted { at } => self.on_voice_started(at.min(now)),
            Input::VoiceStopped { at } => self.on_voice_stopped(at.min(now)),
            Input::UserText(text) => self.on_user_text(&text),
            Input::Signal(signal) => self.on_signal(signal),
            Input::App(call, what) => self.on_app_call(call, what),
            Input::Asr(call, event) => self.on_asr(call, event),
            Input::Llm(call, event) => {
                if let Some(reply) = &mut self.agent {
                    reply.on_llm(now, call, event, &mut self.out);
                }
            }
            Input::Tts(call, event) => {
                if let Some(reply) = &mut self.agent {
                    reply.on_tts(now, call, event, &mut self.out);
                }
            }
            Input::Playout(event) => {
                if let Some(reply) = &mut self.agent {
                    reply.on_playout(now, &event, &mut self.out);
                }
            }
        }
        self.settle();
        self.advance(now);
    }

    /// Moves time forward. Safe to call early, late or twice.
    pub fn advance(&mut self, now: Time) {
        while let Some(at) = self.next_deadline().filter(|at| *at <= now) {
            self.now = self.now.max(at);
            self.on_time();
            self.settle();
        }
        self.now = self.now.max(now);
    }

    /// The next command to execute. Drain before sleeping.
    #[must_use]
    pub fn poll_command(&mut self) -> Option<Command> {
        self.out.pop()
    }

    /// When to call [`Self::advance`] at the latest; `None`: not before the next input.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Time> {
        let draining = match self.life {
            Life::Closed => return None,
            Life::Draining { until } => Some(until),
            Life::Open => None,
        };
        let barge_in =
            if self.voice_may_cut() { self.interruption.deadline(&self.config.interruption) } else { None };
        [
            self.recogniser.deadline(),
            self.endpointing.deadline(&self.config.endpointing),
            barge_in,
            self.agent.as_ref().and_then(Reply::deadline),
            draining,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Whether the conversation is over.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        matches!(self.life, Life::Closed)
    }

    fn on_time(&mut self) {
        let now = self.now;
        if let Some(fault) = self.recogniser.on_time(now, &mut self.out) {
            self.out.notify(Notice::Error { round: self.user.round(), of: VendorRole::Asr, fault });
        }
        self.judge_duration();
        if let Some(reply) = &mut self.agent {
            reply.on_time(now, &mut self.out);
        }
        if matches!(self.life, Life::Draining { until } if until <= now) {
            self.close();
        }
    }

    /// Ends what has ended, until nothing more does.
    fn settle(&mut self) {
        while !self.is_closed() {
            self.see_speaking();
            if let Some(ended) = self.endpointing.poll(self.now, &self.config.endpointing) {
                self.on_user_finished(&ended);
            } else if let Some(ending) = self.agent.as_ref().and_then(|reply| reply.poll_end(self.now)) {
                self.on_agent_finished(ending);
            } else {
                break;
            }
        }
        if matches!(self.life, Life::Draining { .. }) && self.is_quiet() {
            self.close();
        }
    }

    /// Whether nothing is being said, prepared or waited for.
    fn is_quiet(&self) -> bool {
        self.agent.is_none() && self.queue.is_empty() && self.pending.is_none() && self.user == User::Silent
    }

    fn on_asr(&mut self, call: AsrCallId, event: AsrEvent) {
        if !self.recogniser.is_live(call) {
            return;
        }
        match event {
            AsrEvent::Ready => self.recogniser.on_ready(self.now),
            AsrEvent::Closed => {
                self.endpointing.on_stream_over(self.now, call);
                self.recogniser.on_closed(self.now, &mut self.out);
            }
            AsrEvent::Failed(fault) => {
                self.endpointing.on_stream_over(self.now, call);
                self.recogniser.on_failed(self.now, &fault);
                self.out.notify(Notice::Error { round: self.user.round(), of: VendorRole::Asr, fault });
            }
            AsrEvent::Interim { sentence, text } => {
                self.on_transcript(Transcript { call, sentence, text: &text, is_final: false });
            }
            AsrEvent::Final { sentence, text } => {
                self.on_transcript(Transcript { call, sentence, text: &text, is_final: true });
            }
        }
    }

    fn set_state(&mut self, round: Option<RoundId>, is: AgentState) {
        if self.state != (round, is) {
            self.state = (round, is);
            self.out.notify(Notice::State { round, is });
        }
    }

    /// The state when nothing is going on; the round stays the last one.
    fn rest(&mut self) {
        self.set_state(self.state.0, resting_state(self.config.resting));
    }
}

const fn resting_state(resting: Resting) -> AgentState {
    match resting {
        Resting::Listening => AgentState::Listening,
        Resting::Idle => AgentState::Idle,
    }
}
