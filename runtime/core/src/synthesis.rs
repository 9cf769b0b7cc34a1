//! Segments in flight: synthesised ahead while one plays, played in order, each retried for itself.
//!
//! At most [`Synthesis::segments_ahead`] segments beyond the one being played are requested. A call is put into the
//! playout with its first audio, once all segments before it are; since a call with audio is never retried, the
//! order in the playout is final. The audio itself stays in the shell.
//!
//! A voice that takes text in pieces gets all segments of a reply in one call, which stays open until the text is whole:
//! here it is one segment that grows. Only when its call is over before its text does a next one begin.

use std::time::Duration;

use crate::command::{Command, TtsRequest};
use crate::config::Synthesis;
use crate::fault::{FaultKind, VendorFault};
use crate::ids::{RequestId, RoundId, TtsCallId};
use crate::input::{PlayoutEvent, TtsEvent};
use crate::outbox::Outbox;
use crate::playout::Playout;
use crate::retry::RetryRule;
use crate::spoken::{self, SpeakingRate};
use crate::spoken_words::SpokenWords;
use crate::time::Time;

/// The speech of one reply.
#[derive(Debug)]
pub(crate) struct Speech {
    rules: Synthesis,
    round: RoundId,
    segments: Vec<Segment>,
    playout: Playout,
    rate: SpeakingRate,
}

#[derive(Debug)]
struct Segment {
    text: String,
    request: RequestId,
    attempt: u32,
    phase: Phase,
    /// Whether more text may be put behind it.
    is_open: bool,
    /// Where the pieces of its text begin.
    pieces: Vec<usize>,
    /// When its words are heard, as far as the vendor told.
    words: SpokenWords,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Not yet requested.
    Ready,
    /// The next attempt begins then.
    Waiting { until: Time },
    /// Requested, no audio yet; `since` the last of its text so far.
    Requested { call: TtsCallId, since: Time },
    /// Audio arrives; `playing` once it is in the playout.
    Audio { call: TtsCallId, playing: bool },
    /// All audio arrived.
    Arrived { call: TtsCallId, playing: bool, duration: Duration },
    /// It has been heard to its end.
    Heard,
    /// Nothing of it will be heard.
    Lost,
}

/// What an event of a call meant to the reply.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Status and headers of the first segment's answer.
    FirstResponding,
    /// First audio of the first segment.
    FirstAudio,
    /// A segment failed for good; the reply goes on with the next.
    Fault(VendorFault),
}

impl Speech {
    /// Speech of a voice that speaks at this rate, as far as it was heard.
    pub(crate) const fn new(rules: Synthesis, round: RoundId, rate: SpeakingRate) -> Self {
        Self { rules, round, segments: Vec::new(), playout: Playout::new(), rate }
    }

    /// The voice's rate, with what this speech taught.
    pub(crate) const fn rate(&self) -> SpeakingRate {
        self.rate
    }

    /// Adds a segment behind the others and requests what may be requested.
    pub(crate) fn push(&mut self, text: String, now: Time, out: &mut Outbox) {
        if let Some(segment) = self.segments.last_mut().filter(|segment| segment.is_open) {
            segment.append(&text, now, out);
            return;
        }
        self.add(text, self.rules.in_pieces, out);
        self.request_ahead(now, out);
    }

    fn add(&mut self, text: String, is_open: bool, out: &mut Outbox) {
        let request = out.next_request();
        let words = SpokenWords::default();
        let pieces = vec![0];
        self.segments.push(Segment {
            text,
            request,
            attempt: 1,
            phase: Phase::Ready,
            is_open,
            pieces,
            words,
        });
    }

    /// No more segments will be added.
    pub(crate) fn end_text(&mut self, now: Time, out: &mut Outbox) {
        self.rules.in_pieces = false;
        if let Some(segment) = self.segments.last_mut() {
            segment.end(now, out);
        }
    }

    /// Whether a segment was ever requested.
    pub(crate) fn has_begun(&self) -> bool {
        !self.segments.is_empty()
    }

    /// Whether every segment so far has been heard or is lost.
    pub(crate) fn is_over(&self) -> bool {
        self.segments.iter().all(Segment::is_behind)
    }

    /// Whether anything was heard.
    pub(crate) const fn was_heard(&self) -> bool {
        self.playout.has_begun()
    }

    /// How often the speech fell silent before its end.
    pub(crate) fn gaps(&self) -> u64 {
        self.playout.gaps()
    }

    fn request_ahead(&mut self, now: Time, out: &mut Outbox) {
        let current = self.segments.iter().position(|segment| !segment.is_behind()).unwrap_or(0);
        for segment in self.segments.iter_mut().skip(current).take(1 + self.rules.segments_ahead) {
            if segment.phase == Phase::Ready {
                segment.attempt(self.round, &self.rules, now, out);
            }
        }
    }

