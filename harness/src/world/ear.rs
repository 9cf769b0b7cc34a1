//! Listening to the agent in the room: when it begins to sound and when it falls silent.
//!
//! Judged by the samples that arrive, never by what the agent says of itself. Deliberately out: whose words the sound
//! is ([`super::speeches`]).

use std::time::Duration;

use bargein_core::Time;

use crate::user::{FRAME_SAMPLES, SAMPLE_RATE, energy, first_audible, last_audible, level};

/// So much without an audible sample is silence.
pub(super) const SILENCE: Duration = Duration::from_millis(100);

/// Tells stretches of sound from silence.
#[derive(Debug, Default)]
pub(super) struct Ear {
    stretch: Option<Stretch>,
}

/// Sound without 100 ms of silence in it.
#[derive(Debug)]
struct Stretch {
    /// Its last audible sample so far.
    last: Time,
    /// Of the frames with an audible sample.
    energy: u64,
    samples: usize,
}

/// Where a frame is audible.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Audible {
    pub(super) first: Time,
    pub(super) last: Time,
}

/// The agent began to sound or fell silent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Edge {
    Speaks { at: Time },
    FallsSilent { at: Time, level: i32 },
}

impl Audible {
    /// Where the frame that is heard from `at` on is audible; `None`: nowhere.
    pub(super) fn of(at: Time, samples: &[i16; FRAME_SAMPLES]) -> Option<Self> {
        let time = |position: usize| at + Duration::from_secs(position as u64) / SAMPLE_RATE;
        Some(Self { first: time(first_audible(samples)?), last: time(last_audible(samples)?) })
    }
}

impl Ear {
    /// The next frame with something audible in it. At most a silence and a beginning.
    pub(super) fn hear(&mut self, audible: Audible, samples: &[i16; FRAME_SAMPLES]) -> [Option<Edge>; 2] {
        let ended = self.advance(audible.first);
        let began = self.stretch.is_none().then_some(Edge::Speaks { at: audible.first });
        let stretch = self.stretch.get_or_insert(Stretch { last: audible.last, energy: 0, samples: 0 });
        stretch.last = audible.last;
        stretch.energy += energy(samples);
        stretch.samples += samples.len();
        [ended, began]
    }

    /// When it is known that the agent has fallen silent, unless it sounds before. `None`: it is silent already.
    pub(super) fn next_deadline(&self) -> Option<Time> {
        self.stretch.as_ref().map(|stretch| stretch.last + SILENCE)
    }

    /// Nothing was audible until `now`. Safe to call early or twice.
    pub(super) fn advance(&mut self, now: Time) -> Option<Edge> {
        let stretch = self.stretch.take_if(|stretch| stretch.last + SILENCE <= now)?;
        Some(Edge::FallsSilent { at: stretch.last, level: level(stretch.energy, stretch.samples) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    /// `#` is an audible frame, `(` one audible in its second half, `)` in its first half, `.` a silent one; each
    /// stands for 20 ms. Edges in microseconds; the level is that of the stretch.
    fn edges_of(frames: &str) -> Vec<Edge> {
        let mut ear = Ear::default();
        let mut edges = Vec::new();
        let mut at = Time::ZERO;
        for frame in frames.chars() {
            let samples: [i16; FRAME_SAMPLES] = std::array::from_fn(|i| match frame {
                '#' => 3277,
                '(' if i >= FRAME_SAMPLES / 2 => 3277,
                ')' if i < FRAME_SAMPLES / 2 => 3277,
                _ => 0,
            });
            match Audible::of(at, &samples) {
                Some(audible) => edges.extend(ear.hear(audible, &samples).into_iter().flatten()),
                None => edges.extend(ear.advance(at)),
            }
            at = at + Duration::from_millis(20);
        }
        edges
    }

    fn speaks(millis: u64) -> Edge {
        Edge::Speaks { at: Time::from_nanos(millis * MS) }
    }

    /// The last sample of a half or a whole frame lies one sample before its end.
    fn falls_silent(millis: u64, level: i32) -> Edge {
        Edge::FallsSilent { at: Time::from_nanos(millis * MS - 62_500), level }
    }

    #[test]
    fn a_hundred_milliseconds_below_the_threshold_end_a_stretch() {
        let cases: &[(&str, &[Edge])] = &[
            ("......", &[]),
            ("..#", &[speaks(40)]),
            ("..(##)......", &[speaks(50), falls_silent(110, -21)]),
            ("#....#......", &[speaks(0), falls_silent(120, -20)]),
            ("#.....#......", &[speaks(0), falls_silent(20, -20), speaks(120), falls_silent(140, -20)]),
            (")....(......", &[speaks(0), falls_silent(10, -23), speaks(110), falls_silent(120, -23)]),
        ];
        for (frames, want) in cases {
            assert_eq!(edges_of(frames), *want, "{frames}");
        }
    }

    #[test]
    fn silence_is_known_when_it_has_lasted() {
        let mut ear = Ear::default();
        assert_eq!(ear.next_deadline(), None);
        let samples = [3277; FRAME_SAMPLES];
        if let Some(audible) = Audible::of(Time::ZERO, &samples) {
            ear.hear(audible, &samples);
        }
        let known = Time::from_nanos(120 * MS - 62_500);
        assert_eq!(ear.next_deadline(), Some(known));
        assert_eq!(ear.advance(Time::from_millis(119)), None);
        assert_eq!(ear.advance(known), Some(falls_silent(20, -20)));
        assert_eq!(ear.advance(known), None);
    }
}
