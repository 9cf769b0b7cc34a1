//! One row a vendor and interface.

use serde_json::{Value, json};

/// A vendor's interface, with what its official client and its documents say of it.
pub(super) struct Row {
    pub(super) vendor: &'static str,
    /// Which of its interfaces, as the fixtures have it.
    pub(super) interface: &'static str,
    /// Settings beside those of the vendor, as JSON.
    more: &'static str,
    /// Members of our request that the captured one lacks.
    pub(super) ours: &'static [&'static str],
    /// The captured request; empty: no client was found that sends one.
    pub(super) request: &'static str,
    pub(super) content_type: &'static str,
    pub(super) answer: &'static [u8],
    /// Where an answer may break off that is not whole yet.
    pub(super) cut_at: usize,
    pub(super) rate: u32,
    /// Word, beginning and end in milliseconds.
    pub(super) words: &'static [(&'static str, u64, u64)],
    /// One refusal a line.
    pub(super) errors: &'static str,
}

impl Row {
    /// The vendor's settings for a server in memory, with the key of the capture.
    pub(super) fn settings(&self) -> Value {
        match self.vendor {
            "openai" => json!({ "url": "http://tts.test/v1/audio/speech", "key": "sk-example" }),
            "stepfun" => {
                json!({ "url": "http://tts.test/v1/audio/speech", "key": "sk-example", "volume": 1.0 })
            }
            "elevenlabs" => json!({ "url": "http://tts.test/", "key": "xi-example", "voice": "voice-1" }),
            "cartesia" => {
                json!({ "url": "http://tts.test", "key": "sk_car_example", "voice": "v-1", "language": "zh" })
            }
            "minimax" => json!({
                "url": "http://tts.test/v1/t2a_v2",
                "key": "mm-example",
                "voice": "socialmedia_female_2_v1",
            }),
            "azure" => json!({ "url": "http://tts.test/cognitiveservices/v1", "key": "az-example" }),
            "tencent" => json!({
                "url": "http://tts.test/",
                "secret_id": "AKIDexample",
                "secret_key": "SKexample",
                "region": "ap-guangzhou",
            }),
            "bytedance" => json!({
                "url": "http://tts.test",
                "app_id": "app-1",
                "token": "token-1",
                "resource": "seed-tts-2.0",
            }),
            other => unreachable!("no settings of {other}"),
        }
    }

    pub(super) fn more(&self) -> Value {
        serde_json::from_str(self.more).expect("JSON")
    }

    pub(super) fn name(&self) -> String {
        format!("{} {}", self.vendor, self.interface)
    }
}

macro_rules! fixture {
    ($read:ident, $path:literal) => {
        $read!(concat!("../../../../fixtures/wire/", $path))
    };
}

/// The row of an interface whose answer is bare samples.
const fn bare(
    vendor: &'static str,
    interface: &'static str,
    request: &'static str,
    errors: &'static str,
) -> Row {
    Row {
        vendor,
        interface,
        more: "{}",
        ours: &[],
        request,
        content_type: "audio/pcm",
        answer: &[1, 2, 3, 4, 5, 6, 7, 8],
        cut_at: 4,
        rate: 16_000,
        words: &[],
        errors,
    }
}

