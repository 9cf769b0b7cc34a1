//! DashScope real-time recognition (Paraformer, Fun-ASR, Gummy): tasks over `GET /api-ws/v1/inference`.
//!
//! Wire facts: the vendor's documents and its Python package. Out: a second task on a connection, translations, word
//! lists, audio that is not PCM, and the vendor's own silence parameters: the script says when an utterance is over.

mod task;

use std::sync::Arc;

use axum::Router;
use bargein_wire::dashscope::{KEY_HEADER, PATH};
use bargein_wire::units::Secret;
use serde_json::{Value, json};
use tokio::sync::watch;

use self::task::Task;
use super::protocol::{Handshake, Opened, Service};
use super::says::Says;
use super::socket;
use crate::answer::{Answer, Head};
use crate::ledger::Ledger;
use crate::registry::{AsrRouter, Door, Vendor};
use crate::script::{AsrScript, Faults};

/// This vendor.
pub(crate) const VENDOR: Vendor<AsrRouter> = Vendor { id: "dashscope", router, settings, door: DOOR };

/// Tasks at the path of all of them.
fn router(script: AsrScript, says: Says, ledger: Arc<Ledger>, closed: watch::Receiver<()>) -> Router {
    socket::router(DashScope, script, says, ledger, closed)
}

/// What a client of this vendor is set to.
fn settings(authority: &str, key: &Secret) -> Value {
    let api_key = if key.is_empty() { "mock-key" } else { key.expose() };
    json!({ "url": format!("ws://{authority}{PATH}"), "api_key": api_key })
}

/// The official package takes the whole address.
const DOOR: Door = Door {
    is_web_socket: true,
    takes: |path| path.trim_end_matches('/') == PATH,
    client: |authority| format!("dashscope.base_websocket_api_url = \"ws://{authority}{PATH}\""),
};

struct DashScope;

impl Service for DashScope {
    fn open(&self, handshake: &Handshake<'_>) -> Result<Opened, Answer> {
        let key = handshake.headers.get(KEY_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let key = key.strip_prefix("Bearer ").or_else(|| key.strip_prefix("bearer ")).unwrap_or(key).trim();
        let wanted = handshake.key.expose();
        if key.is_empty() || (!wanted.is_empty() && key != wanted) {
            return Err(refused(401, "InvalidApiKey", "Invalid API-key provided."));
        }
        Ok(Opened {
            protocol: Box::new(Task::default()),
            account: key.to_owned(),
            begins: None,
            refused: None,
        })
    }

    fn refusal(&self, status: u16, faults: &Faults) -> Answer {
        let code = faults.code.as_ref().map_or_else(|| code(status).to_owned(), |code| code.0.clone());
        let mut answer = refused(status, &code, "refused by the script");
        if let Some(retry_after) = faults.retry_after {
            let secs = retry_after.get().as_millis().div_ceil(1000);
            answer.head.set("retry-after", secs.to_string());
        }
        answer
    }
}

/// The vendor's answer in place of an upgrade.
fn refused(status: u16, code: &str, message: &str) -> Answer {
    let head = Head::new(status).with("content-type", "application/json");
    Answer::whole(head, json!({ "code": code, "message": message, "request_id": "" }).to_string())
}

/// The vendor's code for a status, as far as its documents go.
const fn code(status: u16) -> &'static str {
    match status {
        400 => "InvalidParameter",
        401 => "InvalidApiKey",
        403 => "AccessDenied",
        429 => "Throttling.RateQuota",
        _ => "InternalError",
    }
}
