//! What the application asks: each call is answered by exactly one notice, accepted or refused.

use super::agent_side::Planned;
use super::user_side::User;
use super::{Conversation, Life};
use crate::command::Command;
use crate::config::{ConfigUpdate, Turns};
use crate::ids::{AppCallId, RoundId};
use crate::input::{AppCall, SpeechOptions};
use crate::notice::{Notice, Refusal};
use crate::reply::Memory;
use crate::speech_queue::{Current, Decision, Waiting, decide};
use crate::time::Time;
use crate::utterance_text::is_speakable;

impl Conversation {
    pub(super) fn on_app_call(&mut self, call: AppCallId, what: AppCall) {
        if self.life != Life::Open && !matches!(what, AppCall::Stop { .. }) {
            return self.refuse(call, Refusal::Stopping);
        }
        match what {
            AppCall::Speak { text, options, in_history } => {
                if text.chars().count() > self.config.queue.max_text {
                    return self.refuse(call, Refusal::TooLong);
                }
                if !self.config.synthesis.enabled || !is_speakable(&text) {
                    return self.refuse(call, Refusal::Empty);
                }
                self.schedule(call, options, Planned::Speak { text, in_history });
            }
            AppCall::Ask { text, system_prompt, options, question_in_history, answer_in_history } => {
                if text.trim().is_empty() {
                    return self.refuse(call, Refusal::Empty);
                }
                let question = question_in_history.then(|| text.clone());
                let memory = Memory { question, answer: answer_in_history };
                self.schedule(call, options, Planned::Ask { text, system_prompt, memory });
            }
            AppCall::Interrupt => {
                self.accept(call, None);
                if self.agent.is_some() {
                    self.interrupt();
                }
            }
            AppCall::Update(update) => {
                self.accept(call, None);
                self.update(*update);
            }
            AppCall::AddHistory(messages) => {
                self.accept(call, None);
                self.history.append(messages);
            }
            AppCall::ResetHistory => {
                self.accept(call, None);
                self.history.reset();
                if let Some(reply) = &mut self.agent {
                    reply.forget();
                }
            }
            AppCall::Stop { patience } => {
                self.accept(call, None);
                match patience {
                    None => self.close(),
                    Some(patience) => self.drain(self.now + patience),
                }
            }
        }
    }

    /// A second graceful stop can only bring the end nearer.
    fn drain(&mut self, until: Time) {
        let until = match self.life {
            Life::Draining { until: before } => until.min(before),
            Life::Open | Life::Closed => until,
        };
        self.life = Life::Draining { until };
    }

    fn accept(&mut self, call: AppCallId, round: Option<RoundId>) {
        self.out.notify(Notice::Accepted { call, round });
    }

    fn refuse(&mut self, call: AppCallId, reason: Refusal) {
        self.out.notify(Notice::Refused { call, reason });
    }

    /// What a new speech meets.
    fn current(&self) -> Current {
        match (&self.agent, self.user) {
            (Some(reply), _) => Current::Speech(reply.options().priority),
            (None, User::Turn { .. } | User::Beside) => Current::UserSpeaking,
            (None, User::Silent) => Current::Nothing,
        }
    }

    fn schedule(&mut self, call: AppCallId, options: SpeechOptions, planned: Planned) {
        let decision = decide(self.current(), options, &self.config.queue);
        match decision {
            Decision::Refuse(reason) => return self.refuse(call, reason),
            Decision::Wait if self.queue.refuses_more(&self.config.queue) => {
                return self.refuse(call, Refusal::QueueFull);
            }
            Decision::Wait
            | Decision::Drop
            | Decision::Start
            | Decision::StartOverUser
            | Decision::Cut { .. } => {}
        }
        let round = self.out.next_round();
        self.accept(call, Some(round));
        match decision {
            Decision::Refuse(_) => {}
            Decision::Drop => self.out.notify(Notice::SpeechDropped { round }),
            Decision::Wait => {
                let new = Waiting { round, options, what: planned };
                for dropped in self.queue.push(new, &self.config.queue) {
                    self.out.notify(Notice::SpeechDropped { round: dropped.round });
                }
            }
            Decision::Start => self.begin(round, options, planned),
            Decision::StartOverUser => {
                if !options.enqueue_user_speech {
                    self.put_user_aside();
                }
                self.begin(round, options, planned);
            }
            Decision::Cut { clear } => {
                self.cut_agent(planned.cause().as_interruption());
                if clear {
                    self.clear_queue();
                }
                self.begin(round, options, planned);
            }
        }
    }

    fn update(&mut self, update: ConfigUpdate) {
        let ConfigUpdate { endpointing, interruption, queue, segmentation, synthesis, llm, text, history } =
            update;
        let turns = self.config.endpointing.turns;
        let config = &mut self.config;
        replace(&mut config.endpointing, endpointing);
        if config.endpointing.turns != turns {
            let turns = config.endpointing.turns;
            self.out.send(Command::Listen(turns == Turns::Continuous));
            self.endpointing.on_turns_changed(self.now, turns);
        }
        replace(&mut config.interruption, interruption);
        replace(&mut config.queue, queue);
        replace(&mut config.segmentation, segmentation);
        replace(&mut config.synthesis, synthesis);
        replace(&mut config.llm, llm);
        replace(&mut config.text, text);
        if let Some(rules) = history {
            config.history = rules.clone();
            self.history.set_rules(rules);
        }
    }
}

fn replace<T>(old: &mut T, new: Option<T>) {
    if let Some(new) = new {
        *old = new;
    }
}
