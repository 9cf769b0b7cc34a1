//! ByteDance's streaming recognition ("bigmodel"): binary frames at three paths, which differ in when they answer.
//!
//! Wire facts: the vendor's document and clients of it. Out: word lists, audio that is not PCM, and holding back all
//! results until the end, as the third path does: it tells final sentences only, but when they are final.

mod session;

use std::sync::Arc;

use axum::Router;
use bargein_wire::bytedance::recognition::PATHS;
use bargein_wire::units::Secret;
use http::HeaderMap;
use serde_json::{Value, json};
use tokio::sync::watch;

use self::session::{Answers, Session};
use super::protocol::{Handshake, Opened, Service};
use super::says::Says;
use super::socket;
use crate::answer::{Answer, Head};
use crate::ledger::Ledger;
use crate::registry::{AsrRouter, Door, Vendor};
use crate::script::{AsrScript, Faults};

/// This vendor.
pub(crate) const VENDOR: Vendor<AsrRouter> = Vendor { id: "bytedance", router, settings, door: DOOR };

/// Streams at each of the three paths.
fn router(script: AsrScript, says: Says, ledger: Arc<Ledger>, closed: watch::Receiver<()>) -> Router {
    socket::router(ByteDance, script, says, ledger, closed)
}

/// What a client of this vendor is set to.
fn settings(authority: &str, key: &Secret) -> Value {
    let access_key = if key.is_empty() { "mock-key" } else { key.expose() };
    let [_, path, _] = PATHS;
    json!({ "url": format!("ws://{authority}{path}"), "app_key": "mock-app", "access_key": access_key })
}

/// Clients bring a WebSocket of their own.
const DOOR: Door = Door {
    is_web_socket: true,
    takes: |path| PATHS.contains(&path),
    client: |authority| format!("ws://{authority} in place of wss://openspeech.bytedance.com"),
};

struct ByteDance;

impl Service for ByteDance {
    fn open(&self, handshake: &Handshake<'_>) -> Result<Opened, Answer> {
        let header = |name: &str| text(handshake.headers, name);
        let answers = match PATHS.iter().position(|path| *path == handshake.path) {
            Some(0) => Answers::EveryPacket,
            Some(1) => Answers::Changes,
            Some(_) => Answers::Finals,
            None => return Err(refused(404, "no such path")),
        };
        // The old console gives an application and an access key, the new one a single key.
        let (account, key) = match (header("x-api-key"), header("x-api-app-key")) {
            (Some(key), _) => (key, key),
            (None, Some(account)) => (account, header("x-api-access-key").unwrap_or_default()),
            (None, None) => {
                return Err(refused(401, "expected X-Api-App-Key and X-Api-Access-Key, or X-Api-Key"));
            }
        };
        let wanted = handshake.key.expose();
        if key.is_empty() || (!wanted.is_empty() && key != wanted) {
            return Err(refused(401, "authenticate request: load grant: requested grant not found"));
        }
        if !header("x-api-resource-id").is_some_and(|id| id.starts_with("volc.")) {
            return Err(refused(403, "requested resource not granted"));
        }
        Ok(Opened {
            protocol: Box::new(Session::new(answers)),
            account: account.to_owned(),
            begins: None,
            refused: None,
        })
    }

    fn refusal(&self, status: u16, faults: &Faults) -> Answer {
        let mut answer = refused(status, "refused by the script");
        if let Some(retry_after) = faults.retry_after {
            let secs = retry_after.get().as_millis().div_ceil(1000);
            answer.head.set("retry-after", secs.to_string());
        }
        if let Some(code) = &faults.code {
            answer.head.set("x-api-status-code", code.0.clone());
        }
        answer
    }
}

/// The vendor's answer in place of an upgrade.
fn refused(status: u16, words: &str) -> Answer {
    let head = Head::new(status).with("content-type", "application/json");
    Answer::whole(head, json!({ "error": words }).to_string())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
