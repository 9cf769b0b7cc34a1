//! Tencent's recogniser, against a WebSocket server that plays scripts of frames.

mod faults;
mod request;
mod stream;

use std::sync::Arc;

use bargein_adapters::asr::{Asr, AsrCall};
use bargein_adapters::registry;
use bargein_core::AsrEvent;
use bargein_net::{World, run_virtual};
use serde_json::{Value, json};

use crate::microphone::speak;
use crate::websocket::{Heard, Step, serve, text};
use crate::{identity, ms, with_times};

/// The uplink's last text.
const END: &str = r#"{"type":"end"}"#;

/// The service's own examples: accepted, a sentence begun and final, the end, a failure.
const EXAMPLES: &str = include_str!("../../../../fixtures/wire/tencent/downlink.jsonl");

fn example(number: usize) -> &'static str {
    EXAMPLES.lines().nth(number).expect("five lines")
}

fn accepted() -> Step {
    text(example(0))
}

fn ended() -> Step {
    text(example(3))
}

/// A message about a sentence.
fn sentence(slice: u8, index: u64, said: &str) -> Step {
    text(&format!(
        r#"{{"code":0,"message":"success","voice_id":"v","message_id":"v_1_0","result":{{"slice_type":{slice},"index":{index},"start_time":0,"end_time":1240,"voice_text_str":"{said}","word_size":0,"word_list":[]}}}}"#
    ))
}

fn interim(sentence: u64, text: &str) -> AsrEvent {
    AsrEvent::Interim { sentence, text: text.into() }
}

fn last(sentence: u64, text: &str) -> AsrEvent {
    AsrEvent::Final { sentence, text: text.into() }
}

fn settings(more: &Value) -> Value {
    let mut settings = json!({
        "url": "ws://asr.test/asr/v2",
        "appid": 1_250_000_000,
        "secret_id": "AKIDexample",
        "secret_key": "SKexample",
    });
    settings.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    settings
}

fn recogniser(world: &World, more: &Value) -> Arc<dyn Asr> {
    registry::asr("tencent", world, settings(more)).expect("good settings")
}

fn call() -> AsrCall {
    AsrCall { session: identity() }
}

/// What a stream said and its server heard, with the milliseconds of the world.
struct Ran {
    said: Vec<(u64, AsrEvent)>,
    heard: Vec<(u64, Heard)>,
}

/// Runs a stream to its end.
fn run(script: Vec<Step>, frames: u8) -> Ran {
    let ran = run_virtual(1, async |world| {
        let (_, mut heard) = serve(&world, "asr.test", [script]).await;
        let events = recogniser(&world, &json!({})).open(call(), speak(&world, frames));
        let said = with_times(&world.clock, events).await;
        // What the server reads at the end's own moment.
        world.clock.sleep(ms(1)).await;
        let mut all = Vec::new();
        while let Ok((at, heard)) = heard.try_recv() {
            all.push((at.as_millis(), heard));
        }
        Ran { said, heard: all }
    });
    ran.expect("no task left")
}
