//! What both sides say on one stream.

use bargein_core::{AsrEvent, VendorFault};
use bargein_wire::bytedance::recognition::{Downlink as Message, Recognised};
use bargein_wire::bytedance::{Frame, Kind, Order};
use bytes::Bytes;
use tokio_tungstenite::tungstenite;

use super::fault;
use super::settings::Settings;
use crate::asr::socket::{Downlink, Heard, Uplink, unreadable};

/// The client's side.
pub(super) struct Said {
    request: Option<Vec<u8>>,
    /// The number of the last frame.
    number: i32,
}

impl Said {
    pub(super) fn new(settings: &Settings, uid: &str) -> Self {
        let payload = settings.request(uid).to_string().into_bytes();
        let frame = Frame { order: Order::Sequence(1), ..Frame::words(Kind::Request, payload) };
        Self { request: Some(frame.write()), number: 1 }
    }

    fn frame(&mut self, payload: Vec<u8>, is_last: bool) -> tungstenite::Message {
        self.number += 1;
        let number = if is_last { -self.number } else { self.number };
        let order = Order::Sequence(number);
        let frame = Frame { kind: Kind::Audio, order, is_last, is_json: false, is_packed: false, payload };
        tungstenite::Message::binary(frame.write())
    }
}

impl Uplink for Said {
    /// 100 ms: the least that the service asks for.
    const LENGTH: usize = 3200;

    fn opening(&mut self) -> Option<tungstenite::Message> {
        self.request.take().map(tungstenite::Message::binary)
    }

    fn audio(&mut self, audio: Bytes) -> tungstenite::Message {
        self.frame(audio.into(), false)
    }

    fn ending(&mut self) -> tungstenite::Message {
        self.frame(Vec::new(), true)
    }
}

/// The service's side.
#[derive(Default)]
pub(super) struct Told {
    /// The final sentences so far, one after the other, and how many they are.
    finals: String,
    count: u64,
}

impl Downlink for Told {
    /// The service has nothing to say before it has heard something.
    const READY: bool = true;

    fn read(&mut self, message: &[u8]) -> Result<Heard, VendorFault> {
        let frame = Frame::read(message).map_err(|error| unreadable(message, &error))?;
        match (frame.kind, frame.order) {
            (Kind::Failure, Order::Code(code)) => Err(fault::of_frame(code, &frame.payload)),
            (Kind::Response, order) => {
                let is_end = frame.is_last || matches!(order, Order::Sequence(..0));
                let told = if frame.payload.is_empty() {
                    Ok(Message::default())
                } else {
                    serde_json::from_slice(&frame.payload)
                };
                let told = told.map_err(|error| unreadable(&frame.payload, &error))?;
                let events = told.result.map_or_else(Vec::new, |result| self.sentences(result));
                Ok(Heard { events, is_end, ..Heard::default() })
            }
            _ => Ok(Heard::default()),
        }
    }
}

impl Told {
    /// What is new. Each message tells all sentences again, some only their text.
    fn sentences(&mut self, result: Recognised) -> Vec<AsrEvent> {
        if result.utterances.is_empty() {
            let text = result.text.strip_prefix(&self.finals).unwrap_or_default().to_owned();
            let sentence = self.count;
            return if text.is_empty() { Vec::new() } else { vec![AsrEvent::Interim { sentence, text }] };
        }
        let known = usize::try_from(self.count).unwrap_or(usize::MAX);
        let mut events = Vec::new();
        for utterance in result.utterances.into_iter().skip(known) {
            let (sentence, text) = (self.count, utterance.text);
            if utterance.definite {
                self.count += 1;
                self.finals.push_str(&text);
                events.push(AsrEvent::Final { sentence, text });
            } else if !text.is_empty() {
                events.push(AsrEvent::Interim { sentence, text });
                break;
            }
        }
        events
    }
}
