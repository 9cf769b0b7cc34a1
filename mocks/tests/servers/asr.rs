//! A recogniser that speaks Tencent's protocol.

use std::time::Duration;

use bargein_mocks::script::AsrScript;
use bargein_mocks::{Mock, Says, Utterance, serve_asr};
use bargein_net::{World, run_virtual};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::client::{Seen, listen};

/// The vector of the vendor's documents; no key is scripted, so the signature is not looked at.
const STREAM: &str = "ws://asr.mock/asr/v2/1250000000?engine_model_type=16k_zh&expired=1700086400&needvad=1\
    &nonce=1700000000&secretid=AKIDexample&timestamp=1700000000&voice_format=1&voice_id=v-0001&signature=x";

async fn vendor(world: &World, script: Value, says: &Says, seen: &Seen) -> Mock {
    let script = AsrScript::parse(&script).unwrap();
    let listener = listen(world, "asr.mock:80").await.unwrap();
    serve_asr(world, listener, script, says.clone(), seen.observer())
}

/// What the user's side does with a stream: audio in steps of 40 ms.
enum Step {
    Voice(u64),
    Silence(u64),
    Says(&'static str, u64),
    End,
}

/// Opens a stream, plays the steps in real time, and gives every message with its millisecond.
fn check(script: Value, steps: &[Step]) -> (Vec<(u64, Value)>, Vec<String>) {
    let (seen, says) = (Seen::default(), Says::new());
    let messages = run_virtual(7, async |world| {
        let _vendor = vendor(&world, script, &says, &seen).await;
        let io = world.network.dial("asr.mock:80").await.unwrap();
        let (stream, _) = client_async(STREAM, io).await.unwrap();
        let (mut sink, mut source) = WebSocketStream::split(stream);
        let mut messages = Vec::new();
        let listening = async {
            while let Some(Ok(message)) = source.next().await {
                if let Message::Text(text) = message {
                    messages.push((world.clock.now().as_millis(), serde_json::from_str(&text).unwrap()));
                }
            }
        };
        let speaking = async {
            for step in steps {
                let (level, length) = match step {
                    Step::Voice(length) => (8_000_i16, *length),
                    Step::Silence(length) => (0, *length),
                    Step::Says(text, length) => {
                        let (text, duration) = ((*text).to_owned(), Duration::from_millis(*length));
                        says.push(Utterance { text, duration });
                        (0, 0)
                    }
                    Step::End => {
                        sink.send(Message::text(r#"{"type":"end"}"#)).await.unwrap();
                        (0, 0)
                    }
                };
                for _ in 0..length / 40 {
                    world.clock.sleep(Duration::from_millis(40)).await;
                    let audio = level.to_le_bytes().repeat(640);
                    sink.send(Message::binary(audio)).await.unwrap();
                }
            }
            world.clock.sleep(Duration::from_secs(1)).await;
        };
        tokio::select! { biased; () = speaking => {}, () = listening => {} }
        messages
    });
    (messages.unwrap(), seen.lines())
}

#[test]
fn an_utterance_grows_and_is_final_after_the_scripts_silence() {
    use Step::{End, Says, Silence, Voice};
    let (messages, told) =
        check(json!({}), &[Silence(200), Says("等一下。", 800), Voice(800), Silence(600), End]);
    assert_eq!(messages[0], (0, json!({ "code": 0, "message": "success", "voice_id": "v-0001" })));
    assert_eq!(
        told,
        [
            "0 #1 request",
            "400 #1 interim 等",
            "600 #1 interim 等一",
            "800 #1 interim 等一下",
            "1000 #1 interim 等一下。",
            "1400 #1 final 等一下。",
            "1600 #1 response",
        ]
    );
}
