//! Tencent real-time ASR: classic v2, `GET /asr/v2/<appid>` with a signed query, and v3 of the room service,
//! `GET /asr/v3` with a first message that says everything. Both upgrade to a WebSocket and share the downlink.
//!
//! Wire facts: the vendor's API page and SDKs. Out: sentence mode (`result_mod=1`), word lists, every audio format but
//! PCM, and the service's own voice detection parameters: the script says when an utterance is over.

mod downlink;
mod parameters;
mod start;

use std::sync::Arc;

use axum::Router;
use bargein_wire::tencent_asr::{Query, code};
use bargein_wire::units::Secret;
use serde_json::{Value, json};
use tokio::sync::watch;

use self::downlink::Downlinks;
use super::protocol::{Handshake, Opened, Service, Trouble};
use super::says::Says;
use super::socket;
use crate::answer::{Answer, Head};
use crate::ledger::Ledger;
use crate::registry::{AsrRouter, Door, Vendor};
use crate::script::{AsrScript, Faults};

/// This vendor.
pub(crate) const VENDOR: Vendor<AsrRouter> = Vendor { id: "tencent", router, settings, door: DOOR };

/// Streams at `/asr/v2/<appid>` and `/asr/v3`.
fn router(script: AsrScript, says: Says, ledger: Arc<Ledger>, closed: watch::Receiver<()>) -> Router {
    socket::router(Tencent, script, says, ledger, closed)
}

/// What a client of this vendor is set to. Without a scripted key any is let in, but a client must have one.
fn settings(authority: &str, key: &Secret) -> Value {
    let secret_key = if key.is_empty() { "mock-key" } else { key.expose() };
    json!({
        "url": format!("ws://{authority}/asr/v2"),
        "appid": 1_300_000_000,
        "secret_id": "mock-id",
        "secret_key": secret_key,
    })
}

/// The SDKs take another host than the service's own, each in its own way.
const DOOR: Door = Door {
    is_web_socket: true,
    takes: |path| path.starts_with("/asr/v2/") || path == start::PATH,
    client: |authority| format!("ws://{authority}/asr/v2/ in place of wss://asr.cloud.tencent.com/asr/v2/"),
};

struct Tencent;

impl Service for Tencent {
    fn open(&self, handshake: &Handshake<'_>) -> Result<Opened, Answer> {
        if handshake.path == start::PATH {
            return Ok(start::open(handshake));
        }
        let query = handshake.query.iter().fold(Query::new(), |query, (name, value)| query.with(name, value));
        let app_id = handshake.path.rsplit('/').next().unwrap_or_default();
        let voice_id = query.get("voice_id").unwrap_or_default();
        let checked = parameters::check(&query, app_id, handshake.key)
            .and_then(|rate| is_new(handshake, voice_id).map(|()| rate));
        Ok(Opened {
            protocol: Box::new(Downlinks::new(voice_id)),
            account: query.get("secretid").unwrap_or_default().to_owned(),
            begins: checked.as_ref().ok().copied(),
            refused: checked.err(),
        })
    }

    /// A refusal by HTTP status, before there is a stream.
    fn refusal(&self, status: u16, faults: &Faults) -> Answer {
        let mut head = Head::new(status).with("content-type", "application/json");
        if let Some(retry_after) = faults.retry_after {
            head.set("retry-after", retry_after.get().as_millis().div_ceil(1000).to_string());
        }
        let code = faults.code.as_ref().map_or_else(|| status.to_string(), |code| code.0.clone());
        let code = code.parse::<i64>().map_or_else(|_| json!(code), |code| json!(code));
        Answer::whole(head, json!({ "code": code, "message": "refused", "voice_id": "" }).to_string())
    }
}

/// The vendor takes a name for one stream only.
fn is_new(handshake: &Handshake<'_>, voice_id: &str) -> Result<(), Trouble> {
    let is_used = handshake.ledger.remembers(|entry| {
        let used = entry.body.get("voice_id").and_then(Value::as_str);
        entry.request != handshake.request && used == Some(voice_id)
    });
    if is_used {
        Err(refused(code::BAD_PARAMETER, "expected a voice_id that no stream has had before"))
    } else {
        Ok(())
    }
}

fn refused(code: i64, words: impl Into<String>) -> Trouble {
    Trouble::Refused { code: code.to_string(), words: words.into() }
}
