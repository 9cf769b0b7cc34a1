//! ByteDance's binary frames over WebSocket, both sides, and the messages of its speech recognition in them.
//!
//! One frame is one WebSocket message: four bytes of head, what the flags announce, a payload with its length.
//! Deliberately out: protocol buffers and every compression but gzip.
//! Source: the vendor's documents and the package `volcengine-audio`, `fixtures/wire/bytedance/SOURCE.md`.

mod frame;
pub mod recognition;

pub use frame::{Frame, FrameError, Kind, LONGEST_PAYLOAD, Order};
