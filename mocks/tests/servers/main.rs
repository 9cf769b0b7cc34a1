//! The mock vendors in a virtual world, met by clients that share no code with them.

mod asr;
mod client;
mod llm;
mod tts;
