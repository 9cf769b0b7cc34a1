//! A recogniser behind a WebSocket: audio up, sentences down, until one side has said its last.
//!
//! What differs from vendor to vendor is the address with its headers, how audio is wrapped ([`Uplink`]), and what the
//! messages mean ([`Downlink`]). Deliberately out: opening a stream again, and keeping one open without audio.

use std::pin::pin;
use std::time::Duration;

use async_stream::try_stream;
use bargein_core::{AsrEvent, FaultKind, VendorFault};
use bargein_net::{Clock, Connector, Io};
use bargein_wire::units::Secret;
use bytes::{Bytes, BytesMut};
use futures_util::{Sink, SinkExt as _, Stream, StreamExt as _};
use http::{HeaderMap, Request, Response, Uri};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::fault::{capped, kind_of_status, of_break, of_transport, redacted, retry_after};

/// Size of the read buffer: a result is one line of JSON. It is cleared each time that something may have come, which is
/// with every frame of audio.
const READ_BUFFER: usize = 1024;

/// Size of the write buffer: a message of audio is some kilobytes.
const WRITE_BUFFER: usize = 4 * 1024;

/// The longest message that is read: some hundred times the longest sentence.
const LONGEST_MESSAGE: usize = 256 * 1024;

/// How long the last results are waited for after the end of the audio.
const GRACE: Duration = Duration::from_secs(2);

/// How a client's side is put into messages.
pub(super) trait Uplink: Send {
    /// How much audio a message holds, in bytes.
    const LENGTH: usize;

    /// Said as soon as the socket is open. Default nothing.
    fn opening(&mut self) -> Option<Message> {
        None
    }

    /// A message with audio: signed 16-bit little-endian mono at 16 kHz, up to [`Self::LENGTH`] bytes.
    fn audio(&mut self, audio: Bytes) -> Message {
        Message::Binary(audio)
    }

    /// Said after the last audio: asks for the last results.
    fn ending(&mut self) -> Message;
}

/// What the service's messages mean.
pub(super) trait Downlink: Send {
    /// Whether audio is taken as soon as the socket is open. Else a message says when ([`Heard::is_ready`]).
    const READY: bool = false;

    /// Reads a message. An error ends the stream.
    fn read(&mut self, message: &[u8]) -> Result<Heard, VendorFault>;
}

/// What a message of the service said.
#[derive(Default)]
pub(super) struct Heard {
    /// The stream takes audio from now on, if it did not before.
    pub is_ready: bool,
    /// What was recognised.
    pub events: Vec<AsrEvent>,
    /// Nothing follows.
    pub is_end: bool,
}

/// Opens a WebSocket for one stream. The service has not said yet whether it takes the stream.
///
/// `refusal` gives the vendor's code and words in the body of an answer that is no upgrade.
pub(super) async fn connect(
    connector: &Connector,
    clock: &Clock,
    address: Uri,
    headers: HeaderMap,
    refusal: fn(&[u8]) -> (Option<String>, String),
) -> Result<WebSocketStream<Io>, VendorFault> {
    let request = request(&address, headers)?;
    let io = connector.dial(&address).await.map_err(|error| of_transport(&error, true))?;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_message_size(Some(LONGEST_MESSAGE))
        .max_frame_size(Some(LONGEST_MESSAGE));
    match client_async_with_config(request, io, Some(config)).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => {
            let retry_after = retry_after(response.headers(), clock.unix_millis());
            Err(VendorFault { retry_after, ..of_refusal(&response, refusal) })
        }
        Err(error) => Err(of_transport(&error, false)),
    }
}

fn request(address: &Uri, headers: HeaderMap) -> Result<Request<()>, VendorFault> {
    let request = address.into_client_request();
    let mut request = request.map_err(|error| {
        VendorFault::new(FaultKind::BadRequest, format!("expected an address, got {error}"))
    })?;
    request.headers_mut().extend(headers);
    Ok(request)
}

