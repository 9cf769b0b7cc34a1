//! The user's side: when speech is a turn, when it cuts the agent, and what becomes of speech that may not.

use super::Conversation;
use crate::command::Command;
use crate::config::{InterruptionMode, SpeechThatMayNotCut, Turns};
use crate::endpointing::{Ended, Transcript};
use crate::ids::RoundId;
use crate::input::{Priority, Signal};
use crate::interruption::Verdict;
use crate::metrics::{self, Figure};
use crate::notice::{AgentState, InterruptedBy, Notice, Speaker, TurnEnd};
use crate::reply::Reply;
use crate::spoken;
use crate::time::Time;
use crate::utterance_text::{consists_of, is_one_character};

/// What the user is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum User {
    /// Nothing.
    Silent,
    /// Speaking beside the agent: no turn yet, perhaps never.
    Beside,
    /// Having a turn.
    Turn {
        round: RoundId,
        /// Whether the turn began while the agent was speaking.
        over_agent: bool,
    },
}

impl User {
    pub(super) const fn round(self) -> Option<RoundId> {
        match self {
            Self::Turn { round, .. } => Some(round),
            Self::Silent | Self::Beside => None,
        }
    }
}

/// A turn that is to be answered as soon as the agent may.
#[derive(Debug)]
pub(super) struct Pending {
    /// The round, when the turn had begun before it had to wait.
    pub(super) round: Option<RoundId>,
    pub(super) text: String,
    /// How long recognising it took; `None` for a typed text.
    pub(super) latency: Option<Figure>,
}

impl Conversation {
    pub(super) fn on_voice_started(&mut self, at: Time) {
        let counts = self.hears_voice();
        self.endpointing.on_voice_started(counts);
        if counts {
            self.interruption.on_voice_started(at, &self.config.interruption);
            self.begin_to_hear();
        }
    }

    pub(super) fn on_voice_stopped(&mut self, at: Time) {
        self.interruption.on_voice_stopped(at);
        self.endpointing.on_voice_stopped(at);
    }

    /// Whether a voice belongs to a turn: in walkie-talkie only between the signals.
    fn hears_voice(&self) -> bool {
        match self.config.endpointing.turns {
            Turns::Continuous => self.hears_transcripts(),
            Turns::WalkieTalkie => self.endpointing.is_held(),
        }
    }

    /// Whether a transcript belongs to a turn: to the one going on, or to a new one where that may begin by itself.
    fn hears_transcripts(&self) -> bool {
        let may_begin = self.config.endpointing.turns == Turns::Continuous && self.life == super::Life::Open;
        may_begin || self.endpointing.is_open()
    }

    pub(super) fn on_transcript(&mut self, transcript: Transcript<'_>) {
        if !self.hears_transcripts() || !self.endpointing.on_transcript(self.now, transcript) {
            return;
        }
        self.begin_to_hear();
        let said = self.endpointing.text();
        if self.voice_may_cut() {
            let rules = &self.config.interruption;
            let verdict = self.interruption.judge_transcript(self.now, &said, transcript.is_final, rules);
            self.on_verdict(verdict);
        } else if let User::Turn { round, .. } = self.user {
            self.out.notify(Notice::Subtitle { round, of: Speaker::User, text: said, is_final: false });
        }
    }

    /// The user has begun to say something, as far as the detector or the recogniser knows.
    fn begin_to_hear(&mut self) {
        if self.user != User::Silent {
            return;
        }
        if self.agent.is_some() {
            self.user = User::Beside;
        } else {
            self.open_turn(false);
        }
    }

    fn open_turn(&mut self, over_agent: bool) {
        let round = self.out.next_round();
        self.user = User::Turn { round, over_agent };
        self.out.notify(Notice::TurnStarted { round, of: Speaker::User });
        self.set_state(Some(round), AgentState::Listening);
        let text = self.endpointing.text();
        if !text.is_empty() {
            self.out.notify(Notice::Subtitle { round, of: Speaker::User, text, is_final: false });
        }
    }

    /// The agent has fallen silent while the user was speaking beside it: what is being said is a turn now.
    pub(super) fn open_beside(&mut self) {
        if self.endpointing.is_open() {
            self.open_turn(true);
        } else {
            self.user = User::Silent;
            self.rest();
        }
    }

    /// The agent speaks over the user: what was said so far is no turn, what is still said goes on beside.
    pub(super) fn put_user_aside(&mut self) {
        let said = self.endpointing.text();
        if let User::Turn { round, .. } = std::mem::replace(&mut self.user, User::Beside) {
            self.end_user_turn(round, TurnEnd::Discarded, &said);
        }
        self.endpointing.forget_finished();
    }

    /// Whether the user's voice may cut what the agent is doing.
    pub(super) fn voice_may_cut(&self) -> bool {
        self.user == User::Beside
            && self.config.interruption.mode == InterruptionMode::Auto
            && self.agent.as_ref().is_some_and(|reply| reply.options().priority != Priority::High)
    }

    pub(super) fn judge_duration(&mut self) {
        if self.voice_may_cut() {
            let said = self.endpointing.text();
            let verdict = self.interruption.judge_duration(self.now, &said, &self.config.interruption);
            self.on_verdict(verdict);
        }
    }

