//! Is someone speaking now: a detector of voiced frames, and the edges made from its answers.
//!
//! The detector looks at one frame and says yes or no; the edges bridge its slips and carry the time of the samples,
//! not the time of the decision. Deliberately out: what an edge means (the conversation decides), and recognition.

use std::collections::VecDeque;

use bargein_core::Time;
use earshot::{VoiceActivityDetector, VoiceActivityProfile};

use crate::frame::{FRAME, FRAME_SAMPLES};

/// So many voiced frames among the last [`START_WINDOW`] are a voice: 60 ms.
pub(crate) const START_VOICED: usize = 3;
/// How many frames are looked at for a beginning: 80 ms.
pub(crate) const START_WINDOW: usize = 4;
/// So many frames without a voiced one are its end: 100 ms.
pub(crate) const STOP_SILENT: usize = 5;

/// Tells voiced frames from others. Has a memory: the frames of one speaker, in order.
pub trait VoiceDetector: Send {
    /// Whether a voice is heard in these 20 ms of 16 kHz mono.
    fn is_voiced(&mut self, samples: &[i16; FRAME_SAMPLES]) -> bool;
}

impl<D: VoiceDetector + ?Sized> VoiceDetector for Box<D> {
    fn is_voiced(&mut self, samples: &[i16; FRAME_SAMPLES]) -> bool {
        (**self).is_voiced(samples)
    }
}

/// The detector of WebRTC in fixed point (`earshot` 0.1): the same answers on every machine.
///
/// Its strictest profile: the others take the click before a word and breath after it for voice. It keeps saying yes
/// for up to 100 ms after a word.
pub struct Earshot(VoiceActivityDetector);

impl Default for Earshot {
    fn default() -> Self {
        Self(VoiceActivityDetector::new(VoiceActivityProfile::VERY_AGGRESSIVE))
    }
}

impl VoiceDetector for Earshot {
    fn is_voiced(&mut self, samples: &[i16; FRAME_SAMPLES]) -> bool {
        // It refuses other lengths only.
        self.0.predict_16khz(samples).unwrap_or(false)
    }
}

/// A voice began or ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VoiceEdge {
    /// The first sample of the first voiced frame.
    Started {
        /// When that was; 60 or 80 ms before it is told.
        at: Time,
    },
    /// The end of the last voiced frame.
    Stopped {
        /// When that was; 100 ms before it is told.
        at: Time,
    },
}

/// Makes edges out of frames. Frames that never came are silent ones.
pub struct VoiceEdges<D> {
    detector: D,
    state: State,
}

enum State {
    /// The last frames: whether voiced, and when they began. At most [`START_WINDOW`].
    Silent { recent: VecDeque<(bool, Time)> },
    /// When the last voiced frame ended, how many silent ones followed, when the last frame came.
    Voiced { last_voiced: Time, silent: usize, last_frame: Time },
}

impl<D: VoiceDetector> VoiceEdges<D> {
    /// Nobody has spoken yet.
    pub fn new(detector: D) -> Self {
        Self { detector, state: State::silent() }
    }

    /// The next frame, which ends at `now`.
    pub fn hear(&mut self, now: Time, samples: &[i16; FRAME_SAMPLES]) -> Option<VoiceEdge> {
        let voiced = self.detector.is_voiced(samples);
        match &mut self.state {
            State::Silent { recent } => {
                if recent.len() == START_WINDOW {
                    recent.pop_front();
                }
                recent.push_back((voiced, now - FRAME));
                let (_, at) = *recent.iter().find(|(voiced, _)| *voiced)?;
                if recent.iter().filter(|(voiced, _)| *voiced).count() < START_VOICED {
                    return None;
                }
                self.state = State::Voiced { last_voiced: now, silent: 0, last_frame: now };
                Some(VoiceEdge::Started { at })
            }
            State::Voiced { last_voiced, silent, last_frame } => {
                *last_frame = now;
                if voiced {
                    (*last_voiced, *silent) = (now, 0);
                    return None;
                }
                *silent += 1;
                if *silent < STOP_SILENT { None } else { self.stop() }
            }
        }
    }

    /// When frames have been missing for so long that the voice is over. `None` while nobody speaks.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Time> {
        match self.state {
            State::Silent { .. } => None,
            State::Voiced { silent, last_frame, .. } => {
                let missing = u32::try_from(STOP_SILENT.saturating_sub(silent)).unwrap_or(u32::MAX);
                Some(last_frame + FRAME * missing)
            }
        }
    }

    /// No frame came by `now`. Safe to call early or twice.
    pub fn advance(&mut self, now: Time) -> Option<VoiceEdge> {
        if self.next_deadline()? <= now { self.stop() } else { None }
    }

    fn stop(&mut self) -> Option<VoiceEdge> {
        match std::mem::replace(&mut self.state, State::silent()) {
            State::Voiced { last_voiced, .. } => Some(VoiceEdge::Stopped { at: last_voiced }),
            State::Silent { .. } => None,
        }
    }
}

