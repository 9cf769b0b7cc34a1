//! Putting the agent's audio into the room, frame by frame on a grid of 20 ms.
//!
//! Sans-IO: audio and orders in, frames and [`PlayoutEvent`]s out, [`Playout::next_deadline`] says when to come back.
//! The rules:
//! - An idle playout starts at once when the first call of the queue has a frame (or its end) and sets its own grid.
//! - Frame `n` leaves at `start + n * 20 ms`, an absolute time: lateness never adds up. Who comes late sends what is
//!   due in one go; nothing is dropped.
//! - Calls follow each other without a gap; the last frame of each is padded with silence.
//! - A call that has nothing to play and is not over makes the playout [`PlayoutEvent::Dry`]: idle, hence it resumes
//!   at once.
//! - After [`Playout::stop`] not one more frame leaves.
//! - Only [`Playout::advance`] lets frames out: orders given together act together.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bargein_core::{PlayoutEvent, Time, TtsCallId};
use bytes::Bytes;

use crate::call_audio::CallAudio;
use crate::frame::{AudioFrame, FRAME};
use crate::read_ahead::ReadAhead;

/// What the playout does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum PlayoutOutput {
    /// This leaves for the room, at this point of the grid.
    Frame(Time, AudioFrame),
    /// This is told to the conversation.
    Event(PlayoutEvent),
}

/// The calls' audio, the order to play it in, and the grid.
#[derive(Default)]
pub(crate) struct Playout {
    /// Every call that was opened and is neither played to its end nor cancelled.
    calls: BTreeMap<TtsCallId, CallAudio>,
    /// What to play; the first one is being played.
    queue: VecDeque<TtsCallId>,
    /// How far the first of the queue is.
    front: Front,
    /// The call whose last frame is being heard.
    ending: Option<TtsCallId>,
    /// When the next frame is due; `None` while idle.
    grid: Option<Grid>,
    outputs: VecDeque<PlayoutOutput>,
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Front {
    #[default]
    Waiting,
    Playing,
    Dry,
}

#[derive(Clone, Copy)]
struct Grid {
    start: Time,
    frames: u32,
}

impl Grid {
    fn next(self) -> Time {
        self.start + FRAME * self.frames
    }
}

impl Playout {
    /// A call from which audio may come. Its level falls as it is played.
    pub(crate) fn open(&mut self, call: TtsCallId, level: Arc<ReadAhead>) {
        self.calls.insert(call, CallAudio::new(level));
    }

    /// Audio of a call came. Tells whether it is the call's first. Ignored when the call is not open.
    pub(crate) fn push(&mut self, now: Time, call: TtsCallId, chunk: Bytes) -> bool {
        let first = self.calls.get_mut(&call).is_some_and(|audio| audio.push(chunk));
        self.start_if_idle(now);
        first
    }

    /// All audio of a call came; how much that was.
    pub(crate) fn end(&mut self, now: Time, call: TtsCallId) -> Duration {
        let Some(audio) = self.calls.get_mut(&call) else { return Duration::ZERO };
        audio.end();
        let arrived = audio.arrived();
        if arrived.is_zero() && !self.queue.contains(&call) {
            self.calls.remove(&call);
        }
        self.start_if_idle(now);
        arrived
    }

    /// Puts a call behind what is being played. Ignored when the call is not open.
    pub(crate) fn play(&mut self, now: Time, call: TtsCallId) {
        if self.calls.contains_key(&call) && !self.queue.contains(&call) {
            self.queue.push_back(call);
            self.start_if_idle(now);
        }
    }

    /// Drops a call's audio, wherever it is.
    pub(crate) fn cancel(&mut self, now: Time, call: TtsCallId) {
        self.calls.remove(&call);
        self.ending.take_if(|ending| *ending == call);
        if self.queue.front() == Some(&call) {
            self.front = Front::Waiting;
        }
        self.queue.retain(|queued| *queued != call);
        self.start_if_idle(now);
    }

    /// Not one more frame leaves; what was queued is dropped.
    pub(crate) fn stop(&mut self) {
        for call in self.queue.drain(..) {
            self.calls.remove(&call);
        }
        self.front = Front::Waiting;
        self.ending = None;
        self.grid = None;
        self.outputs.clear();
    }

