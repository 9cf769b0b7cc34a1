//! Vendors of which one POST has one text said: the request, the answer read to samples, its end.
//!
//! What differs between them is a [`Voice`]. Deliberately out: vendors that take a text in pieces, and the protocol
//! whose answers are judged by their head alone, which reads its own.

mod frames;

use std::sync::Arc;
use std::time::Duration;

use async_stream::try_stream;
use bargein_core::{FaultKind, VendorFault};
use bargein_net::{Clock, World};
use bargein_wire::units::Secret;
use bytes::Bytes;
use futures_util::stream::{BoxStream, Stream, StreamExt as _};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, Uri};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde_json::{Map, Value};

use self::frames::{Frame, Frames};
use super::samples::{Samples, broken};
use super::{Tts, TtsCall, TtsItem, Word};
use crate::fault::{of_break, redacted};
use crate::http::{Http, failure_text, header};

/// How long the end of a body is waited for behind the vendor's own end mark: then its connection serves again.
const LEFTOVERS: Duration = Duration::from_millis(50);

/// What is a vendor's own.
pub(super) trait Voice: Send + Sync + 'static {
    /// What must never be told.
    fn secrets(&self) -> Vec<&Secret>;

    /// Samples a second that are asked for.
    fn rate(&self) -> u32;

    /// The request for a text.
    fn post(&self, call: &TtsCall, unix_secs: u64) -> Result<Post, VendorFault>;

    /// How the audio of a good status is packed, by its content type; `None`: the answer is a refusal all the same.
    fn packing(&self, content_type: &str) -> Option<Packing>;

    /// Reads one message of an answer that is not bare samples. `after_audio`: whether one before held audio.
    fn read(&self, message: &str, after_audio: bool) -> Result<Said, VendorFault>;

    /// Whether the end of the body is the only end mark there is, although it is made of messages. Default false.
    fn is_whole_without_mark(&self) -> bool {
        false
    }

    /// What a refusal means.
    fn refusal(&self, status: StatusCode, body: &str) -> VendorFault;
}

/// One request.
pub(super) struct Post {
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

/// How the audio of an answer is packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Packing {
    /// The body is the samples; its end is theirs.
    Samples,
    /// Server-sent events, each a message.
    Events,
    /// Lines, each a message.
    Lines,
    /// The whole body is one message.
    Document,
}

/// What one message says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Said {
    /// Bytes of samples, cut anywhere.
    pub(super) audio: Bytes,
    /// Words of the text, with the times from the first sample of the call.
    pub(super) words: Vec<Word>,
    /// Whether no audio follows.
    pub(super) is_last: bool,
}

/// A client of a vendor.
pub(super) fn client<V: Voice>(world: &World, voice: V) -> Arc<dyn Tts> {
    Arc::new(Client(Arc::new(Inner { http: Http::new(world), voice })))
}

struct Client<V>(Arc<Inner<V>>);

struct Inner<V> {
    http: Http,
    voice: V,
}

impl<V: Voice> Tts for Client<V> {
    fn start(&self, call: TtsCall) -> BoxStream<'static, TtsItem> {
        let inner = Arc::clone(&self.0);
        items(Arc::clone(&self.0), call)
            .map(move |item| {
                let hide = |fault| inner.voice.secrets().into_iter().fold(fault, redacted);
                item.unwrap_or_else(|fault| TtsItem::Failed(hide(fault)))
            })
            .boxed()
    }
}

fn items<V: Voice>(inner: Arc<Inner<V>>, call: TtsCall) -> impl Stream<Item = Result<TtsItem, VendorFault>> {
    try_stream! {
        let (response, packing) = inner.ask(call).await?;
        yield TtsItem::Responding;
        let mut body = response.into_body();
        let mut frames = Frames::new(packing);
        let mut samples = Samples::new(inner.voice.rate());
        let mut is_whole = packing == Packing::Samples || inner.voice.is_whole_without_mark();
        'body: loop {
            let more = body.frame().await;
            let is_end = more.is_none();
            match more {
                Some(frame) => frames.push(frame.map_err(|error| of_break(&error))?.into_data().unwrap_or_default())?,
                None => frames.end(),
            }
            while let Some(frame) = frames.next()? {
                let said = match frame {
                    Frame::Samples(audio) => Said { audio, ..Said::default() },
                    Frame::Message(message) => inner.voice.read(&message, samples.has_some())?,
                };
                if let Some(audio) = samples.push(said.audio) {
                    yield audio;
                }
                if !said.words.is_empty() {
                    yield TtsItem::Words(said.words);
                }
                if said.is_last {
                    is_whole = true;
                    drain(&inner.http.clock, body).await;
                    break 'body;
                }
            }
            if is_end {
                break;
            }
        }
        if !is_whole {
            Err(broken("expected audio up to the vendor's end mark, got the end of the answer"))?;
        }
        samples.finish()?;
        yield TtsItem::Finished;
    }
}

/// Reads a body to its end, if that is near.
async fn drain(clock: &Clock, mut body: Incoming) {
    // Not there in time: its connection is closed, which costs a handshake.
    let _ = clock.timeout(LEFTOVERS, async { while let Some(Ok(_)) = body.frame().await {} }).await;
}

impl<V: Voice> Inner<V> {
    /// Sends the text; the head of the answer promises audio, the body is not read.
    async fn ask(&self, call: TtsCall) -> Result<(Response<Incoming>, Packing), VendorFault> {
        let Post { uri, headers, body } = self.voice.post(&call, self.http.clock.unix_millis() / 1000)?;
        let response = self.http.post(&uri, headers, body, call.written).await?;
        let status = response.status();
        let content_type = header(&response, &CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
        if let Some(packing) = self.voice.packing(&content_type).filter(|_| status.is_success()) {
            return Ok((response, packing));
        }
        let (head, body) = response.into_parts();
        let retry_after = self.http.retry_after(&head.headers);
        Err(VendorFault { retry_after, ..self.voice.refusal(status, &failure_text(body).await) })
    }
}

/// Whether a content type is, or may be, that of bare samples.
pub(super) fn is_audio(content_type: &str) -> bool {
    content_type.is_empty()
        || content_type.starts_with("audio/")
        || content_type.starts_with("application/octet-stream")
}

/// The headers of a request; those with an empty value are left out. Keys are never logged.
pub(super) fn headers<const N: usize>(all: [(&'static str, &str); N]) -> Result<HeaderMap, VendorFault> {
    let mut headers = HeaderMap::with_capacity(N + 1);
    for (name, value) in all.into_iter().filter(|(_, value)| !value.is_empty()) {
        let mut header = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| {
            let told = format!("expected no control characters in the header {name}, got some");
            VendorFault::new(FaultKind::BadRequest, told)
        })?;
        header.set_sensitive(name.contains("key") || name == "authorization");
        headers.insert(HeaderName::from_static(name), header);
    }
    Ok(headers)
}

/// A body with further members that win over ours.
pub(super) fn body(ours: Value, extra: &Map<String, Value>) -> String {
    body_value(ours, extra).to_string()
}

/// The same as JSON. Members of ours without a value are left out.
pub(super) fn body_value(mut ours: Value, extra: &Map<String, Value>) -> Value {
    if let Some(members) = ours.as_object_mut() {
        members.retain(|_, value| !value.is_null());
        members.extend(extra.clone());
    }
    ours
}
