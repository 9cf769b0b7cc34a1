//! Tencent's recogniser.

use std::sync::Arc;

use bargein_adapters::asr::{Asr, AsrCall};
use bargein_adapters::registry;
use bargein_core::{AsrEvent, FaultKind, VendorFault};
use bargein_net::{World, run_virtual};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::websocket::{Heard, Step, serve, text, upgrade};
use crate::{identity, ms, with_times};

const END: &str = r#"{"type":"end"}"#;
const ACCEPTED: &str = r#"{"code":0,"message":"success","voice_id":"v"}"#;
const ENDED: &str = r#"{"code":0,"message":"success","voice_id":"v","message_id":"v_9","final":1}"#;

fn settings(more: &Value) -> Value {
    let mut settings = json!({
        "url": "ws://asr.test/asr/v2", "appid": 1_250_000_000, "secret_id": "AKIDexample", "secret_key": "SKexample"
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

/// A room that speaks: a frame each 20 ms, the first after 20 ms, filled with their numbers from 1; then its end.
fn speak(world: &World, frames: u8) -> mpsc::Receiver<Bytes> {
    // As many as a test has.
    let (line, audio) = mpsc::channel(256);
    let clock = world.clock.clone();
    let speaking = async move {
        for number in 1..=frames {
            clock.sleep(ms(20)).await;
            let _ = line.send(Bytes::from(vec![number; 640])).await;
        }
    };
    world.tasks.spawn("speaker", speaking).detach();
    audio
}

#[test]
fn a_conversation_runs_from_ready_to_closed() {
    let script = vec![
        upgrade(),
        Step::Wait(ms(5)),
        text(ACCEPTED),
        Step::Wait(ms(70)),
        sentence(0, 0, "实时"),
        sentence(2, 0, "实时语音识别"),
        Step::Hear(END),
        Step::Wait(ms(30)),
        sentence(2, 1, "再见"),
        text(ENDED),
    ];
    let ran = run_virtual(1, async |world| {
        let (_, mut heard) = serve(&world, "asr.test", [script]).await;
        let audio = speak(&world, 5);
        let said = with_times(&world.clock, recogniser(&world, &json!({})).open(call(), audio)).await;
        let mut all = Vec::new();
        while let Some((at, heard)) = heard.recv().await {
            let is_last = heard == Heard::Gone;
            all.push((at.as_millis(), heard));
            if is_last {
                break;
            }
        }
        (said, all)
    });
    let (said, heard) = ran.expect("no task left");
    assert_eq!(
        said,
        [
            (5, AsrEvent::Ready),
            (75, interim(0, "实时")),
            (75, last(0, "实时语音识别")),
            (130, last(1, "再见")),
            (130, AsrEvent::Closed),
        ]
    );
    let two = |first: u8| Heard::Audio([[first; 640], [first + 1; 640]].concat());
    assert_eq!(
        heard[1..],
        [
            (40, two(1)),
            (80, two(3)),
            (100, Heard::Audio(vec![5; 640])),
            (100, Heard::Text(END.into())),
            (130, Heard::Gone),
        ]
    );
}

#[test]
fn a_connection_that_ends_before_the_final_result_is_a_fault() {
    let script = vec![upgrade(), text(ACCEPTED), Step::Wait(ms(50)), sentence(0, 0, "实时"), Step::Drop];
    let said = run_virtual(1, async |world| {
        serve(&world, "asr.test", [script]).await;
        with_times(&world.clock, recogniser(&world, &json!({})).open(call(), speak(&world, 5))).await
    });
    let said = said.expect("no task left");
    assert_eq!(said[..2], [(0, AsrEvent::Ready), (50, interim(0, "实时"))]);
    assert!(
        matches!(&said[2..], [(50, AsrEvent::Failed(VendorFault { kind: FaultKind::Broken, .. }))]),
        "{said:?}"
    );
}
