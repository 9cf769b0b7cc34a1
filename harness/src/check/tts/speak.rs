//! Asking the server to speak.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::heard;
pub(crate) use crate::check::quantile;
use crate::check::raw::{Ask, End, Exchange, Limits};
use crate::check::{Context, Gate, Heard, Outcome, text};

/// The two formats of the protocol's first phase.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// A header and samples.
    Wav,
    /// Samples.
    Pcm,
}

impl Format {
    /// Samples when they are offered, for they need no header; a WAV otherwise.
    #[must_use]
    pub fn plain(cx: &Context) -> Self {
        if Self::Pcm.offered(cx).is_ok() { Self::Pcm } else { Self::Wav }
    }

    /// Whether the user says that the server offers it, or says nothing.
    ///
    /// # Errors
    /// The outcome of a check that needs it: skipped.
    pub fn offered(self, cx: &Context) -> Result<(), Outcome> {
        let formats = &cx.settings().formats;
        if formats.is_empty() || formats.iter().any(|format| format == self.word()) {
            return Ok(());
        }
        Err(Outcome::skip(format!("{self} is not offered (--format {})", formats.join(","))))
    }

    /// The word in a request.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Pcm => "pcm",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A request to speak, as its JSON and its headers.
#[derive(Clone, Debug)]
pub struct Say {
    text: String,
    /// The raw JSON of the text; `None` leaves the key out.
    text_json: Option<String>,
    fields: Map<String, Value>,
    /// The value of `X-Request-Id`; `None`: a fresh one.
    id: Option<String>,
}

impl Say {
    /// A text of the corpus and nothing else.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self { text: id.to_owned(), text_json: Some(text(id).json()), fields: Map::new(), id: None }
    }

    /// A text of the corpus in this format, everything else by default.
    #[must_use]
    pub fn format(id: &str, format: Format) -> Self {
        Self::new(id).with("Format", json!(format.word()))
    }

    /// With this key of the body.
    #[must_use]
    pub fn with(mut self, key: &str, value: Value) -> Self {
        self.fields.insert(key.to_owned(), value);
        self
    }

    /// Without a text.
    #[must_use]
    pub fn without_text(mut self) -> Self {
        self.text_json = None;
        self
    }

    /// With this request id.
    #[must_use]
    pub fn id(mut self, id: &str) -> Self {
        self.id = Some(id.to_owned());
        self
    }

    /// What it is called in evidence: `T-ZH as pcm, SampleRate 24000`.
    #[must_use]
    pub fn label(&self) -> String {
        let mut label = self.text.clone();
        for (key, value) in &self.fields {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            label += &if key == "Format" { format!(" as {value}") } else { format!(", {key} {value}") };
        }
        // A label never ends with the id of the text alone: `T-EMO` and `T-EMOMIX` begin alike.
        if self.fields.is_empty() { label + " by default" } else { label }
    }

    /// The body.
    #[must_use]
    pub fn json(&self) -> String {
        let text = self.text_json.iter().map(|text| format!("\"Text\":{text}"));
        let fields = self.fields.iter().map(|(key, value)| format!("{}:{value}", json!(key)));
        format!("{{{}}}", text.chain(fields).collect::<Vec<_>>().join(","))
    }

    /// The request with the headers of the platform.
    #[must_use]
    pub fn ask(&self, cx: &Context) -> Ask {
        let id = self.id.clone().unwrap_or_else(|| cx.world().ids.uuid().to_string());
        let ask = Ask::new(self.label(), "POST", cx.target())
            .and_header("Content-Type", "application/json;charset=UTF-8")
            .and_header("X-Task-Id", "bargein-check")
            .and_header("X-Request-Id", &id)
            .and_header("X-Rquest-Id", &id)
            .and_header("X-Sdk-App-Id", "1400000000")
            .and_header("X-User-Id", "bargein")
            .and_header("X-Room-Id", "1001")
            .and_header("X-Room-Id-Type", "0")
            .body(self.json());
        match &cx.target().key {
            Some(key) => ask.and_header("Authorization", &format!("Bearer {}", key.expose())),
            None => ask,
        }
    }

