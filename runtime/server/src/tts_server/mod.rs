//! The custom TTS protocol, server side: any vendor's voice behind `POST /api/v1/tts/stream`.
//!
//! A request is checked, authorised and asked for before the head of its answer leaves: whatever fails until then is
//! a refusal with a status. From the first audio on, chunks leave as the vendor's come. Deliberately out: other
//! protocols over the same voices, which are [`audio_api`](crate::audio_api).

mod answer;
mod ask;
mod call;
mod encode;
mod in_order;
mod kept;
mod layout;
mod ogg_opus;
mod refusal;
mod shared;
mod synthesis;
mod telling;
mod text;
mod voices;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use bargein_adapters::{RoomIdType, SessionIdentity};
use bargein_net::{ClientEnd, Held};
use bargein_wire::session_headers;
use futures_util::stream::{self, StreamExt as _};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use self::answer::{Answer, LastWords};
pub(crate) use self::ask::Ask;
use self::call::Caller;
pub(crate) use self::layout::{Layout, Packing};
pub(crate) use self::refusal::{Code, NotSpoken};
pub(crate) use self::shared::Chunks;
pub(crate) use self::synthesis::Memory;
pub use self::synthesis::Source;
use self::synthesis::Wish;
pub(crate) use self::telling::Telling;
pub use self::voices::{Voice, VoiceTarget, Voices};
use crate::request_body::{self, BodyError};
use crate::state::{Live, ServerState};

/// Where the protocol is spoken.
pub(crate) const PATH: &str = "/api/v1/tts/stream";
/// The longest body, in bytes: the longest text with every character escaped, and room for more members.
const BODY_LIMIT: usize = 1 << 20;
/// Tells proxies before us not to save up what we send.
const NO_BUFFERING: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

/// The path of the protocol, and a refusal in its shape for what lies beside it.
pub(crate) fn router() -> Router<Arc<ServerState>> {
    Router::new().route(PATH, any(say)).route("/api/v1/tts/{*beside}", any(beside))
}

async fn beside() -> Response {
    NotSpoken::new(Code::NotFound, format!("expected the path {PATH}, got another one")).into_response()
}

async fn say(State(state): State<Arc<ServerState>>, request: Request) -> Response {
    // Before the first await: a client that closes its side is to be told what became of its request.
    let client = request.extensions().get::<ClientEnd>().cloned().unwrap_or_default();
    let held = client.hold();
    let given = request_id(request.headers());
    let id = given.clone().unwrap_or_else(|| state.world.ids.uuid().to_string());
    let trace = header(request.headers(), "traceparent").unwrap_or_default();
    let mut telling = Telling::new(&state, PATH, id.clone(), trace);
    let opened = open(&state, request, given, &client, &mut telling).await;
    let response = match opened {
        Ok(opened) => opened.respond(client, held, telling),
        Err(refusal) => {
            // Whoever has closed his side has hung up, as far as anybody can tell: the refusal is for the others.
            if refusal.code != Code::ClientClosed {
                telling.refused(refusal.status(), refusal.fault);
            }
            refusal.into_response()
        }
    };
    identified(response, &id)
}

/// The answer with its request's id.
pub(crate) fn identified(mut response: Response, id: &str) -> Response {
    if let Ok(id) = HeaderValue::from_bytes(id.as_bytes()) {
        response.headers_mut().insert(HeaderName::from_static(session_headers::REQUEST_ID), id);
    }
    response
}

/// An answer whose first chunk is there.
pub(crate) struct Opened {
    content_type: &'static str,
    chunks: Chunks,
    last_words: Option<LastWords>,
}

impl Opened {
    /// An answer of audio.
    pub(crate) const fn new(content_type: &'static str, chunks: Chunks) -> Self {
        Self { content_type, chunks, last_words: None }
    }

    /// The same by another name.
    pub(crate) fn named(self, content_type: &'static str) -> Self {
        Self { content_type, ..self }
    }

    /// The same in other words, which have words for a failure too.
    pub(crate) fn in_words(
        self,
        content_type: &'static str,
        words: impl FnOnce(Chunks) -> Chunks,
        last_words: LastWords,
    ) -> Self {
        Self { content_type, chunks: words(self.chunks), last_words: Some(last_words) }
    }

    pub(crate) fn respond(self, client: ClientEnd, held: Held, telling: Telling) -> Response {
        let body = Answer::new(self.chunks, self.last_words, client, held, telling);
        let mut response = Response::new(Body::new(body));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(NO_BUFFERING.0, NO_BUFFERING.1);
        response
    }
}

