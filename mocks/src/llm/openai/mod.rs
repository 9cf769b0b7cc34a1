//! OpenAI chat completions: `POST …/chat/completions`, streamed or not, and `GET …/models`; and what every vendor that
//! speaks them shares. What a vendor does differently is its [`Dialect`].
//!
//! Wire facts: the official SDK and the API reference. Out: every other endpoint, `n` above 1, log probabilities,
//! audio and images.

mod ask;
mod chunk;
mod dialect;
mod model;
mod quirks;
pub mod reference;
mod server;
mod stream;

pub(crate) use dialect::{Dialect, REFERENCE, UsageIn, VENDOR as DIALECT, chat_vendor};
pub(crate) use server::router;
pub(crate) use stream::Part;

use crate::registry::{Door, LlmRouter, Vendor};

/// The vendor. Its own libraries read the address of the service from the environment.
pub(crate) const VENDOR: Vendor<LlmRouter> = Vendor {
    id: "openai",
    router: |script, ledger| router(script, ledger, &REFERENCE),
    settings: |authority, key| REFERENCE.settings(authority, key),
    door: Door {
        is_web_socket: false,
        takes: |path| REFERENCE.takes(path),
        client: |authority| format!("OPENAI_BASE_URL=http://{authority}/v1"),
    },
};

#[cfg(test)]
mod tests;
