//! The WebSocket of text in pieces: one turn after the other, with the time of each word.

use std::sync::Arc;
use std::time::Duration;

use bargein_core::{FaultKind, VendorFault};
use bargein_wire::azure::Message as Told;
use bargein_wire::units::Secret;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, Uri};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::{Settings, of_refusal};
use crate::tts::post::{Said, headers};
use crate::tts::samples::broken;
use crate::tts::socket::{Heard, Surroundings, Turn, Voice, of_close};
use crate::tts::{TtsCall, Word};

/// A socket is not kept for longer: the service closes it after some minutes.
const IDLE: Duration = Duration::from_secs(60);

/// The service's sockets.
pub(super) struct Sockets {
    pub(super) uri: Uri,
    /// The service's word for the samples.
    pub(super) format: &'static str,
    pub(super) settings: Arc<Settings>,
}

impl Voice for Sockets {
    type Turn = Spoken;

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.settings.key]
    }

    fn rate(&self) -> u32 {
        self.settings.sample_rate
    }

    fn address(&self, surroundings: &Surroundings<'_>) -> Result<(Uri, HeaderMap), VendorFault> {
        let connection = surroundings.ids.uuid().simple().to_string();
        let headers = headers([
            ("ocp-apim-subscription-key", self.settings.key.expose()),
            ("x-connectionid", &connection),
            ("user-agent", "bargein"),
        ])?;
        Ok((self.uri.clone(), headers))
    }

    fn turn(&self, _: &TtsCall, surroundings: &Surroundings<'_>, is_new: bool) -> Spoken {
        let now =
            i64::try_from(surroundings.unix_secs).ok().and_then(|secs| Timestamp::from_second(secs).ok());
        Spoken {
            id: surroundings.ids.uuid().simple().to_string(),
            now: now.unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string(),
            format: self.format,
            settings: Arc::clone(&self.settings),
            is_new,
        }
    }

    fn refusal(&self, status: StatusCode, body: &str) -> VendorFault {
        of_refusal(status, body)
    }

    fn idle(&self) -> Option<Duration> {
        Some(IDLE)
    }
}

/// One turn.
pub(super) struct Spoken {
    id: String,
    /// When it begins, as its messages say.
    now: String,
    format: &'static str,
    settings: Arc<Settings>,
    /// Whether it is the first of its socket.
    is_new: bool,
}

impl Spoken {
    fn message(&self, path: &str, content_type: &str, body: &str) -> Message {
        let headers = [
            ("X-Timestamp", self.now.as_str()),
            ("Path", path),
            ("Content-Type", content_type),
            ("X-RequestId", &self.id),
        ];
        Message::text(Told::new(&headers, body).write_text())
    }
}

impl Turn for Spoken {
    fn begin(&mut self) -> Vec<Message> {
        let Settings { voice, language, rate, .. } = &*self.settings;
        let system = json!({ "name": "bargein", "version": env!("CARGO_PKG_VERSION"), "build": "Rust" });
        let config =
            json!({ "context": { "system": system, "os": { "platform": "", "name": "", "version": "" } } });
        let mut input =
            json!({ "bidirectionalStreamingMode": true, "voiceName": voice, "language": language });
        if let (Some(rate), Some(input)) = (rate, input.as_object_mut()) {
            input.insert("rate".to_owned(), rate.to_string().into());
        }
        let context = json!({ "synthesis": {
            "audio": {
                "outputFormat": self.format,
                "metadataOptions": {
                    "visemeEnabled": false,
                    "bookmarkEnabled": false,
                    "wordBoundaryEnabled": true,
                    "punctuationBoundaryEnabled": true,
                    "sentenceBoundaryEnabled": false,
                    "sessionEndEnabled": false,
                },
            },
            "language": { "autoDetection": false },
            "input": input,
        } });
        let json_type = "application/json; charset=utf-8";
        let config = self.is_new.then(|| self.message("speech.config", json_type, &config.to_string()));
        let context = self.message("synthesis.context", json_type, &context.to_string());
        config.into_iter().chain([context]).collect()
    }

    fn is_ready(&self) -> bool {
        true
    }

    fn say(&mut self, piece: &str) -> Vec<Message> {
        vec![self.message("text.piece", "text/plain", piece)]
    }

    fn end(&mut self) -> Vec<Message> {
        vec![self.message("text.end", "text/plain", "")]
    }

    fn read(&mut self, message: Message) -> Result<Heard, VendorFault> {
        let told = match &message {
            Message::Binary(bytes) => Told::read_bytes(bytes),
            Message::Text(text) => Told::read_text(text),
            _ => return Ok(Heard::default()),
        };
        let told = told.map_err(|error| broken(&error.to_string()))?;
        if !told.header("x-requestid").eq_ignore_ascii_case(&self.id) {
            // Of a turn that is over.
            return Ok(Heard::default());
        }
        let said = match told.header("path").to_ascii_lowercase().as_str() {
            "audio" => Said { audio: Bytes::from(told.body), ..Said::default() },
            "audio.metadata" => Said { words: words(&told.body), ..Said::default() },
            "turn.end" => Said { is_last: true, ..Said::default() },
            _ => Said::default(),
        };
        Ok(said.into())
    }

    fn closed(&self, frame: Option<CloseFrame>) -> VendorFault {
        let kind = frame.as_ref().and_then(|frame| match u16::from(frame.code) {
            1007 => Some(FaultKind::BadRequest),
            1008 => Some(FaultKind::Auth),
            1011 => Some(FaultKind::Unavailable),
            4429 => Some(FaultKind::RateLimited),
            _ => None,
        });
        let fault = of_close(frame);
        VendorFault { kind: kind.unwrap_or(fault.kind), ..fault }
    }
}

/// The words of one message, whose times are in ticks of 100 ns from the turn's first sample.
fn words(body: &[u8]) -> Vec<Word> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Metadata {
        metadata: Vec<Item>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Item {
        r#type: String,
        data: Value,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Boundary {
        offset: u64,
        duration: u64,
        #[serde(rename = "text")]
        text: Boundaried,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Boundaried {
        text: String,
    }
    let ticks = |ticks: u64| Duration::from_nanos(ticks.saturating_mul(100));
    let word = |item: Item| {
        let boundary: Boundary = serde_json::from_value(item.data).ok()?;
        let (start, end) = (ticks(boundary.offset), ticks(boundary.offset.saturating_add(boundary.duration)));
        (item.r#type == "WordBoundary").then_some(Word { text: boundary.text.text, start, end })
    };
    let metadata = serde_json::from_slice::<Metadata>(body).map(|told| told.metadata).unwrap_or_default();
    metadata.into_iter().filter_map(word).collect()
}
