//! The agent's side: what begins, what is cut, what comes next, what is remembered.

use super::user_side::User;
use super::{Conversation, Life};
use crate::command::Command;
use crate::config::InterruptionMode;
use crate::ids::RoundId;
use crate::input::{Priority, SpeechOptions};
use crate::metrics::{self, Figure};
use crate::notice::{AgentState, InterruptedBy, MetricName, Notice, Speaker, TurnEnd};
use crate::reply::{Cause, Ending, Memory, Opening, Reply};

/// What a speech of the application is to say.
#[derive(Debug)]
pub(super) enum Planned {
    /// This text.
    Speak { text: String, in_history: bool },
    /// The answer to this question.
    Ask { text: String, system_prompt: Option<String>, memory: Memory },
}

impl Planned {
    pub(super) const fn cause(&self) -> Cause {
        match self {
            Self::Speak { .. } => Cause::Speak,
            Self::Ask { .. } => Cause::Ask,
        }
    }
}

impl Conversation {
    pub(super) fn welcome(&mut self) {
        let Some(welcome) = self.config.welcome.clone() else { return };
        let priority = if welcome.protected { Priority::High } else { Priority::Medium };
        let options = SpeechOptions { priority, ..SpeechOptions::default() };
        let round = self.out.next_round();
        self.begin(round, options, Planned::Speak { text: welcome.text, in_history: welcome.in_history });
    }

    /// Begins a speech of the application. Nothing else may be current.
    pub(super) fn begin(&mut self, round: RoundId, options: SpeechOptions, planned: Planned) {
        let cause = planned.cause();
        self.out.notify(Notice::TurnStarted { round, of: Speaker::Agent });
        let reply = match planned {
            Planned::Speak { text, in_history } => {
                let memory = Memory { question: None, answer: in_history };
                let opening = Opening { round, options, cause, memory, rate: self.rate };
                Reply::say(opening, &text, &self.config, self.now, &mut self.out)
            }
            Planned::Ask { text, system_prompt, memory } => {
                self.set_state(Some(round), AgentState::Thinking);
                let messages = self.history.messages_for(Some(&text), system_prompt.as_deref());
                let opening = Opening { round, options, cause, memory, rate: self.rate };
                Reply::ask(opening, messages, &self.config, self.now, &mut self.out)
            }
        };
        self.agent = Some(reply);
    }

    /// Begins the reply to a turn of the user. Nothing else may be current.
    pub(super) fn reply_to_user(&mut self, round: RoundId, text: &str, latency: Option<Figure>) {
        self.out.notify(Notice::TurnStarted { round, of: Speaker::Agent });
        self.set_state(Some(round), AgentState::Thinking);
        if let Some((name, value)) = latency {
            self.out.notify(Notice::Metric { round, name, value });
        }
        let messages = self.history.messages_for(Some(text), None);
        let memory = Memory { question: Some(text.to_owned()), answer: true };
        let options = SpeechOptions::default();
        let opening = Opening { round, options, cause: Cause::User, memory, rate: self.rate };
        self.agent = Some(Reply::ask(opening, messages, &self.config, self.now, &mut self.out));
    }

    /// Tells when the first audio of the current turn has left.
    pub(super) fn see_speaking(&mut self) {
        if let Some(round) = self.agent.as_ref().filter(|reply| reply.is_heard()).map(Reply::round) {
            self.set_state(Some(round), AgentState::Speaking);
        }
    }

    /// Cuts the current turn, if there is one. What comes next is the caller's.
    pub(super) fn cut_agent(&mut self, by: InterruptedBy) {
        let Some(mut reply) = self.agent.take() else { return };
        reply.stop(&mut self.out);
        let round = reply.round();
        self.set_state(Some(round), AgentState::Interrupted);
        self.out.notify(Notice::Metric { round, name: MetricName::Interruption, value: 1 });
        let ending = reply.end(self.now, TurnEnd::Interrupted(by), &mut self.out);
        self.end_agent_turn(&reply, ending);
    }