    /// How long and how large the answer may be, before it counts as endless.
    #[must_use]
    pub fn limits(&self) -> Limits {
        limits(&self.text)
    }

    /// Says it on a connection of its own.
    pub async fn said(&self, cx: &Context) -> Exchange {
        cx.ask(&self.ask(cx), limits(&self.text)).await
    }

    /// Says it once in a run: whoever says the same gets the same answer.
    pub async fn said_once(&self, cx: &Context) -> Arc<Exchange> {
        cx.shared_ask(self.ask(cx), limits(&self.text)).await
    }
}

/// Whether two lengths differ by at most this share of the second.
pub(super) fn same_length(one: f64, other: f64, share: f64) -> bool {
    (one - other).abs() <= other * share
}

/// The text that is long enough to show a stream: shorter in a quick run.
pub(super) fn long_text(cx: &Context) -> &'static str {
    if cx.settings().quick { "T-60" } else { "T-300" }
}

pub(super) fn limits(id: &str) -> Limits {
    match id {
        "T-300" => Limits::seconds(150),
        "T-60" => Limits::seconds(30),
        "T-2K" | "T-20K" => Limits::seconds(60),
        _ => Limits::seconds(15),
    }
}

/// Whether the server answers the base case with something that has an end.
pub(super) async fn gate(cx: &Context) -> Gate {
    let exchange = Say::new("T-ZH").said_once(cx).await;
    match (&exchange.end, exchange.status()) {
        (End::Unreached(why), _) => Gate::Unreached(why.to_string()),
        (End::Complete | End::Closed | End::Malformed(_), 200) => Gate::Open,
        _ => Gate::Broken(format!("the base case HTTP-01 fails: {}", exchange.summary())),
    }
}

/// The figures of the comparable line.
pub(super) fn figures(cx: &Context) -> Vec<String> {
    let mut figures = Vec::new();
    let first = cx.series("first_audio_ms");
    if let Some(p50) = quantile(&first, 50) {
        figures.push(match quantile(&first, 95).filter(|_| first.len() >= 20) {
            Some(p95) => format!("first audio p50 {p50:.0} ms p95 {p95:.0} ms"),
            None => format!("first audio p50 {p50:.0} ms"),
        });
    }
    let rtf = cx.series("rtf");
    figures.extend(quantile(&rtf, 50).map(|rtf| format!("RTF {rtf:.2}")));
    figures.extend(cx.series("streams").last().map(|streams| format!("streams {streams:.0}")));
    figures
}

impl Exchange {
    /// The audio of an answer that succeeded.
    ///
    /// # Errors
    /// The outcome of a check that needs it: skipped when the server refuses in the protocol's own way, and
    /// not judged when there is no whole answer.
    pub(super) fn audio(&self) -> Result<Heard, Outcome> {
        if let End::Unreached(why) = &self.end {
            return Err(Outcome::error(why.to_string()));
        }
        let label = &self.ask.label;
        let head = self
            .head
            .as_ref()
            .ok_or_else(|| Outcome::error(format!("{label}: {}", self.summary())).with(self))?;
        if head.media_type() == "application/json" {
            let body = String::from_utf8_lossy(&self.body[..self.body.len().min(200)]).into_owned();
            return Err(Outcome::skip(format!("{label} is refused: {} {body}", head.status)).with(self));
        }
        let is_readable = matches!(self.end, End::Complete | End::Closed | End::Enough);
        let audio = heard(self).filter(|_| is_readable);
        audio.ok_or_else(|| Outcome::error(format!("{label}: no audio in {}", self.summary())).with(self))
    }

    /// Milliseconds from the request's last byte to the first byte of audio.
    #[must_use]
    pub fn first_audio_ms(&self) -> Option<f64> {
        let heard = heard(self).filter(|heard| !heard.samples.is_empty())?;
        self.arrival_of(heard.offset).map(|at| self.ms(at))
    }

    /// Milliseconds from the request's last byte to the last byte of the body.
    #[must_use]
    pub fn last_byte_ms(&self) -> f64 {
        self.arrivals.last().map_or_else(|| self.end_ms(), |arrival| self.ms(arrival.at))
    }
}
