//! Synthesisers of which one POST has one text said: keys, limits and the script's faults in front of each vendor's
//! own shapes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::response::Response;
use bargein_wire::units::{Dur, Secret};
use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use serde_json::Value;

use super::socket::{self, SocketVoice};
use super::speech::{Piece, Speech, Wanted};
use crate::answer::{Action, Answer, Does, Head};
use crate::ledger::{Call, Exceeded, Ledger};
use crate::mischief;
use crate::observe::What;
use crate::play::{play, whole_response};
use crate::refusal::scripted_refusal;
use crate::request::body_value;
use crate::script::{TtsScript, Voice};

/// What is a vendor's own.
pub(crate) trait HttpVoice: 'static {
    /// Whether something is said at this path.
    fn takes(path: &str) -> bool;

    /// The key that a request shows; empty: none. Limits are counted by it.
    fn key(asked: &Asked) -> String;

    /// Whether a request shows this key. Default: as [`Self::key`] has it.
    fn is_let_in(asked: &Asked, key: &Secret) -> bool {
        Self::key(asked) == key.expose()
    }

    /// What a request wants said.
    fn text(asked: &Asked) -> Option<&str>;

    /// Reads a request; what is wrong with it is said in words.
    fn wanted(asked: &Asked, voice: &Voice) -> Result<Wanted, String>;

    /// The answer that says it.
    fn answer(asked: &Asked, speech: Speech) -> Answer;

    /// The answer that says no.
    fn refusal(refused: &Refused) -> Answer;

    /// A broken piece. Default: it lacks its last byte.
    fn spoil(piece: &Bytes) -> Bytes {
        piece.slice(..piece.len().saturating_sub(1))
    }
}

/// A request.
pub(crate) struct Asked {
    pub(super) path: String,
    pub(super) query: BTreeMap<String, String>,
    pub(super) headers: HeaderMap,
    /// As text when it is not JSON.
    pub(super) body: Value,
    /// As it was sent.
    pub(super) bytes: Bytes,
}

impl Asked {
    /// A header, empty without.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// A text of the body by its JSON pointer.
    pub(super) fn string(&self, pointer: &str) -> Option<&str> {
        self.body.pointer(pointer)?.as_str()
    }

    /// A number of the body by its JSON pointer, or this one without.
    pub(super) fn number(&self, pointer: &str, default: u32) -> u32 {
        let number = self.body.pointer(pointer).and_then(Value::as_u64);
        number.map_or(default, |number| u32::try_from(number).unwrap_or(u32::MAX))
    }
}

/// Why a request is refused. The status says which kind of refusal it is, also for vendors that send another one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Refused {
    pub(super) status: u16,
    /// The code; `None`: the usual one of the status.
    pub(super) code: Option<String>,
    /// In place of the usual words of the status.
    pub(super) message: Option<String>,
    /// When to come again.
    pub(super) retry_after: Option<Dur>,
}

impl Refused {
    pub(super) const fn new(status: u16) -> Self {
        Self { status, code: None, message: None, retry_after: None }
    }

    pub(super) fn saying(status: u16, message: String) -> Self {
        Self { message: Some(message), ..Self::new(status) }
    }

    /// The code, or the usual one.
    pub(super) fn code_or<'a>(&'a self, usual: &'a str) -> &'a str {
        self.code.as_deref().unwrap_or(usual)
    }

    /// The words, or the usual ones.
    pub(super) fn message_or<'a>(&'a self, usual: &'a str) -> &'a str {
        self.message.as_deref().unwrap_or(usual)
    }

    /// A whole answer with this status and body.
    pub(super) fn answer(&self, status: u16, content_type: &str, body: &impl ToString) -> Answer {
        let mut head = Head::new(status).with("content-type", content_type);
        if let Some(retry_after) = self.retry_after {
            head.set("retry-after", retry_after.get().as_millis().div_ceil(1000).to_string());
        }
        Answer::whole(head, body.to_string())
    }
}

/// An answer of which every piece leaves when it is there, framed by the vendor; `end` leaves with the last one.
pub(super) fn streamed(
    head: Head,
    speech: Speech,
    frame: impl Fn(&Speech, &Piece) -> Bytes + Send + 'static,
    end: impl FnOnce(&Speech) -> Bytes,
) -> Answer {
    let (first, length) = (speech.first, speech.length);
    let last = speech.pieces().last().map_or(first, |piece| piece.after);
    let end = Some(end(&speech)).filter(|end| !end.is_empty()).map(|end| Action::send(last, end));
    let pieces = speech.pieces();
    let sends = pieces.map(move |piece| {
        let bytes = frame(&speech, &piece);
        Action { after: piece.after, does: Does::Send { bytes, unit: Some(piece.number) } }
    });
    let told = Action::tell(first, What::FirstAudio { speech: length });
    Answer { head, body: Box::new([told].into_iter().chain(sends).chain(end)), words: String::new() }
}

/// An answer of one piece with all audio, which leaves when the last of it is there.
pub(super) fn in_one(content_type: &str, speech: &Speech, frame: impl FnOnce(&Piece) -> Bytes) -> Answer {
    let whole = speech.whole();
    let (after, length) = (whole.after, speech.length);
    let mut head = Head::new(200).with("content-type", content_type);
    head.after = Some(after);
    let send = Action { after, does: Does::Send { bytes: frame(&whole), unit: Some(1) } };
    let told = Action::tell(after, What::FirstAudio { speech: length });
    Answer { head, body: Box::new([told, send].into_iter()), words: String::new() }
}

