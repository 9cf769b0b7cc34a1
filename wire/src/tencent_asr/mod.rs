//! Tencent Cloud real-time speech recognition over WebSocket, both sides: version 2, and version 3 of the room service.
//!
//! [`Query`] is the signed address of a stream, [`Downlink`] what the service sends. Uplink audio is binary and has
//! no framing of its own; the one uplink text is [`END`], in version 3 also [`Start`]. Deliberately out: sentence mode.
//! Source: the service's documents and its Python and Go SDKs, `fixtures/wire/tencent/SOURCE.md`.

mod downlink;
mod query;
mod start;

pub use downlink::{Downlink, Sentence, Slice, code};
pub use query::{OFFICIAL_HOST, Query, ReadQueryError};
pub use start::{Auth, Start};

/// The text that ends the uplink audio; final results and [`Downlink::is_end`] follow.
pub const END: &str = r#"{"type":"end"}"#;

/// How much audio one binary message of the uplink holds.
pub const UPLINK_MILLIS: u64 = 40;

/// Whether an uplink text is [`END`], however it is spaced.
#[must_use]
pub fn is_end(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_ok_and(|message| message["type"] == "end")
}
