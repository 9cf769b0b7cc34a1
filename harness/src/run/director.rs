//! The director of one run: makes the steps happen when they are due, and ends the run.
//!
//! Steps begin in the order of the file. The director always waits for a timer, be it the end of patience, so a
//! virtual run can never block. Deliberately out: what a step does in the world ([`Stage`]), and the verdict.

use std::sync::Arc;
use std::time::Duration;

use bargein_agent::CallError;
use bargein_core::{AppCall, Time};

use super::agenda::{Agenda, Due};
use super::case::{Act, Case};
use crate::expect::{Evaluator, Resolution};
use crate::report::Spoken;
use crate::scenario::{Anchor, EventName, Offset, Step};
use crate::timeline::{Entry, Event};
use crate::vocabulary::StepMoment;
use crate::world::{Recorder, Stage};

/// The resolution of the world's time.
const TICK: Duration = Duration::from_millis(1);

/// Plays a case on a stage.
pub(super) struct Director<'a> {
    case: &'a Case,
    stage: &'a Stage,
    recorder: &'a Recorder,
    evaluator: &'a mut Evaluator,
    agenda: Agenda,
    /// The steps that have begun, in order.
    begun: Vec<Begun>,
    /// The time of the latest entry.
    latest: Time,
    /// Since when nothing has been going on.
    still_since: Option<Time>,
}

/// A step that has begun.
#[derive(Clone, Copy, Debug)]
struct Begun {
    at: Time,
    /// When it ends: known in advance for what the user does, else once it has ended.
    ends: Option<Time>,
    /// How many of its calls are not over.
    calls: u32,
}

/// How a run ended.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Ended {
    /// When.
    pub(super) at: Time,
    /// The step that could not begin or did not end, by its position, and why. The run was over with it.
    pub(super) stuck: Option<(usize, String)>,
}

/// When the next step begins.
enum Next {
    /// There is none.
    Nothing,
    /// It is made to begin at the first time, so that it begins at the second.
    At(Time, Time),
    /// Its anchor has not come, or the step before it has not ended.
    Unknown,
    /// It cannot begin any more.
    Never(String),
}

impl<'a> Director<'a> {
    pub(super) fn new(
        case: &'a Case,
        stage: &'a Stage,
        recorder: &'a Recorder,
        evaluator: &'a mut Evaluator,
    ) -> Self {
        let (agenda, begun) = (Agenda::default(), Vec::new());
        Self { case, stage, recorder, evaluator, agenda, begun, latest: Time::ZERO, still_since: None }
    }

    /// Plays the run to its end.
    pub(super) async fn direct(mut self) -> Ended {
        loop {
            let now = self.stage.now();
            self.carry_out(now);
            self.look(now);
            let next = self.next();
            let begins = match next {
                Next::At(wake, at) if wake <= now => {
                    self.begin(at, now).await;
                    continue;
                }
                Next::At(wake, _) => Some(wake),
                Next::Never(why) => return self.stuck(now, why),
                Next::Nothing | Next::Unknown => None,
            };
            let quiet = self.still_since.filter(|_| begins.is_none()).map(|since| since + self.case.quiet());
            if quiet.is_some_and(|until| until <= now) {
                match next {
                    Next::Unknown => {
                        return self.stuck(now, "nothing goes on that could lead to it".to_owned());
                    }
                    _ if self.evaluator.is_decided() => return Ended { at: now, stuck: None },
                    _ => {}
                }
            }
            // What is sure to come is waited for, however long.
            let limit = begins.unwrap_or_else(|| self.patience(now));
            if limit <= now {
                return match next {
                    Next::Nothing => Ended { at: now, stuck: None },
                    _ => self.stuck(now, format!("waited for {}", Spoken(self.case.limit()))),
                };
            }
            let deadline = self.evaluator.next_deadline();
            let wakes = [self.agenda.next(), quiet, deadline].into_iter().flatten();
            let wake = wakes.filter(|at| *at > now).fold(limit, Time::min);
            tokio::select! {
                biased;
                () = self.recorder.changed() => {}
                () = self.stage.sleep_until(wake) => {}
            }
        }
    }

    /// Does what the agenda has for now.
    fn carry_out(&mut self, now: Time) {
        while let Some(due) = self.agenda.take(now) {
            match due {
                Due::Record(entry) => self.recorder.record(entry),
                Due::Call(step) => self.call(now, step),
            }
        }
    }

    /// Takes in what was recorded meanwhile.
    fn look(&mut self, now: Time) {
        let fresh = self.recorder.take_fresh();
        for entry in &fresh {
            self.latest = self.latest.max(entry.at);
            self.evaluator.push(Arc::clone(entry));
            if let Event::Step(id, moment) = &entry.event
                && let Some(index) = (0..self.begun.len()).find(|index| self.case.id(*index) == Some(id))
            {
                self.follow(index, *moment, entry.at);
            }
        }
        self.evaluator.advance(now);
        let goes_on = self.agenda.next().is_some() || !self.stage.is_still();
        self.still_since = (!goes_on).then_some(self.latest);
    }

    /// A call of a step came to something: it ends when it has been heard, or sent if there is nothing to hear.
    fn follow(&mut self, index: usize, moment: StepMoment, at: Time) {
        let Some((_, Act::Call { call, .. })) = self.case.step(index) else { return };
        let is_over = match moment {
            StepMoment::End => true,
            StepMoment::Refused => speaks(call),
            StepMoment::Accepted | StepMoment::Start => false,
        };
        let begun = &mut self.begun[index];
        if is_over && begun.calls > 0 {
            begun.calls -= 1;
            begun.ends = (begun.calls == 0).then(|| at.max(begun.at));
        }
    }

