//! One open stream: audio in, messages out. Sans-IO.

use std::time::Duration;

use super::hearing::{Hearing, Transcript};
use super::outbox::{Kind, Next, Outbox};
use super::protocol::{Ends, Frame, Opened, Protocol, Trouble, Uplink};
use super::says::Says;
use crate::observe::What;
use crate::script::{AsrBehaviour, Request};

/// One open stream. All times are since it was opened.
pub(super) struct Stream {
    protocol: Box<dyn Protocol>,
    outbox: Outbox,
    behaviour: AsrBehaviour,
    says: Says,
    /// `None` until the stream begins.
    ear: Option<Ear>,
    /// When audio, or what begins the stream, came last.
    last_audio: Duration,
    /// The utterance that has been told to have begun.
    begun: Option<u64>,
    is_over: bool,
}

/// What hears, once the stream takes audio.
struct Ear {
    hearing: Hearing,
    rate: u32,
    since: Duration,
    samples: u64,
    /// A sample of which the second byte is still to come.
    half: Option<u8>,
}

impl Stream {
    /// A stream opened at `now`, unless it is refused or the script says so.
    pub(super) fn open(now: Duration, opened: Opened, request: &Request<AsrBehaviour>, says: Says) -> Self {
        let Request { does, faults } = request.clone();
        let scripted = faults.code.as_ref().map(|code| Trouble::Scripted(code.0.clone()));
        let Opened { protocol, begins, refused, .. } = opened;
        let mut stream = Self {
            protocol,
            outbox: Outbox::new(faults),
            behaviour: does,
            says,
            ear: None,
            last_audio: now,
            begun: None,
            is_over: false,
        };
        let greeting = stream.protocol.greeting();
        stream.post(now, greeting);
        match refused.or(scripted) {
            Some(trouble) => stream.fail(now, &trouble),
            None => stream.begin(now, begins),
        }
        stream
    }

    /// Takes a message that arrived at `now`.
    pub(super) fn message(&mut self, now: Duration, message: &Frame) {
        if self.is_over {
            return;
        }
        match self.protocol.uplink(message) {
            Ok(Uplink { begins, audio, ends, answer }) => {
                self.begin(now, begins);
                self.post(now, answer);
                if !audio.is_empty() {
                    self.audio(now, &audio);
                }
                self.end(now, ends);
            }
            Err(trouble) => self.fail(now, &trouble),
        }
    }

    /// When the stream next has something to do.
    pub(super) fn next_due(&self) -> Option<Duration> {
        [self.outbox.next_due(), self.patience_ends()].into_iter().flatten().min()
    }

    /// What is to be done by `now`; to be called until there is nothing.
    pub(super) fn take_due(&mut self, now: Duration) -> Option<Next> {
        if self.patience_ends().is_some_and(|end| end <= now) {
            self.fail(now, &Trouble::Idle);
        }
        self.outbox.take_due(now)
    }

    fn patience_ends(&self) -> Option<Duration> {
        (!self.is_over).then(|| self.last_audio + self.protocol.patience().idle)
    }

    fn begin(&mut self, now: Duration, rate: Option<u32>) {
        let Some(rate) = rate else { return };
        let hearing = Hearing::new(self.behaviour.clone(), self.says.clone(), rate);
        self.ear = Some(Ear { hearing, rate, since: now, samples: 0, half: None });
        self.last_audio = now;
        let accepted = self.protocol.accepted();
        self.post(now, accepted);
    }

    fn audio(&mut self, now: Duration, bytes: &[u8]) {
        let Some(ear) = &mut self.ear else { return };
        self.last_audio = now;
        let transcripts = ear.hear(now, bytes);
        let is_too_fast =
            self.protocol.patience().ahead.is_some_and(|ahead| ear.length() > now - ear.since + ahead);
        if is_too_fast {
            self.fail(now, &Trouble::TooFast);
            return;
        }
        for transcript in transcripts {
            self.post_transcript(transcript);
        }
    }

    fn end(&mut self, now: Duration, ends: Ends) {
        if ends == Ends::Nothing || self.is_over {
            return;
        }
        let last = self.ear.as_mut().and_then(|ear| ear.hearing.end(now));
        let due = last.as_ref().map_or(now, |transcript| transcript.due);
        if let Some(transcript) = last {
            self.post_transcript(transcript);
        }
        self.is_over = true;
        let ended = self.protocol.ended();
        self.post_last(due, ended);
    }

    fn post_transcript(&mut self, transcript: Transcript) {
        let is_first = self.begun != Some(transcript.index);
        self.begun = Some(transcript.index);
        let mut frames = self.protocol.transcript(&transcript, is_first);
        let Transcript { due, is_final, text, .. } = transcript;
        let what = if is_final { What::Final { text } } else { What::Interim { text } };
        let result = frames.pop();
        self.post(due, frames);
        if let Some(result) = result {
            self.outbox.post(due, Kind::Result(what), result);
        }
    }

    fn fail(&mut self, now: Duration, trouble: &Trouble) {
        self.is_over = true;
        let failed = self.protocol.failed(trouble);
        self.post_last(now, failed);
    }

    fn post(&mut self, due: Duration, frames: Vec<Frame>) {
        for frame in frames {
            self.outbox.post(due, Kind::Word, frame);
        }
    }

    fn post_last(&mut self, due: Duration, mut frames: Vec<Frame>) {
        let last = frames.pop();
        self.post(due, frames);
        if let Some(last) = last {
            self.outbox.post(due, Kind::Last, last);
        }
    }
}

impl Ear {
    fn hear(&mut self, now: Duration, bytes: &[u8]) -> Vec<Transcript> {
        let mut samples = Vec::with_capacity(bytes.len() / 2 + 1);
        let mut rest = bytes;
        if let (Some(low), Some((high, after))) = (self.half, bytes.split_first()) {
            samples.push(i16::from_le_bytes([low, *high]));
            (self.half, rest) = (None, after);
        }
        let (pairs, odd) = rest.as_chunks::<2>();
        samples.extend(pairs.iter().map(|pair| i16::from_le_bytes(*pair)));
        self.half = odd.first().copied().or(self.half);
        self.samples += samples.len() as u64;
        self.hearing.hear(now, &samples)
    }

    /// How long all the audio is.
    fn length(&self) -> Duration {
        Duration::from_nanos(self.samples * 1_000_000_000 / u64::from(self.rate))
    }
}

/// A time of a message, which vendors count in milliseconds.
pub(super) fn whole_millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
