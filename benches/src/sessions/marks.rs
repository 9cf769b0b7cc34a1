//! The shell's milestones of one session, collected and read.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bargein_agent::{Mark, MarkSink};
use bargein_net::Moment;
use serde::{Deserialize, Serialize};

use super::mocks::FIRST_SEGMENT_DELTAS;

/// A milestone, and how many of its kind were passed from then on before one of another.
pub(super) type Milestone = (Moment, Mark, u64);

/// The milestones of one session. All clones are the same.
#[derive(Clone, Default)]
pub(super) struct Marks(Arc<Mutex<Vec<Milestone>>>);

impl Marks {
    pub(super) fn sink(&self) -> MarkSink {
        let marks = self.clone();
        Arc::new(move |at, mark| pass(&mut marks.0.lock().unwrap_or_else(PoisonError::into_inner), at, mark))
    }

    /// What there is so far; nothing is left behind.
    pub(super) fn take(&self) -> Vec<Milestone> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Writes a milestone down. Of frames there are thousands: those in a row are one entry, so that what is measured is not
/// the writing.
fn pass(milestones: &mut Vec<Milestone>, at: Moment, mark: Mark) {
    match milestones.last_mut() {
        Some((_, Mark::Frame, times)) if mark == Mark::Frame => *times += 1,
        _ => milestones.push((at, mark, 1)),
    }
}

/// What the shell added to the vendors' own times, turn by turn and cut by cut.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Overheads {
    /// Turns that went from a transcript to sound.
    pub(super) turns: Vec<Turn>,
    /// From the decision to cut to the last frame let out.
    pub(super) cuts: Vec<Duration>,
    /// Frames let out after a cut.
    pub(super) frames_after: u64,
}

/// What the shell added to one turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Turn {
    /// Final transcript received to request to the model written.
    pub(super) llm: Duration,
    /// Last delta of the first segment received to request for its speech written.
    pub(super) tts: Duration,
    /// First audio received to first frame handed to the room.
    pub(super) frame: Duration,
}

impl Turn {
    pub(super) fn sum(&self) -> Duration {
        self.llm + self.tts + self.frame
    }
}

/// How far a reply has come.
#[derive(Default)]
struct Reply {
    llm: Duration,
    deltas: usize,
    first_segment: Option<Moment>,
    tts: Option<Duration>,
    first_audio: Option<Moment>,
    is_heard: bool,
}

impl Overheads {
    /// Reads the milestones of one session.
    pub(super) fn read(&mut self, marks: &[Milestone]) {
        let mut transcript = None;
        let mut reply: Option<Reply> = None;
        let mut decided = None;
        for &(at, ref mark, times) in marks {
            match (mark, &mut reply) {
                (Mark::FinalTranscript, _) => transcript = Some(at),
                (Mark::LlmWritten, reply) => {
                    *reply = transcript
                        .take()
                        .map(|transcript| Reply { llm: at.since(transcript), ..Reply::default() });
                }
                (Mark::Delta, Some(reply)) => {
                    reply.deltas += 1;
                    if reply.deltas == FIRST_SEGMENT_DELTAS {
                        reply.first_segment = Some(at);
                    }
                }
                (Mark::TtsWritten, Some(reply)) if reply.tts.is_none() => {
                    reply.tts = reply.first_segment.map(|delta| at.since(delta));
                }
                (Mark::FirstAudio, reply) => {
                    decided = None;
                    if let Some(reply) = reply {
                        reply.first_audio.get_or_insert(at);
                    }
                }
                (Mark::Frame, reply) => {
                    self.frames_after += if decided.is_some() { times } else { 0 };
                    if let Some(Reply { llm, tts: Some(tts), first_audio: Some(audio), is_heard, .. }) = reply
                        && !std::mem::replace(is_heard, true)
                    {
                        self.turns.push(Turn { llm: *llm, tts: *tts, frame: at.since(*audio) });
                    }
                }
                (Mark::CutDecided, _) => decided = Some(at),
                (Mark::CutDone, _) => self.cuts.extend(decided.map(|decided| at.since(decided))),
                (Mark::Delta | Mark::TtsWritten, _) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_what_lies_between_the_vendors() {
        let ms = Moment::from_millis;
        let mut passed = vec![(ms(100), Mark::FinalTranscript), (ms(101), Mark::LlmWritten)];
        passed.extend([300, 320, 340, 360, 380].map(|at| (ms(at), Mark::Delta)));
        passed.extend([
            (ms(362), Mark::TtsWritten),
            (ms(500), Mark::FirstAudio),
            (ms(503), Mark::Frame),
            (ms(523), Mark::Frame),
            (ms(530), Mark::CutDecided),
            (ms(531), Mark::CutDone),
        ]);
        let mut marks = Vec::new();
        passed.into_iter().for_each(|(at, mark)| pass(&mut marks, at, mark));
        let mut overheads = Overheads::default();
        overheads.read(&marks);
        let turn = Turn {
            llm: Duration::from_millis(1),
            tts: Duration::from_millis(2),
            frame: Duration::from_millis(3),
        };
        let cuts = vec![Duration::from_millis(1)];
        assert_eq!(overheads, Overheads { turns: vec![turn], cuts: cuts.clone(), frames_after: 0 });
        pass(&mut marks, ms(543), Mark::Frame);
        pass(&mut marks, ms(563), Mark::Frame);
        let mut overheads = Overheads::default();
        overheads.read(&marks);
        assert_eq!(overheads, Overheads { turns: vec![turn], cuts, frames_after: 2 });
    }
}
