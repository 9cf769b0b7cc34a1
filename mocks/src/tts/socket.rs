//! Synthesisers that take a text in pieces over a WebSocket: keys, limits, times and the script's faults around each
//! vendor's own messages.
//!
//! A call is one text, from its first piece to its end; a socket may serve several, one after the other. It counts as
//! a request when the first piece of its text is there, so that what is said stands beside it.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::{IntoResponse as _, Response};
use bargein_net::{ChaCha8Rng, Clock, World};
use bargein_wire::units::{Dur, Secret};
use http::StatusCode;
use serde_json::json;

use super::http::{Asked, Refused};
use super::outbox::{Next, Outbox};
use super::speech::{Piece, Speech, Wanted};
use crate::answer::Answer;
use crate::ledger::{Call, Exceeded, Ledger};
use crate::observe::What;
use crate::play::{play, whole_response};
use crate::script::{CutBy, Request, TtsBehaviour, TtsScript, Voice};

/// WebSocket buffers: a text is one line, a piece of audio some kilobytes.
const BUFFER: usize = 4 * 1024;

/// The status of every call that was taken.
const SWITCHING_PROTOCOLS: u16 = 101;

/// How long a client may take to say goodbye.
const PARTING: Duration = Duration::from_secs(1);

/// What is a vendor's own: one open socket.
pub(crate) trait SocketVoice: Send + Sized + 'static {
    /// Whether sockets are opened at this path.
    fn takes(path: &str) -> bool;

    /// The key that an upgrade shows; empty: none. Limits are counted by it.
    fn key(asked: &Asked) -> String;

    /// Whether an upgrade shows this key. Default: as [`Self::key`] has it.
    fn is_let_in(asked: &Asked, key: &Secret) -> bool {
        Self::key(asked) == key.expose()
    }

    /// The answer that opens no socket.
    fn refusal(refused: &Refused) -> Answer;

    /// A socket that has been opened, and what is said first.
    fn open(asked: &Asked) -> (Self, Vec<Message>);

    /// Reads a message of the client.
    fn read(&mut self, message: &Message) -> Result<Vec<Ask>, Refused>;

    /// Samples a second that are wanted, or what is wrong with what is wanted.
    fn rate(&self) -> Result<u32, String>;

    /// The messages of one piece of audio; `before`: how much of the call was said before its text.
    fn audio(&mut self, speech: &Speech, piece: &Piece, before: Duration) -> Vec<Message>;

    /// Said when the audio of one piece of text has left. Default nothing.
    fn said(&mut self) -> Vec<Message> {
        Vec::new()
    }

    /// Said when all audio of a text has left.
    fn done(&mut self) -> Vec<Message>;

    /// Said instead of audio: the call has failed, and with it most often the socket.
    fn failed(&mut self, refused: &Refused) -> (Vec<Message>, Option<(u16, String)>);

    /// Whether a socket serves one call only. Default: it serves more.
    fn serves_once() -> bool {
        false
    }
}

/// What a client asks for with a message.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Ask {
    /// Say more text.
    Say(String),
    /// The text is whole.
    End,
    /// Drop the text and its audio.
    Cancel,
    /// To be answered at once.
    Reply(Message),
}

/// Opens a socket, unless the upgrade is refused.
pub(super) async fn upgrade<V: SocketVoice>(
    script: Arc<TtsScript>,
    ledger: Arc<Ledger>,
    asked: Asked,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade.read_buffer_size(BUFFER).write_buffer_size(BUFFER).protocols(["USP"]),
        Err(rejection) => return rejection.into_response(),
    };
    let key = script.key();
    if !key.is_empty() && !V::is_let_in(&asked, key) {
        let call = ledger.arrive(&asked.path, &asked.headers, json!(asked.query), None);
        return play(ledger.world.clock.clone(), call, V::refusal(&Refused::new(401))).await;
    }
    upgrade.on_upgrade(async move |socket| {
        let tasks = ledger.world.tasks.clone();
        tasks.spawn("tts socket", serve::<V>(script, ledger, asked, socket)).detach();
    })
}

