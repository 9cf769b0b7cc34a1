//! The messages of speech recognition ("bigmodel"), which travel in frames.

use serde::{Deserialize, Serialize};

/// The paths, by when the service answers: for every packet, when something changed, and once for all.
pub const PATHS: [&str; 3] =
    ["/api/v3/sauc/bigmodel", "/api/v3/sauc/bigmodel_async", "/api/v3/sauc/bigmodel_nostream"];

/// What the service sends.
///
/// Unknown members are ignored, absent ones empty.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Downlink {
    /// How much audio it has heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_info: Option<HeardSoFar>,
    /// What was recognised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Recognised>,
}

/// How much audio was heard.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct HeardSoFar {
    /// In milliseconds.
    #[serde(default)]
    pub duration: u64,
}

/// What was recognised.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Recognised {
    /// Of `result_type: full` everything so far, of `single` what is not told yet.
    #[serde(default)]
    pub text: String,
    /// The sentences, if they were asked for. Of `full` each comes again in every message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub utterances: Vec<Utterance>,
}

/// A sentence so far.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Utterance {
    /// All of it so far.
    #[serde(default)]
    pub text: String,
    /// Milliseconds of audio before it; -1 while that is not known.
    #[serde(default)]
    pub start_time: i64,
    /// Milliseconds of audio before its end so far; -1 while that is not known.
    #[serde(default)]
    pub end_time: i64,
    /// Whether it will not change any more.
    #[serde(default)]
    pub definite: bool,
}

/// What the numbers in failures mean.
pub mod code {
    /// Something about the request that has no code of its own.
    pub const CLIENT: u32 = 45_000_000;
    /// A parameter is wrong.
    pub const BAD_PARAMETER: u32 = 45_000_001;
    /// There is no audio.
    pub const NO_AUDIO: u32 = 45_000_002;
    /// The account has not the resource that it asks for.
    pub const NOT_GRANTED: u32 = 45_000_030;
    /// The next packet did not come in time.
    pub const IDLE: u32 = 45_000_081;
    /// The audio cannot be decoded.
    pub const BAD_AUDIO: u32 = 45_000_151;
    /// The service's own trouble; the first of such codes.
    pub const INTERNAL: u32 = 55_000_000;
    /// The service is overloaded.
    pub const BUSY: u32 = 55_000_031;
}