/// What the service says of one stream. Dropping it closes the connection. `key` is hidden in its words: services like to
/// quote what they refuse.
pub(super) fn events<U: Uplink, D: Downlink>(
    clock: Clock,
    connecting: impl Future<Output = Result<WebSocketStream<Io>, VendorFault>> + Send,
    uplink: U,
    mut downlink: D,
    key: Secret,
    audio: mpsc::Receiver<Bytes>,
) -> impl Stream<Item = AsrEvent> {
    let events = try_stream! {
        let mut uplink = uplink;
        // Boxed: what connecting needs is given back before the long part begins.
        let (mut sink, mut messages) = Box::pin(connecting).await?.split();
        if let Some(opening) = uplink.opening() {
            sink.send(opening).await.map_err(|error| of_break(&error))?;
        }
        let mut sending = pin!(send(sink, uplink, audio));
        let mut is_ready = D::READY;
        let mut give_up = None;
        if is_ready {
            yield AsrEvent::Ready;
        }
        loop {
            let heard = tokio::select! {
                biased;
                message = messages.next() => read(message, &mut downlink),
                () = clock.sleep_until_option(give_up) => Err(no_final()),
                sent = &mut sending, if is_ready && give_up.is_none() => {
                    give_up = Some(clock.now() + GRACE);
                    sent.map(|()| Heard::default()).map_err(|error| of_break(&error))
                }
            };
            let heard = heard?;
            if heard.is_ready && !is_ready {
                is_ready = true;
                yield AsrEvent::Ready;
            }
            for event in heard.events {
                yield event;
            }
            if heard.is_end {
                break;
            }
        }
        yield AsrEvent::Closed;
    };
    events.map(move |event| event.unwrap_or_else(|fault| AsrEvent::Failed(redacted(fault, &key))))
}

/// Sends audio until there is no more, and says so.
async fn send<U: Uplink>(
    mut sink: impl Sink<Message, Error = Error> + Unpin,
    mut uplink: U,
    mut audio: mpsc::Receiver<Bytes>,
) -> Result<(), Error> {
    let mut message = BytesMut::new();
    while let Some(frame) = audio.recv().await {
        if message.is_empty() {
            // The same memory again once the message before has left.
            message.reserve(U::LENGTH);
        }
        message.extend_from_slice(&frame);
        if message.len() >= U::LENGTH {
            sink.send(uplink.audio(message.split().freeze())).await?;
        }
    }
    if !message.is_empty() {
        sink.feed(uplink.audio(message.freeze())).await?;
    }
    sink.send(uplink.ending()).await
}

/// Reads a message of the service; those of the WebSocket itself say nothing.
fn read(message: Option<Result<Message, Error>>, downlink: &mut impl Downlink) -> Result<Heard, VendorFault> {
    match message {
        Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => downlink.read(&message.into_data()),
        // Pings are answered by the WebSocket.
        Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(Heard::default()),
        Some(Ok(Message::Close(frame))) => Err(of_close(frame)),
        Some(Err(error)) => Err(of_break(&error)),
        None => Err(of_close(None)),
    }
}

/// A message that is none of the service's.
pub(super) fn unreadable(message: &[u8], error: &dyn std::fmt::Display) -> VendorFault {
    let text = String::from_utf8_lossy(message);
    let told = format!("expected a message of the service, got `{text}`: {error}");
    VendorFault::new(FaultKind::Broken, capped(&told))
}

/// An answer that is no upgrade. As much of its body is there as came with its head.
fn of_refusal(
    response: &Response<Option<Vec<u8>>>,
    refusal: fn(&[u8]) -> (Option<String>, String),
) -> VendorFault {
    let status = response.status();
    let (code, words) = refusal(response.body().as_deref().unwrap_or_default());
    let words = match words.as_str() {
        "" => format!("expected an upgrade to a WebSocket, got the status {status}"),
        words => capped(words),
    };
    let code = code.unwrap_or_else(|| status.as_u16().to_string());
    VendorFault::new(kind_of_status(status), words).with_code(code)
}

/// The connection was closed before the service had said that nothing follows.
fn of_close(frame: Option<CloseFrame>) -> VendorFault {
    let expected = "expected results up to the final one, got the end of the connection";
    let fault = VendorFault::new(FaultKind::Broken, expected);
    let Some(CloseFrame { code, reason }) = frame else { return fault };
    let fault = fault.with_code(u16::from(code).to_string());
    if reason.is_empty() { fault } else { VendorFault { message: capped(&reason), ..fault } }
}

fn no_final() -> VendorFault {
    let told = format!("expected the last results within {GRACE:?} of the end of the audio, got none");
    VendorFault::new(FaultKind::Timeout, told)
}
