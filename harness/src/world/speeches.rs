//! What of the application's calls becomes sound: the moments of `app` steps.
//!
//! A call is accepted into a round; the agent says in which round it speaks and how it ended, and the samples in the
//! room say from when to when. Pure; knows neither channels nor clocks.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bargein_core::{AgentState, AppCallId, Notice, Refusal, RoundId, Speaker, Time, TurnEnd};

use super::ear::Audible;
use crate::timeline::{Entry, StepId};
use crate::vocabulary::StepMoment;

/// How long a frame is heard.
const FRAME: Duration = Duration::from_millis(20);
/// The last frames: what a machine may be late by, and more.
const RECENT: usize = 8;

/// Follows the calls of `app` steps.
#[derive(Debug, Default)]
pub(super) struct Speeches {
    /// Made, and not answered.
    calls: BTreeMap<AppCallId, StepId>,
    /// Accepted, and not ended.
    rounds: BTreeMap<RoundId, Speech>,
    /// The round the agent speaks in, be it of a call or not.
    speaking: Option<RoundId>,
    recent: VecDeque<(Time, Option<Audible>)>,
}

/// What has been heard of one call.
#[derive(Debug)]
struct Speech {
    step: StepId,
    /// When the agent began to speak in its round.
    since: Option<Time>,
    first: Option<Time>,
    /// The last audible sample of what is no longer among the recent frames.
    last: Option<Time>,
}

impl Speeches {
    /// A call of this step is being made.
    pub(super) fn called(&mut self, call: AppCallId, step: StepId) {
        self.calls.insert(call, step);
    }

    /// Whether no call waits for its answer, nor for its speech to be heard or dropped.
    pub(super) fn is_idle(&self) -> bool {
        self.calls.is_empty() && self.rounds.is_empty()
    }

    /// A frame of the agent that is heard from `at` on. To be told before notices of the same instant.
    pub(super) fn hear(&mut self, at: Time, audible: Option<Audible>) -> Option<Entry> {
        if self.recent.len() == RECENT
            && let Some((_, Some(forgotten))) = self.recent.pop_front()
            && let Some(speech) = self.current()
            && speech.since.is_some_and(|since| since <= forgotten.last)
        {
            speech.last = Some(forgotten.last);
        }
        self.recent.push_back((at, audible));
        self.begin()
    }

    /// The agent says something at `at`.
    pub(super) fn notice(&mut self, at: Time, notice: &Notice) -> Option<Entry> {
        match notice {
            Notice::Accepted { call, round } => {
                let step = self.calls.remove(call)?;
                if let Some(round) = round {
                    let speech = Speech { step: step.clone(), since: None, first: None, last: None };
                    self.rounds.insert(*round, speech);
                }
                Some(Entry::new(at, (step, StepMoment::Accepted)))
            }
            Notice::Refused { call, reason } => {
                let step = self.calls.remove(call)?;
                Some(Entry::new(at, (step, StepMoment::Refused)).with("reason", refusal(*reason)))
            }
            Notice::State { round: Some(round), is: AgentState::Speaking } => {
                self.speaking = Some(*round);
                self.current()?.since.get_or_insert(at);
                self.begin()
            }
            Notice::TurnEnded { round, of: Speaker::Agent, why, .. } => {
                let speech = self.rounds.remove(round)?;
                Some(self.end(at, speech, *why))
            }
            Notice::SpeechDropped { round } => {
                let speech = self.rounds.remove(round)?;
                Some(Entry::new(at, (speech.step, StepMoment::End)).with("how", "dropped"))
            }
            _ => None,
        }
    }

    fn current(&mut self) -> Option<&mut Speech> {
        self.rounds.get_mut(&self.speaking?)
    }

    /// The first audible sample of the speech, once it has been heard.
    fn begin(&mut self) -> Option<Entry> {
        let speech = self.rounds.get_mut(&self.speaking?).filter(|speech| speech.first.is_none())?;
        let since = speech.since?;
        let mut heard = self.recent.iter().filter(|(at, _)| *at + FRAME > since);
        let first = heard.find_map(|(_, audible)| audible.map(|audible| audible.first))?;
        speech.first = Some(first);
        Some(Entry::new(first, (speech.step.clone(), StepMoment::Start)))
    }

    /// The last audible sample of the speech: of the frames heard whole when it was said to its end, of those that
    /// had left when it was cut.
    fn end(&self, now: Time, speech: Speech, why: TurnEnd) -> Entry {
        let Some(first) = speech.first else {
            return Entry::new(now, (speech.step, StepMoment::End)).with("how", "dropped");
        };
        let whole = why == TurnEnd::Completed;
        let belongs = |at: Time| if whole { at + FRAME / 2 <= now } else { at <= now };
        let recent = self.recent.iter().filter(|(at, _)| belongs(*at)).filter_map(|(_, audible)| *audible);
        let last = recent.map(|audible| audible.last).filter(|last| *last >= first).max().or(speech.last);
        let how = if whole { "whole" } else { "cut" };
        Entry::new(last.unwrap_or(first), (speech.step, StepMoment::End)).with("how", how)
    }
}

