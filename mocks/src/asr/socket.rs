//! The server of every recogniser: the upgrade, and the task that owns an open stream.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::{IntoResponse as _, Response};
use bargein_net::{Clock, World};
use http::{HeaderMap, Uri};
use serde_json::json;
use tokio::sync::watch;

use super::outbox::{Kind, Next};
use super::protocol::{Frame, Handshake, Opened, Service, Trouble};
use super::stream::Stream;
use crate::asr::says::Says;
use crate::ledger::{Call, Ledger};
use crate::mischief;
use crate::play::play;
use crate::refusal::scripted_refusal;
use crate::script::{AsrBehaviour, AsrScript, CutBy, Request};

/// WebSocket buffers: audio comes in pieces of about a kilobyte, answers are one line of JSON.
const BUFFER: usize = 4 * 1024;

/// The status of every stream that was opened.
const SWITCHING_PROTOCOLS: u16 = 101;

/// How long a client may take to say goodbye.
const PARTING: Duration = Duration::from_secs(1);

/// A service at every path. Its streams end with the mock, which is when `closed` loses its sender.
pub(super) fn router(
    service: impl Service,
    script: AsrScript,
    says: Says,
    ledger: Arc<Ledger>,
    closed: watch::Receiver<()>,
) -> Router {
    let service = Box::new(service);
    Router::new().fallback(route).with_state(Arc::new(Vendor { service, script, says, ledger, closed }))
}

struct Vendor {
    service: Box<dyn Service>,
    script: AsrScript,
    says: Says,
    ledger: Arc<Ledger>,
    closed: watch::Receiver<()>,
}

async fn route(
    State(vendor): State<Arc<Vendor>>,
    uri: Uri,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade.read_buffer_size(BUFFER).write_buffer_size(BUFFER),
        Err(rejection) => return rejection.into_response(),
    };
    // A query that cannot be read lacks its parameters, which the service says.
    let query: BTreeMap<String, String> =
        axum::extract::Query::try_from_uri(&uri).map(|query| query.0).unwrap_or_default();
    let mut call = vendor.ledger.arrive(uri.path(), &headers, json!(query), None);
    let request = vendor.script.request(call.request).clone();
    let clock = vendor.ledger.world.clock.clone();
    let refusal = |status| vendor.service.refusal(status, &request.faults);
    if let Some(mut refusal) = scripted_refusal(&request.faults, refusal) {
        mischief::change_head(&mut refusal.head, &request.faults);
        return play(clock, call, refusal).await;
    }
    let handshake = Handshake {
        request: call.request,
        path: uri.path(),
        query: &query,
        headers: &headers,
        key: vendor.script.key(),
        ledger: &vendor.ledger,
    };
    let opened = match vendor.open(&mut call, &handshake) {
        Ok(opened) => opened,
        Err(answer) => return play(clock, call, answer.delayed(request.faults.after.get())).await,
    };
    clock.sleep_until(call.at + request.faults.after.get()).await;
    upgrade.on_upgrade(async move |socket| {
        let tasks = vendor.ledger.world.tasks.clone();
        tasks.spawn("asr stream", vendor_stream(vendor, socket, call, opened, request)).detach();
    })
}

impl Vendor {
    /// Opens a stream within the account's limits.
    fn open(&self, call: &mut Call, handshake: &Handshake<'_>) -> Result<Opened, crate::answer::Answer> {
        let mut opened = self.service.open(handshake)?;
        // What is refused for what it asks counts for nobody.
        if opened.refused.is_none()
            && let Err(exceeded) = call.admit(&opened.account)
        {
            if let Some(answer) = self.service.crowded(exceeded) {
                return Err(answer);
            }
            opened.refused = Some(Trouble::TooMany);
        }
        Ok(opened)
    }
}

/// Owns a stream until it is over.
async fn vendor_stream(
    vendor: Arc<Vendor>,
    mut socket: WebSocket,
    call: Call,
    opened: Opened,
    request: Request<AsrBehaviour>,
) {
    let World { clock, tasks, .. } = vendor.ledger.world.clone();
    let since = call.at;
    let mut stream = Stream::open(clock.now().since(since), opened, &request, vendor.says.clone());
    let mut closed = vendor.closed.clone();
    let mut stopping = std::pin::pin!(tasks.stopping());
    loop {
        while let Some(next) = stream.take_due(clock.now().since(since)) {
            match next {
                Next::Cut(by) => {
                    call.break_off();
                    if by == CutBy::CleanEnd {
                        close(&clock, socket).await;
                    }
                    return;
                }
                Next::Send(letter) => {
                    if let Kind::Result(what) = &letter.kind {
                        call.tell(what.clone());
                    }
                    if socket.send(message(letter.frame)).await.is_err() {
                        return;
                    }
                    if letter.kind == Kind::Last {
                        call.finish(SWITCHING_PROTOCOLS, "");
                        return close(&clock, socket).await;
                    }
                }
            }
        }
        let due = stream.next_due().map(|due| since + due);
        let now = || clock.now().since(since);
        tokio::select! {
            biased;
            () = &mut stopping => return,
            _ = closed.changed() => return,
            message = socket.recv() => match message {
                Some(Ok(Message::Binary(bytes))) => stream.message(now(), &Frame::Binary(bytes)),
                Some(Ok(Message::Text(text))) => stream.message(now(), &Frame::Text(text.to_string())),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
            },
            () = clock.sleep_until_option(due) => {}
        }
    }
}

fn message(frame: Frame) -> Message {
    match frame {
        Frame::Text(text) => Message::Text(text.into()),
        Frame::Binary(bytes) => Message::Binary(bytes),
    }
}

/// Says goodbye, and waits a little for the client's own.
async fn close(clock: &Clock, mut socket: WebSocket) {
    let goodbye = async {
        if socket.send(Message::Close(None)).await.is_ok() {
            while let Some(Ok(_)) = socket.recv().await {}
        }
    };
    // A client that says nothing is left alone.
    let _ = clock.timeout(PARTING, goodbye).await;
}
