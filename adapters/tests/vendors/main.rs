//! The adapters from their trait to the bytes on the wire, in virtual time against scripts of bytes, and over sockets
//! against servers that are none of ours.
#![expect(clippy::expect_used, clippy::panic, reason = "tests may")]

mod agents;
mod bytedance;
mod custom;
mod dashscope;
mod dialects;
mod microphone;
mod openai;
mod pieces;
mod quirks;
mod server;
mod speech;
mod tencent;
mod websocket;

use std::sync::Arc;
use std::time::Duration;

use bargein_adapters::{RoomIdType, SessionIdentity};
use bargein_net::{Clock, Moment};
use futures_util::{Stream, StreamExt};
use serde_json::Value;

/// Everything a stream says, with the millisecond it says it at.
async fn with_times<T>(clock: &Clock, mut stream: impl Stream<Item = T> + Unpin) -> Vec<(u64, T)> {
    let begin = clock.now();
    let mut said = Vec::new();
    while let Some(event) = stream.next().await {
        said.push((millis_since(begin, clock.now()), event));
    }
    said
}

fn millis_since(begin: Moment, now: Moment) -> u64 {
    u64::try_from(now.since(begin).as_millis()).expect("a short test")
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn identity() -> Arc<SessionIdentity> {
    Arc::new(SessionIdentity {
        task_id: "task-1".into(),
        sdk_app_id: "1400000001".into(),
        user_id: "小明".into(),
        room_id: "42".into(),
        room_id_type: RoomIdType::Number,
    })
}

/// Settings with further ones, which win.
fn with(mut settings: Value, more: &Value) -> Value {
    let members = settings.as_object_mut().expect("an object");
    members.extend(more.as_object().expect("an object").clone());
    settings
}