fn refusal(reason: Refusal) -> &'static str {
    match reason {
        Refusal::Listening => "listening",
        Refusal::QueueFull => "queue_full",
        Refusal::LowerPriority => "lower_priority",
        Refusal::Stopping => "stopping",
        Refusal::TooLong => "too_long",
        Refusal::Empty => "empty",
    }
}

#[cfg(test)]
mod tests {
    use bargein_core::InterruptedBy;

    use super::*;

    /// The entries that come of a script. A line is `MS WORD ARGUMENT…`; `# R` is a frame audible throughout, `. R` a
    /// silent one, everything else a notice.
    fn entries_of(script: &str) -> Vec<String> {
        let mut speeches = Speeches::default();
        for (call, step) in [(1, "a"), (2, "b")] {
            speeches.called(AppCallId(call), StepId::new(step));
        }
        let mut entries = Vec::new();
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let words: Vec<&str> = line.split(' ').collect();
            let [millis, word, number] = words[..] else { panic!("{line}") };
            let at = Time::from_millis(millis.parse().unwrap());
            let round = RoundId(number.parse().unwrap());
            let ended = |why| Notice::TurnEnded { round, of: Speaker::Agent, why, text: String::new() };
            let notice = match word {
                "#" => {
                    let audible = Audible { first: at, last: at + Duration::from_millis(19) };
                    entries.extend(speeches.hear(at, Some(audible)));
                    continue;
                }
                "." => {
                    entries.extend(speeches.hear(at, None));
                    continue;
                }
                "accepted" => Notice::Accepted { call: AppCallId(round.0), round: Some(round) },
                "full" => Notice::Refused { call: AppCallId(round.0), reason: Refusal::QueueFull },
                "speaking" => Notice::State { round: Some(round), is: AgentState::Speaking },
                "completed" => ended(TurnEnd::Completed),
                "interrupted" => ended(TurnEnd::Interrupted(InterruptedBy::User)),
                "dropped" => Notice::SpeechDropped { round },
                _ => ended(TurnEnd::Failed),
            };
            entries.extend(speeches.notice(at, &notice));
        }
        entries
            .iter()
            .map(|entry| entry.to_string().split_whitespace().collect::<Vec<_>>().join(" "))
            .collect()
    }

    fn check(script: &str, want: &[&str]) {
        assert_eq!(entries_of(script), want, "{script}");
    }

    #[test]
    fn a_speech_starts_and_ends_with_its_samples() {
        check(
            "0 accepted 1
             100 . 1
             100 speaking 1
             120 # 1
             140 # 1
             160 . 1
             180 completed 1",
            &["0 ms a.accepted", "120 ms a.start", "159 ms a.end how=whole"],
        );
    }

    #[test]
    fn two_speeches_without_a_gap_share_no_frame() {
        check(
            "0 accepted 1
             0 accepted 2
             100 # 1
             100 speaking 1
             120 # 1
             140 # 2
             140 completed 1
             140 speaking 2
             160 # 2
             180 completed 2",
            &[
                "0 ms a.accepted",
                "0 ms b.accepted",
                "100 ms a.start",
                "139 ms a.end how=whole",
                "140 ms b.start",
                "179 ms b.end how=whole",
            ],
        );
    }

    #[test]
    fn a_cut_speech_ends_with_the_frame_that_had_left() {
        check(
            "0 accepted 1
             100 # 1
             100 speaking 1
             120 # 1
             125 interrupted 1",
            &["0 ms a.accepted", "100 ms a.start", "139 ms a.end how=cut"],
        );
    }

    #[test]
    fn a_long_pause_before_the_end_does_not_lose_the_last_sample() {
        let pause: String = (0..30).map(|i| format!("{} . 1\n", 140 + 20 * i)).collect();
        check(
            &format!("0 accepted 1\n100 # 1\n100 speaking 1\n120 # 1\n{pause}740 completed 1"),
            &["0 ms a.accepted", "100 ms a.start", "139 ms a.end how=whole"],
        );
    }

    #[test]
    fn what_was_never_heard_is_dropped() {
        check("0 accepted 1\n50 dropped 1", &["0 ms a.accepted", "50 ms a.end how=dropped"]);
        check("0 accepted 1\n50 failed 1", &["0 ms a.accepted", "50 ms a.end how=dropped"]);
        check(
            "0 accepted 1\n50 . 1\n50 speaking 1\n60 interrupted 1",
            &["0 ms a.accepted", "60 ms a.end how=dropped"],
        );
        check("7 full 1", &["7 ms a.refused reason=queue_full"]);
    }
}
