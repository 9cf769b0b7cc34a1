//! The synthesisers that take a text in pieces over a WebSocket: what they send is what the official clients send, and
//! what they read is what those clients were seen to take.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bargein_adapters::tts::{Tts, TtsCall, TtsItem, Word};
use bargein_adapters::{OnWritten, registry};
use bargein_core::{FaultKind, RequestId, RoundId, TtsRequest};
use bargein_net::{Io, World, run_virtual};
use bargein_wire::azure;
use bargein_wire::bytedance::{Frame, Kind, Order};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use crate::{identity, ms};

/// The audio of each piece of text: it ends within a sample.
const AUDIO: [u8; 5] = [1, 2, 3, 4, 5];

/// A vendor: its settings, what it says to a message, and the messages of its official client.
struct Row {
    vendor: &'static str,
    settings: fn() -> Value,
    greeting: fn() -> Vec<Message>,
    /// `None` where it closes the socket.
    answer: fn(&Message) -> Vec<Message>,
    capture: &'static str,
    words: &'static [(&'static str, u64, u64)],
}

fn text(told: &Value) -> Message {
    Message::text(told.to_string())
}

fn read(message: &Message) -> Value {
    message.to_text().ok().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

fn contexts(message: &Message) -> Vec<Message> {
    let asked = read(message);
    let id = &asked["context_id"];
    if asked["continue"] == false {
        return vec![text(&json!({ "type": "done", "done": true, "status_code": 206, "context_id": id }))];
    }
    let stray = json!({ "type": "chunk", "data": "AAAA", "done": false, "status_code": 206, "context_id": "another" });
    let words = json!({ "words": ["你好"], "start": [0.1], "end": [0.5] });
    vec![
        text(&stray),
        text(&json!({ "type": "chunk", "data": STANDARD.encode(AUDIO), "done": false, "context_id": id })),
        text(&json!({ "type": "timestamps", "word_timestamps": words, "done": false, "context_id": id })),
    ]
}

fn stream_input(message: &Message) -> Vec<Message> {
    match read(message)["text"].as_str().unwrap_or_default() {
        "" => vec![text(&json!({ "audio": null, "isFinal": true }))],
        " " => Vec::new(),
        _ => {
            let alignment = json!({ "chars": ["你", "好"], "charStartTimesMs": [100, 300], "charDurationsMs": [200, 200] });
            vec![text(&json!({ "audio": STANDARD.encode(AUDIO), "isFinal": null, "alignment": alignment }))]
        }
    }
}

fn tasks(message: &Message) -> Vec<Message> {
    let good = json!({ "status_code": 0, "status_msg": "success" });
    match read(message)["event"].as_str().unwrap_or_default() {
        "task_start" => vec![text(&json!({ "event": "task_started", "base_resp": good }))],
        "task_continue" => vec![
            // The service's own example has no event here.
            text(&json!({ "data": { "audio": "0102030405" }, "is_final": false, "base_resp": good })),
            text(
                &json!({ "event": "task_continued", "data": { "audio": "" }, "is_final": true, "base_resp": good }),
            ),
        ],
        _ => vec![text(&json!({ "event": "task_finished", "base_resp": good }))],
    }
}

fn dashscope(message: &Message) -> Vec<Message> {
    let asked = read(message);
    let told = |event: &str, payload: Value| {
        text(
            &json!({ "header": { "task_id": asked["header"]["task_id"], "event": event }, "payload": payload }),
        )
    };
    match asked["header"]["action"].as_str().unwrap_or_default() {
        "run-task" => vec![told("task-started", json!({}))],
        "continue-task" => {
            let words = json!([{ "text": "你好", "begin_index": 0, "end_index": 2, "begin_time": 100, "end_time": 500 }]);
            let output = json!({ "type": "sentence-end", "sentence": { "words": words } });
            vec![Message::binary(AUDIO.to_vec()), told("result-generated", json!({ "output": output }))]
        }
        _ => vec![told("task-finished", json!({ "usage": { "characters": 4 } }))],
    }
}

fn sessions(message: &Message) -> Vec<Message> {
    let told = |more: Value| {
        let mut told =
            json!({ "code": 0, "message": "success", "session_id": "s", "final": 0, "result": null });
        told.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        text(&told)
    };
    match read(message)["action"].as_str().unwrap_or_default() {
        "" => vec![told(json!({ "ready": 1 }))],
        "ACTION_SYNTHESIS" => {
            let word =
                json!({ "Text": "你好", "BeginTime": 100, "EndTime": 500, "BeginIndex": 0, "EndIndex": 2 });
            vec![Message::binary(AUDIO.to_vec()), told(json!({ "result": { "subtitles": [word] } }))]
        }
        _ => vec![told(json!({ "final": 1 }))],
    }
}

fn frames(message: &Message) -> Vec<Message> {
    let asked = Frame::read(&message.clone().into_data()).expect("a frame");
    let Order::Event { event, name } = asked.order else { return Vec::new() };
    let told = |event: i32, payload: Value| {
        let order = Order::Event { event, name: name.clone() };
        let frame = Frame { order, ..Frame::words(Kind::Response, payload.to_string().into_bytes()) };
        Message::binary(frame.write())
    };
    match event {
        1 => vec![told(50, json!({}))],
        100 => vec![told(150, json!({}))],
        200 => {
            let order = Order::Event { event: 352, name: name.clone() };
            let audio = Frame { order, is_json: false, ..Frame::words(Kind::Speech, AUDIO.to_vec()) };
            let words = json!([{ "word": "你好", "startTime": 0.1, "endTime": 0.5 }]);
            vec![Message::binary(audio.write()), told(351, json!({ "text": "", "words": words }))]
        }
        _ => vec![told(152, json!({ "status_code": 20_000_000, "message": "ok" }))],
    }
}

fn turns(message: &Message) -> Vec<Message> {
    let asked = azure::Message::read_text(message.to_text().expect("a text")).expect("a message");
    let id = asked.header("x-requestid");
    let told = |path: &str, body: &Value| {
        Message::text(
            azure::Message::new(&[("Path", path), ("X-RequestId", id)], body.to_string()).write_text(),
        )
    };
    match asked.header("path") {
        "text.piece" => {
            let word = json!({ "Text": "你好", "Length": 2, "BoundaryType": "WordBoundary" });
            let boundary = json!({ "Offset": 1_000_000, "Duration": 4_000_000, "text": word });
            let metadata = json!({ "Metadata": [{ "Type": "WordBoundary", "Data": boundary }] });
            let audio = azure::Message::new(&[("Path", "audio"), ("X-RequestId", id)], AUDIO.to_vec());
            vec![
                told("turn.start", &json!({})),
                told("audio.metadata", &metadata),
                Message::binary(audio.write_bytes()),
            ]
        }
        "text.end" => vec![told("turn.end", &json!({}))],
        _ => Vec::new(),
    }
}

macro_rules! capture {
    ($path:literal) => {
        include_str!(concat!("../../../fixtures/wire/", $path, ".uplink.jsonl"))
    };
}

const NOTHING: fn() -> Vec<Message> = Vec::new;

const TABLE: &[Row] = &[
    Row {
        vendor: "cartesia",
        settings: || json!({ "url": "http://tts.test", "key": "sk_car_example", "voice": "v-1", "language": "zh" }),
        greeting: NOTHING,
        answer: contexts,
        capture: capture!("cartesia/speech/websocket"),
        words: &[("你好", 100, 500)],
    },
    Row {
        vendor: "elevenlabs",
        settings: || json!({ "url": "http://tts.test", "key": "xi-example", "voice": "voice-1" }),
        greeting: NOTHING,
        answer: stream_input,
        capture: capture!("elevenlabs/speech/stream_input"),
        words: &[("你", 100, 300), ("好", 300, 500)],
    },
    Row {
        vendor: "minimax",
        settings: || json!({ "url": "http://tts.test/v1/t2a_v2", "key": "mm-example", "voice": "socialmedia_female_2_v1" }),
        greeting: || vec![text(&json!({ "event": "connected_success", "base_resp": { "status_code": 0 } }))],
        answer: tasks,
        capture: capture!("minimax/speech/websocket"),
        words: &[],
    },
    Row {
        vendor: "cosyvoice",
        settings: || json!({ "url": "ws://tts.test/api-ws/v1/inference", "key": "sk-example" }),
        greeting: NOTHING,
        answer: dashscope,
        capture: capture!("cosyvoice/speech/stream"),
        words: &[("你好", 100, 500)],
    },
    Row {
        vendor: "azure",
        settings: || json!({ "url": "ws://tts.test/cognitiveservices/websocket/v2", "key": "az-example" }),
        greeting: NOTHING,
        answer: turns,
        capture: capture!("azure/speech/websocket_v2"),
        words: &[("你好", 100, 500)],
    },
    Row {
        vendor: "tencent",
        settings: || {
            let url = "ws://tts.test/stream_wsv2";
            json!({ "url": url, "app_id": 1, "secret_id": "AKIDexample", "secret_key": "SKexample" })
        },
        greeting: || sessions(&Message::text("{}")),
        answer: sessions,
        capture: "",
        words: &[("你好", 100, 500)],
    },
    Row {
        vendor: "bytedance",
        settings: || json!({ "url": "http://tts.test", "app_id": "app-1", "token": "token-1" }),
        greeting: NOTHING,
        answer: frames,
        capture: "",
        words: &[("你好", 100, 500)],
    },
];

/// The target of an upgrade, and its headers.
type Upgrade = (String, Vec<(String, String)>);

/// What an endpoint saw: the upgrades, and every message.
#[derive(Clone, Default)]
struct Saw {
    upgrades: Arc<Mutex<Vec<Upgrade>>>,
    messages: Arc<Mutex<Vec<Message>>>,
}

/// An endpoint that answers every message as the row says, and falls silent after so many messages.
async fn endpoint(world: &World, row: &'static Row, silent_after: usize, closes: bool) -> Saw {
    let mut listener = world.network.listen("tts.test:80").await.expect("a free authority");
    let saw = Saw::default();
    let (told, tasks) = (saw.clone(), world.tasks.clone());
    let accepting = async move {
        let owner = tasks.clone();
        let accepting = async {
            while let Ok(io) = listener.accept().await {
                let (connection, stopping) =
                    (serve(io, row, told.clone(), silent_after, closes), owner.stopping());
                let connection = async move {
                    tokio::select! {
                        biased;
                        () = stopping => {}
                        () = connection => {}
                    }
                };
                owner.spawn("endpoint connection", connection).detach();
            }
        };
        tokio::select! {
            biased;
            () = tasks.stopping() => {}
            () = accepting => {}
        }
    };
    world.tasks.spawn("endpoint", accepting).detach();
    saw
}

async fn serve(io: Io, row: &'static Row, told: Saw, silent_after: usize, closes: bool) {
    let upgrades = Arc::clone(&told.upgrades);
    #[expect(clippy::result_large_err, reason = "the library's own type")]
    let see = move |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            (name.to_string(), value.to_str().unwrap_or_default().to_owned())
        };
        let headers = request.headers().iter().map(header).collect();
        upgrades.lock().expect("no panic").push((request.uri().to_string(), headers));
        Ok(response)
    };
    let mut socket: WebSocketStream<Io> = accept_hdr_async(io, see).await.expect("an upgrade");
    for message in (row.greeting)() {
        let _ = socket.send(message).await;
    }
    let mut count = 0;
    while let Some(Ok(message)) = socket.next().await {
        if !(message.is_text() || message.is_binary()) {
            continue;
        }
        told.messages.lock().expect("no panic").push(message.clone());
        count += 1;
        for answer in (row.answer)(&message) {
            let _ = socket.send(answer).await;
        }
        if count == silent_after && closes {
            return;
        }
    }
}

