//! Tencent real-time ASR, classic v2: `GET /asr/v2/<appid>` upgraded to a WebSocket.
//!
//! Wire facts: the vendor's API page and SDKs. Out: sentence mode (`result_mod=1`), word lists, every audio format but
//! PCM, and the service's own voice detection parameters: the script says when an utterance is over.

mod outbox;
mod parameters;
mod server;
mod stream;

pub(crate) use server::{DOOR, router, settings};