async fn open(
    state: &Arc<ServerState>,
    request: Request,
    given: Option<String>,
    client: &ClientEnd,
    telling: &mut Telling,
) -> Result<Opened, NotSpoken> {
    let live = state.live();
    let (head, body) = request.into_parts();
    if head.method != Method::POST {
        return Err(NotSpoken::new(Code::MethodNotAllowed, "expected POST, got another method"));
    }
    // Before the body is read: who may not ask costs nothing.
    telling.admitted(live.clients.check(&head.headers)?);
    ask::check_type(&head.headers)?;
    let total = live.config.server.body_timeout.get();
    let body = request_body::read(body, BODY_LIMIT, total, &state.world.clock, client).await?;
    let ask = Ask::read(&body)?;
    let longest = live.config.speech.longest_text;
    if ask.text.chars().count() > longest {
        let message = format!("expected at most {longest} characters in `Text`, got more");
        return Err(NotSpoken::new(Code::TextTooLong, message));
    }
    let named = voice_in(head.uri.query());
    let voice = live.voices.find(named.as_deref()).ok_or_else(|| {
        let message =
            "expected the name of a voice of this server in `?voice=`, got another one, or there is none";
        NotSpoken::new(Code::VoiceNotFound, message)
    })?;
    begin(state, &live, voice, ask, &head.headers, given, client, telling).await
}

/// Begins to speak, and waits for the first chunk: what fails until then can be refused with a status.
#[expect(clippy::too_many_arguments, reason = "all that a request is, from two protocols")]
pub(crate) async fn begin(
    state: &Arc<ServerState>,
    live: &Live,
    voice: &Arc<Voice>,
    ask: Ask,
    headers: &HeaderMap,
    given: Option<String>,
    client: &ClientEnd,
    telling: &mut Telling,
) -> Result<Opened, NotSpoken> {
    telling.asked(&voice.config.name, &ask.text);
    let caller = Caller {
        clock: state.world.clock.clone(),
        voice: Arc::clone(voice),
        session: Arc::new(identity(headers)),
        request_id: telling.request_id().to_owned(),
        log: telling.log(),
    };
    let request = given.map(|id| (telling.client(), id));
    let content_type = ask.layout.content_type();
    let wish = Wish { text: ask.text, layout: ask.layout, request };
    let (source, mut chunks) = live.memory.answer(wish, caller, live.config.speech.cut_over);
    telling.from(source);
    let first = tokio::select! {
        biased;
        () = client.ended() => {
            let message = "expected the connection to stay open on both sides until the answer is whole, got its end";
            return Err(NotSpoken::new(Code::ClientClosed, message));
        }
        first = chunks.next() => first,
    };
    match first {
        Some(Ok(first)) => {
            let chunks = stream::iter([Ok(first)]).chain(chunks).boxed();
            Ok(Opened::new(content_type, chunks))
        }
        Some(Err(fault)) => Err(fault.into()),
        None => Err(NotSpoken::new(Code::Internal, "expected audio, got none")),
    }
}

impl From<BodyError> for NotSpoken {
    fn from(error: BodyError) -> Self {
        let code = match error {
            BodyError::TooLarge { .. } => Code::BodyTooLarge,
            BodyError::TooSlow { .. } => Code::RequestTimeout,
            BodyError::Cut { .. } => Code::ClientClosed,
        };
        Self::new(code, error.to_string())
    }
}

/// The caller's own id of the request, by either spelling.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    [session_headers::REQUEST_ID, session_headers::RQUEST_ID]
        .into_iter()
        .find_map(|name| header(headers, name))
        .filter(|id| !id.is_empty())
}

/// Which session asks: passed on to vendors that want to know.
pub(crate) fn identity(headers: &HeaderMap) -> SessionIdentity {
    let text = |name| header(headers, name).unwrap_or_default();
    let room_id_type = match text(session_headers::ROOM_ID_TYPE).trim_matches('"') {
        "0" => RoomIdType::Number,
        _ => RoomIdType::Text,
    };
    SessionIdentity {
        task_id: text(session_headers::TASK_ID),
        sdk_app_id: text(session_headers::SDK_APP_ID),
        user_id: text(session_headers::USER_ID),
        room_id: text(session_headers::ROOM_ID),
        room_id_type,
    }
}

pub(crate) fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// The voice that the address names, for a service that can only be given an address.
fn voice_in(query: Option<&str>) -> Option<String> {
    let pair = query?.split('&').find_map(|pair| pair.strip_prefix("voice="))?;
    let name = percent_encoding::percent_decode_str(pair).decode_utf8_lossy();
    Some(name.into_owned()).filter(|name| !name.is_empty())
}