/// A path that is nobody's.
pub(super) fn nowhere<V: SocketVoice>(path: &str) -> Response {
    let message = Some(format!("expected another path than {path}"));
    whole_response(V::refusal(&Refused { message, ..Refused::new(StatusCode::NOT_FOUND.as_u16()) }))
}

/// A text being said.
struct Saying {
    call: Call,
    request: Request<TtsBehaviour>,
    rng: ChaCha8Rng,
    outbox: Outbox,
    /// When the audio of what was said before has left.
    until: Duration,
    /// How long it is.
    length: Duration,
    is_told: bool,
    is_ended: bool,
}

/// Owns a socket until it is over.
async fn serve<V: SocketVoice>(
    script: Arc<TtsScript>,
    ledger: Arc<Ledger>,
    asked: Asked,
    mut socket: WebSocket,
) {
    let World { clock, tasks, .. } = ledger.world.clone();
    let (mut voice, opening) = V::open(&asked);
    if send(&mut socket, opening).await.is_err() {
        return;
    }
    let mut saying: Option<Saying> = None;
    // A call that is never answered.
    let mut hung: Option<Call> = None;
    let mut stopping = std::pin::pin!(tasks.stopping());
    let mut closed = std::pin::pin!(ledger.closed());
    loop {
        while let Some((next, at)) = saying.as_mut().and_then(|saying| saying.take_due(&clock)) {
            if let Some(saying) = saying.as_mut().filter(|saying| !saying.is_told && at.is_audio) {
                saying.is_told = true;
                saying.call.tell(What::FirstAudio { speech: saying.length });
            }
            match next {
                Next::Send(messages) => {
                    if send(&mut socket, messages).await.is_err() {
                        return;
                    }
                }
                Next::Cut(by) => {
                    if let Some(saying) = saying.take() {
                        saying.call.break_off();
                    }
                    if by == CutBy::CleanEnd {
                        close(&clock, socket, None).await;
                    }
                    return;
                }
            }
        }
        if let Some(over) = saying.take_if(|saying| saying.is_ended && saying.outbox.is_empty()) {
            if send(&mut socket, voice.done()).await.is_err() {
                return;
            }
            over.call.finish(SWITCHING_PROTOCOLS, "");
            if V::serves_once() {
                // Official clients take a goodbye without a code for a failure.
                let goodbye = CloseFrame { code: 1000, reason: String::new().into() };
                return close(&clock, socket, Some(goodbye)).await;
            }
        }
        let due = saying.as_ref().and_then(Saying::next_due);
        let message = tokio::select! {
            biased;
            () = &mut stopping => return,
            () = &mut closed => return,
            message = socket.recv() => message,
            () = clock.sleep_until_option(due) => continue,
        };
        let asks = match message {
            Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => voice.read(&message),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
            Some(Ok(Message::Close(_)) | Err(_)) | None => return,
        };
        let mut failed = asks.as_ref().err().cloned();
        for ask in asks.unwrap_or_default() {
            match ask {
                Ask::Reply(message) => {
                    if send(&mut socket, vec![message]).await.is_err() {
                        return;
                    }
                }
                Ask::Cancel => saying = None,
                Ask::End => match &mut saying {
                    Some(saying) => saying.is_ended = true,
                    None => {
                        if send(&mut socket, voice.done()).await.is_err() {
                            return;
                        }
                    }
                },
                Ask::Say(text) => {
                    if hung.is_some() {
                        continue;
                    }
                    if saying.is_none() {
                        match begin::<V>(&script, &ledger, &asked, &text) {
                            Begun::Saying(begun) => saying = Some(*begun),
                            Begun::Hung(call) => {
                                hung = Some(call);
                                break;
                            }
                            Begun::Refused(call, refused) => {
                                call.finish(refused.status, "");
                                failed = Some(*refused);
                                break;
                            }
                        }
                    }
                    if let Some(saying) = &mut saying
                        && let Err(message) = saying.say(&clock, &mut voice, text)
                    {
                        failed = Some(Refused { message: Some(message), ..Refused::new(400) });
                    }
                }
            }
        }
        if let Some(refused) = failed {
            let (messages, code) = voice.failed(&refused);
            let sent = send(&mut socket, messages).await;
            if let Some(saying) = saying.take() {
                saying.call.finish(refused.status, "");
            }
            match code {
                _ if sent.is_err() => return,
                None => {}
                Some((code, reason)) => {
                    return close(&clock, socket, Some(CloseFrame { code, reason: reason.into() })).await;
                }
            }
        }
    }
}

