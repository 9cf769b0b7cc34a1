//! Alibaba Cloud's CosyVoice: a task on a WebSocket of DashScope, text in pieces, audio in messages of bytes.
//!
//! Wire facts: `fixtures/wire/cosyvoice/SOURCE.md`; the envelope is `bargein_wire::dashscope`'s. Deliberately out:
//! compressed formats, SSML, and its interface over HTTP.

use std::sync::Arc;
use std::time::Duration;

use bargein_core::{FaultKind, VendorFault};
use bargein_net::World;
use bargein_wire::dashscope::{Action, Downlink, Event, Uplink};
use bargein_wire::units::Secret;
use http::{HeaderMap, StatusCode, Uri};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::post::{Said, body_value, headers};
use super::refusal::Shape;
use super::socket::{Heard, Surroundings, Turn, Voice, client, json as read_json};
use super::{Tts, TtsCall, Word};
use crate::fault::capped;
use crate::registry::{OpenError, VendorSettings, address, sample_rate};

/// The service closes a socket that did nothing for a minute.
const IDLE: Duration = Duration::from_secs(45);

/// How the service is reached and what it is asked for.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The whole address. Default `wss://dashscope.aliyuncs.com/api-ws/v1/inference`.
    #[serde(default = "official")]
    pub url: String,
    /// The key, sent as a bearer token.
    pub key: Secret,
    /// Which model. Default `cosyvoice-v2`.
    #[serde(default = "model")]
    pub model: String,
    /// Which voice, one of the model's. Default `longxiaochun_v2`.
    #[serde(default = "voice")]
    pub voice: String,
    /// Loudness, 0 to 100. Default 50.
    #[serde(default = "volume")]
    pub volume: u8,
    /// Multiple of the usual speed, 0.5 to 2. Default 1.
    #[serde(default = "one")]
    pub speed: f64,
    /// Multiple of the usual pitch, 0.5 to 2. Default 1.
    #[serde(default = "one")]
    pub pitch: f64,
    /// Samples a second: 8000, 16000, 22050, 24000, 44100 or 48000. Default 16000.
    #[serde(default = "rate")]
    pub sample_rate: u32,
    /// Further members of the task's `parameters`, such as `seed`; they win over ours. Default none.
    #[serde(default)]
    pub extra: Map<String, Value>,
}

fn official() -> String {
    "wss://dashscope.aliyuncs.com/api-ws/v1/inference".to_owned()
}

fn model() -> String {
    "cosyvoice-v2".to_owned()
}

fn voice() -> String {
    "longxiaochun_v2".to_owned()
}

const fn volume() -> u8 {
    50
}

const fn one() -> f64 {
    1.0
}

const fn rate() -> u32 {
    16_000
}

impl VendorSettings for Settings {
    type Client = dyn Tts;

    fn open(self, world: &World) -> Result<Arc<dyn Tts>, OpenError> {
        let uri = address("url", &self.url, ["ws", "wss"])?;
        sample_rate(self.sample_rate)?;
        Ok(client(world, Sockets { uri, settings: Arc::new(self) }))
    }
}

struct Sockets {
    uri: Uri,
    settings: Arc<Settings>,
}

impl Voice for Sockets {
    type Turn = Task;

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.settings.key]
    }

    fn rate(&self) -> u32 {
        self.settings.sample_rate
    }

    fn address(&self, _: &Surroundings<'_>) -> Result<(Uri, HeaderMap), VendorFault> {
        let bearer = format!("Bearer {}", self.settings.key.expose());
        Ok((self.uri.clone(), headers([("authorization", &bearer)])?))
    }

    fn turn(&self, _: &TtsCall, surroundings: &Surroundings<'_>, _is_new: bool) -> Task {
        let id = surroundings.ids.uuid().simple().to_string();
        Task { id, settings: Arc::clone(&self.settings), has_started: false }
    }

    fn refusal(&self, status: StatusCode, body: &str) -> VendorFault {
        REFUSAL.fault(status, body)
    }

    fn idle(&self) -> Option<Duration> {
        Some(IDLE)
    }
}

/// One task.
struct Task {
    id: String,
    settings: Arc<Settings>,
    has_started: bool,
}

