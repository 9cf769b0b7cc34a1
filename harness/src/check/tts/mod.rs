//! The checks of the custom TTS protocol: one `POST`, one chunked body of audio.
//!
//! A file a group. What a rule is based on is said in the documents; here are its words and its judgement.

mod audio;
mod authorization;
mod cancel;
mod chunked;
mod errors;
mod http;
mod keepalive;
mod latency;
mod load;
mod measure;
mod operation;
mod parameters;
mod pcm;
mod refusal;
mod retry;
mod signal;
mod slow;
mod speak;
mod text;
mod wav;

use super::catalogue::{Check, Suite};

pub use audio::heard;
pub use speak::{Format, Say};

/// The checks of the custom TTS protocol.
pub static SUITE: Suite = Suite {
    name: "custom-tts 1.0",
    groups: &[
        ("HTTP", "HTTP and head"),
        ("CHK", "Chunked framing"),
        ("PCM", "PCM"),
        ("WAV", "WAV in a stream"),
        ("PAR", "Parameters"),
        ("ERR", "Errors"),
        ("AUT", "Authorization"),
        ("TXT", "Text"),
        ("LAT", "Latency and pacing"),
        ("CON", "Concurrency and load"),
        ("CAN", "Cancellation"),
        ("RTY", "Retry and identity"),
        ("KAL", "Connections"),
        ("SLO", "Slow reader"),
        ("OPS", "Operation"),
    ],
    checks: CHECKS,
    gate: |cx| Box::pin(speak::gate(cx)),
    base: &["HTTP-01", "AUT-01"],
    reach: &["OPS-01"],
    figures: speak::figures,
    heard,
};

/// One line a group, in the order of the catalogue.
const CHECKS: &[&[Check]] = &[
    http::CHECKS, //
    chunked::CHECKS,
    pcm::CHECKS,
    wav::CHECKS,
    parameters::CHECKS,
    errors::CHECKS,
    authorization::CHECKS,
    text::CHECKS,
    latency::CHECKS,
    load::CHECKS,
    cancel::CHECKS,
    retry::CHECKS,
    keepalive::CHECKS,
    slow::CHECKS,
    operation::CHECKS,
];
