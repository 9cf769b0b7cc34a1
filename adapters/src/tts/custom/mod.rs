//! The custom TTS protocol: one POST a segment, one chunked body of audio.
//!
//! Strict by default, as the product checks content type and transfer encoding "by force". What the protocol leaves
//! open is read so: little-endian samples, header sizes that are made up, failures after the first audio as a broken
//! connection. Only `wav` and `pcm`, as the product itself. Wire types: [`bargein_wire::custom_tts`].

mod audio;
mod head;

use std::sync::Arc;

use async_stream::try_stream;
use bargein_core::{FaultKind, VendorFault};
use bargein_net::World;
use bargein_wire::custom_tts::{Format, REQUEST_TYPE, Request};
use bargein_wire::units::Secret;
use futures_util::stream::{BoxStream, Stream, StreamExt as _};
use http::{Response, Uri};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use schemars::JsonSchema;
use serde::Deserialize;

use self::audio::Audio;
use super::{Tts, TtsCall, TtsItem};
use crate::fault::{of_break, redacted};
use crate::http::{Http, failure_text, headers};
use crate::registry::{OpenError, VendorSettings, address, sample_rate};

/// How a server is reached, and what it is asked for.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The whole address.
    pub url: String,
    /// The key, sent as a bearer token. Default none.
    #[serde(default)]
    pub key: Secret,
    /// How the audio is packed. Default WAV.
    #[serde(default)]
    pub format: Packing,
    /// Samples a second. Default 16000.
    #[serde(default = "default_sample_rate")]
    pub sample_rate: u32,
    /// 1 or 2; two are mixed into one. Default 1.
    #[serde(default = "default_channels")]
    pub channels: u16,
    /// Whether the samples come big-endian, as the registered type `audio/L16` has them. Default false.
    #[serde(default)]
    pub big_endian: bool,
    /// Whether content type and chunks are taken as they come: aliases of the types, a `Content-Length`, other rates
    /// and channels than asked. Default false: each is a fault.
    #[serde(default)]
    pub lenient: bool,
    /// Whether a WAV header of another rate or other channels than asked is a fault. Default false: it is believed.
    #[serde(default)]
    pub match_header: bool,
}

/// How the audio is packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Packing {
    /// A RIFF header, then as [`Self::Pcm`].
    #[default]
    Wav,
    /// Signed 16-bit samples.
    Pcm,
}

impl Packing {
    const fn format(self) -> Format {
        match self {
            Self::Wav => Format::Wav,
            Self::Pcm => Format::Pcm,
        }
    }
}

const fn default_sample_rate() -> u32 {
    16_000
}

const fn default_channels() -> u16 {
    1
}

impl VendorSettings for Settings {
    type Client = dyn Tts;

    fn open(self, world: &World) -> Result<Arc<dyn Tts>, OpenError> {
        let uri = address("url", &self.url, ["http", "https"])?;
        sample_rate(self.sample_rate)?;
        if !(1..=2).contains(&self.channels) {
            let message = format!("expected 1 or 2 channels, got {}", self.channels);
            return Err(OpenError::Settings { path: "channels".to_owned(), message });
        }
        Ok(Arc::new(Server(Arc::new(Inner { http: Http::new(world), uri, settings: self }))))
    }
}

/// A client of one server.
struct Server(Arc<Inner>);

struct Inner {
    http: Http,
    uri: Uri,
    settings: Settings,
}

impl Tts for Server {
    fn start(&self, call: TtsCall) -> BoxStream<'static, TtsItem> {
        let key = self.0.settings.key.clone();
        items(Arc::clone(&self.0), call)
            .map(move |item| item.unwrap_or_else(|fault| TtsItem::Failed(redacted(fault, &key))))
            .boxed()
    }
}

fn items(inner: Arc<Inner>, call: TtsCall) -> impl Stream<Item = Result<TtsItem, VendorFault>> {
    try_stream! {
        let response = inner.ask(call).await?;
        let mut audio = Audio::new(&inner.settings, head::format(&response, &inner.settings)?);
        yield TtsItem::Responding;
        let mut body = response.into_body();
        while let Some(frame) = body.frame().await {
            let bytes = frame.map_err(|error| of_break(&error))?.into_data().unwrap_or_default();
            audio.push(bytes);
            while let Some((samples, format)) = audio.next()? {
                yield TtsItem::Audio(samples, format);
            }
        }
        if let Some((samples, format)) = audio.finish()? {
            yield TtsItem::Audio(samples, format);
        }
        yield TtsItem::Finished;
    }
}

impl Inner {
    /// Sends the text; the head of the answer promises audio, the body is not read.
    async fn ask(&self, call: TtsCall) -> Result<Response<Incoming>, VendorFault> {
        let request = Request {
            text: call.request.text,
            format: self.settings.format.format(),
            sample_rate: self.settings.sample_rate,
            channel: self.settings.channels,
        };
        let body = serde_json::to_string(&request)
            .map_err(|error| VendorFault::new(FaultKind::BadRequest, error.to_string()))?;
        let headers = headers(REQUEST_TYPE, &self.settings.key, &call.request_id, &call.session)?;
        let response = self.http.post(&self.uri, headers, body, call.written).await?;
        if head::is_success(&response) {
            return Ok(response);
        }
        let (head, body) = response.into_parts();
        let retry_after = self.http.retry_after(&head.headers);
        Err(VendorFault { retry_after, ..head::refusal(head.status, &failure_text(body).await) })
    }
}
