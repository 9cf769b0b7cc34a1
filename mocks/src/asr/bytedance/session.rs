//! The frames of one stream.

use std::time::Duration;

use bargein_wire::bytedance::recognition::{Downlink, HeardSoFar, Recognised, Utterance, code};
use bargein_wire::bytedance::{Frame as Packet, Kind, Order};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::asr::hearing::Transcript;
use crate::asr::protocol::{Ends, Frame, Patience, Protocol, Trouble, Uplink};
use crate::asr::stream::whole_millis;

/// How long the next packet may take.
const PATIENCE: Patience = Patience { idle: Duration::from_secs(8), ahead: None };

/// When the service answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Answers {
    /// Every packet.
    EveryPacket,
    /// What has changed.
    Changes,
    /// Final sentences only.
    Finals,
}

/// One stream.
pub(super) struct Session {
    answers: Answers,
    /// What the client asked for.
    wanted: Wanted,
    /// All sentences so far; the last may change.
    utterances: Vec<Utterance>,
    /// How much audio came, in bytes.
    heard: usize,
    rate: u32,
    has_begun: bool,
    /// How many answers were sent.
    sent: i32,
}

/// How a client wants its answers. They are numbered and packed as its first frame is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Wanted {
    numbers: bool,
    packed: bool,
    /// All sentences each time, not the last one only.
    full: bool,
    utterances: bool,
}

impl Session {
    pub(super) const fn new(answers: Answers) -> Self {
        let wanted = Wanted { numbers: false, packed: false, full: true, utterances: false };
        Self { answers, wanted, utterances: Vec::new(), heard: 0, rate: 16_000, has_begun: false, sent: 0 }
    }

    fn begin(&mut self, packet: &Packet) -> Result<Uplink, Trouble> {
        let bad = |words: String| refused(code::BAD_PARAMETER, words);
        let asked: Value = serde_json::from_slice(&packet.payload)
            .map_err(|error| bad(format!("expected JSON in the first packet, got {error}")))?;
        let (audio, request) = (&asked["audio"], &asked["request"]);
        if request["model_name"].as_str().is_none_or(str::is_empty) {
            return Err(bad("expected a model_name".to_owned()));
        }
        if audio["format"] != "pcm" {
            return Err(refused(
                code::BAD_AUDIO,
                format!("expected the format pcm, got {}", audio["format"]),
            ));
        }
        for (name, value) in [("rate", 16_000), ("bits", 16), ("channel", 1)] {
            let got = &audio[name];
            if !got.is_null() && got.as_u64() != Some(value) {
                return Err(bad(format!("expected {name} to be {value}, got {got}")));
            }
        }
        self.wanted = Wanted {
            numbers: matches!(packet.order, Order::Sequence(_)),
            packed: packet.is_packed,
            full: request["result_type"] != "single",
            utterances: request["show_utterances"] == true,
        };
        self.has_begun = true;
        Ok(Uplink { begins: Some(self.rate), ..Uplink::default() })
    }

    fn packet(&mut self, packet: Packet) -> Result<Uplink, Trouble> {
        match packet.kind {
            Kind::Request if self.has_begun => {
                Err(refused(code::BAD_PARAMETER, "expected audio, got a second request".to_owned()))
            }
            Kind::Request => self.begin(&packet),
            Kind::Audio if !self.has_begun => {
                Err(refused(code::BAD_PARAMETER, "expected a request before any audio".to_owned()))
            }
            Kind::Audio => {
                let is_last = packet.is_last || matches!(packet.order, Order::Sequence(..0));
                self.heard += packet.payload.len();
                let answer = match self.answers {
                    Answers::EveryPacket if !is_last => vec![self.answer(false)],
                    _ => Vec::new(),
                };
                let ends = if is_last { Ends::Stream } else { Ends::Nothing };
                Ok(Uplink { begins: None, audio: Bytes::from(packet.payload), ends, answer })
            }
            Kind::Response | Kind::Speech | Kind::Times | Kind::Failure => Err(refused(
                code::BAD_PARAMETER,
                format!("expected a request or audio, got {:?}", packet.kind),
            )),
        }
    }

