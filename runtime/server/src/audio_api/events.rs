//! Answers as server-sent events: audio in pieces of text, for clients that read nothing else.

use async_stream::stream;
use bargein_core::VendorFault;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use crate::Refusal;
use crate::tts_server::{Chunks, NotSpoken};

/// The media type of events.
pub(super) const EVENTS: &str = "text/event-stream";

/// One event.
pub(super) fn event(value: &Value) -> Bytes {
    format!("data: {value}\n\n").into()
}

/// A failure as an event.
pub(super) fn error_event(fault: &VendorFault) -> Bytes {
    let refusal = Refusal::from(NotSpoken::from(fault.clone()));
    let body: Value = serde_json::from_str(&refusal.body()).unwrap_or_default();
    event(&json!({ "type": "error", "error": body["error"] }))
}

/// Each chunk as an event, and one that says that it is whole. After a failure there
/// is none: nobody takes it for an end.
pub(super) fn audio_events(mut chunks: Chunks) -> Chunks {
    stream! {
        while let Some(chunk) = chunks.next().await {
            match chunk {
                Ok(chunk) => {
                    let audio = STANDARD.encode(&chunk);
                    yield Ok(event(&json!({ "type": "speech.audio.delta", "audio": audio })));
                }
                Err(fault) => {
                    yield Err(fault);
                    return;
                }
            }
        }
        // Voices are not counted in tokens.
        let usage = json!({ "input_tokens": 0, "output_tokens": 0, "total_tokens": 0 });
        yield Ok(event(&json!({ "type": "speech.audio.done", "usage": usage })));
    }
    .boxed()
}
