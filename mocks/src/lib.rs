//! Vendors played by us: an LLM, a TTS and an ASR that speak the real protocols from a script.
//!
//! A vendor is three things: a [`script`] of its behaviour, a sans-IO model that turns a request and the script into
//! an answer (bytes, each at its time), and a server that plays answers in either world. Times are
//! absolute: everything is due at a fixed distance from the arrival of its request.
//!
//! Nothing here shares code with the adapters, so that a mistake is not made twice.

mod answer;
mod asr;
mod cjk;
mod ledger;
mod llm;
mod mischief;
mod mock;
mod observe;
mod play;
mod refusal;
mod registry;
mod request;
pub mod script;
mod tts;

pub use asr::{Says, Utterance, serve_asr};
pub use ledger::{JOURNAL_LENGTH, JournalEntry};
pub use llm::serve_llm;
pub use mock::Mock;
pub use observe::{Observation, Observer, Role, What};
pub use tts::serve_tts;
