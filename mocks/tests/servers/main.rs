//! The mock vendors in a virtual world, met by clients that share no code with them.

mod client;
mod llm;
mod tts;
