//! Bytes to frames to messages, for every protocol bargein speaks; and the units its text forms are written in.
//!
//! Everything here is pure: no sockets, no clock, no tasks, no randomness, no knowledge of what a conversation is.
//! Clients and mock servers share these codecs, which is sound only because each is held to bytes that neither of
//! them wrote: see `fixtures/wire/`.

pub mod answer;
pub mod azure;
pub mod bytedance;
pub mod coze;
pub mod custom_tts;
pub mod dashscope;
pub mod dify;
pub mod hex;
pub mod lines;
pub mod openai;
pub mod pcm;
pub mod session_headers;
pub mod sse;
pub mod tencent_asr;
pub mod tencent_tts;
pub mod units;
pub mod wav;