pub(super) const TABLE: &[Row] = &[
    Row {
        more: r#"{ "model": "tts-1" }"#,
        rate: 24_000,
        ..bare(
            "openai",
            "pcm",
            fixture!(include_str, "openai/speech/pcm.request.json"),
            fixture!(include_str, "openai/speech/errors.jsonl"),
        )
    },
    Row {
        more: r#"{ "events": true }"#,
        content_type: "text/event-stream",
        answer: fixture!(include_bytes, "openai/speech/sse.answer"),
        cut_at: 120,
        rate: 24_000,
        ..bare("openai", "sse", fixture!(include_str, "openai/speech/sse.request.json"), "")
    },
    bare(
        "stepfun",
        "pcm",
        fixture!(include_str, "stepfun/speech/pcm.request.json"),
        fixture!(include_str, "stepfun/speech/errors.jsonl"),
    ),
    Row {
        more: r#"{ "interface": "stream" }"#,
        ..bare(
            "elevenlabs",
            "stream",
            fixture!(include_str, "elevenlabs/speech/stream.request.json"),
            fixture!(include_str, "elevenlabs/speech/errors.jsonl"),
        )
    },
    Row {
        more: r#"{ "interface": "with_timestamps" }"#,
        content_type: "application/json",
        answer: fixture!(include_bytes, "elevenlabs/speech/with_timestamps.answer"),
        words: &[("Hi,", 0, 180), ("你", 240, 460), ("好", 460, 680)],
        ..bare(
            "elevenlabs",
            "with_timestamps",
            fixture!(include_str, "elevenlabs/speech/with_timestamps.request.json"),
            "",
        )
    },
    Row {
        more: r#"{ "interface": "bytes" }"#,
        ..bare(
            "cartesia",
            "bytes",
            fixture!(include_str, "cartesia/speech/bytes.request.json"),
            fixture!(include_str, "cartesia/speech/errors.jsonl"),
        )
    },
    Row {
        more: r#"{ "interface": "sse" }"#,
        content_type: "text/event-stream",
        answer: fixture!(include_bytes, "cartesia/speech/sse.answer"),
        cut_at: 300,
        words: &[("Hello", 0, 250), ("there", 300, 650)],
        ..bare("cartesia", "sse", fixture!(include_str, "cartesia/speech/sse.request.json"), "")
    },
    Row {
        more: r#"{ "interface": "stream" }"#,
        content_type: "text/event-stream",
        answer: fixture!(include_bytes, "minimax/speech/stream.answer"),
        cut_at: 200,
        ..bare(
            "minimax",
            "stream",
            fixture!(include_str, "minimax/speech/stream.request.json"),
            fixture!(include_str, "minimax/speech/errors.jsonl"),
        )
    },
    Row {
        more: r#"{ "interface": "stream" }"#,
        content_type: "application/json",
        answer: fixture!(include_bytes, "minimax/speech/document.answer"),
        cut_at: 40,
        ..bare("minimax", "document", "", "")
    },
    Row {
        more: r#"{ "interface": "rest" }"#,
        ..bare(
            "azure",
            "rest",
            fixture!(include_str, "azure/speech/rest.request.json"),
            fixture!(include_str, "azure/speech/errors.jsonl"),
        )
    },
    Row {
        more: r#"{ "interface": "plain" }"#,
        content_type: "application/json",
        answer: fixture!(include_bytes, "tencent/speech/text_to_voice.answer"),
        cut_at: 40,
        words: &[("你", 250, 430), ("好", 430, 670)],
        ..bare(
            "tencent",
            "text_to_voice",
            fixture!(include_str, "tencent/speech/text_to_voice.request.json"),
            fixture!(include_str, "tencent/speech/errors.jsonl"),
        )
    },
    Row {
        more: r#"{ "interface": "v1" }"#,
        content_type: "application/json",
        answer: fixture!(include_bytes, "bytedance/speech/v1.answer"),
        cut_at: 40,
        ..bare("bytedance", "v1", "", "")
    },
    Row {
        more: r#"{ "interface": "v3" }"#,
        ours: &["/req_params/audio_params/enable_timestamp"],
        content_type: "application/json",
        answer: fixture!(include_bytes, "bytedance/speech/unidirectional.answer"),
        cut_at: 240,
        words: &[("你", 205, 315), ("好", 315, 515)],
        ..bare(
            "bytedance",
            "unidirectional",
            fixture!(include_str, "bytedance/speech/unidirectional.request.json"),
            fixture!(include_str, "bytedance/speech/errors.jsonl"),
        )
    },
];