    /// When [`Playout::advance`] has something to do.
    pub(crate) fn next_deadline(&self) -> Option<Time> {
        self.grid.map(Grid::next)
    }

    /// Sends what is due by `now`. Safe to call early, late or twice.
    pub(crate) fn advance(&mut self, now: Time) {
        while let Some(at) = self.next_deadline().filter(|at| *at <= now) {
            self.tick(at);
        }
    }

    /// What to do next.
    pub(crate) fn poll(&mut self) -> Option<PlayoutOutput> {
        self.outputs.pop_front()
    }

    fn start_if_idle(&mut self, now: Time) {
        let front = self.queue.front().and_then(|call| self.calls.get(call));
        if self.grid.is_none() && front.is_some_and(CallAudio::is_ready) {
            self.grid = Some(Grid { start: now, frames: 0 });
        }
    }

    /// One point of the grid: what left before has been heard, the next frame leaves.
    fn tick(&mut self, at: Time) {
        if let Some(call) = self.ending.take() {
            self.tell(PlayoutEvent::Ended(call));
        }
        while let Some((call, audio)) =
            self.queue.front().and_then(|call| Some((*call, self.calls.get_mut(call)?)))
        {
            if let Some(frame) = audio.next_frame() {
                let over = audio.is_over();
                match std::mem::replace(&mut self.front, Front::Playing) {
                    Front::Waiting => self.tell(PlayoutEvent::Started(call)),
                    Front::Dry => self.tell(PlayoutEvent::Resumed(call)),
                    Front::Playing => {}
                }
                self.outputs.push_back(PlayoutOutput::Frame(at, frame));
                if over {
                    self.ending = Some(call);
                    self.drop_front();
                }
                if let Some(grid) = &mut self.grid {
                    grid.frames = grid.frames.saturating_add(1);
                }
                return;
            }
            if !audio.is_over() {
                if self.front == Front::Playing {
                    self.front = Front::Dry;
                    self.tell(PlayoutEvent::Dry(call));
                }
                break;
            }
            // Without any audio, or told to be over only after its last frame had left.
            self.drop_front();
            self.tell(PlayoutEvent::Ended(call));
        }
        self.grid = None;
    }

    fn drop_front(&mut self) {
        if let Some(call) = self.queue.pop_front() {
            self.calls.remove(&call);
        }
        self.front = Front::Waiting;
    }

