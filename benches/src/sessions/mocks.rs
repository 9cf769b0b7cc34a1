//! The part of the vendors.

use std::io;

use bargein_mocks::script::{AsrScript, LlmScript, TtsScript};
use bargein_mocks::{Observer, Says, serve_asr, serve_llm, serve_tts};
use bargein_net::World;
use serde_json::json;

use super::Fallible;
use super::control::{Line, Reached};

/// What the model says: a first segment of [`FIRST_SEGMENT_DELTAS`] tokens, some eleven seconds in all.
const REPLY: &str = "Of course I will! Once upon a time there was a lighthouse at the end of the world, and nobody \
                     had seen its keeper for years. One night the lamp went out, and a boat that was far from home \
                     had to wait for the morning.";

/// How many deltas the first segment of the reply is.
pub(super) const FIRST_SEGMENT_DELTAS: usize = 4;

/// Serves a recogniser, a model and a synthesiser until the other end of the line is gone.
///
/// The recogniser's final transcript comes 800 ms after the user has fallen silent: later than the silence that ends a
/// turn, so that it is what the session waits for.
pub(super) async fn run(world: &World, by: &str) -> Fallible<()> {
    let mut line = Line::to(world, by).await?;
    let asr = AsrScript::parse(&json!({ "hears": "Tell me a story.", "final_after": "500ms" }))?;
    let llm = LlmScript::parse(&json!({ "reply": REPLY }))?;
    let tts = TtsScript::parse(&json!({}), |_| Err(io::ErrorKind::NotFound.into()))?;
    let vendors = [asr.vendor(), llm.vendor(), tts.vendor()].map(str::to_owned);
    let listen = async || world.network.listen("127.0.0.1:0").await;
    let mocks = [
        serve_asr(world, listen().await?, asr, Says::new(), Observer::nobody()),
        serve_llm(world, listen().await?, llm, Observer::nobody()),
        serve_tts(world, listen().await?, tts, Observer::nobody()),
    ];
    let settings = mocks.each_ref().map(|mock| mock.client_settings().clone());
    let ([asr, llm, tts], [asr_id, llm_id, tts_id]) = (settings, vendors);
    line.say(&Reached { asr: (asr_id, asr), llm: (llm_id, llm), tts: (tts_id, tts) }).await?;
    while line.hear::<()>().await?.is_some() {}
    Ok(())
}
