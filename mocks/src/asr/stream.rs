//! One open stream: audio in, messages out. Sans-IO.

use std::time::Duration;

use bargein_wire::tencent_asr::{self, Downlink, Sentence, Slice, code};

use super::outbox::{Kind, Next, Outbox};
use super::parameters::Refused;
use crate::asr::hearing::{Hearing, Transcript};
use crate::asr::says::Says;
use crate::observe::What;
use crate::script::{AsrBehaviour, Request};

/// The vendor closes a stream that gets no audio for so long.
const IDLE: Duration = Duration::from_secs(15);

/// The vendor takes audio at most so much ahead of real time.
const AHEAD: Duration = Duration::from_secs(3);

/// One open stream. All times are since it was opened.
pub(super) struct Stream {
    voice_id: String,
    hearing: Hearing,
    outbox: Outbox,
    rate: u32,
    samples: u64,
    /// A sample of which the second byte is still to come.
    half: Option<u8>,
    last_audio: Duration,
    /// The utterance that has been told to have begun.
    begun: Option<u64>,
    is_over: bool,
}

impl Stream {
    /// A stream opened at `now` with audio of so many samples a second, unless it is refused or the script says so.
    pub(super) fn open(
        now: Duration,
        voice_id: &str,
        request: &Request<AsrBehaviour>,
        says: Says,
        checked: Result<u32, Refused>,
    ) -> Self {
        let Request { does, faults } = request.clone();
        let scripted = faults.code.as_ref().and_then(|code| code.0.parse().ok()).map(Refused::new);
        let (rate, refused) = match checked {
            Ok(rate) => (rate, scripted),
            Err(refused) => (16_000, Some(refused)),
        };
        let mut stream = Self {
            voice_id: voice_id.to_owned(),
            hearing: Hearing::new(does, says, rate),
            outbox: Outbox::new(faults),
            rate,
            samples: 0,
            half: None,
            last_audio: now,
            begun: None,
            is_over: false,
        };
        match refused {
            Some(refused) => stream.fail(now, refused),
            None => stream.post(now, Kind::Accepted, &Downlink::accepted(voice_id)),
        }
        stream
    }

    /// Takes audio that arrived at `now`.
    pub(super) fn audio(&mut self, now: Duration, bytes: &[u8]) {
        if self.is_over {
            return;
        }
        self.last_audio = now;
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
        let length = Duration::from_nanos(self.samples * 1_000_000_000 / u64::from(self.rate));
        if length > now + AHEAD {
            self.fail(now, Refused::new(code::TOO_FAST));
            return;
        }
        for transcript in self.hearing.hear(now, &samples) {
            self.post_transcript(transcript);
        }
    }

    /// Takes a text message that arrived at `now`.
    pub(super) fn text(&mut self, now: Duration, text: &str) {
        if self.is_over {
            return;
        }
        if !tencent_asr::is_end(text) {
            self.fail(now, Refused::new(code::UNKNOWN_TEXT));
            return;
        }
        let last = self.hearing.end(now);
        let due = last.as_ref().map_or(now, |transcript| transcript.due);
        if let Some(transcript) = last {
            self.post_transcript(transcript);
        }
        self.is_over = true;
        self.post(due, Kind::Last, &Downlink::ended(&self.voice_id));
    }

    /// When the stream next has something to do.
    pub(super) fn next_due(&self) -> Option<Duration> {
        let idle = (!self.is_over).then(|| self.last_audio + IDLE);
        [self.outbox.next_due(), idle].into_iter().flatten().min()
    }

    /// What is to be done by `now`; to be called until there is nothing.
    pub(super) fn take_due(&mut self, now: Duration) -> Option<Next> {
        if !self.is_over && now >= self.last_audio + IDLE {
            self.fail(now, Refused::new(code::IDLE));
        }
        self.outbox.take_due(now)
    }

    fn post_transcript(&mut self, transcript: Transcript) {
        let Transcript { due, index, is_final, text, start, end } = transcript;
        let slice_type = match (is_final, self.begun == Some(index)) {
            (true, _) => Slice::Final,
            (false, true) => Slice::Partial,
            (false, false) => Slice::Begin,
        };
        self.begun = Some(index);
        let sentence = Sentence {
            slice_type,
            index,
            start_time: whole_millis(start),
            end_time: whole_millis(end),
            voice_text_str: text.clone(),
        };
        let what = if is_final { What::Final { text } } else { What::Interim { text } };
        let serial = self.outbox.results() + 1;
        self.post(due, Kind::Result(what), &Downlink::sentence(&self.voice_id, serial, sentence));
    }

    fn fail(&mut self, now: Duration, refused: Refused) {
        self.is_over = true;
        self.post(now, Kind::Last, &Downlink::failed(&self.voice_id, refused.code, refused.words));
    }

    fn post(&mut self, due: Duration, kind: Kind, message: &Downlink) {
        // Plain text and numbers: writing them cannot fail.
        self.outbox.post(due, kind, serde_json::to_string(message).unwrap_or_default());
    }
}

fn whole_millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