fn call() -> TtsCall {
    TtsCall {
        request: TtsRequest {
            round: RoundId(1),
            request: RequestId(1),
            attempt: 1,
            text: "你好，".into(),
            read_ahead: Duration::from_secs(3),
            stall_timeout: Duration::from_secs(5),
        },
        request_id: "request-1".into(),
        session: identity(),
        written: OnWritten::default(),
    }
}

fn synthesiser(world: &World, row: &Row) -> Arc<dyn Tts> {
    registry::tts(row.vendor, world, (row.settings)()).expect("good settings")
}

/// What a call of two pieces gave, the second half a second after the first.
async fn heard(world: &World, tts: &Arc<dyn Tts>) -> Vec<(u64, TtsItem)> {
    let (line, more) = mpsc::channel(4);
    let clock = world.clock.clone();
    let speaking = async move {
        clock.sleep(ms(500)).await;
        let _ = line.send("世界。".to_owned()).await;
    };
    world.tasks.spawn("speaker", speaking).detach();
    let begin = world.clock.now();
    let mut stream = tts.pieces().expect("text in pieces").start(call(), more);
    let mut items = Vec::new();
    while let Some(item) = stream.next().await {
        items.push((crate::millis_since(begin, world.clock.now()), item));
    }
    items
}

fn samples(items: &[(u64, TtsItem)]) -> Vec<(u64, Vec<u8>)> {
    let audio = |(at, item): &(u64, TtsItem)| match item {
        TtsItem::Audio(bytes, format) => {
            assert_eq!(format.rate, 16_000);
            Some((*at, bytes.to_vec()))
        }
        _ => None,
    };
    items.iter().filter_map(audio).collect()
}