    /// When the step begins that is next in the file.
    fn next(&self) -> Next {
        let Some((step, act)) = self.case.step(self.begun.len()) else { return Next::Nothing };
        let before = self.begun.last();
        let not_before = before.map_or(Time::ZERO, |before| before.at);
        let due = match &step.at {
            None => before.map_or(Resolution::At(Time::ZERO), |before| {
                before.ends.map_or(Resolution::Waiting, Resolution::At)
            }),
            Some(anchor) => self.resolve(anchor, not_before),
        };
        match due {
            Resolution::At(at) if at < not_before => {
                Next::Never(format!("it was due at {at}, but the step before it began at {not_before}"))
            }
            // Sound is put down a little earlier, so that it begins at its very sample.
            Resolution::At(at) if matches!(act, Act::Say { .. }) => {
                Next::At(self.stage.millisecond_of(at), at)
            }
            Resolution::At(at) => Next::At(at, at),
            Resolution::Waiting => Next::Unknown,
            Resolution::Lost(why) => Next::Never(why),
        }
    }

    /// When an anchor is. What the user does is known in advance; what a step did before counts too, since there is
    /// no other like it.
    fn resolve(&self, anchor: &Anchor, not_before: Time) -> Resolution {
        let EventName { event, nth } = &anchor.event;
        let planned = self.agenda.entries().find(|entry| entry.event == *event);
        match planned.filter(|_| nth.unwrap_or(1) == 1) {
            Some(entry) => Resolution::At(moved(entry.at, anchor.offset)),
            None if matches!(event, Event::Step(..)) => self.evaluator.resolve(anchor, Time::ZERO),
            None => self.evaluator.resolve(anchor, not_before),
        }
    }

    /// Begins the next step, due at `at`.
    async fn begin(&mut self, at: Time, now: Time) {
        let index = self.begun.len();
        let Some((step, act)) = self.case.step(index) else { return };
        let ends = match act {
            Act::Say { text, speech } => {
                let began = self.stage.say(at.max(self.stage.millisecond_of(now)), text, speech);
                self.plan(step, began + speech.start(), began + speech.end())
            }
            Act::Wait(duration) => self.plan(step, at, at + *duration),
            Act::Text(text) => {
                self.stage.send_text(text).await;
                self.plan(step, now, now)
            }
            Act::Signal(signal) => {
                self.stage.send_signal(*signal).await;
                self.plan(step, now, now)
            }
            Act::Call { times, every, .. } => {
                (0..*times).for_each(|number| self.agenda.put(at + *every * number, Due::Call(index)));
                None
            }
        };
        let calls = if let Act::Call { times, .. } = act { *times } else { 0 };
        self.begun.push(Begun { at, ends, calls });
    }

    /// Puts down the moments of a step of the user, and gives its end. It is done whole, whatever the agent does.
    fn plan(&mut self, step: &Step, starts: Time, ends: Time) -> Option<Time> {
        self.agenda.put(starts, Due::Record(Entry::new(starts, (step.id.clone(), StepMoment::Start))));
        self.agenda.put(ends, Due::Record(end(step, ends)));
        Some(ends)
    }

    /// Makes a call of a step. A session that is over refuses everything; one that cannot take so many calls at once
    /// gets this one a little later.
    fn call(&mut self, now: Time, index: usize) {
        let Some((step, Act::Call { call, .. })) = self.case.step(index) else { return };
        match self.stage.call(&step.id, call.clone()) {
            Ok(()) => {}
            Err(CallError::Busy) => return self.agenda.put(now + TICK, Due::Call(index)),
            Err(CallError::Over) => {
                let refused =
                    Entry::new(now, (step.id.clone(), StepMoment::Refused)).with("reason", "stopping");
                self.recorder.record(refused);
            }
        }
        if !speaks(call) {
            self.recorder.record(Entry::new(now, (step.id.clone(), StepMoment::Start)));
            self.recorder.record(end(step, now));
        }
    }

    /// When patience is over: so long after the last step's end. While a step goes on, so long after anything happened,
    /// and never while the agent is to be heard.
    fn patience(&self, now: Time) -> Time {
        let mut ends = self.begun.iter().map(|begun| begun.ends);
        let since = match ends.try_fold(Time::ZERO, |last, ends| Some(last.max(ends?))) {
            Some(last) => last,
            None if self.stage.is_heard() => now,
            None => self.latest,
        };
        since + self.case.limit()
    }

    fn stuck(&self, at: Time, why: String) -> Ended {
        Ended { at, stuck: Some((self.begun.len(), why)) }
    }
}

/// Whether what comes of a call is to be heard.
fn speaks(call: &AppCall) -> bool {
    matches!(call, AppCall::Speak { .. } | AppCall::Ask { .. })
}

fn end(step: &Step, at: Time) -> Entry {
    Entry::new(at, (step.id.clone(), StepMoment::End)).with("how", "whole")
}

/// A time moved by an offset, at most back to time 0.
fn moved(at: Time, by: Offset) -> Time {
    match by {
        Offset::None => at,
        Offset::Later(by) => at + by,
        Offset::Earlier(by) => at - by,
    }
}
