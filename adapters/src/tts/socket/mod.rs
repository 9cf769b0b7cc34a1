//! Vendors that take a text in pieces over a WebSocket, while its beginning is already being said.
//!
//! What differs between them is a [`Voice`], who knows where and how a socket is opened, and a [`Turn`] for each call,
//! who knows what is said on it. A socket that a call left in order serves the next one, if the vendor allows; if it
//! turns out to be dead, the call begins again on a new one. Deliberately out: several calls on one socket at once.

mod link;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_stream::try_stream;
use bargein_core::{FaultKind, VendorFault};
use bargein_net::{Clock, Connector, Ids, Io, Moment, World};
use bargein_wire::units::Secret;
use futures_util::stream::{BoxStream, Stream, StreamExt as _};
use http::{HeaderMap, StatusCode, Uri};
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use self::link::{connect, leave, read, send};
use super::post::Said;
use super::samples::{Samples, broken};
use super::{TextInPieces, Tts, TtsCall, TtsItem};
use crate::fault::{capped, redacted};

/// What is a vendor's own of its sockets.
pub(super) trait Voice: Send + Sync + 'static {
    /// What is a vendor's own of one call.
    type Turn: Turn;

    /// What must never be told.
    fn secrets(&self) -> Vec<&Secret>;

    /// Samples a second that are asked for.
    fn rate(&self) -> u32;

    /// Where a socket is opened, with which headers.
    fn address(&self, surroundings: &Surroundings<'_>) -> Result<(Uri, HeaderMap), VendorFault>;

    /// A call on a socket that is new, or has served others.
    fn turn(&self, call: &TtsCall, surroundings: &Surroundings<'_>, is_new: bool) -> Self::Turn;

    /// What an answer that opens no socket means.
    fn refusal(&self, status: StatusCode, body: &str) -> VendorFault;

    /// How long a socket may lie idle and still serve a call. Default: a socket serves one call.
    fn idle(&self) -> Option<Duration> {
        None
    }
}

/// What is a vendor's own of one call.
pub(super) trait Turn: Send + 'static {
    /// Said as soon as the socket is there.
    fn begin(&mut self) -> Vec<Message>;

    /// Whether the vendor takes text by now.
    fn is_ready(&self) -> bool;

    /// Has more text said.
    fn say(&mut self, text: &str) -> Vec<Message>;

    /// The text is whole.
    fn end(&mut self) -> Vec<Message>;

    /// Reads a message. An error ends the call.
    fn read(&mut self, message: Message) -> Result<Heard, VendorFault>;

    /// What it means that the vendor closes the socket before the call's end. Default: as its reason has it.
    fn closed(&self, frame: Option<CloseFrame>) -> VendorFault {
        of_close(frame)
    }
}

/// What a message of the vendor said.
#[derive(Default)]
pub(super) struct Heard {
    pub(super) said: Said,
    /// What is to be answered.
    pub(super) replies: Vec<Message>,
}

impl From<Said> for Heard {
    fn from(said: Said) -> Self {
        Self { said, replies: Vec::new() }
    }
}

/// What a call may need besides its settings.
pub(super) struct Surroundings<'a> {
    pub(super) unix_secs: u64,
    pub(super) ids: &'a Ids,
}

/// A client of a vendor.
pub(super) fn client<V: Voice>(world: &World, voice: V) -> Arc<dyn Tts> {
    let inner = Inner {
        connector: Connector::new(world),
        clock: world.clock.clone(),
        ids: world.ids.clone(),
        kept: Mutex::default(),
        voice,
    };
    Arc::new(Client(Arc::new(inner)))
}

struct Client<V>(Arc<Inner<V>>);

struct Inner<V> {
    connector: Connector,
    clock: Clock,
    ids: Ids,
    /// A socket that serves the next call, and since when it does nothing.
    kept: Mutex<Option<(Socket, Moment)>>,
    voice: V,
}

type Socket = WebSocketStream<Io>;

impl<V: Voice> Tts for Client<V> {
    fn start(&self, call: TtsCall) -> BoxStream<'static, TtsItem> {
        // No more text: the sender is dropped at once.
        let (_, more) = mpsc::channel(1);
        TextInPieces::start(self, call, more)
    }

    fn pieces(&self) -> Option<&dyn TextInPieces> {
        Some(self)
    }
}

impl<V: Voice> TextInPieces for Client<V> {
    fn start(&self, call: TtsCall, more: mpsc::Receiver<String>) -> BoxStream<'static, TtsItem> {
        let inner = Arc::clone(&self.0);
        items(Arc::clone(&self.0), call, more)
            .map(move |item| {
                let hide = |fault| inner.voice.secrets().into_iter().fold(fault, redacted);
                item.unwrap_or_else(|fault| TtsItem::Failed(hide(fault)))
            })
            .boxed()
    }
}

/// The text of a call, as far as it is known, and how much of it the vendor has.
struct Text {
    pieces: Vec<String>,
    given: usize,
    /// Whether more may come.
    is_open: bool,
    is_ended: bool,
}