impl State {
    fn silent() -> Self {
        Self::Silent { recent: VecDeque::with_capacity(START_WINDOW) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says what it is told: one sample of the frame is the answer.
    struct Told;

    impl VoiceDetector for Told {
        fn is_voiced(&mut self, samples: &[i16; FRAME_SAMPLES]) -> bool {
            samples[0] != 0
        }
    }

    /// `#` is a voiced frame, `.` a silent one, a space one that never comes. Each stands for 20 ms.
    /// Edges as (told at, edge, at), in milliseconds.
    fn edges_of(frames: &str) -> Vec<(u64, &'static str, u64)> {
        let mut edges = VoiceEdges::new(Told);
        let mut told = Vec::new();
        for (index, frame) in frames.chars().enumerate() {
            let now = Time::from_millis(20 * (index as u64 + 1));
            let edge = match frame {
                '#' => edges.hear(now, &[1; FRAME_SAMPLES]),
                '.' => edges.hear(now, &[0; FRAME_SAMPLES]),
                _ => edges.advance(now),
            };
            let ms = |time: Time| time.as_nanos() / 1_000_000;
            told.extend(edge.map(|edge| match edge {
                VoiceEdge::Started { at } => (ms(now), "started", ms(at)),
                VoiceEdge::Stopped { at } => (ms(now), "stopped", ms(at)),
            }));
        }
        told
    }

    #[test]
    fn three_voiced_frames_of_four_start_and_five_silent_ones_stop() {
        type Case = (&'static str, &'static [(u64, &'static str, u64)]);
        let cases: &[Case] = &[
            ("......", &[]),
            ("##..##..##", &[]),
            ("..###", &[(100, "started", 40)]),
            ("..#.##", &[(120, "started", 40)]),
            ("..##.#", &[(120, "started", 40)]),
            (".#...###", &[(160, "started", 100)]),
            ("###....#.....", &[(60, "started", 0), (260, "stopped", 160)]),
            ("###.....###", &[(60, "started", 0), (160, "stopped", 60), (220, "started", 160)]),
            ("###        ", &[(60, "started", 0), (160, "stopped", 60)]),
            ("###..   #", &[(60, "started", 0), (160, "stopped", 60)]),
            ("###.   #.....", &[(60, "started", 0), (260, "stopped", 160)]),
        ];
        for (frames, expected) in cases {
            assert_eq!(edges_of(frames), *expected, "{frames:?}");
        }
    }

    #[test]
    fn recorded_speech_starts_early_and_stops_at_its_end() -> Result<(), Box<dyn std::error::Error>> {
        // Name, when the voice first starts, when it last stops, and how many starts there are.
        let cases = [
            ("conf-onlyperson", 100, 3000, 1),
            ("goodbye", 80, 900, 1),
            ("hello-world", 60, 1380, 1),
            ("im-sorry", 60, 940, 1),
            ("one-moment-please", 80, 1480, 1),
            ("please-try-again", 80, 1240, 1),
            ("queue-thankyou", 60, 1400, 1),
            ("something-terribly-wrong", 180, 2600, 1),
            ("sorry-youre-having-problems", 220, 1780, 1),
            ("tt-weasels", 140, 2920, 2),
            ("vm-goodbye", 60, 880, 1),
            ("zh-mm", 80, 420, 1),
            ("zh-still-there", 40, 2020, 1),
            ("zh-story", 60, 2840, 1),
            ("zh-wait", 60, 1500, 1),
            ("zh-weather", 60, 3540, 1),
        ];
        for (name, first_start, last_stop, starts) in cases {
            let path = format!("{}/../../fixtures/speech/{name}.wav", env!("CARGO_MANIFEST_DIR"));
            let mut samples =
                hound::WavReader::open(path)?.into_samples::<i16>().collect::<Result<Vec<_>, _>>()?;
            samples.resize(samples.len().next_multiple_of(FRAME_SAMPLES) + STOP_SILENT * FRAME_SAMPLES, 0);
            let mut edges = VoiceEdges::new(Earshot::default());
            let mut now = Time::ZERO;
            let mut told = Vec::new();
            for frame in samples.as_chunks().0 {
                now = now + FRAME;
                told.extend(edges.hear(now, frame));
            }
            let first = VoiceEdge::Started { at: Time::from_millis(first_start) };
            let last = VoiceEdge::Stopped { at: Time::from_millis(last_stop) };
            assert_eq!((told.first(), told.last()), (Some(&first), Some(&last)), "{name}");
            assert_eq!(told.len(), 2 * starts, "{name}: {told:?}");
        }
        Ok(())
    }
}