#[test]
fn text_goes_in_while_audio_comes_out() {
    for row in TABLE {
        run_virtual(1, async |world| {
            let _saw = endpoint(&world, row, usize::MAX, false).await;
            let items = heard(&world, &synthesiser(&world, row)).await;
            assert_eq!(
                items.first().map(|(at, item)| (*at, item)),
                Some((0, &TtsItem::Responding)),
                "{}",
                row.vendor
            );
            // The odd byte of the first piece goes before the second.
            let expected = vec![(0, vec![1, 2, 3, 4]), (500, vec![5, 1, 2, 3, 4, 5])];
            assert_eq!(samples(&items), expected, "{}", row.vendor);
            let last = items.last().map(|(_, item)| item);
            assert_eq!(last, Some(&TtsItem::Finished), "{}", row.vendor);
            let words: Vec<Word> = items
                .iter()
                .filter_map(
                    |(_, item)| if let TtsItem::Words(words) = item { Some(words.clone()) } else { None },
                )
                .flatten()
                .take(row.words.len())
                .collect();
            let word = |(text, start, end): &(&str, u64, u64)| Word {
                text: (*text).into(),
                start: ms(*start),
                end: ms(*end),
            };
            assert_eq!(words, row.words.iter().map(word).collect::<Vec<_>>(), "{}", row.vendor);
        })
        .expect("no task left");
    }
}