    /// Puts into the playout whatever has audio and has all before it there or lost.
    fn play_in_order(&mut self, out: &mut Outbox) {
        for segment in &mut self.segments {
            match &mut segment.phase {
                Phase::Heard | Phase::Lost => {}
                Phase::Audio { call, playing } | Phase::Arrived { call, playing, .. } => {
                    if !*playing {
                        *playing = true;
                        out.send(Command::Play(*call));
                    }
                }
                Phase::Ready | Phase::Waiting { .. } | Phase::Requested { .. } => break,
            }
        }
    }

    /// Takes an event of any synthesis call; those of other calls die here.
    pub(crate) fn on_event(
        &mut self,
        now: Time,
        from: TtsCallId,
        event: TtsEvent,
        out: &mut Outbox,
    ) -> Option<Progress> {
        let index = self.segments.iter().position(|segment| segment.phase.call() == Some(from))?;
        let segment = &mut self.segments[index];
        let progress = match (segment.phase, event) {
            (Phase::Requested { .. }, TtsEvent::Responding) => {
                (index == 0).then_some(Progress::FirstResponding)
            }
            (_, TtsEvent::Words(words)) => {
                segment.words.learn(&segment.text, &words);
                None
            }
            (Phase::Requested { call, .. }, TtsEvent::FirstAudio) => {
                segment.phase = Phase::Audio { call, playing: false };
                (index == 0).then_some(Progress::FirstAudio)
            }
            (Phase::Requested { .. }, TtsEvent::Finished { .. }) => {
                let fault = VendorFault::new(FaultKind::Broken, "the answer holds no audio");
                segment.fail(&self.rules, now, fault)
            }
            (Phase::Requested { .. }, TtsEvent::Failed { fault, .. }) => {
                segment.fail(&self.rules, now, fault)
            }
            (Phase::Audio { call, playing }, TtsEvent::Finished { duration }) => {
                segment.phase = Phase::Arrived { call, playing, duration };
                segment.is_open = false;
                self.rate.learn(&segment.text, duration);
                None
            }
            (Phase::Audio { call, playing }, TtsEvent::Failed { fault, duration }) => {
                // What arrived is said; what is missing counts as not spoken.
                let whole = self.rate.unfinished(&segment.text, duration);
                let said = segment.said_part(duration, whole).len();
                // The first piece has begun, however little of it was heard.
                let rest = segment.pieces.iter().skip(1).find(|begin| **begin >= said).copied();
                let rest = rest.map(|begin| (segment.text.split_off(begin), segment.is_open));
                segment.text.truncate(said);
                segment.phase = Phase::Arrived { call, playing, duration };
                segment.is_open = false;
                // Pieces of which nothing was said are said by a call of their own.
                if let Some((text, is_open)) = rest {
                    self.add(text.trim_start().to_owned(), is_open, out);
                }
                Some(Progress::Fault(fault))
            }
            _ => None,
        };
        self.play_in_order(out);
        self.request_ahead(now, out);
        progress
    }

    /// Takes an event of the playout.
    pub(crate) fn on_playout(&mut self, now: Time, event: &PlayoutEvent, out: &mut Outbox) {
        let (PlayoutEvent::Started(call)
        | PlayoutEvent::Dry(call)
        | PlayoutEvent::Resumed(call)
        | PlayoutEvent::Ended(call)) = *event;
        let playing = self.segments.iter_mut().find(|segment| segment.phase.is_playing(call));
        if let Some(segment) = playing {
            if matches!(event, PlayoutEvent::Ended(_)) {
                segment.phase = Phase::Heard;
                segment.is_open = false;
            }
            self.playout.on_event(now, event);
            self.request_ahead(now, out);
        }
    }

    pub(crate) fn deadline(&self) -> Option<Time> {
        self.segments.iter().filter_map(|segment| segment.deadline(&self.rules)).min()
    }

    /// Acts on the first deadline that has come.
    pub(crate) fn on_time(&mut self, now: Time, out: &mut Outbox) -> Option<Progress> {
        let due = |segment: &&mut Segment| segment.deadline(&self.rules).is_some_and(|at| at <= now);
        let segment = self.segments.iter_mut().find(due)?;
        let progress = if let Phase::Requested { call, .. } = segment.phase {
            out.send(Command::CancelTts(call));
            segment.fail(&self.rules, now, VendorFault::new(FaultKind::Timeout, "no audio in time"))
        } else {
            segment.attempt(self.round, &self.rules, now, out);
            None
        };
        self.play_in_order(out);
        self.request_ahead(now, out);
        progress
    }