    fn on_verdict(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::None => {}
            Verdict::Cut => {
                self.cut_agent(InterruptedBy::User);
                self.clear_queue();
                self.open_turn(true);
            }
            Verdict::CutAndDiscard => {
                self.cut_agent(InterruptedBy::User);
                self.clear_queue();
                self.endpointing.forget();
                self.user = User::Silent;
                self.go_on();
            }
        }
    }

    /// The user has finished.
    pub(super) fn on_user_finished(&mut self, ended: &Ended) {
        self.interruption.on_user_finished();
        let latency = Some(metrics::recognised(ended.silent_since, self.now));
        let was = std::mem::replace(&mut self.user, User::Silent);
        let over_agent = was != User::Silent && !matches!(was, User::Turn { over_agent: false, .. });
        let takes_turn = self.takes_turn(&ended.text, over_agent);
        match was {
            User::Silent => {}
            User::Beside => {
                if takes_turn && self.agent.as_ref().is_some_and(|reply| self.keeps_what_may_not_cut(reply)) {
                    self.let_wait(None, &ended.text, latency);
                }
            }
            User::Turn { round, .. } if !takes_turn => {
                self.end_user_turn(round, TurnEnd::Discarded, &ended.text);
                self.go_on();
            }
            User::Turn { round, .. } if self.agent.is_some() || self.pending.is_some() => {
                self.let_wait(Some(round), &ended.text, latency);
                self.go_on();
            }
            User::Turn { round, .. } => self.answer(round, &ended.text, latency),
        }
    }

    fn takes_turn(&self, text: &str, over_agent: bool) -> bool {
        let is_one = self.config.endpointing.filter_one_character && is_one_character(text);
        let is_backchannel = over_agent && consists_of(text, &self.config.interruption.backchannels);
        !text.is_empty() && !is_one && !is_backchannel
    }

    /// Whether what the user says during this reply without cutting it is to be answered afterwards.
    pub(super) fn keeps_what_may_not_cut(&self, reply: &Reply) -> bool {
        self.config.interruption.speech_that_may_not_cut == SpeechThatMayNotCut::Answer
            || reply.options().enqueue_user_speech
    }

    /// Keeps a finished turn until the agent may answer; several become one.
    fn let_wait(&mut self, round: Option<RoundId>, text: &str, latency: Option<Figure>) {
        let pending = self.pending.get_or_insert(Pending { round: None, text: String::new(), latency });
        spoken::append(&mut pending.text, text);
        pending.latency = latency.or(pending.latency);
        let Some(round) = round else { return };
        if *pending.round.get_or_insert(round) != round {
            // These words go on in the round that waits already.
            self.end_user_turn(round, TurnEnd::Discarded, "");
        }
    }

    pub(super) fn end_user_turn(&mut self, round: RoundId, why: TurnEnd, text: &str) {
        let text = text.to_owned();
        self.out.notify(Notice::Subtitle { round, of: Speaker::User, text: text.clone(), is_final: true });
        self.out.notify(Notice::TurnEnded { round, of: Speaker::User, why, text });
    }

    /// Ends the user's turn with its text and begins the reply to it.
    pub(super) fn answer(&mut self, round: RoundId, text: &str, latency: Option<Figure>) {
        self.end_user_turn(round, TurnEnd::Completed, text);
        self.reply_to_user(round, text, latency);
    }

    /// Answers what had to wait.
    pub(super) fn answer_pending(&mut self, pending: &Pending) {
        let round = pending.round.unwrap_or_else(|| {
            let round = self.out.next_round();
            self.out.notify(Notice::TurnStarted { round, of: Speaker::User });
            round
        });
        self.answer(round, &pending.text, pending.latency);
    }

    /// A typed text is a turn of its own and is never lost: where it may not cut, it waits.
    pub(super) fn on_user_text(&mut self, text: &str) {
        if text.trim().is_empty() || self.life != super::Life::Open {
            return;
        }
        match self.agent.as_ref().map(|reply| reply.options().priority) {
            Some(Priority::High) => return self.let_wait(None, text, None),
            Some(Priority::Low | Priority::Medium) => {
                self.cut_agent(InterruptedBy::User);
                self.clear_queue();
            }
            None => {}
        }
        self.discard_user_turn();
        let round = self.out.next_round();
        self.out.notify(Notice::TurnStarted { round, of: Speaker::User });
        self.answer(round, text, None);
    }

    /// Forgets what the user is saying.
    pub(super) fn discard_user_turn(&mut self) {
        let said = self.endpointing.text();
        self.endpointing.forget();
        if let User::Turn { round, .. } = std::mem::replace(&mut self.user, User::Silent) {
            self.end_user_turn(round, TurnEnd::Discarded, &said);
        }
    }

    pub(super) fn on_signal(&mut self, signal: Signal) {
        let walkie_talkie = self.config.endpointing.turns == Turns::WalkieTalkie;
        match signal {
            Signal::Interrupt => {
                let cuts_high = self.config.interruption.signal_cuts_high;
                if self
                    .agent
                    .as_ref()
                    .is_some_and(|reply| cuts_high || reply.options().priority != Priority::High)
                {
                    self.interrupt();
                }
            }
            Signal::StartListening if walkie_talkie && self.life == super::Life::Open => {
                self.out.send(Command::Listen(true));
                self.endpointing.on_start_listening(self.now);
                if self.agent.as_ref().is_some_and(|reply| reply.options().priority != Priority::High) {
                    self.cut_agent(InterruptedBy::User);
                    self.clear_queue();
                }
                self.begin_to_hear();
            }
            Signal::StopListening if walkie_talkie => {
                self.out.send(Command::Listen(false));
                self.endpointing.on_stop_listening(self.now);
            }
            Signal::StartListening | Signal::StopListening => {}
        }
    }
}