    /// The current turn was said to its end, or failed.
    pub(super) fn on_agent_finished(&mut self, ending: Ending) {
        let Some(reply) = self.agent.take() else { return };
        let was_heard = ending.why == TurnEnd::Completed && reply.is_heard();
        if was_heard && self.pending.is_none() && self.queue.is_empty() {
            self.set_state(Some(reply.round()), AgentState::Finished);
        }
        self.end_agent_turn(&reply, ending);
        self.hear_what_was_beside(&reply);
        self.go_on();
    }

    fn end_agent_turn(&mut self, reply: &Reply, ending: Ending) {
        let round = reply.round();
        self.rate = reply.rate();
        if let Some((name, value)) = metrics::gaps(reply.gaps()) {
            self.out.notify(Notice::Metric { round, name, value });
        }
        if ending.why != TurnEnd::Failed {
            let memory = reply.memory();
            if let Some(question) = &memory.question {
                self.history.push_user(question);
            }
            if memory.answer {
                self.history.push_assistant(&ending.remembered);
            }
        }
        let Ending { why, heard, .. } = ending;
        self.out.notify(Notice::TurnEnded { round, of: Speaker::Agent, why, text: heard });
    }

    /// What the user finished saying while it could not be heard is gone, unless it is to be answered; what is being
    /// said may become a turn.
    fn hear_what_was_beside(&mut self, reply: &Reply) {
        let was_barred = reply.options().priority == Priority::High
            || self.config.interruption.mode == InterruptionMode::Manual;
        if self.user != User::Beside || !was_barred || self.keeps_what_may_not_cut(reply) {
            return;
        }
        if self.endpointing.is_silence_over(self.now, &self.config.endpointing) {
            self.discard_user_turn();
        } else {
            self.endpointing.forget_finished();
        }
    }

    /// Goes on when the agent is free: a pending turn of the user, the queue, the user's voice, rest.
    pub(super) fn go_on(&mut self) {
        if self.agent.is_some() {
            return;
        }
        let next_is_high = self.queue.peek_priority() == Some(Priority::High);
        if !next_is_high && let Some(pending) = self.pending.take() {
            self.answer_pending(&pending);
        } else if let Some(next) = self.queue.pop() {
            self.begin(next.round, next.options, next.what);
        } else {
            match self.user {
                User::Silent => self.rest(),
                User::Beside => self.open_beside(),
                User::Turn { round, .. } => self.set_state(Some(round), AgentState::Listening),
            }
        }
    }

    /// Empties the queue; each dropped speech is told.
    pub(super) fn clear_queue(&mut self) {
        for waiting in self.queue.clear() {
            self.out.notify(Notice::SpeechDropped { round: waiting.round });
        }
    }

    /// A signal or the application cuts whatever is current; the next one begins.
    pub(super) fn interrupt(&mut self) {
        self.cut_agent(InterruptedBy::Signal);
        if self.config.queue.interrupt_clears_queue {
            self.clear_queue();
        }
        self.go_on();
    }

    /// Ends everything at once.
    pub(super) fn close(&mut self) {
        if let Some(mut reply) = self.agent.take() {
            reply.stop(&mut self.out);
            let ending = reply.end(self.now, TurnEnd::Stopped, &mut self.out);
            self.end_agent_turn(&reply, ending);
        }
        let waited = self.pending.take().and_then(|pending| Some((pending.round?, pending.text)));
        let speaking = self.user.round().map(|round| (round, self.endpointing.text()));
        for (round, text) in waited.into_iter().chain(speaking) {
            self.end_user_turn(round, TurnEnd::Stopped, &text);
        }
        self.user = User::Silent;
        self.clear_queue();
        self.recogniser.close(&mut self.out);
        self.rest();
        self.out.send(Command::Close);
        self.life = Life::Closed;
    }
}
