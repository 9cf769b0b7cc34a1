//! What a stream is asked for, and settings that are refused.

use std::collections::BTreeMap;

use bargein_adapters::registry::{self, OpenError};
use bargein_net::run_virtual;
use bargein_wire::tencent_asr::Query;
use bargein_wire::units::Secret;
use futures_util::StreamExt;
use serde_json::{Value, json};

use super::{accepted, call, recogniser, settings, speak};
use crate::websocket::{Heard, serve, upgrade};

/// The targets of the requests of two streams, one after the other.
fn targets(more: &Value) -> [String; 2] {
    let targets = run_virtual(7, async |world| {
        let script = vec![upgrade(), accepted()];
        let (_, mut heard) = serve(&world, "asr.test", [script.clone(), script]).await;
        let recogniser = recogniser(&world, more);
        let mut targets = Vec::new();
        for _ in 0..2 {
            recogniser.open(call(), speak(&world, 1)).next().await;
            while let Some((_, heard)) = heard.recv().await {
                match heard {
                    Heard::Opened(target) => targets.push(target),
                    Heard::Gone => break,
                    _ => {}
                }
            }
        }
        targets
    });
    targets.expect("no task left").try_into().expect("two streams")
}

/// The parameters by name, and the whole query.
fn parameters(target: &str) -> (BTreeMap<&str, &str>, Query) {
    let (path, query) = target.split_once('?').expect("a query");
    assert_eq!(path, "/asr/v2/1250000000");
    let pairs = query.split('&').map(|pair| pair.split_once('=').expect("a value"));
    (pairs.collect(), Query::read(query).expect("text"))
}

#[test]
fn a_stream_is_asked_for_with_the_worlds_time_and_a_signature_for_the_official_host() {
    let [target, _] = targets(&json!({}));
    let (parameters, query) = parameters(&target);
    let fixed = parameters.iter().filter(|(name, _)| !["nonce", "signature", "voice_id"].contains(name));
    assert_eq!(
        fixed.map(|(name, value)| (*name, *value)).collect::<Vec<_>>(),
        [
            ("engine_model_type", "16k_zh"),
            ("expired", "1735776000"),
            ("needvad", "1"),
            ("secretid", "AKIDexample"),
            ("timestamp", "1735689600"),
            ("vad_silence_time", "300"),
            ("voice_format", "1"),
        ]
    );
    assert!(parameters["nonce"].parse::<u32>().is_ok_and(|nonce| nonce > 0));
    assert_eq!(parameters["voice_id"].len(), 36);
    assert!(query.signing_text("1250000000").starts_with("asr.cloud.tencent.com/asr/v2/1250000000?engine"));
    assert!(query.is_signed_by("1250000000", &Secret::new("SKexample")));
}

#[test]
fn every_stream_has_a_new_name_and_the_same_ones_in_every_run() {
    let both = targets(&json!({}));
    let [first, second] = both.each_ref().map(|target| parameters(target).0["voice_id"]);
    assert_ne!(first, second);
    assert_eq!(targets(&json!({})), both);
}

#[test]
fn what_is_set_is_asked_for_raw_once_decoded() {
    let [target, _] = targets(&json!({
        "engine_model_type": "16k_zh_large",
        "vad_silence_time": "1.2s",
        "hot_words": [{ "word": "腾讯云", "weight": 100 }, { "word": "语音" }],
        "hotword_id": "table-1",
        "filter_dirty": 2,
        "filter_modal": 1,
        "filter_punc": 0,
        "filter_empty_result": 0,
        "extra": { "noise_threshold": "0.2", "needvad": "0" },
    }));
    let (_, query) = parameters(&target);
    for (name, value) in [
        ("engine_model_type", "16k_zh_large"),
        ("vad_silence_time", "1200"),
        ("hotword_list", "腾讯云|100,语音|10"),
        ("hotword_id", "table-1"),
        ("filter_dirty", "2"),
        ("filter_modal", "1"),
        ("filter_punc", "0"),
        ("filter_empty_result", "0"),
        ("noise_threshold", "0.2"),
        ("needvad", "0"),
    ] {
        assert_eq!(query.get(name), Some(value), "{name}");
    }
    assert!(query.is_signed_by("1250000000", &Secret::new("SKexample")));
}

