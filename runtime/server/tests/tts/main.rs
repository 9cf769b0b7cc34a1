//! The TTS server, before the mock vendor: what callers see, and what the vendor is asked.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests may")]

mod abusing;
mod answering;
mod cancelling;
mod failing;
mod long_texts;
mod refusing;
mod retrying;
mod sockets;
mod stage;
