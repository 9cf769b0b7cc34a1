//! What the service sends.

use serde::{Deserialize, Serialize};

/// One message of the service: accepted, a sentence, the end, or a failure after which it closes.
///
/// Unknown members are ignored, absent ones empty.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Downlink {
    /// 0, or one of [`code`]: then the stream is over.
    #[serde(default)]
    pub code: i64,
    /// The service's words for the code.
    #[serde(default)]
    pub message: String,
    /// The name the client gave the stream.
    #[serde(default)]
    pub voice_id: String,
    /// The name of this message; absent in the first one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message_id: String,
    /// What was recognised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Sentence>,
    /// 1 when nothing follows.
    #[serde(default, rename = "final", skip_serializing_if = "Option::is_none")]
    pub end: Option<u8>,
}

/// What was recognised of one sentence.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Sentence {
    /// How settled it is.
    #[serde(default)]
    pub slice_type: Slice,
    /// Counts the sentences of the stream from 0.
    #[serde(default)]
    pub index: u64,
    /// Milliseconds of audio before the sentence.
    #[serde(default)]
    pub start_time: u64,
    /// Milliseconds of audio before its end.
    #[serde(default)]
    pub end_time: u64,
    /// The whole sentence so far; replaces what was said of the same `index` before.
    #[serde(default)]
    pub voice_text_str: String,
}

/// How settled a sentence is. A sentence runs `0 1* 2`, `0 2`, or only `2`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(from = "u64", into = "u64")]
pub enum Slice {
    /// 0: it began.
    #[default]
    Begin,
    /// 1: it may change. Numbers that are not known read as this.
    Partial,
    /// 2: it will not change any more.
    Final,
}

impl From<u64> for Slice {
    fn from(number: u64) -> Self {
        match number {
            0 => Self::Begin,
            2 => Self::Final,
            _ => Self::Partial,
        }
    }
}

impl From<Slice> for u64 {
    fn from(slice: Slice) -> Self {
        match slice {
            Slice::Begin => 0,
            Slice::Partial => 1,
            Slice::Final => 2,
        }
    }
}

impl Downlink {
    /// The first message: the stream takes audio.
    #[must_use]
    pub fn accepted(voice_id: &str) -> Self {
        Self { message: "success".into(), voice_id: voice_id.into(), ..Self::default() }
    }

    /// A sentence so far; `serial` makes the message's name unique within the stream.
    #[must_use]
    pub fn sentence(voice_id: &str, serial: u64, sentence: Sentence) -> Self {
        Self {
            message_id: format!("{voice_id}_{serial}_0"),
            result: Some(sentence),
            ..Self::accepted(voice_id)
        }
    }

    /// The last message of a stream that ended well.
    #[must_use]
    pub fn ended(voice_id: &str) -> Self {
        Self { end: Some(1), ..Self::accepted(voice_id) }
    }

    /// The last message of a stream that failed.
    #[must_use]
    pub fn failed(voice_id: &str, code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), voice_id: voice_id.into(), ..Self::default() }
    }

    /// Whether nothing follows.
    #[must_use]
    pub fn is_end(&self) -> bool {
        self.end == Some(1)
    }
}

/// What the numbers in [`Downlink::code`] mean.
pub mod code {
    /// More than 3 s of audio in a second.
    pub const TOO_FAST: i64 = 4000;
    /// A parameter is wrong, or the `voice_id` was used before.
    pub const BAD_PARAMETER: i64 = 4001;
    /// The signature or the key is wrong.
    pub const AUTH_FAILED: i64 = 4002;
    /// The account has not opened the service.
    pub const NOT_OPEN: i64 = 4003;
    /// The package is used up.
    pub const QUOTA: i64 = 4004;
    /// The account is in arrears.
    pub const ARREARS: i64 = 4005;
    /// Too many streams of the account at once.
    pub const CONCURRENCY: i64 = 4006;
    /// The audio cannot be decoded.
    pub const UNDECODABLE: i64 = 4007;
    /// No audio for 15 s.
    pub const IDLE: i64 = 4008;
    /// The client closed.
    pub const CLIENT_CLOSED: i64 = 4009;
    /// An uplink text that is not known.
    pub const UNKNOWN_TEXT: i64 = 4010;
    /// The service is overloaded; the first of three such codes.
    pub const OVERLOADED: i64 = 5000;
    /// The caller is outside the mainland.
    pub const OUTSIDE: i64 = 6001;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_messages_read() -> Result<(), serde_json::Error> {
        let lines = include_str!("../../../fixtures/wire/tencent/downlink.jsonl").lines();
        let read = lines.map(serde_json::from_str).collect::<Result<Vec<Downlink>, _>>()?;
        let (first, second) = ("RnKu9FODFHK5FPpsrN", "CzhjnqBkv8lk5pRUxhpX");
        let begun = Sentence { end_time: 1240, voice_text_str: "实时".into(), ..Sentence::default() };
        let whole = Sentence {
            slice_type: Slice::Final,
            end_time: 2840,
            voice_text_str: "实时语音识别".into(),
            ..Sentence::default()
        };
        let named = |message| Downlink { message_id: format!("{second}_241"), ..message };
        assert_eq!(
            read,
            [
                Downlink::accepted(first),
                Downlink::sentence(first, 11, begun),
                Downlink::sentence(first, 33, whole),
                named(Downlink::ended(second)),
                named(Downlink::failed(second, code::IDLE, "后台识别服务器音频分片等待超时")),
            ]
        );
        Ok(())
    }

    #[test]
    fn a_message_is_written_as_the_documents_print_it() {
        let text = serde_json::to_string(&Downlink::accepted("v-0001")).ok();
        assert_eq!(text.as_deref(), Some(r#"{"code":0,"message":"success","voice_id":"v-0001"}"#));
    }
}
