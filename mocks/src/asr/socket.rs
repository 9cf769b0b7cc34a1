//! The server: the upgrade, and the task that owns an open stream.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::{IntoResponse as _, Response};
use bargein_net::{Clock, World};
use bargein_wire::tencent_asr::{Query, code};
use bargein_wire::units::Secret;
use http::{HeaderMap, Uri};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::outbox::{Kind, Next};
use super::parameters::{self, Refused};
use super::stream::Stream;
use crate::answer::{Answer, Head};
use crate::asr::says::Says;
use crate::ledger::{Call, Ledger};
use crate::mischief;
use crate::play::play;
use crate::refusal::scripted_refusal;
use crate::registry::Door;
use crate::script::{AsrBehaviour, AsrScript, CutBy, Request};

/// WebSocket buffers: audio comes in pieces of 1,280 bytes, answers are one line of JSON.
const BUFFER: usize = 4 * 1024;

/// The status of every stream that was opened.
const SWITCHING_PROTOCOLS: u16 = 101;

/// How long a client may take to say goodbye.
const PARTING: Duration = Duration::from_secs(1);

/// Streams at `/asr/v2/<appid>`. They end with the mock, which is when `closed` loses its sender.
pub(crate) fn router(
    script: AsrScript,
    says: Says,
    ledger: Arc<Ledger>,
    closed: watch::Receiver<()>,
) -> Router {
    Router::new().fallback(route).with_state(Arc::new(Vendor { script, says, ledger, closed }))
}

/// What a client of this vendor is set to. Without a scripted key any is let in, but a client must have one.
pub(crate) fn settings(authority: &str, key: &Secret) -> Value {
    let secret_key = if key.is_empty() { "mock-key" } else { key.expose() };
    json!({
        "url": format!("ws://{authority}/asr/v2"),
        "appid": 1_300_000_000,
        "secret_id": "mock-id",
        "secret_key": secret_key,
    })
}

/// The SDKs take another host than the service's own, each in its own way.
pub(crate) const DOOR: Door = Door {
    is_web_socket: true,
    takes: |path| path.starts_with("/asr/v2/"),
    client: |authority| format!("ws://{authority}/asr/v2/ in place of wss://asr.cloud.tencent.com/asr/v2/"),
};

struct Vendor {
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
    // A query that cannot be read lacks its parameters, which the check below says.
    let parameters: BTreeMap<String, String> =
        axum::extract::Query::try_from_uri(&uri).map(|query| query.0).unwrap_or_default();
    let query = parameters.iter().fold(Query::new(), |query, (name, value)| query.with(name, value));
    let call = vendor.ledger.arrive(uri.path(), &headers, json!(parameters), None);
    let request = vendor.script.request(call.request).clone();
    let clock = vendor.ledger.world.clock.clone();
    if let Some(mut refusal) = scripted_refusal(&request.faults, |status| refusal(status, &request)) {
        mischief::change_head(&mut refusal.head, &request.faults);
        return play(clock, call, refusal).await;
    }
    clock.sleep_until(call.at + request.faults.after.get()).await;
    let app_id = uri.path().rsplit('/').next().unwrap_or_default().to_owned();
    upgrade.on_upgrade(async move |socket| {
        let tasks = vendor.ledger.world.tasks.clone();
        tasks.spawn("asr stream", vendor_stream(vendor, socket, call, app_id, query, request)).detach();
    })
}

/// A refusal by HTTP status, before there is a stream.
fn refusal(status: u16, request: &Request<AsrBehaviour>) -> Answer {
    let mut head = Head::new(status).with("content-type", "application/json");
    if let Some(retry_after) = request.faults.retry_after {
        head.set("retry-after", retry_after.get().as_millis().div_ceil(1000).to_string());
    }
    let code = request.faults.code.as_ref().map_or_else(|| status.to_string(), |code| code.0.clone());
    let code = code.parse::<i64>().map_or_else(|_| json!(code), |code| json!(code));
    Answer::whole(head, json!({ "code": code, "message": "refused", "voice_id": "" }).to_string())
}

/// Owns a stream until it is over.
async fn vendor_stream(
    vendor: Arc<Vendor>,
    mut socket: WebSocket,
    mut call: Call,
    app_id: String,
    query: Query,
    request: Request<AsrBehaviour>,
) {
    let World { clock, tasks, .. } = vendor.ledger.world.clone();
    let opened = call.at;
    let voice_id = query.get("voice_id").unwrap_or_default();
    let now = clock.now().since(opened);
    let checked = vendor.check(&mut call, &app_id, &query);
    let mut stream = Stream::open(now, voice_id, &request, vendor.says.clone(), checked);
    let mut closed = vendor.closed.clone();
    let mut stopping = std::pin::pin!(tasks.stopping());
    loop {
        while let Some(next) = stream.take_due(clock.now().since(opened)) {
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
                    if socket.send(Message::Text(letter.text.into())).await.is_err() {
                        return;
                    }
                    if letter.kind == Kind::Last {
                        call.finish(SWITCHING_PROTOCOLS, "");
                        return close(&clock, socket).await;
                    }
                }
            }
        }
        let due = stream.next_due().map(|due| opened + due);
        tokio::select! {
            biased;
            () = &mut stopping => return,
            _ = closed.changed() => return,
            message = socket.recv() => match message {
                Some(Ok(Message::Binary(audio))) => stream.audio(clock.now().since(opened), &audio),
                Some(Ok(Message::Text(text))) => stream.text(clock.now().since(opened), &text),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
            },
            () = clock.sleep_until_option(due) => {}
        }
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

impl Vendor {
    /// Checks a stream's parameters and the account's limits. Gives the samples a second.
    fn check(&self, call: &mut Call, app_id: &str, query: &Query) -> Result<u32, Refused> {
        let rate = parameters::check(query, app_id, self.script.key())?;
        let voice_id = query.get("voice_id");
        let is_used = self.ledger.remembers(|entry| {
            entry.request != call.request && entry.body.get("voice_id").and_then(Value::as_str) == voice_id
        });
        if is_used {
            let words = "expected a voice_id that no stream has had before".to_owned();
            return Err(Refused { code: code::BAD_PARAMETER, words });
        }
        let account = query.get("secretid").unwrap_or_default();
        call.admit(account).map_err(|_| Refused::new(code::CONCURRENCY))?;
        Ok(rate)
    }
}