    /// Cancels what is in flight and stops the playout.
    pub(crate) fn cancel(&self, out: &mut Outbox) {
        for segment in &self.segments {
            if let Some(call) = segment.phase.call() {
                out.send(Command::CancelTts(call));
            }
        }
        out.send(Command::StopPlayout);
    }

    /// The text heard by `now`: whole segments, and by its share the one being played.
    pub(crate) fn heard(&self, now: Time) -> String {
        let mut text = String::new();
        for segment in &self.segments {
            match segment.phase {
                Phase::Heard => spoken::append(&mut text, &segment.text),
                Phase::Lost => {}
                _ => {
                    if self.rules.partial_segments {
                        spoken::append(&mut text, self.heard_part(segment, now));
                    }
                    break;
                }
            }
        }
        text
    }

    /// What was heard of the segment being played.
    fn heard_part<'s>(&self, segment: &'s Segment, now: Time) -> &'s str {
        let heard = segment.phase.call().map_or(Duration::ZERO, |call| self.playout.heard(call, now));
        let whole = match segment.phase {
            Phase::Arrived { duration, .. } => duration,
            _ => self.rate.unfinished(&segment.text, heard),
        };
        segment.said_part(heard, whole)
    }
}

impl Segment {
    /// Whether it has been heard or is lost.
    const fn is_behind(&self) -> bool {
        matches!(self.phase, Phase::Heard | Phase::Lost)
    }

    fn attempt(&mut self, round: RoundId, rules: &Synthesis, now: Time, out: &mut Outbox) {
        let call = out.next_tts_call();
        self.phase = Phase::Requested { call, since: now };
        let request = TtsRequest {
            round,
            request: self.request,
            attempt: self.attempt,
            text: self.text.clone(),
            read_ahead: rules.read_ahead,
            stall_timeout: rules.stall_timeout,
        };
        out.send(if self.is_open {
            Command::OpenTts(call, request)
        } else {
            Command::StartTts(call, request)
        });
    }

    /// Puts more text behind it, in its call too, if it has one.
    fn append(&mut self, text: &str, now: Time, out: &mut Outbox) {
        let before = self.text.len();
        self.pieces.push(before);
        spoken::append(&mut self.text, text);
        let added = self.text[before..].to_owned();
        if let Some(call) = self.phase.call() {
            out.send(Command::AppendTts(call, added));
            self.wait_from(now);
        }
    }

    /// Ends its text, in its call too, if it has one.
    fn end(&mut self, now: Time, out: &mut Outbox) {
        if !std::mem::take(&mut self.is_open) {
            return;
        }
        if let Some(call) = self.phase.call() {
            out.send(Command::EndTts(call));
            self.wait_from(now);
        }
    }

    /// The first audio is waited for from the last text on: a vendor may say nothing before a sentence is whole.
    const fn wait_from(&mut self, now: Time) {
        if let Phase::Requested { since, .. } = &mut self.phase {
            *since = now;
        }
    }

    /// What of it is said in `heard` of the `whole` time it takes: by its words where they are known, else by its
    /// share.
    fn said_part(&self, heard: Duration, whole: Duration) -> &str {
        let by_words = if heard < whole { self.words.until(&self.text, heard) } else { None };
        by_words.unwrap_or_else(|| spoken::heard_part(&self.text, heard, whole))
    }

    fn fail(&mut self, rules: &Synthesis, now: Time, fault: VendorFault) -> Option<Progress> {
        let rule = RetryRule {
            retries: rules.retries,
            backoff: rules.backoff,
            max_retry_after: rules.first_audio_timeout,
        };
        if let Some(wait) = rule.wait_after(self.attempt, &fault) {
            self.attempt += 1;
            self.phase = Phase::Waiting { until: now + wait };
            return None;
        }
        self.phase = Phase::Lost;
        self.is_open = false;
        Some(Progress::Fault(fault))
    }

    fn deadline(&self, rules: &Synthesis) -> Option<Time> {
        match self.phase {
            Phase::Waiting { until } => Some(until),
            Phase::Requested { since, .. } => Some(since + rules.first_audio_timeout),
            Phase::Ready | Phase::Audio { .. } | Phase::Arrived { .. } | Phase::Heard | Phase::Lost => None,
        }
    }
}

impl Phase {
    const fn call(self) -> Option<TtsCallId> {
        match self {
            Self::Requested { call, .. } | Self::Audio { call, .. } | Self::Arrived { call, .. } => {
                Some(call)
            }
            Self::Ready | Self::Waiting { .. } | Self::Heard | Self::Lost => None,
        }
    }

    fn is_playing(self, which: TtsCallId) -> bool {
        matches!(self, Self::Audio { call, playing: true } | Self::Arrived { call, playing: true, .. } if call == which)
    }
}
