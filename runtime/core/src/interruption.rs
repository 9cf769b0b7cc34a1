//! Interruption: whether what the user says now cuts the agent, and by which rule.
//!
//! In go voice edges and transcripts, out comes a [`Verdict`]. Whether the agent is saying anything that may be cut,
//! and what happens then, is the conversation's. Manual signals do not pass through here: they always cut.

use crate::config;
use crate::time::Time;
use crate::utterance_text::{
    consists_of, contains_any, is_one_character, is_speakable, reads_as_complete_sentence,
};

/// Follows the user's voice while the agent may be speaking.
#[derive(Debug, Default)]
pub(crate) struct Interruption {
    run: Option<Run>,
    /// The duration rule has been met but only backchannels were recognised; the first transcript that says more
    /// cuts, whether the voice is still heard or not.
    is_held: bool,
}

/// A stretch of speech, its short gaps included.
#[derive(Debug, Clone, Copy)]
struct Run {
    since: Time,
    stopped: Option<Time>,
}

/// What the user's speech does to the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing, yet.
    None,
    /// It cuts, and is a turn of its own.
    Cut,
    /// It cuts and takes no turn: an interruption word.
    CutAndDiscard,
}

impl Interruption {
    pub(crate) fn on_voice_started(&mut self, at: Time, rules: &config::Interruption) {
        let goes_on = |run: &Run| run.stopped.is_none_or(|stopped| at.since(stopped) <= rules.gap);
        let continued = self.run.filter(goes_on);
        if continued.is_none() {
            self.is_held = false;
        }
        self.run = Some(Run { since: continued.map_or(at, |run| run.since), stopped: None });
    }

    pub(crate) fn on_voice_stopped(&mut self, at: Time) {
        if let Some(run) = &mut self.run {
            run.stopped.get_or_insert(at);
        }
    }

    /// The user has finished: what was recognised so far says nothing about what comes next.
    pub(crate) const fn on_user_finished(&mut self) {
        self.is_held = false;
    }

    /// When the duration rule would cut.
    pub(crate) fn deadline(&self, rules: &config::Interruption) -> Option<Time> {
        if self.is_held || !rules.words.is_empty() {
            return None;
        }
        let run = self.run.filter(|run| run.stopped.is_none())?;
        rules.speech_duration.map(|duration| run.since + duration)
    }

    /// Judges by duration, at or after the deadline.
    pub(crate) fn judge_duration(&mut self, now: Time, said: &str, rules: &config::Interruption) -> Verdict {
        if self.deadline(rules).is_none_or(|at| at > now) {
            return Verdict::None;
        }
        if !said.is_empty() && consists_of(said, &rules.backchannels) {
            self.is_held = true;
            return Verdict::None;
        }
        Verdict::Cut
    }

    /// Judges by what was said, on every transcript.
    pub(crate) fn judge_transcript(
        &mut self,
        now: Time,
        said: &str,
        is_final: bool,
        rules: &config::Interruption,
    ) -> Verdict {
        if !rules.words.is_empty() {
            return if contains_any(said, &rules.words) { Verdict::CutAndDiscard } else { Verdict::None };
        }
        let is_sentence = is_final
            && rules.complete_sentence
            && reads_as_complete_sentence(said)
            && !is_one_character(said);
        if (is_sentence || self.is_held && is_speakable(said)) && !consists_of(said, &rules.backchannels) {
            self.is_held = false;
            return Verdict::Cut;
        }
        self.judge_duration(now, said, rules)
    }
}
