//! Recognisers by their protocols: the same words in each one's own messages.

use std::time::Duration;

use bargein_mocks::script::AsrScript;
use bargein_mocks::{Says, Utterance, serve_asr};
use bargein_net::{World, run_virtual};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::client::{Seen, listen};

/// How a client of one protocol speaks.
struct Client {
    vendor: &'static str,
    target: &'static str,
    headers: &'static [(&'static str, &'static str)],
    opening: Vec<Message>,
    audio: fn(Vec<u8>) -> Message,
    ending: Message,
}

fn plain(audio: Vec<u8>) -> Message {
    Message::binary(audio)
}

/// A task of DashScope's, as its official client runs it.
fn dashscope(model: &str) -> Client {
    let lines = include_str!("../../../fixtures/wire/dashscope/uplink.jsonl");
    let mut lines = lines.lines().map(|line| Message::text(line.replace("paraformer-realtime-v2", model)));
    Client {
        vendor: "dashscope",
        target: "/api-ws/v1/inference",
        headers: &[("authorization", "Bearer sk-test")],
        opening: vec![lines.next().unwrap()],
        audio: plain,
        ending: lines.next().unwrap(),
    }
}

/// A stream of version 3 of Tencent's.
fn tencent_v3(start: &str) -> Client {
    Client {
        vendor: "tencent",
        target: "/asr/v3?voice_id=v-1",
        headers: &[],
        opening: vec![Message::text(start)],
        audio: plain,
        ending: Message::text(r#"{"type":"end"}"#),
    }
}

/// A stream of ByteDance's in frames of a client package; audio is not numbered, which is allowed.
fn bytedance(path: &'static str, request: &str) -> Client {
    let framed = |head: [u8; 4], payload: &[u8]| {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        Message::binary([&head[..], &length, payload].concat())
    };
    Client {
        vendor: "bytedance",
        target: path,
        headers: &[
            ("x-api-app-key", "app"),
            ("x-api-access-key", "secret"),
            ("x-api-resource-id", "volc.bigasr.sauc.duration"),
        ],
        opening: vec![framed([0x11, 0x10, 0x10, 0], request.as_bytes())],
        audio: |audio| Message::binary([&[0x11, 0x20, 0, 0][..], &[0, 0, 0xc, 0x80], &audio].concat()),
        ending: framed([0x11, 0x22, 0, 0], &[]),
    }
}

const REQUEST: &str =
    r#"{"audio":{"format":"pcm","rate":16000},"request":{"model_name":"bigmodel","show_utterances":true}}"#;

const START: &str = r#"{"type":"start","auth":{"sdkappid":"1400000001","usersig":"eJw"},"params":{"engine_model_type":"16k_zh_en","voice_format":1,"needvad":1}}"#;

/// What one word of 800 ms, a pause and the end are answered with, each with its millisecond; and what the mock told.
fn check(script: Value, client: &Client) -> (Vec<(u64, String)>, Vec<String>) {
    let (seen, says) = (Seen::default(), Says::new());
    let came = run_virtual(7, async |world| {
        let mut script = script;
        script["vendor"] = json!(client.vendor);
        let script = AsrScript::parse(&script).unwrap();
        let listener = listen(&world, "asr.mock:80").await.unwrap();
        let _vendor = serve_asr(&world, listener, script, says.clone(), seen.observer());
        converse(&world, client, &says).await
    });
    (came.unwrap(), seen.lines())
}

async fn converse(world: &World, client: &Client, says: &Says) -> Vec<(u64, String)> {
    let now = || world.clock.now().as_millis();
    let io = world.network.dial("asr.mock:80").await.unwrap();
    let mut request = format!("ws://asr.mock{}", client.target).into_client_request().unwrap();
    for (name, value) in client.headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let stream = match client_async(request, io).await {
        Ok((stream, _)) => stream,
        Err(Error::Http(response)) => {
            let body = String::from_utf8(response.body().clone().unwrap_or_default()).unwrap();
            return vec![(now(), format!("{} {body}", response.status().as_u16()))];
        }
        Err(error) => return vec![(now(), error.to_string())],
    };
    let (mut sink, mut source) = stream.split();
    let mut came = Vec::new();
    let listening = async {
        while let Some(message) = source.next().await {
            match message {
                Ok(Message::Text(text)) => came.push((now(), text.to_string())),
                Ok(Message::Binary(bytes)) => came.push((now(), in_words(&bytes))),
                Ok(Message::Close(_)) => came.push((now(), "closed".to_owned())),
                Ok(_) => {}
                Err(error) => came.push((now(), error.to_string())),
            }
        }
    };
    let speaking = async {
        for message in &client.opening {
            let _ = sink.send(message.clone()).await;
        }
        says.push(Utterance { text: "等一下。".to_owned(), duration: Duration::from_millis(800) });
        for piece in 0..16_u8 {
            world.clock.sleep(Duration::from_millis(100)).await;
            let level = if piece < 8 { 8_000_i16 } else { 0 };
            let _ = sink.send((client.audio)(level.to_le_bytes().repeat(1600))).await;
        }
        let _ = sink.send(client.ending.clone()).await;
        world.clock.sleep(Duration::from_secs(8)).await;
    };
    tokio::select! { biased; () = listening => {}, () = speaking => {} }
    came
}

/// A binary answer: its second byte, its code if it is a failure, and its payload.
fn in_words(bytes: &[u8]) -> String {
    let is_failure = bytes[1] == 0xf0;
    let (code, rest) = bytes[4..].split_at(if is_failure { 4 } else { 0 });
    let payload: Value = serde_json::from_slice(&rest[4..]).unwrap();
    let code = code.try_into().map_or(Value::Null, |code| json!(u32::from_be_bytes(code)));
    json!({ "kind": bytes[1], "code": code, "payload": payload }).to_string()
}

/// What the mock tells of the words, whatever its protocol.
const TOLD: [&str; 4] =
    ["0 #1 request", "400 #1 interim 等一", "800 #1 interim 等一下。", "1200 #1 final 等一下。"];

/// The members of messages that a test is about.
fn members(came: &[(u64, String)], pointer: &str) -> Vec<(u64, Value)> {
    let member = |text: &str| {
        let message: Value = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
        message.pointer(pointer).cloned().unwrap_or(message)
    };
    came.iter().map(|(at, text)| (*at, member(text))).collect()
}

#[test]
fn the_official_clients_task_runs_in_either_shape_of_results() {
    let script = json!({ "interim_every": "400ms", "key": "sk-test" });
    let id = "40ba6efaf4df4e3282a792e20fd77c0a";
    let event = |event: &str| json!({ "task_id": id, "event": event, "attributes": {} });
    let (came, told) = check(script.clone(), &dashscope("paraformer-realtime-v2"));
    assert_eq!(told[..4], TOLD);
    assert_eq!(
        members(&came, "/header"),
        [
            (0, event("task-started")),
            (400, event("result-generated")),
            (800, event("result-generated")),
            (1200, event("result-generated")),
            (1600, event("task-finished")),
            (1600, json!("closed")),
        ]
    );
    let sentence = |end: Value, text: &str, is_final: bool, usage: Value| {
        let sentence = json!({ "begin_time": 0, "end_time": end, "text": text, "heartbeat": false, "sentence_end": is_final });
        json!({ "output": { "sentence": sentence }, "usage": usage })
    };
    let results: Vec<_> = members(&came[1..4], "/payload").into_iter().map(|(_, payload)| payload).collect();
    assert_eq!(
        results,
        [
            sentence(Value::Null, "等一", false, Value::Null),
            sentence(Value::Null, "等一下。", false, Value::Null),
            // One begun second is counted.
            sentence(json!(800), "等一下。", true, json!({ "duration": 1 })),
        ]
    );
    let (came, told) = check(script, &dashscope("gummy-realtime-v1"));
    assert_eq!(told[..4], TOLD);
    let ends = members(&came[1..4], "/payload/output/transcription/sentence_end");
    assert_eq!(ends, [(400, json!(false)), (800, json!(false)), (1200, json!(true))]);
}

#[test]
fn a_task_that_breaks_the_rules_fails_in_the_vendors_words() {
    let mut early = dashscope("paraformer-realtime-v2");
    early.opening.clear();
    let mut twice = dashscope("paraformer-realtime-v2");
    twice.opening.push(twice.opening[0].clone());
    let mut mp3 = dashscope("paraformer-realtime-v2");
    mp3.opening = vec![Message::text(mp3.opening[0].to_text().unwrap().replace(r#""pcm""#, r#""mp3""#))];
    let nameless = dashscope("");
    for (client, at, words) in [
        (early, 100, "expected run-task before any audio"),
        (twice, 0, "expected one task, got a second"),
        (mp3, 0, "expected the format pcm, got \"mp3\""),
        (nameless, 0, "expected a model"),
    ] {
        let (came, _) = check(json!({}), &client);
        let failed = came.iter().find(|(_, text)| text.contains("task-failed")).unwrap();
        let header: Value = serde_json::from_str(&failed.1).unwrap();
        assert_eq!((failed.0, header["header"]["error_message"].as_str()), (at, Some(words)));
        assert_eq!(header["header"]["error_code"], "InvalidParameter");
    }
}

#[test]
fn a_task_is_refused_where_the_vendor_refuses_it() {
    let unknown =
        json!({ "code": "InvalidApiKey", "message": "Invalid API-key provided.", "request_id": "" });
    let (came, _) = check(json!({ "key": "sk-other" }), &dashscope("fun-asr-realtime"));
    assert_eq!(came, [(0, format!("401 {unknown}"))]);
    let (came, _) = check(json!({ "code": "Arrearage" }), &dashscope("fun-asr-realtime"));
    assert_eq!(members(&came[..1], "/header/error_code"), [(0, json!("Arrearage"))]);
}

#[test]
fn the_room_services_version_begins_with_its_first_message() {
    let (came, told) = check(json!({ "interim_every": "400ms", "key": "eJw" }), &tencent_v3(START));
    assert_eq!(told[..4], TOLD);
    let slices: Vec<_> = members(&came, "/result/slice_type");
    assert_eq!(slices[0], (0, json!({ "code": 0, "message": "success", "voice_id": "v-1" })));
    assert_eq!(slices[1..4], [(400, json!(0)), (800, json!(1)), (1200, json!(2))]);
    assert_eq!(members(&came[4..], "/final"), [(1600, json!(1)), (1600, json!("closed"))]);
}

#[test]
fn the_room_services_version_is_strict_about_its_first_message() {
    let mut silent = tencent_v3(START);
    silent.opening.clear();
    silent.audio = |_| Message::Ping(Vec::new().into());
    silent.ending = Message::Ping(Vec::new().into());
    let mut early = tencent_v3(START);
    early.opening.clear();
    for (key, client, at, code) in [
        ("", silent, 3000, 4008),
        ("", early, 100, 4010),
        ("", tencent_v3("{"), 0, 4010),
        ("", tencent_v3(r#"{"type":"end","auth":{"sdkappid":"1","usersig":"e"}}"#), 0, 4010),
        ("", tencent_v3(&START.replace("eJw", "")), 0, 4002),
        ("other", tencent_v3(START), 0, 4002),
        ("", tencent_v3(&START.replace(r#""voice_format":1"#, r#""voice_format":10"#)), 0, 4001),
    ] {
        let (came, _) = check(json!({ "key": key }), &client);
        let codes = members(&came, "/code");
        assert_eq!(codes[0], (at, json!(code)));
    }
}

#[test]
fn binary_frames_answer_every_packet_or_what_has_changed_or_the_finals() {
    let script = json!({ "interim_every": "400ms", "key": "secret" });
    let utterances = |end: u64, text: &str, definite: bool| json!([{ "text": text, "start_time": 0, "end_time": end, "definite": definite }]);
    let (came, told) = check(script.clone(), &bytedance("/api/v3/sauc/bigmodel_async", REQUEST));
    assert_eq!(told[..4], TOLD);
    assert_eq!(
        members(&came, "/payload/result/utterances"),
        [
            (400, utterances(400, "等一", false)),
            (800, utterances(800, "等一下。", false)),
            (1200, utterances(800, "等一下。", true)),
            (1600, utterances(800, "等一下。", true)),
            (1600, json!("closed")),
        ]
    );
    assert_eq!(
        members(&came[..4], "/kind").iter().map(|(_, kind)| kind.clone()).collect::<Vec<_>>(),
        [0x90, 0x90, 0x90, 0x92]
    );
    let (came, told) = check(script.clone(), &bytedance("/api/v3/sauc/bigmodel_nostream", REQUEST));
    assert_eq!(told[..2], ["0 #1 request", "1200 #1 final 等一下。"]);
    assert_eq!(members(&came[..1], "/payload/result/text"), [(1200, json!("等一下。"))]);
    let (came, told) = check(script, &bytedance("/api/v3/sauc/bigmodel", REQUEST));
    assert_eq!(told[..4], TOLD);
    // The request, each of 16 packets, three transcripts and the end.
    assert_eq!(came.len() - 1, 1 + 16 + 3 + 1);
    assert_eq!(members(&came[1..2], "/payload/audio_info/duration"), [(100, json!(100))]);
}

#[test]
fn answers_are_numbered_and_packed_as_the_question_is() {
    let mut client = bytedance("/api/v3/sauc/bigmodel_async", REQUEST);
    let lines = include_str!("../../../fixtures/wire/bytedance/frames.txt").lines();
    let packed = lines.filter_map(|line| line.strip_prefix("request-gzip ")).next().unwrap();
    let byte = |at: usize| u8::from_str_radix(&packed[at..at + 2], 16).unwrap();
    client.opening = vec![Message::binary((0..packed.len()).step_by(2).map(byte).collect::<Vec<_>>())];
    let seen = Seen::default();
    let heads = run_virtual(7, async |world| {
        let script = AsrScript::parse(&json!({ "vendor": "bytedance", "hears": "一" })).unwrap();
        let listener = listen(&world, "asr.mock:80").await.unwrap();
        let _vendor = serve_asr(&world, listener, script, Says::new(), seen.observer());
        let io = world.network.dial("asr.mock:80").await.unwrap();
        let mut request = format!("ws://asr.mock{}", client.target).into_client_request().unwrap();
        for (name, value) in client.headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let (mut stream, _) = client_async(request, io).await.unwrap();
        stream.send(client.opening[0].clone()).await.unwrap();
        stream.send(client.ending.clone()).await.unwrap();
        let last = stream.next().await.unwrap().unwrap().into_data();
        last[..8].to_vec()
    });
    // The last of all, number -1, JSON in gzip.
    assert_eq!(heads.unwrap(), [0x11, 0x93, 0x11, 0, 0xff, 0xff, 0xff, 0xff]);
}

#[test]
fn a_stream_of_frames_that_breaks_the_rules_is_told_which() {
    let path = "/api/v3/sauc/bigmodel_async";
    let mut early = bytedance(path, REQUEST);
    early.opening.clear();
    let mut words = bytedance(path, REQUEST);
    words.opening = vec![Message::text("{}")];
    let mut broken = bytedance(path, REQUEST);
    broken.opening = vec![Message::binary(vec![0x11])];
    let mut silent = bytedance(path, REQUEST);
    silent.audio = |_| Message::Ping(Vec::new().into());
    silent.ending = Message::Ping(Vec::new().into());
    for (client, at, code, said) in [
        (early, 100, 45_000_001, "expected a request before any audio"),
        (words, 0, 45_000_001, "expected binary frames, got a text"),
        (broken, 0, 45_000_001, "expected 4 more bytes from byte 0 of a frame, got 1"),
        (bytedance(path, "{}"), 0, 45_000_001, "expected a model_name"),
        (
            bytedance(path, &REQUEST.replace("pcm", "mp3")),
            0,
            45_000_151,
            "expected the format pcm, got \"mp3\"",
        ),
        (
            bytedance(path, &REQUEST.replace("16000", "8000")),
            0,
            45_000_001,
            "expected rate to be 16000, got 8000",
        ),
        (silent, 8_000, 45_000_081, "[Timeout waiting next packet] waiting next packet timeout: 8 seconds"),
    ] {
        let (came, _) = check(json!({}), &client);
        assert_eq!(members(&came[..1], "/code"), [(at, json!(code))]);
        assert_eq!(members(&came[..1], "/payload/error"), [(at, json!(said))]);
    }
    for (headers, status) in [
        (&[][..], 401),
        (&[("x-api-key", "other"), ("x-api-resource-id", "volc.a")], 401),
        (&[("x-api-key", "secret")], 403),
        (&[("x-api-app-key", "app"), ("x-api-resource-id", "volc.a")], 401),
    ] {
        let client = Client { headers, ..bytedance(path, REQUEST) };
        let (came, _) = check(json!({ "key": "secret" }), &client);
        assert!(came[0].1.starts_with(&status.to_string()), "{came:?}");
    }
}