impl Task {
    fn message(&self, action: Action, payload: Value) -> Vec<Message> {
        // Texts and numbers: writing them cannot fail.
        let message = serde_json::to_string(&Uplink::new(action, &self.id, payload)).unwrap_or_default();
        vec![Message::text(message)]
    }
}

/// What every message of a task but its last says beside its input.
const FUNCTION: &str = "SpeechSynthesizer";

impl Turn for Task {
    fn begin(&mut self) -> Vec<Message> {
        let Settings { model, voice, volume, speed, pitch, sample_rate, extra, .. } = &*self.settings;
        let parameters = json!({
            "text_type": "PlainText",
            "voice": voice,
            "format": "pcm",
            "sample_rate": sample_rate,
            "volume": volume,
            "rate": speed,
            "pitch": pitch,
        });
        let payload = json!({
            "model": model,
            "task_group": "audio",
            "task": "tts",
            "function": FUNCTION,
            "input": {},
            "parameters": body_value(parameters, extra),
        });
        self.message(Action::RunTask, payload)
    }

    fn is_ready(&self) -> bool {
        self.has_started
    }

    fn say(&mut self, piece: &str) -> Vec<Message> {
        let payload = json!({
            "model": self.settings.model,
            "task_group": "audio",
            "task": "tts",
            "function": FUNCTION,
            "input": { "text": piece },
        });
        self.message(Action::ContinueTask, payload)
    }

    fn end(&mut self) -> Vec<Message> {
        self.message(Action::FinishTask, json!({ "input": {} }))
    }

    fn read(&mut self, message: Message) -> Result<Heard, VendorFault> {
        if let Message::Binary(audio) = message {
            return Ok(Said { audio, ..Said::default() }.into());
        }
        let told: Downlink = read_json(&message)?;
        // A task before this one may still say its last.
        if !told.header.task_id.is_empty() && told.header.task_id != self.id {
            return Ok(Heard::default());
        }
        match told.header.event {
            Event::TaskStarted => self.has_started = true,
            Event::ResultGenerated => {
                let words = words(&told.payload["output"]);
                return Ok(Said { words, ..Said::default() }.into());
            }
            Event::TaskFinished => return Ok(Said { is_last: true, ..Said::default() }.into()),
            Event::TaskFailed => return Err(failed(&told)),
            Event::Unknown => {}
        }
        Ok(Heard::default())
    }
}

/// The words of a sentence that has ended; before, they may still change.
fn words(output: &Value) -> Vec<Word> {
    #[derive(Deserialize)]
    struct Timed {
        text: String,
        begin_time: u64,
        end_time: u64,
    }
    if output["type"] != "sentence-end" {
        return Vec::new();
    }
    let timed: Vec<Timed> = serde_json::from_value(output["sentence"]["words"].clone()).unwrap_or_default();
    let word = |timed: Timed| Word {
        text: timed.text,
        start: Duration::from_millis(timed.begin_time),
        end: Duration::from_millis(timed.end_time),
    };
    timed.into_iter().map(word).collect()
}

fn failed(told: &Downlink) -> VendorFault {
    let (code, words) = (told.header.error_code.as_str(), told.header.error_message.as_str());
    let kind = if words.contains("rate limit") { Some(FaultKind::RateLimited) } else { kind_of(code) };
    VendorFault::new(kind.unwrap_or(FaultKind::Unavailable), capped(words)).with_code(code)
}

fn kind_of(code: &str) -> Option<FaultKind> {
    const WORDS: [(&str, FaultKind); 8] = [
        ("Throttling", FaultKind::RateLimited),
        ("LimitRequests", FaultKind::RateLimited),
        ("InvalidApiKey", FaultKind::Auth),
        ("AccessDenied", FaultKind::Auth),
        ("Arrearage", FaultKind::Quota),
        ("AllocationQuota", FaultKind::Quota),
        ("Timeout", FaultKind::Timeout),
        ("Invalid", FaultKind::BadRequest),
    ];
    WORDS.iter().find(|(word, _)| code.contains(word)).map(|(_, kind)| *kind)
}

/// What the service refuses a socket with.
const REFUSAL: Shape = Shape { code: &["/code"], words: &["/message"], kind: |code, _| kind_of(code) };