#[test]
fn wrong_settings_are_refused_with_their_path() {
    let too_many = vec![json!({ "word": "一" }); 129];
    let cases = [
        (json!({ "url": "https://asr.test" }), "url", "expected an address that begins with ws:// or wss://"),
        (json!({ "url": "ws://asr.test/?a=1" }), "url", "expected an address without parameters"),
        (json!({ "appid": "one" }), "appid", "invalid type: string \"one\", expected u64"),
        (json!({ "secret_id": "" }), "secret_id", "expected the id of a key, got ``"),
        (json!({ "secret_key": "" }), "secret_key", "expected a key, got ``"),
        (
            json!({ "engine_model_type": "8k_zh" }),
            "engine_model_type",
            "expected an engine for 16 kHz, got `8k_zh`",
        ),
        (json!({ "vad_silence_time": "239ms" }), "vad_silence_time", "expected 240ms to 2s, got `239ms`"),
        (json!({ "vad_silence_time": "2001ms" }), "vad_silence_time", "expected 240ms to 2s, got `2.001s`"),
        (json!({ "vad_silence_time": 300 }), "vad_silence_time", "invalid type: integer `300`"),
        (json!({ "hot_words": too_many }), "hot_words", "expected at most 128 words, got `129`"),
        (json!({ "hot_words": [{ "word": "a b" }] }), "hot_words[0].word", "expected 1 to 30 characters"),
        (json!({ "hot_words": [{ "word": "a|b" }] }), "hot_words[0].word", "expected 1 to 30 characters"),
        (
            json!({ "hot_words": [{ "word": "a" }, { "word": "b", "weight": 12 }] }),
            "hot_words[1].weight",
            "expected 1 to 11, or 100, got `12`",
        ),
        (json!({ "filter_punc": 2 }), "filter_punc", "expected 0 to 1, got `2`"),
        (json!({ "silence": "300ms" }), "silence", "unknown field `silence`"),
    ];
    let checked = run_virtual(1, async |world| {
        for (more, path, message) in cases {
            let refused = registry::asr("tencent", &world, settings(&more)).err();
            let Some(OpenError::Settings { path: got_path, message: got_message }) = refused else {
                panic!("{more}: {refused:?}")
            };
            assert_eq!(got_path, path, "{more}");
            assert!(got_message.starts_with(message), "{more}: {got_message}");
        }
    });
    checked.expect("no task left");
}

#[test]
fn the_room_services_version_says_everything_in_its_first_message() {
    let heard = run_virtual(7, async |world| {
        let (_, mut heard) = serve(&world, "asr.test", [vec![upgrade(), accepted()]]).await;
        let settings = json!({
            "version": "v3",
            "url": "ws://asr.test/asr/v3",
            "appid": 1_400_000_001,
            "usersig": "eJw-sig",
            "engine_model_type": "16k_zh_en",
            "vad_silence_time": "800ms",
            "filter_modal": 0,
            "hot_words": [{ "word": "腾讯云" }],
        });
        let recogniser = registry::asr("tencent", &world, settings).expect("good settings");
        recogniser.open(call(), speak(&world, 1)).next().await;
        let (opened, said) = (heard.recv().await, heard.recv().await);
        (opened.expect("a request").1, said.expect("a message").1)
    });
    let (opened, said) = heard.expect("no task left");
    let Heard::Opened(target) = opened else { panic!("expected a request, got {opened:?}") };
    let name = target.strip_prefix("/asr/v3?voice_id=").expect("nothing but a name");
    assert_eq!(name.len(), 36);
    let Heard::Text(said) = said else { panic!("expected a text, got {said:?}") };
    assert_eq!(
        serde_json::from_str::<Value>(&said).expect("JSON"),
        json!({
            "type": "start",
            "auth": { "sdkappid": "1400000001", "usersig": "eJw-sig" },
            "params": {
                "engine_model_type": "16k_zh_en",
                "voice_format": 1,
                "needvad": 1,
                "vad_silence_time": 800,
                "hotword_list": "腾讯云|10",
                "filter_modal": 0,
            },
        })
    );
}

#[test]
fn each_version_wants_its_own_key() {
    run_virtual(7, async |world| {
        for (settings, path) in [
            (json!({ "appid": 1 }), "secret_id"),
            (json!({ "appid": 1, "secret_id": "a" }), "secret_key"),
            (json!({ "appid": 1, "version": "v3", "secret_id": "a", "secret_key": "b" }), "usersig"),
        ] {
            let refused = registry::asr("tencent", &world, settings).err();
            let Some(OpenError::Settings { path: at, .. }) = &refused else {
                panic!("accepted: {refused:?}")
            };
            assert_eq!(at, path);
        }
    })
    .expect("no task left");
}