fn items<V: Voice>(
    inner: Arc<Inner<V>>,
    call: TtsCall,
    mut more: mpsc::Receiver<String>,
) -> impl Stream<Item = Result<TtsItem, VendorFault>> {
    try_stream! {
        let mut text = Text { pieces: vec![call.request.text.clone()], given: 0, is_open: true, is_ended: false };
        let mut samples = Samples::new(inner.voice.rate());
        let mut is_responding = false;
        let mut kept = inner.take();
        'socket: loop {
            let is_new = kept.is_none();
            let mut socket = match kept.take() {
                Some(socket) => socket,
                None => Box::pin(inner.connect()).await?,
            };
            let mut turn = inner.voice.turn(&call, &inner.surroundings(), is_new);
            (text.given, text.is_ended) = (0, false);
            let mut sent = send(&mut socket, turn.begin()).await;
            loop {
                if sent.is_ok() && turn.is_ready() {
                    if !is_responding {
                        is_responding = true;
                        yield TtsItem::Responding;
                    }
                    sent = text.give(&mut socket, &mut turn, &call).await;
                }
                let heard = match std::mem::replace(&mut sent, Ok(())) {
                    Err(fault) => Err(fault),
                    Ok(()) => tokio::select! {
                        biased;
                        message = socket.next() => read(message, &mut turn),
                        piece = more.recv(), if text.is_open => {
                            text.is_open = piece.is_some();
                            text.pieces.extend(piece);
                            Ok(Heard::default())
                        }
                    },
                };
                let heard = match heard {
                    // It died while nobody looked: nothing of this call has been heard.
                    Err(fault) if !is_new && !is_responding && fault.kind == FaultKind::Broken => continue 'socket,
                    heard => heard?,
                };
                sent = send(&mut socket, heard.replies).await;
                if let Some(audio) = samples.push(heard.said.audio) {
                    yield audio;
                }
                if !heard.said.words.is_empty() {
                    yield TtsItem::Words(heard.said.words);
                }
                if heard.said.is_last {
                    inner.give_back(socket).await;
                    break 'socket;
                }
            }
        }
        samples.finish()?;
        yield TtsItem::Finished;
    }
}

impl Text {
    /// Gives the vendor what it does not have yet.
    async fn give(
        &mut self,
        socket: &mut Socket,
        turn: &mut impl Turn,
        call: &TtsCall,
    ) -> Result<(), VendorFault> {
        while let Some(piece) = self.pieces.get(self.given) {
            send(socket, turn.say(piece)).await?;
            self.given += 1;
            if self.given == 1 {
                call.written.tell();
            }
        }
        if !self.is_open && !self.is_ended {
            self.is_ended = true;
            send(socket, turn.end()).await?;
        }
        Ok(())
    }
}

impl<V: Voice> Inner<V> {
    fn surroundings(&self) -> Surroundings<'_> {
        Surroundings { unix_secs: self.clock.unix_millis() / 1000, ids: &self.ids }
    }

    async fn connect(&self) -> Result<Socket, VendorFault> {
        let (address, headers) = self.voice.address(&self.surroundings())?;
        connect(&self.connector, &self.clock, &address, headers, |status, body| {
            self.voice.refusal(status, body)
        })
        .await
    }

    /// The socket that a call left, if it may still serve.
    fn take(&self) -> Option<Socket> {
        let (socket, since) = self.kept.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let is_fresh = self.voice.idle().is_some_and(|idle| self.clock.now().since(since) < idle);
        is_fresh.then_some(socket)
    }

    /// Keeps a socket for the next call, or says goodbye on it.
    async fn give_back(&self, socket: Socket) {
        if self.voice.idle().is_none() {
            return leave(&self.clock, socket).await;
        }
        let kept = Some((socket, self.clock.now()));
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = kept;
    }
}

/// The connection was closed before the vendor had said that nothing follows.
pub(super) fn of_close(frame: Option<CloseFrame>) -> VendorFault {
    let fault = broken("expected audio up to the vendor's end mark, got the end of the connection");
    let Some(CloseFrame { code, reason }) = frame else { return fault };
    let fault = fault.with_code(u16::from(code).to_string());
    if reason.is_empty() { fault } else { VendorFault { message: capped(&reason), ..fault } }
}

/// The JSON text of a message; anything else is no message of such a vendor.
pub(super) fn json<T: serde::de::DeserializeOwned>(message: &Message) -> Result<T, VendorFault> {
    let text = match message {
        Message::Text(text) => text.as_str(),
        _ => return Err(broken("expected a message of text, got one of bytes")),
    };
    serde_json::from_str(text)
        .map_err(|error| broken(&format!("expected a message of the speech, got `{text}`: {error}")))
}

/// A message with this JSON.
pub(super) fn text(json: &serde_json::Value) -> Message {
    Message::text(json.to_string())
}
