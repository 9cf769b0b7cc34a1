//! Version 3, of the room service: `GET /asr/v3?voice_id=...`, then a first message with the account and the
//! parameters.
//!
//! The first message must come within 3 s. Its `usersig` is taken as the key; its contents are not checked, since
//! the room service signs them with a key that the script does not have.

use std::time::Duration;

use bargein_wire::tencent_asr::{Start, code};

use super::downlink::{Downlinks, words};
use super::{is_new, parameters, refused};
use crate::asr::hearing::Transcript;
use crate::asr::protocol::{Frame, Handshake, Opened, Patience, Protocol, Trouble, Uplink};

/// Where this version is.
pub(super) const PATH: &str = "/asr/v3";

/// How long the first message may take.
const START: Duration = Duration::from_secs(3);

/// The longest first message, in bytes.
const LONGEST_START: usize = 64 * 1024;

/// The longest message with audio, in bytes.
const LONGEST_AUDIO: usize = 256 * 1024;

/// A stream that waits for its first message.
pub(super) fn open(handshake: &Handshake<'_>) -> Opened {
    let voice_id = handshake.query.get("voice_id").map(String::as_str).unwrap_or_default();
    let checked = if voice_id.is_empty() {
        Err(refused(code::BAD_PARAMETER, "missing parameter: voice_id"))
    } else {
        is_new(handshake, voice_id)
    };
    let key = handshake.key.expose().to_owned();
    Opened {
        protocol: Box::new(Started { begun: false, key, then: Downlinks::new(voice_id) }),
        // Whose it is comes with the first message, too late for a door; the mock has one account.
        account: String::new(),
        begins: None,
        refused: checked.err(),
    }
}

/// A stream with a first message.
struct Started {
    begun: bool,
    /// What `usersig` must be; empty: anything.
    key: String,
    then: Downlinks,
}

impl Started {
    /// Reads the first message.
    fn start(&mut self, message: &Frame) -> Result<Uplink, Trouble> {
        let malformed = |told: String| refused(code::UNKNOWN_TEXT, told);
        let Frame::Text(text) = message else {
            return Err(malformed("expected a start message before any audio".to_owned()));
        };
        if text.len() > LONGEST_START {
            return Err(malformed(format!("expected a start message of up to {LONGEST_START} bytes")));
        }
        let start: Start = serde_json::from_str(text)
            .map_err(|error| malformed(format!("expected a start message, got {error}")))?;
        if start.kind != Start::KIND {
            return Err(malformed(format!("expected a start message, got one of type {}", start.kind)));
        }
        if start.auth.sdkappid.is_empty() || start.auth.usersig.is_empty() {
            return Err(refused(code::AUTH_FAILED, "expected auth with sdkappid and usersig"));
        }
        if !self.key.is_empty() && start.auth.usersig.expose() != self.key {
            return Err(refused(code::AUTH_FAILED, words(code::AUTH_FAILED)));
        }
        let parameter = |name: &str| {
            start
                .params
                .get(name)
                .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        };
        let Some(engine) = parameter("engine_model_type") else {
            return Err(refused(code::BAD_PARAMETER, "missing parameter: engine_model_type"));
        };
        let rate = parameters::rate(parameter("voice_format").as_deref(), Some(&engine))?;
        self.begun = true;
        Ok(Uplink { begins: Some(rate), ..Uplink::default() })
    }
}

impl Protocol for Started {
    fn patience(&self) -> Patience {
        let then = self.then.patience();
        if self.begun { then } else { Patience { idle: START, ..then } }
    }

    fn uplink(&mut self, message: &Frame) -> Result<Uplink, Trouble> {
        match message {
            message if !self.begun => self.start(message),
            Frame::Binary(audio) if audio.len() > LONGEST_AUDIO => {
                let told = format!("expected messages of up to {LONGEST_AUDIO} bytes, got {}", audio.len());
                Err(refused(code::UNDECODABLE, told))
            }
            message => self.then.uplink(message),
        }
    }

    fn accepted(&mut self) -> Vec<Frame> {
        self.then.accepted()
    }

    fn transcript(&mut self, transcript: &Transcript, is_first: bool) -> Vec<Frame> {
        self.then.transcript(transcript, is_first)
    }

    fn ended(&mut self) -> Vec<Frame> {
        self.then.ended()
    }

    fn failed(&mut self, trouble: &Trouble) -> Vec<Frame> {
        self.then.failed(trouble)
    }
}
