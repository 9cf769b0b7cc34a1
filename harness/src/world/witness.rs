//! Everything that is seen and heard of a case, brought together into one timeline.
//!
//! Pure but for the recorder: frames, tellings and observations in, with their times; entries out. Kept by one lock,
//! since the vendors observe from tasks of their own.

use std::collections::{BTreeMap, BTreeSet};

use bargein_agent::VoiceEdge;
use bargein_core::{AppCallId, Notice, RoundId, Speaker, Time, TurnEnd, VendorRole};
use bargein_mocks::{Observation, Role, What};

use super::ear::{Audible, Ear, Edge};
use super::heard::Heard;
use super::recorder::Recorder;
use super::speeches::Speeches;
use super::{notices, observations};
use crate::timeline::{Entry, StepId};
use crate::user::{FRAME, FRAME_SAMPLES};
use crate::vocabulary::Observed;

/// Sees, hears and records.
#[derive(Debug)]
pub(super) struct Witness {
    recorder: Recorder,
    ear: Ear,
    heard: Heard,
    /// What the synthesiser was asked to say and has not begun to.
    asked: BTreeMap<u64, String>,
    speeches: Speeches,
    /// Turns that have begun and not ended: their round, and whether it is the agent's turn.
    turns: BTreeSet<(RoundId, bool)>,
    /// The round the agent spoke in last.
    spoke_in: Option<RoundId>,
    /// Whether the recogniser failed and has not been called again.
    has_lost_recogniser: bool,
    /// How many frames and notices of the session came too fast to be seen.
    lost: u64,
}

impl Witness {
    pub(super) fn new(recorder: Recorder) -> Self {
        Self {
            recorder,
            ear: Ear::default(),
            heard: Heard::default(),
            asked: BTreeMap::new(),
            speeches: Speeches::default(),
            turns: BTreeSet::new(),
            spoke_in: None,
            has_lost_recogniser: false,
            lost: 0,
        }
    }

    /// How many frames and notices of the session came too fast to be seen.
    pub(super) const fn lost(&self) -> u64 {
        self.lost
    }

    pub(super) const fn set_lost(&mut self, lost: u64) {
        self.lost = lost;
    }

    /// Whether nobody speaks, no turn is open, and nothing that was asked for is still to come.
    pub(super) fn is_still(&self) -> bool {
        self.ear.next_deadline().is_none()
            && self.turns.is_empty()
            && self.speeches.is_idle()
            && !self.has_lost_recogniser
    }

    /// A call of this step is made with `call`, which gives its number; nobody is heard meanwhile.
    pub(super) fn call<E>(
        &mut self,
        step: &StepId,
        call: impl FnOnce() -> Result<AppCallId, E>,
    ) -> Result<(), E> {
        let id = call()?;
        self.speeches.called(id, step.clone());
        Ok(())
    }

    /// A frame of the agent that is heard from `at` on.
    pub(super) fn frame(&mut self, at: Time, samples: &[i16; FRAME_SAMPLES]) {
        let audible = Audible::of(at, samples);
        if let Some(audible) = audible {
            for edge in self.ear.hear(audible, samples).into_iter().flatten() {
                self.edge(edge);
            }
        }
        self.heard.hear(FRAME);
        let entry = self.speeches.hear(at, audible);
        self.record(entry);
    }

    /// When [`Witness::advance`] has something to do.
    pub(super) fn next_deadline(&self) -> Option<Time> {
        self.ear.next_deadline()
    }

    /// Nothing was heard of the agent until `now`.
    pub(super) fn advance(&mut self, now: Time) {
        if let Some(edge) = self.ear.advance(now) {
            self.edge(edge);
        }
    }

    fn edge(&mut self, edge: Edge) {
        let entry = match edge {
            Edge::Speaks { at } => Entry::new(at, Observed::AgentSpeaks),
            Edge::FallsSilent { at, level } => Entry::new(at, Observed::AgentFallsSilent)
                .with("level", crate::timeline::Value::Level(level))
                .with("heard", self.heard.text())
                .with("segment", self.heard.segment()),
        };
        self.record(Some(entry));
    }

    /// The session tells something.
    pub(super) fn notice(&mut self, at: Time, notice: &Notice) {
        match notice {
            Notice::TurnStarted { round, of } => {
                self.turns.insert((*round, *of == Speaker::Agent));
            }
            Notice::TurnEnded { round, of, why, .. } => {
                self.turns.remove(&(*round, *of == Speaker::Agent));
                if *of == Speaker::Agent && *why != TurnEnd::Completed {
                    self.heard.cut();
                }
            }
            Notice::State { round, is: bargein_core::AgentState::Speaking } if *round != self.spoke_in => {
                self.spoke_in = *round;
                self.heard.begin_round();
            }
            Notice::Error { of: VendorRole::Asr, .. } => self.has_lost_recogniser = true,
            _ => {}
        }
        let entry = self.speeches.notice(at, notice);
        self.record(entry);
        self.record(notices::entry(at, notice));
    }

    /// The detector tells an edge of the user's voice.
    pub(super) fn voice(&self, edge: VoiceEdge) {
        let (at, event) = match edge {
            VoiceEdge::Started { at } => (at, Observed::VoiceStarted),
            VoiceEdge::Stopped { at } => (at, Observed::VoiceStopped),
        };
        self.record(Some(Entry::new(at, event)));
    }

    /// The session is over and everything of it released.
    pub(super) fn session_closed(&mut self, at: Time) {
        self.turns.clear();
        self.has_lost_recogniser = false;
        self.record(Some(Entry::new(at, Observed::SessionClosed)));
    }

    /// A vendor sees something.
    pub(super) fn observe(&mut self, observation: &Observation) {
        match (observation.role, &observation.what) {
            (Role::Asr, What::Request { .. }) => self.has_lost_recogniser = false,
            (Role::Tts, What::Request { text, .. }) => {
                self.asked.insert(observation.request, text.clone().unwrap_or_default());
            }
            (Role::Tts, What::FirstAudio { speech }) => {
                let text = self.asked.remove(&observation.request).unwrap_or_default();
                self.heard.synthesised(text, *speech);
            }
            (Role::Tts, What::Response { .. } | What::ClosedByAgent) => {
                self.asked.remove(&observation.request);
            }
            _ => {}
        }
        self.record(observations::entry(self.recorder.time(observation.at), observation));
    }

    fn record(&self, entry: Option<Entry>) {
        if let Some(entry) = entry {
            self.recorder.record(entry);
        }
    }
}
