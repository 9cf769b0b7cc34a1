//! The mock vendors in a virtual world, met by clients that share no code with them.

#![expect(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

mod asr;
mod asr_protocols;
mod client;
mod llm;
mod llm_vendors;
mod reference;
mod tts;
mod tts_vendors;
mod vendors;
