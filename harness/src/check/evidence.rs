//! What shows that a verdict is right: the request, the answer's head, when which bytes came, the audio.

use bargein_wire::wav::{self, Format};
use bytes::Bytes;
use serde::Serialize;

use super::Target;
use super::raw::{Exchange, millis};

/// How many rows of the table of chunks are kept.
const MOST_ROWS: usize = 4_000;
/// How many of the first bytes are shown.
const FIRST_BYTES: usize = 64;
/// How much of a request or head is shown.
const MOST_TEXT: usize = 8 * 1024;

/// What shows that a verdict is right. Holds no secret of the target.
#[derive(Clone, Debug, Serialize)]
pub struct Evidence {
    /// What was asked, in a few words: `T-ZH as pcm`.
    pub label: String,
    /// The request as it was sent, with the key as `***`.
    pub request: String,
    /// Milliseconds that connecting took; 0 on a connection that was open.
    pub connect_ms: f64,
    /// The head of the answer as it came; empty when there is none.
    pub head: String,
    /// Milliseconds from the request's last byte to the whole head.
    pub head_ms: Option<f64>,
    /// Milliseconds from the request's last byte to the first byte of audio.
    pub first_audio_ms: Option<f64>,
    /// Milliseconds from the request's last byte to the end.
    pub end_ms: f64,
    /// How it ended.
    pub end: String,
    /// The chunks; without chunking, what single reads gave.
    pub chunks: Vec<ChunkRow>,
    /// How many more there were.
    pub chunks_left_out: usize,
    /// What is wrong with the chunks.
    pub faults: Vec<String>,
    /// The first bytes of the body in hex.
    pub first_bytes: String,
    /// How many bytes the body has.
    pub body_bytes: usize,
    /// The body as text, when it is not audio.
    pub body_text: Option<String>,
    /// The audio.
    pub audio: Option<Heard>,
    /// A line for a shell that asks the same.
    pub curl: String,
}

/// A row of the table of chunks.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct ChunkRow {
    /// Where its data begins in the body.
    pub offset: u64,
    /// How many bytes it holds.
    pub size: u64,
    /// Milliseconds from the request's last byte until all of it was there.
    pub at_ms: f64,
}

/// Audio as it was understood: signed 16 bit, little-endian, channels interleaved.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Heard {
    /// Samples a second.
    pub rate: u32,
    /// How many channels.
    pub channels: u16,
    /// Where the samples begin in the body: behind the header, if there is one.
    pub offset: usize,
    /// The samples. Not in the JSON report: they are large.
    #[serde(skip)]
    pub samples: Bytes,
    /// How long they last.
    #[serde(rename = "duration_ms")]
    pub millis: u64,
}

impl Heard {
    /// Audio of this form.
    #[must_use]
    pub fn new(rate: u32, channels: u16, offset: usize, samples: Bytes) -> Self {
        let a_second = u64::from(rate.max(1)) * u64::from(channels.max(1)) * 2;
        let millis = samples.len() as u64 * 1_000 / a_second;
        Self { rate, channels, offset, samples, millis }
    }

    /// How many seconds it lasts.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        let a_second = f64::from(self.rate.max(1)) * f64::from(self.channels.max(1)) * 2.0;
        self.samples.len() as f64 / a_second
    }

    /// A WAV file of it.
    #[must_use]
    pub fn wav(&self) -> Vec<u8> {
        let format = Format { channels: self.channels, rate: self.rate };
        let size = u32::try_from(self.samples.len()).unwrap_or(wav::UNKNOWN);
        [&wav::header(format, size)[..], &self.samples].concat()
    }
}

impl Evidence {
    /// What an exchange with this target shows.
    #[must_use]
    pub fn of(exchange: &Exchange, target: &Target, audio: Option<Heard>) -> Self {
        let rows = rows(exchange);
        let first_audio = audio.as_ref().filter(|audio| !audio.samples.is_empty());
        let first_audio = first_audio.and_then(|audio| exchange.arrival_of(audio.offset));
        let first = exchange.body.get(..FIRST_BYTES).unwrap_or(&exchange.body);
        let head = exchange.head.as_ref().map_or("", |head| &head.text);
        let is_text = audio.is_none() && !exchange.body.is_empty();
        Self {
            label: exchange.ask.label.clone(),
            request: target.redacted(&shown(&exchange.ask.bytes())),
            connect_ms: millis(exchange.connecting),
            head: target.redacted(&shown(head.as_bytes())),
            head_ms: exchange.head_ms(),
            first_audio_ms: first_audio.map(|at| exchange.ms(at)),
            end_ms: exchange.end_ms(),
            end: exchange.end.to_string(),
            chunks_left_out: rows.len().saturating_sub(MOST_ROWS),
            chunks: rows.into_iter().take(MOST_ROWS).collect(),
            faults: exchange.faults.clone(),
            first_bytes: first.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "),
            body_bytes: exchange.body.len(),
            body_text: is_text.then(|| target.redacted(&shown(&exchange.body))),
            audio,
            curl: exchange.ask.curl(target),
        }
    }
}

fn rows(exchange: &Exchange) -> Vec<ChunkRow> {
    if exchange.chunks.is_empty() {
        let row = |offset: usize, size: usize, at| ChunkRow {
            offset: offset as u64,
            size: size as u64,
            at_ms: exchange.ms(at),
        };
        return exchange
            .arrivals
            .iter()
            .map(|arrival| row(arrival.offset, arrival.size, arrival.at))
            .collect();
    }
    let row = |chunk: &super::raw::Chunk| ChunkRow {
        offset: chunk.offset,
        size: chunk.size,
        at_ms: exchange.ms(chunk.at),
    };
    exchange.chunks.iter().map(row).collect()
}

fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes.get(..MOST_TEXT).unwrap_or(bytes));
    if bytes.len() > MOST_TEXT { format!("{text}... ({} bytes)", bytes.len()) } else { text.into_owned() }
}
