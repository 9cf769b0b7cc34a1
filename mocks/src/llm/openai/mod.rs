//! OpenAI chat completions: `POST …/chat/completions`, streamed or not, and `GET …/models`.
//!
//! Wire facts: the official SDK and the API reference. Out: every other endpoint, `n` above 1, log probabilities,
//! audio and images.

mod ask;
mod chunk;
mod model;
mod quirks;
mod refusal;
mod server;
mod stream;

pub(crate) use server::{DOOR, router, settings};

#[cfg(test)]
mod tests;
