//! What both versions say to a client, and what they understand once a stream has begun.

use std::time::Duration;

use bargein_wire::tencent_asr::{self, Downlink, Sentence, Slice, code};

use super::refused;
use crate::asr::hearing::Transcript;
use crate::asr::protocol::{Ends, Frame, Patience, Protocol, Trouble, Uplink};
use crate::asr::stream::whole_millis;

/// The vendor closes a stream that gets no audio for so long, and takes audio at most so much ahead of real time.
const PATIENCE: Patience = Patience { idle: Duration::from_secs(15), ahead: Some(Duration::from_secs(3)) };

/// The messages of a stream that has a name.
pub(super) struct Downlinks {
    voice_id: String,
    results: u64,
}

impl Downlinks {
    pub(super) fn new(voice_id: &str) -> Self {
        Self { voice_id: voice_id.to_owned(), results: 0 }
    }
}

impl Protocol for Downlinks {
    fn patience(&self) -> Patience {
        PATIENCE
    }

    fn uplink(&mut self, message: &Frame) -> Result<Uplink, Trouble> {
        match message {
            Frame::Binary(audio) => Ok(Uplink { audio: audio.clone(), ..Uplink::default() }),
            Frame::Text(text) if tencent_asr::is_end(text) => {
                Ok(Uplink { ends: Ends::Stream, ..Uplink::default() })
            }
            Frame::Text(_) => Err(refused(code::UNKNOWN_TEXT, words(code::UNKNOWN_TEXT))),
        }
    }

    fn accepted(&mut self) -> Vec<Frame> {
        text(&Downlink::accepted(&self.voice_id))
    }

    fn transcript(&mut self, transcript: &Transcript, is_first: bool) -> Vec<Frame> {
        let slice_type = match (transcript.is_final, is_first) {
            (true, _) => Slice::Final,
            (false, true) => Slice::Begin,
            (false, false) => Slice::Partial,
        };
        let sentence = Sentence {
            slice_type,
            index: transcript.index,
            start_time: whole_millis(transcript.start),
            end_time: whole_millis(transcript.end),
            voice_text_str: transcript.text.clone(),
        };
        self.results += 1;
        text(&Downlink::sentence(&self.voice_id, self.results, sentence))
    }

    fn ended(&mut self) -> Vec<Frame> {
        text(&Downlink::ended(&self.voice_id))
    }

    fn failed(&mut self, trouble: &Trouble) -> Vec<Frame> {
        let (code, told) = match trouble {
            // A code in words, which this vendor has not, is an error that it does not explain.
            Trouble::Scripted(code) => {
                let code = code.parse().unwrap_or(code::OVERLOADED);
                (code, words(code).to_owned())
            }
            Trouble::Refused { code, words } => (code.parse().unwrap_or(code::BAD_PARAMETER), words.clone()),
            Trouble::TooMany => (code::CONCURRENCY, words(code::CONCURRENCY).to_owned()),
            Trouble::Idle => (code::IDLE, words(code::IDLE).to_owned()),
            Trouble::TooFast => (code::TOO_FAST, words(code::TOO_FAST).to_owned()),
        };
        text(&Downlink::failed(&self.voice_id, code, told))
    }
}

fn text(message: &Downlink) -> Vec<Frame> {
    // Plain text and numbers: writing them cannot fail.
    vec![Frame::Text(serde_json::to_string(message).unwrap_or_default())]
}

/// The vendor's words for a code, in short.
pub(super) const fn words(code: i64) -> &'static str {
    match code {
        code::TOO_FAST => "audio is sent too fast",
        code::AUTH_FAILED => "authentication failed",
        code::NOT_OPEN => "the service is not open for this account",
        code::QUOTA => "the resource package is used up",
        code::ARREARS => "the account is in arrears",
        code::CONCURRENCY => "too many streams at once",
        code::UNDECODABLE => "the audio cannot be decoded",
        code::IDLE => "no audio for more than 15 seconds",
        code::UNKNOWN_TEXT => "unknown text message",
        5000.. => "internal error of the recognition",
        _ => "bad parameter",
    }
}