/// Members that are names of the moment, or say what the text of this call is.
const OF_THE_MOMENT: &[&str] = &["context_id", "task_id", "text", "transcript", "system", "os", "flush"];

/// What our message has stands in the captured one with the same value.
fn assert_within(vendor: &str, place: &str, ours: &Value, theirs: &Value) {
    match ours {
        Value::Object(members) => {
            for (name, value) in members.iter().filter(|(name, _)| !OF_THE_MOMENT.contains(&name.as_str())) {
                assert_within(vendor, &format!("{place}/{name}"), value, &theirs[name]);
            }
        }
        Value::Number(number) => assert_eq!(number.as_f64(), theirs.as_f64(), "{vendor} {place}"),
        _ => assert_eq!(ours, theirs, "{vendor} {place}"),
    }
}

#[test]
fn what_is_said_is_what_the_official_clients_say() {
    for row in TABLE.iter().filter(|row| !row.capture.is_empty() && row.vendor != "azure") {
        let saw = run_virtual(1, async |world| {
            let saw = endpoint(&world, row, usize::MAX, false).await;
            heard(&world, &synthesiser(&world, row)).await;
            saw
        })
        .expect("no task left");
        let mut captured = row.capture.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let upgrade = captured.next().expect("an upgrade");
        let (target, headers) = saw.upgrades.lock().expect("no panic").first().cloned().expect("an upgrade");
        assert_eq!(Some(target.as_str()), upgrade["target"].as_str(), "{}", row.vendor);
        for (name, value) in upgrade["headers"].as_object().expect("headers") {
            let ours = headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str());
            assert_eq!(ours, value.as_str(), "{} {name}", row.vendor);
        }
        let theirs: Vec<Value> = captured
            .map(|line| serde_json::from_str(line["text"].as_str().expect("a text")).expect("JSON"))
            .collect();
        let messages = saw.messages.lock().expect("no panic").clone();
        let ours: Vec<Value> = messages.iter().map(read).collect();
        // First, a piece, last: clients join pieces as they like.
        let (first, last) = (ours.len().min(2), ours.len() - 1);
        for (ours, theirs) in
            ours[..first].iter().zip(&theirs).chain([(&ours[last], theirs.last().expect("messages"))])
        {
            let mut ours = ours.clone();
            if row.vendor == "elevenlabs" && ours["generation_config"].is_object() {
                assert_eq!(ours["text"], " ");
            }
            ours.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
            assert_within(row.vendor, "", &ours, theirs);
        }
    }
}

