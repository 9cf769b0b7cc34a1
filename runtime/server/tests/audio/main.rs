//! The audio endpoints that clients of chat completions know, before mock vendors.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests may")]

mod speech;
#[path = "../tts/stage.rs"]
#[expect(dead_code, reason = "shared with the tests of the TTS server, which need more of it")]
mod stage;
mod transcriptions;
