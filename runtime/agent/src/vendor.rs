//! TEMPORARY: the adapter traits until they land.
use bargein_core::*;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use std::sync::Arc;
use tokio::sync::mpsc;
pub trait Llm: Send + Sync {
    fn start(&self, call: LlmCall) -> BoxStream<'static, LlmEvent>;
}
pub struct LlmCall {
    pub request: LlmRequest,
    pub request_id: String,
    pub session: Arc<SessionIdentity>,
}
pub trait Tts: Send + Sync {
    fn start(&self, call: TtsCall) -> BoxStream<'static, TtsItem>;
}
pub struct TtsCall {
    pub request: TtsRequest,
    pub request_id: String,
    pub session: Arc<SessionIdentity>,
}
pub struct Format {
    pub rate: u32,
}
pub enum TtsItem {
    Responding,
    Audio(Bytes, Format),
    Finished,
    Failed(VendorFault),
}
pub trait Asr: Send + Sync {
    fn open(&self, call: AsrCall, audio: mpsc::Receiver<Bytes>) -> BoxStream<'static, AsrEvent>;
}
pub struct AsrCall {
    pub session: Arc<SessionIdentity>,
}
#[derive(Default)]
pub struct SessionIdentity {
    pub task_id: String,
}