/// What became of the first piece of a text.
enum Begun {
    Saying(Box<Saying>),
    /// The script has it never answered.
    Hung(Call),
    /// The account or the script says no.
    Refused(Call, Box<Refused>),
}

/// Lets a call in that has said its first text, unless the account or the script says no.
fn begin<V: SocketVoice>(script: &TtsScript, ledger: &Arc<Ledger>, asked: &Asked, text: &str) -> Begun {
    let mut call = ledger.arrive(&asked.path, &asked.headers, json!(asked.query), Some(text.to_owned()));
    if let Err(exceeded) = call.admit(&V::key(asked)) {
        let retry_after = match exceeded {
            Exceeded::Rate(wait) => Some(Dur::from(wait)),
            Exceeded::Concurrent => None,
        };
        return Begun::Refused(call, Box::new(Refused { retry_after, ..Refused::new(429) }));
    }
    let request = script.request(call.request).clone();
    let faults = &request.faults;
    if faults.hang {
        return Begun::Hung(call);
    }
    if faults.refuses() {
        let code = faults.code.as_ref().map(|code| code.0.clone());
        let status = faults.status.unwrap_or(200);
        let refused = Refused { code, retry_after: faults.retry_after, ..Refused::new(status) };
        return Begun::Refused(call, Box::new(refused));
    }
    let (rng, outbox) = (call.rng(), Outbox::new(faults.clone()));
    let (until, length) = (Duration::ZERO, Duration::ZERO);
    let saying = Saying { call, request, rng, outbox, until, length, is_told: false, is_ended: false };
    Begun::Saying(Box::new(saying))
}

impl Saying {
    /// Adds a piece of text behind the others.
    fn say(&mut self, clock: &Clock, voice: &mut impl SocketVoice, text: String) -> Result<(), String> {
        let rate = voice.rate()?;
        if matches!(self.request.does.voice, Voice::Speech(_)) && rate != 16_000 {
            return Err(format!("expected 16000 Hz, which recorded speech has, got {rate}"));
        }
        let now = clock.now().since(self.call.at);
        let wanted = Wanted { text, rate, channels: 1 };
        let after = self.request.faults.after.get();
        let mut speech = Speech::new(self.call.request, wanted, &self.request.does, after, &mut self.rng);
        // What is said before gives the time to prepare what is said next.
        speech.first = (now + speech.first).max(self.until);
        let before = self.length;
        for piece in speech.pieces() {
            let messages = voice.audio(&speech, &piece, before);
            self.outbox.post_audio(piece.after, messages, piece.bytes.len() as u64);
            self.until = piece.after;
        }
        self.outbox.post(self.until, voice.said());
        self.length += speech.length;
        Ok(())
    }

    fn take_due(&mut self, clock: &Clock) -> Option<(Next, super::outbox::Due)> {
        self.outbox.take_due(clock.now().since(self.call.at))
    }

    fn next_due(&self) -> Option<bargein_net::Moment> {
        self.outbox.next_due().map(|due| self.call.at + due)
    }
}

async fn send(socket: &mut WebSocket, messages: Vec<Message>) -> Result<(), axum::Error> {
    for message in messages {
        socket.send(message).await?;
    }
    Ok(())
}

/// Says goodbye, and waits a little for the client's own.
async fn close(clock: &Clock, mut socket: WebSocket, frame: Option<CloseFrame>) {
    let goodbye = async {
        if socket.send(Message::Close(frame)).await.is_ok() {
            while let Some(Ok(_)) = socket.recv().await {}
        }
    };
    // A client that says nothing is left alone.
    let _ = clock.timeout(PARTING, goodbye).await;
}
