//! What both versions say and hear on one stream.

use bargein_core::{AsrEvent, VendorFault};
use bargein_wire::tencent_asr::{Downlink as Message, END, Slice};
use tokio_tungstenite::tungstenite;

use super::fault;
use crate::asr::socket::{Downlink, Heard, Uplink, unreadable};

/// The client's side.
pub(super) struct Said {
    /// The first message, of version 3.
    pub start: Option<String>,
}

impl Uplink for Said {
    /// 40 ms, as the service asks for.
    const LENGTH: usize = 1280;

    fn opening(&mut self) -> Option<tungstenite::Message> {
        self.start.take().map(tungstenite::Message::text)
    }

    fn ending(&mut self) -> tungstenite::Message {
        tungstenite::Message::text(END)
    }
}

/// The service's side.
pub(super) struct Told;

impl Downlink for Told {
    fn read(&mut self, message: &[u8]) -> Result<Heard, VendorFault> {
        let message: Message =
            serde_json::from_slice(message).map_err(|error| unreadable(message, &error))?;
        if message.code != 0 {
            return Err(fault::of_message(&message));
        }
        Ok(Heard {
            is_ready: true,
            is_end: message.is_end(),
            events: transcript(message).into_iter().collect(),
        })
    }
}

/// What a message says of a sentence.
fn transcript(message: Message) -> Option<AsrEvent> {
    let said = message.result?;
    let (sentence, text) = (said.index, said.voice_text_str);
    match said.slice_type {
        Slice::Final => Some(AsrEvent::Final { sentence, text }),
        // A sentence of which nothing is recognised yet.
        Slice::Begin | Slice::Partial if text.is_empty() => None,
        Slice::Begin | Slice::Partial => Some(AsrEvent::Interim { sentence, text }),
    }
}
