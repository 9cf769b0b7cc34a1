//! One stream: audio up, sentences down, until one side has said its last.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_stream::try_stream;
use bargein_core::{AsrEvent, FaultKind, VendorFault};
use bargein_wire::tencent_asr::{Downlink, END, Slice};
use bytes::{Bytes, BytesMut};
use futures_util::{Sink, SinkExt as _, Stream, StreamExt as _};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::{Inner, fault};
use crate::fault::{capped, of_break};

/// How much audio a message holds, in bytes: 40 ms, as the service asks for.
const UPLINK: usize = 1280;

/// How long the last results are waited for after the end of the audio.
const GRACE: Duration = Duration::from_secs(2);

/// What the service says of one stream. Dropping it closes the connection.
pub(super) fn events(
    inner: Arc<Inner>,
    audio: mpsc::Receiver<Bytes>,
) -> impl Stream<Item = Result<AsrEvent, VendorFault>> {
    try_stream! {
        let clock = &inner.clock;
        // Boxed: what connecting needs is given back before the long part begins.
        let (sink, mut messages) = Box::pin(inner.connect()).await?.split();
        let mut sending = pin!(send(sink, audio));
        let mut is_ready = false;
        let mut give_up = None;
        loop {
            let message = tokio::select! {
                biased;
                message = messages.next() => read(message),
                () = clock.sleep_until_option(give_up) => Err(no_final()),
                sent = &mut sending, if is_ready && give_up.is_none() => {
                    give_up = Some(clock.now() + GRACE);
                    sent.map(|()| None).map_err(|error| of_break(&error))
                }
            };
            let Some(message) = message? else { continue };
            if !is_ready {
                is_ready = true;
                yield AsrEvent::Ready;
            }
            let is_end = message.is_end();
            if let Some(event) = transcript(message) {
                yield event;
            }
            if is_end {
                break;
            }
        }
        yield AsrEvent::Closed;
    }
}

/// Sends audio until there is no more, and says so.
async fn send(
    mut sink: impl Sink<Message, Error = Error> + Unpin,
    mut audio: mpsc::Receiver<Bytes>,
) -> Result<(), Error> {
    let mut message = BytesMut::new();
    while let Some(frame) = audio.recv().await {
        if message.is_empty() {
            // The same memory again once the message before has left.
            message.reserve(UPLINK);
        }
        message.extend_from_slice(&frame);
        if message.len() >= UPLINK {
            sink.send(Message::Binary(message.split().freeze())).await?;
        }
    }
    if !message.is_empty() {
        sink.feed(Message::Binary(message.freeze())).await?;
    }
    sink.send(Message::text(END)).await
}

/// Reads a message of the service; `None` for those of the WebSocket itself.
fn read(message: Option<Result<Message, Error>>) -> Result<Option<Downlink>, VendorFault> {
    let text = match message {
        Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => message.into_data(),
        // Pings are answered by the WebSocket.
        Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => return Ok(None),
        Some(Ok(Message::Close(frame))) => return Err(fault::of_close(frame)),
        Some(Err(error)) => return Err(of_break(&error)),
        None => return Err(fault::of_close(None)),
    };
    let message: Downlink = serde_json::from_slice(&text).map_err(|error| {
        let text = String::from_utf8_lossy(&text);
        let told = format!("expected a message of the service, got `{text}`: {error}");
        VendorFault::new(FaultKind::Broken, capped(&told))
    })?;
    if message.code == 0 { Ok(Some(message)) } else { Err(fault::of_message(&message)) }
}

/// What a message says of a sentence.
fn transcript(message: Downlink) -> Option<AsrEvent> {
    let said = message.result?;
    let (sentence, text) = (said.index, said.voice_text_str);
    match said.slice_type {
        Slice::Final => Some(AsrEvent::Final { sentence, text }),
        // A sentence of which nothing is recognised yet.
        Slice::Begin | Slice::Partial if text.is_empty() => None,
        Slice::Begin | Slice::Partial => Some(AsrEvent::Interim { sentence, text }),
    }
}

fn no_final() -> VendorFault {
    let told = format!("expected the last results within {GRACE:?} of the end of the audio, got none");
    VendorFault::new(FaultKind::Timeout, told)
}
