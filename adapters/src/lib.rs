//! Our clients of vendors: language models, speech synthesis, speech recognition; one folder a vendor.
//!
//! A call is a stream of events. Dropping the stream cancels the call and closes its connection: that is what barge-in
//! does to it. Every failure is a [`VendorFault`](bargein_core::VendorFault) and the last event of its stream.
//! Deliberately out: retries and the waits for a first token or more audio (the conversation decides those), and
//! resampling.

pub mod asr;
mod farewell;
mod fault;
mod http;
mod identity;
pub mod llm;
pub mod registry;
pub mod tts;
mod written;

pub use fault::retry_after;
pub use identity::{RoomIdType, SessionIdentity};
pub use written::OnWritten;
