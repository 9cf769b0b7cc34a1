//! A speech synthesiser that speaks the custom protocol.

use bargein_mocks::script::TtsScript;
use bargein_mocks::{Mock, serve_tts};
use bargein_net::{World, run_virtual};
use serde_json::{Value, json};

use crate::client::{Got, Seen, listen, post};

const SPEAK: &str = "http://tts.mock/api/v1/tts/stream";

async fn vendor(world: &World, script: Value, seen: &Seen) -> Mock {
    let script = TtsScript::parse(&script, |_| Err(std::io::ErrorKind::NotFound.into())).unwrap();
    serve_tts(world, listen(world, "tts.mock:80").await.unwrap(), script, seen.observer())
}

fn check(script: Value, body: &Value) -> (Got, Vec<String>) {
    let seen = Seen::default();
    let got = run_virtual(7, async |world| {
        let _vendor = vendor(&world, script, &seen).await;
        post(&world, SPEAK, "k", &body.to_string()).await
    });
    (got.unwrap(), seen.lines())
}

#[test]
fn audio_comes_at_the_times_of_the_script() {
    let (got, told) = check(json!({}), &json!({ "Text": "我在。", "Format": "pcm" }));
    assert_eq!(got.status, 200);
    assert_eq!(got.header("content-type"), "audio/L16");
    assert_eq!(got.header("transfer-encoding"), "chunked");
    assert_eq!(got.head_at, 0);
    // Three characters of 220 ms: 33 chunks of 20 ms, each after a quarter of its length.
    assert_eq!(got.times(), (0..33).map(|chunk| 150 + 5 * chunk).collect::<Vec<_>>());
    assert!(got.pieces.iter().all(|(_, bytes)| bytes.len() == 640));
    assert_eq!(got.end, (310, true));
    assert_eq!(told, ["0 #1 request", "150 #1 first audio", "310 #1 response"]);
}

#[test]
fn a_wav_header_leaves_with_the_head_and_names_no_length() {
    let (got, told) = check(json!({}), &json!({ "Text": "嗯" }));
    assert_eq!(got.header("content-type"), "audio/wav");
    assert_eq!(got.times()[..2], [0, 150]);
    let body = got.body();
    let (header, audio) = body.split_at(44);
    let expected = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data\xff\xff\xff\xff";
    assert_eq!(header, expected);
    assert_eq!(audio.len(), 7_040);
    assert_eq!(told[1], "150 #1 first audio");
}
