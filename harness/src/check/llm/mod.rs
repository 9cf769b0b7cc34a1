//! The checks of model endpoints: chat completions of the protocol that most vendors share, as a voice agent needs them.
//!
//! A file or two a group. Deliberately out: whether what the model says is any good, and what a voice agent never asks
//! for: images, audio, several answers at once, log probabilities.

mod authorization;
mod cancelling;
mod chat;
mod chunks;
mod concurrency;
mod connections;
mod ends;
mod errors;
mod flow;
mod http;
mod rate;
mod reply;
mod requests;
mod sse;
mod text;
mod tools;
mod usage;

use super::catalogue::{Check, Suite};

/// The checks of model endpoints.
pub static SUITE: Suite = Suite {
    name: "chat-completions 1.0",
    groups: &[
        ("HTTP", "HTTP and head"),
        ("SSE", "Framing of events"),
        ("CHU", "Chunks"),
        ("END", "The end of an answer"),
        ("USE", "Usage"),
        ("FLW", "Latency and flow"),
        ("TXT", "Text"),
        ("REQ", "Requests"),
        ("MOD", "Models"),
        ("ERR", "Errors"),
        ("AUT", "Authorization"),
        ("RAT", "Rate limits"),
        ("TOL", "Tools"),
        ("CAN", "Cancellation"),
        ("CON", "Concurrency"),
        ("KAL", "Connections"),
    ],
    checks: CHECKS,
    gate: |cx| Box::pin(chat::gate(cx)),
    base: &["HTTP-01"],
    reach: &[],
    figures: flow::figures,
    heard: |_| None,
};

/// One line a group, in the order of the catalogue.
const CHECKS: &[&[Check]] = &[
    http::CHECKS,
    sse::CHECKS,
    chunks::CHECKS,
    ends::CHECKS,
    usage::CHECKS,
    flow::CHECKS,
    text::CHECKS,
    requests::CHECKS,
    errors::CHECKS,
    authorization::CHECKS,
    rate::CHECKS,
    tools::CHECKS,
    cancelling::CHECKS,
    concurrency::CHECKS,
    connections::CHECKS,
];
