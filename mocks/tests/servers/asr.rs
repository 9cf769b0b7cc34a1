//! A recogniser that speaks Tencent's protocol.

use std::time::Duration;

use bargein_mocks::script::AsrScript;
use bargein_mocks::{Mock, Says, Utterance, serve_asr};
use bargein_net::{World, run_virtual};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::client::{Seen, listen};

/// The vector of `fixtures/wire/tencent`, which `SKexample` signed.
const SIGNED: &str = "ws://asr.mock/asr/v2/1250000000?engine_model_type=16k_zh&expired=1700086400\
    &hotword_list=%E8%85%BE%E8%AE%AF%E4%BA%91%7C10%2C%E8%AF%AD%E9%9F%B3%7C5&needvad=1&nonce=1700000000\
    &secretid=AKIDexample&timestamp=1700000000&vad_silence_time=800&voice_format=1&voice_id=v-0001\
    &signature=zw48HdUZFiEXE9DXqW%2FUK4ZF46Q%3D";

async fn vendor(world: &World, script: Value, says: &Says, seen: &Seen) -> Mock {
    let script = AsrScript::parse(&script).unwrap();
    let listener = listen(world, "asr.mock:80").await.unwrap();
    serve_asr(world, listener, script, says.clone(), seen.observer())
}

