//! The WebSocket of text in pieces, `/stream_wsv2`: one session a socket, signed in its address.

use std::collections::BTreeMap;
use std::sync::Arc;

use bargein_core::{FaultKind, VendorFault};
use bargein_wire::tencent_tts::signed_path;
use bargein_wire::units::Secret;
use http::{HeaderMap, StatusCode, Uri};
use serde::Deserialize;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::{Settings, Subtitle, signed_host};
use crate::fault::capped;
use crate::tts::TtsCall;
use crate::tts::post::Said;
use crate::tts::refusal::Shape;
use crate::tts::socket::{Heard, Surroundings, Turn, Voice, json as read_json, text};

/// How long a signature holds, in seconds. It is checked when the socket opens.
const VALIDITY: u64 = 24 * 60 * 60;

/// The service's sockets.
pub(super) struct Sockets {
    /// Where it is, with its path.
    pub(super) uri: Uri,
    pub(super) settings: Arc<Settings>,
}

impl Voice for Sockets {
    type Turn = Session;

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.settings.secret_key]
    }

    fn rate(&self) -> u32 {
        self.settings.sample_rate
    }

    fn address(&self, surroundings: &Surroundings<'_>) -> Result<(Uri, HeaderMap), VendorFault> {
        let Settings { secret_id, secret_key, app_id, voice, fast_voice, speed, volume, sample_rate, .. } =
            &*self.settings;
        let now = surroundings.unix_secs;
        let session = surroundings.ids.uuid().to_string();
        let fixed = [
            ("Action", "TextToStreamAudioWSv2".to_owned()),
            ("AppId", app_id.to_string()),
            ("SecretId", secret_id.clone()),
            ("ModelType", "1".to_owned()),
            ("VoiceType", voice.to_string()),
            ("FastVoiceType", fast_voice.clone().unwrap_or_default()),
            ("Codec", "pcm".to_owned()),
            ("SampleRate", sample_rate.to_string()),
            ("Speed", speed.to_string()),
            ("Volume", volume.to_string()),
            ("SessionId", session),
            ("EnableSubtitle", "True".to_owned()),
            ("Timestamp", now.to_string()),
            ("Expired", (now + VALIDITY).to_string()),
        ];
        let mut parameters: BTreeMap<_, _> = fixed
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        for (name, value) in &self.settings.extra {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            parameters.insert(name.clone(), value);
        }
        let target = signed_path(&signed_host(&self.uri), self.uri.path(), &parameters, secret_key);
        let scheme = self.uri.scheme_str().unwrap_or("wss");
        let authority = self.uri.authority().map(ToString::to_string).unwrap_or_default();
        let address = format!("{scheme}://{authority}{target}").parse();
        let address = address.map_err(|error| {
            VendorFault::new(FaultKind::BadRequest, format!("expected an address, got {error}"))
        })?;
        Ok((address, HeaderMap::new()))
    }

    fn turn(&self, call: &TtsCall, surroundings: &Surroundings<'_>, _is_new: bool) -> Session {
        Session {
            id: call.request_id.clone(),
            message_id: surroundings.ids.uuid().to_string(),
            said: 0,
            is_ready: false,
        }
    }

    fn refusal(&self, status: StatusCode, body: &str) -> VendorFault {
        REFUSAL.fault(status, body)
    }
}

/// One session.
pub(super) struct Session {
    id: String,
    message_id: String,
    /// How many messages were said, which makes their names differ.
    said: u64,
    is_ready: bool,
}

impl Session {
    fn message(&mut self, action: &str, data: &str) -> Vec<Message> {
        self.said += 1;
        let message_id = format!("{}-{}", self.message_id, self.said);
        vec![text(
            &json!({ "session_id": self.id, "message_id": message_id, "action": action, "data": data }),
        )]
    }
}

impl Turn for Session {
    fn begin(&mut self) -> Vec<Message> {
        Vec::new()
    }

    fn is_ready(&self) -> bool {
        self.is_ready
    }

    fn say(&mut self, piece: &str) -> Vec<Message> {
        self.message("ACTION_SYNTHESIS", piece)
    }

    fn end(&mut self) -> Vec<Message> {
        self.message("ACTION_COMPLETE", "")
    }

    fn read(&mut self, message: Message) -> Result<Heard, VendorFault> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Told {
            code: i64,
            message: String,
            ready: u8,
            r#final: u8,
            result: Option<Times>,
        }
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Times {
            subtitles: Option<Vec<Subtitle>>,
        }
        if let Message::Binary(audio) = message {
            return Ok(Said { audio, ..Said::default() }.into());
        }
        let told: Told = read_json(&message)?;
        if told.code != 0 {
            let kind = kind_of_code(told.code);
            return Err(VendorFault::new(kind, capped(&told.message)).with_code(told.code.to_string()));
        }
        self.is_ready |= told.ready == 1;
        let subtitles = told.result.and_then(|times| times.subtitles).unwrap_or_default();
        let words = subtitles.into_iter().map(Subtitle::word).collect();
        Ok(Said { words, is_last: told.r#final == 1, ..Said::default() }.into())
    }
}

/// No document has the numbers: these are what the service was seen to mean, and ranges for the rest.
const fn kind_of_code(code: i64) -> FaultKind {
    match code {
        10_003 => FaultKind::Auth,
        10_004 => FaultKind::Quota,
        10_005 => FaultKind::RateLimited,
        10_010..=10_099 => FaultKind::Unavailable,
        _ => FaultKind::BadRequest,
    }
}

/// What the service refuses a socket with.
const REFUSAL: Shape = Shape {
    code: &["/code"],
    words: &["/message"],
    kind: |code, _| match code.parse().unwrap_or_default() {
        0 => None,
        code => Some(kind_of_code(code)),
    },
};