#[test]
fn the_turns_of_the_sdk_are_ours() {
    let row = TABLE.iter().find(|row| row.vendor == "azure").expect("a row");
    let saw = run_virtual(1, async |world| {
        let saw = endpoint(&world, row, usize::MAX, false).await;
        let tts = synthesiser(&world, row);
        heard(&world, &tts).await;
        heard(&world, &tts).await;
        saw
    })
    .expect("no task left");
    let messages = saw.messages.lock().expect("no panic").clone();
    let paths: Vec<String> = messages
        .iter()
        .map(|message| {
            azure::Message::read_text(message.to_text().expect("a text"))
                .expect("a message")
                .header("path")
                .to_owned()
        })
        .collect();
    let turn = ["synthesis.context", "text.piece", "text.piece", "text.end"];
    assert_eq!(paths, [&["speech.config"][..], &turn, &turn].concat());
    assert_eq!(saw.upgrades.lock().expect("no panic").len(), 1, "one socket serves both turns");
}

#[test]
fn a_socket_that_closes_before_the_end_mark_breaks_the_call() {
    for row in TABLE {
        // Behind the first audio.
        let silent_after = match row.vendor {
            "cartesia" | "tencent" => 1,
            "azure" | "bytedance" => 3,
            _ => 2,
        };
        let items = run_virtual(1, async |world| {
            let _saw = endpoint(&world, row, silent_after, true).await;
            heard(&world, &synthesiser(&world, row)).await
        })
        .expect("no task left");
        assert_eq!(samples(&items), [(0, vec![1, 2, 3, 4])], "{}", row.vendor);
        let is_broken =
            matches!(items.last(), Some((_, TtsItem::Failed(fault))) if fault.kind == FaultKind::Broken);
        assert!(is_broken, "{}: {items:?}", row.vendor);
    }
}
