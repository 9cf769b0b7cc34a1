//! One WebSocket of a vendor: opened, written, read, left.

use std::time::Duration;

use bargein_core::{FaultKind, VendorFault};
use bargein_net::{Clock, Connector};
use futures_util::SinkExt as _;
use http::{HeaderMap, StatusCode, Uri};
use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::{Heard, Socket, Turn};
use crate::fault::{of_break, of_transport, retry_after};

/// Size of the read and of the write buffer: a piece of audio is some kilobytes, a piece of text one line.
const BUFFER: usize = 4 * 1024;

/// The longest message that is read: a minute of audio in base64.
const LONGEST_MESSAGE: usize = 4 * 1024 * 1024;

/// How long the vendor's goodbye is waited for.
const PARTING: Duration = Duration::from_millis(50);

/// Opens a socket.
pub(super) async fn connect(
    connector: &Connector,
    clock: &Clock,
    address: &Uri,
    headers: HeaderMap,
    refusal: impl Fn(StatusCode, &str) -> VendorFault,
) -> Result<Socket, VendorFault> {
    let mut request = address.into_client_request().map_err(|error| {
        VendorFault::new(FaultKind::BadRequest, format!("expected an address, got {error}"))
    })?;
    request.headers_mut().extend(headers);
    let io = connector.dial(address).await.map_err(|error| of_transport(&error, true))?;
    let config = WebSocketConfig::default()
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .max_message_size(Some(LONGEST_MESSAGE))
        .max_frame_size(Some(LONGEST_MESSAGE));
    match client_async_with_config(request, io, Some(config)).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => {
            let body = String::from_utf8_lossy(response.body().as_deref().unwrap_or_default());
            let retry_after = retry_after(response.headers(), clock.unix_millis());
            Err(VendorFault { retry_after, ..refusal(response.status(), &body) })
        }
        Err(error) => Err(of_transport(&error, false)),
    }
}

/// Sends messages.
pub(super) async fn send(socket: &mut Socket, messages: Vec<Message>) -> Result<(), VendorFault> {
    for message in messages {
        socket.send(message).await.map_err(|error| of_break(&error))?;
    }
    Ok(())
}

/// Reads a message of the vendor; those of the WebSocket itself say nothing.
pub(super) fn read(
    message: Option<Result<Message, Error>>,
    turn: &mut impl Turn,
) -> Result<Heard, VendorFault> {
    match message {
        Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => turn.read(message),
        // Pings are answered by the WebSocket.
        Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(Heard::default()),
        Some(Ok(Message::Close(frame))) => Err(turn.closed(frame)),
        Some(Err(error)) => Err(of_break(&error)),
        None => Err(turn.closed(None)),
    }
}

/// Says goodbye.
pub(super) async fn leave(clock: &Clock, mut socket: Socket) {
    // A vendor that does not answer is left alone.
    let _ = clock.timeout(PARTING, socket.close(None)).await;
}