    /// An answer with all that is known.
    fn answer(&mut self, is_last: bool) -> Frame {
        let first = if self.wanted.full { 0 } else { self.utterances.len().saturating_sub(1) };
        let known = self.utterances.get(first..).unwrap_or_default();
        let text = known.iter().map(|utterance| utterance.text.as_str()).collect();
        let utterances = if self.wanted.utterances { known.to_vec() } else { Vec::new() };
        let duration = self.heard as u64 * 500 / u64::from(self.rate);
        let told = Downlink {
            audio_info: Some(HeardSoFar { duration }),
            result: Some(Recognised { text, utterances }),
        };
        self.sent += 1;
        let number = if is_last { -self.sent } else { self.sent };
        let order = if self.wanted.numbers { Order::Sequence(number) } else { Order::None };
        // Plain text and numbers: writing them cannot fail.
        let payload = serde_json::to_vec(&told).unwrap_or_default();
        let packet = Packet {
            order,
            is_last,
            is_packed: self.wanted.packed,
            ..Packet::words(Kind::Response, payload)
        };
        Frame::Binary(packet.write().into())
    }
}

impl Protocol for Session {
    fn patience(&self) -> Patience {
        PATIENCE
    }

    fn uplink(&mut self, message: &Frame) -> Result<Uplink, Trouble> {
        match message {
            Frame::Text(_) => {
                Err(refused(code::BAD_PARAMETER, "expected binary frames, got a text".to_owned()))
            }
            Frame::Binary(bytes) => {
                let packet = Packet::read(bytes);
                self.packet(packet.map_err(|error| refused(code::BAD_PARAMETER, error.to_string()))?)
            }
        }
    }

    fn accepted(&mut self) -> Vec<Frame> {
        match self.answers {
            Answers::EveryPacket => vec![self.answer(false)],
            Answers::Changes | Answers::Finals => Vec::new(),
        }
    }

    fn transcript(&mut self, transcript: &Transcript, is_first: bool) -> Vec<Frame> {
        if self.answers == Answers::Finals && !transcript.is_final {
            return Vec::new();
        }
        let time = |time: Duration| i64::try_from(whole_millis(time)).unwrap_or(i64::MAX);
        let utterance = Utterance {
            text: transcript.text.clone(),
            start_time: time(transcript.start),
            end_time: time(transcript.end),
            definite: transcript.is_final,
        };
        match self.utterances.last_mut() {
            Some(last) if !is_first && !last.definite => *last = utterance,
            _ => self.utterances.push(utterance),
        }
        vec![self.answer(false)]
    }

    fn ended(&mut self) -> Vec<Frame> {
        vec![self.answer(true)]
    }

    fn failed(&mut self, trouble: &Trouble) -> Vec<Frame> {
        let (code, words) = match trouble {
            Trouble::Scripted(code) => (code.parse().unwrap_or(code::INTERNAL), "the stream failed"),
            Trouble::Refused { code, words } => (code.parse().unwrap_or(code::CLIENT), words.as_str()),
            Trouble::TooMany => (code::CLIENT, "quota exceeded for types: concurrency"),
            Trouble::Idle => {
                (code::IDLE, "[Timeout waiting next packet] waiting next packet timeout: 8 seconds")
            }
            Trouble::TooFast => (code::BAD_PARAMETER, "audio is sent too fast"),
        };
        let payload = json!({ "error": words }).to_string().into_bytes();
        let packet = Packet { is_packed: self.wanted.packed, ..Packet::failure(code, payload) };
        vec![Frame::Binary(packet.write().into())]
    }
}

fn refused(code: u32, words: String) -> Trouble {
    Trouble::Refused { code: code.to_string(), words }
}
