//! The custom TTS protocol: one `POST`, one chunked body of audio.
//!
//! Wire facts: the product manual and `docs/reference`'s custom TTS page. Out: `mp3` and `ogg_opus`, which are
//! refused as the protocol's first phase allows.

mod model;
mod refusal;
mod server;

pub(crate) use server::{DOOR, router, settings};