/// The server of a vendor that speaks HTTP only.
pub(crate) fn router<V: HttpVoice>(script: TtsScript, ledger: Arc<Ledger>) -> Router {
    Router::new().fallback(route::<V>).with_state(Vendor::new(script, ledger))
}

/// The server of a vendor that speaks HTTP and WebSocket.
pub(crate) fn router_of_both<V: HttpVoice, S: SocketVoice>(script: TtsScript, ledger: Arc<Ledger>) -> Router {
    Router::new().fallback(route_both::<V, S>).with_state(Vendor::new(script, ledger))
}

/// The server of a vendor that speaks WebSocket only.
pub(crate) fn router_of_sockets<S: SocketVoice>(script: TtsScript, ledger: Arc<Ledger>) -> Router {
    Router::new().fallback(route_sockets::<S>).with_state(Vendor::new(script, ledger))
}

/// An upgrade to a WebSocket, if the request is one.
type Upgrade = Result<WebSocketUpgrade, WebSocketUpgradeRejection>;

struct Vendor {
    script: Arc<TtsScript>,
    ledger: Arc<Ledger>,
}

async fn route_both<V: HttpVoice, S: SocketVoice>(
    State(vendor): State<Arc<Vendor>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    upgrade: Upgrade,
    bytes: Bytes,
) -> Response {
    if S::takes(uri.path()) {
        return vendor.open::<S>(&uri, headers, upgrade).await;
    }
    route::<V>(State(vendor), method, uri, headers, bytes).await
}

async fn route_sockets<S: SocketVoice>(
    State(vendor): State<Arc<Vendor>>,
    uri: Uri,
    headers: HeaderMap,
    upgrade: Upgrade,
) -> Response {
    if S::takes(uri.path()) {
        vendor.open::<S>(&uri, headers, upgrade).await
    } else {
        socket::nowhere::<S>(uri.path())
    }
}

async fn route<V: HttpVoice>(
    State(vendor): State<Arc<Vendor>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let path = uri.path();
    if !V::takes(path) {
        return whole_response(V::refusal(&Refused::saying(
            404,
            format!("expected another path than {path}"),
        )));
    }
    if method != Method::POST {
        return whole_response(V::refusal(&Refused::saying(405, format!("expected POST, got {method}"))));
    }
    let asked = Asked::new(&uri, headers, bytes);
    let text = V::text(&asked).map(str::to_owned);
    let mut call = vendor.ledger.arrive(uri.path(), &asked.headers, asked.body.clone(), text);
    let answer = vendor.answer::<V>(&mut call, &asked).unwrap_or_else(|refused| V::refusal(&refused));
    play(vendor.ledger.world.clock.clone(), call, answer).await
}

impl Asked {
    fn new(uri: &Uri, headers: HeaderMap, bytes: Bytes) -> Self {
        let query = axum::extract::Query::try_from_uri(uri).map(|query| query.0).unwrap_or_default();
        Self { path: uri.path().to_owned(), query, headers, body: body_value(&bytes), bytes }
    }
}

impl Vendor {
    fn new(script: TtsScript, ledger: Arc<Ledger>) -> Arc<Self> {
        Arc::new(Self { script: Arc::new(script), ledger })
    }

    async fn open<S: SocketVoice>(&self, uri: &Uri, headers: HeaderMap, upgrade: Upgrade) -> Response {
        let asked = Asked::new(uri, headers, Bytes::new());
        socket::upgrade::<S>(Arc::clone(&self.script), Arc::clone(&self.ledger), asked, upgrade).await
    }

    fn answer<V: HttpVoice>(&self, call: &mut Call, asked: &Asked) -> Result<Answer, Refused> {
        let key = self.script.key();
        if !key.is_empty() && !V::is_let_in(asked, key) {
            return Err(Refused::new(401));
        }
        call.admit(&V::key(asked)).map_err(|exceeded| {
            let retry_after = match exceeded {
                Exceeded::Rate(wait) => Some(Dur::from(wait)),
                Exceeded::Concurrent => None,
            };
            Refused { retry_after, ..Refused::new(429) }
        })?;
        let request = self.script.request(call.request);
        let (does, faults) = (&request.does, &request.faults);
        let scripted = scripted_refusal(faults, |status| {
            let code = faults.code.as_ref().map(|code| code.0.clone());
            V::refusal(&Refused { code, retry_after: faults.retry_after, ..Refused::new(status) })
        });
        let mut answer = match scripted {
            Some(refusal) => refusal,
            None => match V::wanted(asked, &does.voice) {
                Ok(wanted) => {
                    let after = faults.after.get();
                    let speech = Speech::new(call.request, wanted, does, after, &mut call.rng());
                    let mut answer = V::answer(asked, speech);
                    answer.head.after = answer.head.after.map(|at: Duration| at.max(after));
                    answer
                }
                Err(message) => V::refusal(&Refused::saying(400, message)),
            },
        };
        answer.body = mischief::disturbed(answer.body, faults, V::spoil);
        answer.body = mischief::finished(answer.body, faults);
        mischief::change_head(&mut answer.head, faults);
        Ok(answer)
    }
}