/// What the user's side does with a stream. Audio goes in pieces of 40 ms, in real time.
#[derive(Clone, Copy)]
enum Step {
    /// Loud audio, so many milliseconds.
    Voice(u64),
    /// Silent audio.
    Silence(u64),
    /// No audio.
    Nothing(u64),
    /// Silent audio, all at once.
    Burst(u64),
    /// The user begins to say this, over so many milliseconds.
    Say(&'static str, u64),
    /// A text message.
    Text(&'static str),
}

use Step::{Burst, Nothing, Say, Silence, Text, Voice};

const END: Step = Text(r#"{"type":"end"}"#);

/// What came: a line for each message with its millisecond, and `closed`.
async fn converse(world: &World, uri: &str, says: &Says, steps: &[Step]) -> Vec<String> {
    let now = || world.clock.now().as_millis();
    let io = world.network.dial("asr.mock:80").await.unwrap();
    let stream = match client_async(uri, io).await {
        Ok((stream, _)) => stream,
        Err(Error::Http(response)) => return vec![format!("{} status {}", now(), response.status())],
        Err(error) => return vec![format!("{} {error}", now())],
    };
    let (mut sink, mut source) = stream.split();
    let mut came = Vec::new();
    let listening = async {
        loop {
            match source.next().await {
                Some(Ok(Message::Text(text))) => came.push(format!("{} {}", now(), in_short(&text))),
                Some(Ok(Message::Close(_))) => came.push(format!("{} closed", now())),
                Some(Ok(_)) => {}
                Some(Err(_)) => return came.push(format!("{} broken", now())),
                None => return,
            }
        }
    };
    let speaking = async {
        for step in steps {
            let (level, length) = match *step {
                Voice(length) => (8_000_i16, length),
                Silence(length) => (0, length),
                Nothing(length) => {
                    world.clock.sleep(Duration::from_millis(length)).await;
                    continue;
                }
                Burst(length) => {
                    let _ = sink.send(Message::binary(vec![0; usize::try_from(length).unwrap() * 32])).await;
                    continue;
                }
                Say(text, length) => {
                    says.push(Utterance { text: text.to_owned(), duration: Duration::from_millis(length) });
                    continue;
                }
                Text(text) => {
                    let _ = sink.send(Message::text(text)).await;
                    continue;
                }
            };
            for _ in 0..length / 40 {
                world.clock.sleep(Duration::from_millis(40)).await;
                let _ = sink.send(Message::binary(level.to_le_bytes().repeat(640))).await;
            }
        }
        world.clock.sleep(Duration::from_secs(1)).await;
    };
    tokio::select! { biased; () = listening => {}, () = speaking => {} }
    came
}

/// The telling members of a message.
fn in_short(text: &str) -> String {
    let Ok(message) = serde_json::from_str::<Value>(text) else { return format!("not JSON: {text}") };
    match (&message["code"], message.get("result"), message.get("final")) {
        (_, Some(result), _) => {
            let part = |key: &str| result[key].to_string();
            format!(
                "slice {} of {}, {}..{}: {}",
                part("slice_type"),
                part("index"),
                part("start_time"),
                part("end_time"),
                result["voice_text_str"].as_str().unwrap_or_default()
            )
        }
        (_, None, Some(_)) => "final".to_owned(),
        (code, None, None) if code == 0 => format!("accepted {}", message["voice_id"]),
        (code, None, None) => format!("code {code}: {}", message["message"].as_str().unwrap_or_default()),
    }
}

/// One stream from opening to end: what came, and what the mock told.
fn check(script: Value, steps: &[Step]) -> (Vec<String>, Vec<String>) {
    let (seen, says) = (Seen::default(), Says::new());
    let came = run_virtual(7, async |world| {
        let _vendor = vendor(&world, script, &says, &seen).await;
        converse(&world, SIGNED, &says, steps).await
    });
    (came.unwrap(), seen.lines())
}

#[test]
fn an_utterance_grows_and_is_final_after_the_scripts_silence() {
    let (came, told) = check(
        json!({ "key": "SKexample" }),
        &[Silence(200), Say("等一下。", 800), Voice(800), Silence(600), END],
    );
    assert_eq!(
        came,
        [
            "0 accepted \"v-0001\"",
            "400 slice 0 of 0, 200..400: 等",
            "600 slice 1 of 0, 200..600: 等一",
            "800 slice 1 of 0, 200..800: 等一下",
            "1000 slice 1 of 0, 200..1000: 等一下。",
            "1400 slice 2 of 0, 200..1000: 等一下。",
            "1600 final",
            "1600 closed",
        ]
    );
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

#[test]
fn utterances_are_counted_and_an_end_cuts_the_last_one_short() {
    let script = json!({ "silence": "200ms", "final_after": "20ms", "interim_every": "10s" });
    let (came, _) =
        check(script, &[Say("一", 200), Voice(200), Silence(400), Say("二三四五", 400), Voice(200), END]);
    assert_eq!(
        came[1..],
        ["420 slice 2 of 0, 0..200: 一", "820 slice 2 of 1, 600..800: 二三四五", "820 final", "820 closed"]
    );
}

#[test]
fn a_pause_cuts_the_words_where_it_cuts_the_audio() {
    let script = json!({ "interim_every": "10s" });
    let (came, _) =
        check(script, &[Say("一二三四", 2_000), Voice(1_000), Silence(480), Voice(520), Silence(800)]);
    assert_eq!(came[1..], ["1400 slice 2 of 0, 0..1000: 一二", "2400 slice 2 of 1, 1480..2000: 三四"]);
}

#[test]
fn audio_of_no_step_is_what_the_script_hears_or_nothing() {
    let (came, _) = check(json!({ "hears": "noise", "interim_every": "10s" }), &[Voice(200), Silence(600)]);
    assert_eq!(came[1..], ["600 slice 2 of 0, 0..200: noise"]);
    let (came, told) = check(json!({}), &[Voice(800), Silence(600)]);
    assert_eq!(came[1..], [""; 0]);
    assert_eq!(told, ["0 #1 request"]);
}

#[test]
fn a_click_is_no_utterance() {
    // One frame of 20 ms is half of a piece.
    let (seen, says) = (Seen::default(), Says::new());
    says.push(Utterance { text: "不".to_owned(), duration: Duration::from_millis(20) });
    let came = run_virtual(7, async |world| {
        let _vendor = vendor(&world, json!({}), &says, &seen).await;
        let io = world.network.dial("asr.mock:80").await.unwrap();
        let (mut stream, _) = client_async(SIGNED, io).await.unwrap();
        let click = [8_000_i16.to_le_bytes().repeat(320), vec![0; 32_000]].concat();
        stream.send(Message::binary(click)).await.unwrap();
        world.clock.sleep(Duration::from_secs(2)).await;
    });
    came.unwrap();
    assert_eq!(seen.lines(), ["0 #1 request"]);
}

#[test]
fn a_stream_that_breaks_the_rules_is_told_which_and_closed() {
    for (steps, line) in [
        (&[Silence(80), Nothing(16_000)][..], "15080 code 4008: no audio for more than 15 seconds"),
        (&[Burst(3_040)], "0 code 4000: audio is sent too fast"),
        (&[Text("hello")], "0 code 4010: unknown text message"),
    ] {
        let (came, told) = check(json!({}), steps);
        assert_eq!(came[1], line);
        assert!(came[2].ends_with("closed"));
        assert!(told[1].ends_with("response"));
    }
}

#[test]
fn a_stream_is_not_opened_without_its_parameters() {
    for (key, from, to, line) in [
        ("", "voice_id=v-0001", "", "0 code 4001: missing parameter: voice_id"),
        ("", "expired=1700086400", "expired=1", "0 code 4001: expected expired to be later than timestamp"),
        ("", "nonce=1700000000", "nonce=x", "0 code 4001: expected a number in nonce, got x"),
        ("", "voice_format=1", "voice_format=8", "0 code 4001: expected voice_format 1 (pcm), got 8"),
        ("SKexample", "zw48", "xxxx", "0 code 4002: authentication failed"),
    ] {
        let uri = SIGNED.replace(from, to);
        let came = run_virtual(7, async |world| {
            let _vendor = vendor(&world, json!({ "key": key }), &Says::new(), &Seen::default()).await;
            converse(&world, &uri, &Says::new(), &[]).await
        });
        assert_eq!(came.unwrap(), [line, "0 closed"]);
    }
}

#[test]
fn a_voice_id_is_good_for_one_stream_and_an_account_for_so_many_at_once() {
    let came = run_virtual(7, async |world| {
        let says = Says::new();
        let _vendor = vendor(&world, json!({ "concurrent": 1 }), &says, &Seen::default()).await;
        let other = SIGNED.replace("v-0001", "v-0002");
        let first = converse(&world, SIGNED, &says, &[Silence(200)]);
        let second = converse(&world, &other, &says, &[]);
        let (_, second) = futures_util::future::join(first, second).await;
        world.clock.sleep(Duration::from_millis(1)).await;
        (second, converse(&world, SIGNED, &says, &[]).await)
    });
    let (second, third) = came.unwrap();
    assert_eq!(second[0], "0 code 4006: too many streams at once");
    assert_eq!(third[0], "1201 code 4001: expected a voice_id that no stream has had before");
}

#[test]
fn faults_come_before_the_stream_or_in_it() {
    let words = [Say("一二三四", 800), Voice(800), Silence(600)];
    for (script, expected) in [
        (json!({ "status": 503, "after": "30ms" }), &["30 status 503 Service Unavailable"][..]),
        (
            json!({ "code": 4004, "after": "30ms" }),
            &["30 code 4004: the resource package is used up", "30 closed"],
        ),
        (
            json!({ "cut": "at 500ms by reset" }),
            &[
                "0 accepted \"v-0001\"",
                "200 slice 0 of 0, 0..200: 一",
                "400 slice 1 of 0, 0..400: 一二",
                "500 broken",
            ],
        ),
        (
            json!({ "cut": "at result 1" }),
            &["0 accepted \"v-0001\"", "200 slice 0 of 0, 0..200: 一", "200 closed"],
        ),
        (
            json!({ "stall": "at result 1 for 2s", "interim_every": "400ms" }),
            &["0 accepted \"v-0001\"", "400 slice 0 of 0, 0..400: 一二"],
        ),
        (
            json!({ "malformed": "at result 1", "interim_every": "10s" }),
            &[
                "0 accepted \"v-0001\"",
                "1200 not JSON: {\"code\":0,\"message\":\"success\",\"voice_id\":\"v-0001\",\"message_id\":\"v-0001_1_0\",\"result",
            ],
        ),
    ] {
        assert_eq!(check(script.clone(), &words).0, expected, "{script}");
    }
    let (came, told) =
        check(json!({ "stall": "at result 1 for 2s" }), &[Say("一", 200), Voice(200), Silence(2_400)]);
    assert_eq!(came[1..], ["200 slice 0 of 0, 0..200: 一", "2600 slice 2 of 0, 0..200: 一"]);
    assert_eq!(told.last().map(String::as_str), Some("2600 #1 final 一"));
}

#[test]
fn a_client_that_hangs_up_without_a_word_went_away() {
    let (seen, says) = (Seen::default(), Says::new());
    run_virtual(7, async |world| {
        let _vendor = vendor(&world, json!({}), &says, &seen).await;
        converse(&world, SIGNED, &says, &[Silence(200)]).await;
        world.clock.sleep(Duration::from_secs(1)).await;
    })
    .unwrap();
    assert_eq!(seen.lines(), ["0 #1 request", "1200 #1 closed by agent"]);
}

#[test]
fn recorded_speech_is_one_utterance() {
    for (file, words) in [
        ("zh-wait.wav", "等一下。"),
        ("zh-weather.wav", "今天天气怎么样？"),
        ("zh-mm.wav", "嗯。"),
        ("hello-world.wav", "Hello world."),
        ("goodbye.wav", "Goodbye."),
        ("tt-weasels.wav", "Weasels have eaten our phone system."),
    ] {
        let path = format!("{}/../fixtures/speech/{file}", env!("CARGO_MANIFEST_DIR"));
        let samples: Vec<i16> =
            hound::WavReader::open(path).unwrap().into_samples().map(Result::unwrap).collect();
        let duration = Duration::from_millis(samples.len() as u64 / 16);
        let (seen, says) = (Seen::default(), Says::new());
        run_virtual(7, async |world| {
            let _vendor = vendor(&world, json!({}), &says, &seen).await;
            let io = world.network.dial("asr.mock:80").await.unwrap();
            let (mut stream, _) = client_async(SIGNED, io).await.unwrap();
            says.push(Utterance { text: words.to_owned(), duration });
            for piece in samples.iter().copied().chain([0; 16_000]).collect::<Vec<_>>().chunks(640) {
                world.clock.sleep(Duration::from_millis(40)).await;
                stream
                    .send(Message::binary(piece.iter().flat_map(|s| s.to_le_bytes()).collect::<Vec<_>>()))
                    .await
                    .unwrap();
            }
        })
        .unwrap();
        let finals: Vec<_> = seen.lines().into_iter().filter(|line| line.contains("final")).collect();
        assert_eq!(finals.len(), 1, "{file}: {finals:?}");
        assert!(finals[0].ends_with(words), "{file}: {finals:?}");
    }
}