    fn tell(&mut self, event: PlayoutEvent) {
        self.outputs.push_back(PlayoutOutput::Event(event));
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::frame::FRAME_BYTES;

    /// One thing done to a playout.
    enum Do {
        Open(u64),
        Push(u64, usize),
        End(u64),
        Play(u64),
        Cancel(u64),
        Stop,
    }
    use Do::{Cancel, End, Open, Play, Push, Stop};

    /// Plays the script, (milliseconds, what), for three seconds; says what came out and when.
    fn played(script: &[(u64, Do)]) -> String {
        let mut playout = Playout::default();
        let mut said = Vec::new();
        let mut script = script.iter().peekable();
        for ms in 0..3000 {
            let now = Time::from_millis(ms);
            while let Some((_, what)) = script.next_if(|(at, _)| *at == ms) {
                match what {
                    Open(call) => playout.open(TtsCallId(*call), Arc::new(ReadAhead::new(Duration::MAX))),
                    Push(call, bytes) => {
                        let sound = u8::try_from(*call).unwrap_or(0);
                        playout.push(now, TtsCallId(*call), vec![sound; *bytes].into());
                    }
                    End(call) => {
                        playout.end(now, TtsCallId(*call));
                    }
                    Play(call) => playout.play(now, TtsCallId(*call)),
                    Cancel(call) => playout.cancel(now, TtsCallId(*call)),
                    Stop => playout.stop(),
                }
            }
            playout.advance(now);
            while let Some(output) = playout.poll() {
                said.push(match output {
                    PlayoutOutput::Frame(_, frame) => {
                        let bytes = frame.bytes();
                        let sound = bytes.iter().filter(|byte| **byte != 0).count();
                        let part = if sound == FRAME_BYTES { String::new() } else { format!("({sound})") };
                        format!("{ms}:{}{part}", bytes[0])
                    }
                    PlayoutOutput::Event(event) => match event {
                        PlayoutEvent::Started(call) => format!("{ms}:started {}", call.0),
                        PlayoutEvent::Dry(call) => format!("{ms}:dry {}", call.0),
                        PlayoutEvent::Resumed(call) => format!("{ms}:resumed {}", call.0),
                        PlayoutEvent::Ended(call) => format!("{ms}:ended {}", call.0),
                    },
                });
            }
        }
        said.join(", ")
    }

    #[test]
    fn an_idle_playout_starts_at_once_and_keeps_its_grid() {
        type Case = (&'static str, &'static [(u64, Do)], &'static str);
        let cases: &[Case] = &[
            (
                "audio first",
                &[(0, Open(1)), (3, Push(1, 1280)), (3, End(1)), (7, Play(1))],
                "7:started 1, 7:1, 27:1, 47:ended 1",
            ),
            (
                "order first; a part of a frame waits",
                &[(0, Open(1)), (0, Play(1)), (5, Push(1, 600)), (9, Push(1, 680)), (11, End(1))],
                "9:started 1, 9:1, 29:1, 49:ended 1",
            ),
            (
                "the end frees a part of a frame, padded",
                &[(0, Open(1)), (0, Play(1)), (5, Push(1, 700)), (30, End(1))],
                "5:started 1, 5:1, 25:dry 1, 30:resumed 1, 30:1(60), 50:ended 1",
            ),
            (
                "half a sample is no sound",
                &[(0, Open(1)), (0, Play(1)), (0, Push(1, 61)), (0, End(1))],
                "0:started 1, 0:1(60), 20:ended 1",
            ),
        ];
        for (name, script, expected) in cases {
            assert_eq!(played(script), *expected, "{name}");
        }
    }

    #[test]
    fn calls_follow_each_other_without_a_gap() {
        let both = [(0, Open(1)), (0, Open(2)), (0, Push(1, 700)), (0, End(1)), (0, Play(1)), (1, Play(2))];
        let second = [(30, Push(2, 640)), (31, End(2))];
        assert_eq!(
            played(&both.into_iter().chain(second).collect::<Vec<_>>()),
            "0:started 1, 0:1, 20:1(60), 40:ended 1, 40:started 2, 40:2, 60:ended 2"
        );
    }

    #[test]
    fn a_dry_call_resumes_at_once_on_a_new_grid() {
        assert_eq!(
            played(&[(0, Open(1)), (0, Play(1)), (0, Push(1, 1280)), (55, Push(1, 1280)), (80, End(1))]),
            "0:started 1, 0:1, 20:1, 40:dry 1, 55:resumed 1, 55:1, 75:1, 95:ended 1"
        );
    }

    #[test]
    fn the_end_of_a_call_may_be_told_after_its_last_frame_left() {
        let cases: &[(u64, &str)] =
            &[(10, "0:started 1, 0:1, 20:ended 1"), (50, "0:started 1, 0:1, 20:dry 1, 50:ended 1")];
        for (end, expected) in cases {
            let script = [(0, Open(1)), (0, Play(1)), (0, Push(1, 640)), (*end, End(1))];
            assert_eq!(played(&script), *expected, "end at {end}");
        }
        assert_eq!(played(&[(0, Open(1)), (0, Play(1)), (9, End(1))]), "9:ended 1", "no audio at all");
    }

    #[test]
    fn a_stop_lets_nothing_out_and_the_next_call_starts_anew() {
        assert_eq!(
            played(&[
                (0, Open(1)),
                (0, Play(1)),
                (0, Push(1, 6400)),
                (40, Stop),
                (45, Push(1, 640)),
                (47, Open(2)),
                (47, Push(2, 640)),
                (47, End(2)),
                (50, Play(2)),
            ]),
            "0:started 1, 0:1, 20:1, 50:started 2, 50:2, 70:ended 2"
        );
    }

    #[test]
    fn a_cancelled_call_leaves_the_queue() {
        assert_eq!(
            played(&[
                (0, Open(1)),
                (0, Open(2)),
                (0, Open(3)),
                (0, Play(1)),
                (0, Play(2)),
                (0, Play(3)),
                (0, Push(1, 640)),
                (0, Push(2, 640)),
                (0, Push(3, 640)),
                (5, Cancel(2)),
                (25, Cancel(1)),
                (26, End(3)),
            ]),
            "0:started 1, 0:1, 20:dry 1, 25:started 3, 25:3, 45:ended 3"
        );
    }

    #[test]
    fn lateness_never_adds_up_and_drops_nothing() {
        let mut playout = Playout::default();
        let call = TtsCallId(1);
        playout.open(call, Arc::new(ReadAhead::new(Duration::MAX)));
        playout.push(Time::ZERO, call, vec![1; 10 * FRAME_BYTES].into());
        playout.play(Time::ZERO, call);
        let frames = |playout: &mut Playout| {
            std::iter::from_fn(|| playout.poll())
                .filter(|output| matches!(output, PlayoutOutput::Frame(..)))
                .count()
        };
        playout.advance(Time::ZERO);
        assert_eq!(frames(&mut playout), 1);
        playout.advance(Time::from_millis(95));
        assert_eq!(frames(&mut playout), 4, "those of 20, 40, 60 and 80 ms");
        assert_eq!(playout.next_deadline(), Some(Time::from_millis(100)));
    }

    #[test]
    fn the_level_falls_as_frames_leave() {
        let mut playout = Playout::default();
        let level = Arc::new(ReadAhead::new(FRAME));
        level.hold(1280);
        playout.open(TtsCallId(1), level.clone());
        playout.push(Time::ZERO, TtsCallId(1), vec![1; 1280].into());
        playout.play(Time::ZERO, TtsCallId(1));
        playout.advance(Time::ZERO);
        assert!(!level.has_room());
        playout.advance(Time::from_millis(20));
        assert!(level.has_room());
    }

    proptest! {
        #[test]
        fn however_audio_comes_every_call_is_heard_whole_in_order_and_on_the_grid(
            // For each call: when it is played, and its chunks as (wait in ms, bytes); a chunk may end inside a sample.
            calls in vec((0..300_u64, vec((0..120_u64, 1..2_000_usize), 1..6)), 1..4),
        ) {
            let mut script = Vec::new();
            for (call, (play, chunks)) in (1..).zip(&calls) {
                script.push((0, Open(call)));
                let mut now = 0;
                for (wait, bytes) in chunks {
                    now += wait;
                    script.push((now, Push(call, *bytes)));
                }
                script.push((now, End(call)));
                script.push((*play, Play(call)));
            }
            script.sort_by_key(|(at, _)| *at);
            let order: Vec<u64> = script
                .iter()
                .filter_map(|(_, what)| if let Play(call) = what { Some(*call) } else { None })
                .collect();

            let said = played(&script);
            let mut heard = Vec::new();
            let mut next_frame = 0;
            for line in said.split(", ") {
                let (at, what) = line.split_once(':').unwrap();
                let at: u64 = at.parse().unwrap();
                prop_assert!(at >= next_frame, "{line} in {said}");
                if let Some(call) = what.strip_prefix("started ") {
                    heard.push((call.parse::<u64>().unwrap(), 0_usize));
                } else if let Some(frame) = what.strip_suffix(')') {
                    let (_, sound) = frame.split_once('(').unwrap();
                    heard.last_mut().unwrap().1 += sound.parse::<usize>().unwrap();
                    next_frame = at + 20;
                } else if what.parse::<u64>().is_ok() {
                    heard.last_mut().unwrap().1 += FRAME_BYTES;
                    next_frame = at + 20;
                }
            }
            let whole = |call: u64| {
                let (_, chunks) = &calls[usize::try_from(call - 1).unwrap()];
                let bytes: usize = chunks.iter().map(|(_, bytes)| bytes).sum();
                (call, bytes & !1)
            };
            let expected: Vec<_> = order.into_iter().map(whole).filter(|(_, bytes)| *bytes > 0).collect();
            prop_assert_eq!(heard, expected, "{}", said);
        }
    }
}
