//! What a stream is asked for.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;

use bargein_wire::tencent_asr::{Auth, OFFICIAL_HOST, Query, Start};
use bargein_wire::units::{Dur, Secret};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::registry::{OpenError, address};

/// How long a signature holds, in seconds. It is checked when the stream opens.
const VALIDITY: u64 = 24 * 60 * 60;

/// What the service takes for [`Settings::vad_silence_time`].
const SILENCE: RangeInclusive<Dur> = Dur::from_millis(240)..=Dur::from_millis(2000);

/// How many hot words a stream may have.
const HOT_WORDS: usize = 128;

/// Which of the service's interfaces is spoken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Version {
    /// The classic one: an account's key signs the address.
    #[default]
    V2,
    /// The room service's: the first message carries an application's user signature.
    V3,
}

/// How the service is reached and what it is asked for.
///
/// Always sent besides: `voice_format=1` (PCM) and `needvad=1`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Which interface is spoken: `v2` or `v3`. Default `v2`.
    #[serde(default)]
    pub version: Version,
    /// The address, `ws://` or `wss://`; of `v2` up to the `appid`, and what is signed is the official host whatever
    /// stands here. Default `wss://asr.cloud.tencent.com/asr/v2`, of `v3` `wss://asr.cloud-rtc.com/asr/v3`.
    #[serde(default)]
    pub url: Option<String>,
    /// The account's number, of `v3` the application's.
    pub appid: u64,
    /// Names the key. Of `v2` only.
    #[serde(default)]
    pub secret_id: String,
    /// The key that signs. Of `v2` only.
    #[serde(default)]
    pub secret_key: Secret,
    /// The signature of a user, which the application's server makes. Of `v3` only.
    #[serde(default)]
    pub usersig: Secret,
    /// What recognises, one of the engines for 16 kHz: `16k_en`, `16k_zh_large`. Default `16k_zh`.
    #[serde(default = "engine")]
    pub engine_model_type: String,
    /// Silence after which a sentence is final. 240ms to 2s, default 300ms: shorter than the service's own default of
    /// 1s, because the session measures silence itself and a final sentence must be there when it has decided.
    #[serde(default = "vad_silence_time")]
    pub vad_silence_time: Dur,
    /// Words to expect. At most 128, default none.
    #[serde(default)]
    pub hot_words: Vec<HotWord>,
    /// The id of a table of words kept by the service; `hot_words` win over it. Default none.
    #[serde(default)]
    pub hotword_id: Option<String>,
    /// Dirty words: 0 kept, 1 left out, 2 starred. Default the service's, 0.
    #[serde(default)]
    pub filter_dirty: Option<u8>,
    /// Modal particles: 0 kept, 1 some left out, 2 all left out. Default the service's, 0.
    #[serde(default)]
    pub filter_modal: Option<u8>,
    /// The full stop at the end of a sentence: 0 kept, 1 left out. Default the service's, 0.
    #[serde(default)]
    pub filter_punc: Option<u8>,
    /// Results without text: 0 told, 1 left out. Default the service's, 1.
    #[serde(default)]
    pub filter_empty_result: Option<u8>,
    /// Further parameters of the address, such as `noise_threshold` or `max_speak_time`; they win over ours.
    /// Default none.
    #[serde(default)]
    pub extra: BTreeMap<String, String>,
}

/// A word to expect.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HotWord {
    /// The word: 1 to 30 characters, of Chinese 10, without spaces, `|` and `,`.
    pub word: String,
    /// How much it is preferred: 1 to 11, or 100 to replace what sounds the same. Default 10.
    #[serde(default = "weight")]
    pub weight: u8,
}

fn engine() -> String {
    "16k_zh".to_owned()
}

const fn vad_silence_time() -> Dur {
    Dur::from_millis(300)
}

const fn weight() -> u8 {
    10
}

impl Settings {
    /// Looks for what the service would refuse.
    pub(super) fn check(&self) -> Result<(), OpenError> {
        let url = address("url", &self.url(), ["ws", "wss"])?;
        let expect = |is_met: bool, path: &str, expected: &str, got: &dyn Display| {
            let refused = || OpenError::Settings {
                path: path.to_owned(),
                message: format!("expected {expected}, got `{got}`"),
            };
            if is_met { Ok(()) } else { Err(refused()) }
        };
        expect(url.query().is_none(), "url", "an address without parameters", &url)?;
        match self.version {
            Version::V2 => {
                expect(!self.secret_id.is_empty(), "secret_id", "the id of a key", &"")?;
                expect(!self.secret_key.is_empty(), "secret_key", "a key", &"")?;
            }
            Version::V3 => expect(!self.usersig.is_empty(), "usersig", "a user's signature", &"")?,
        }
        let engine = &self.engine_model_type;
        expect(engine.starts_with("16k_"), "engine_model_type", "an engine for 16 kHz", engine)?;
        let silence = self.vad_silence_time;
        expect(
            SILENCE.contains(&silence),
            "vad_silence_time",
            &format!("{} to {}", SILENCE.start(), SILENCE.end()),
            &silence,
        )?;
        let words = self.hot_words.len();
        expect(words <= HOT_WORDS, "hot_words", &format!("at most {HOT_WORDS} words"), &words)?;
        for (number, HotWord { word, weight }) in self.hot_words.iter().enumerate() {
            let path = |key: &str| format!("hot_words[{number}].{key}");
            let is_word = (1..=30).contains(&word.chars().count())
                && !word.contains(|c: char| c.is_whitespace() || c == '|' || c == ',');
            expect(is_word, &path("word"), "1 to 30 characters without spaces, `|` and `,`", word)?;
            expect(matches!(weight, 1..=11 | 100), &path("weight"), "1 to 11, or 100", weight)?;
        }
        for (name, value, highest) in self.filters() {
            let value = value.unwrap_or_default();
            expect(value <= highest, name, &format!("0 to {highest}"), &value)?;
        }
        Ok(())
    }

    /// The filters with their highest values.
    const fn filters(&self) -> [(&'static str, Option<u8>, u8); 4] {
        [
            ("filter_dirty", self.filter_dirty, 2),
            ("filter_modal", self.filter_modal, 2),
            ("filter_punc", self.filter_punc, 1),
            ("filter_empty_result", self.filter_empty_result, 1),
        ]
    }

    /// The key of the version that is spoken.
    pub(super) const fn key(&self) -> &Secret {
        match self.version {
            Version::V2 => &self.secret_key,
            Version::V3 => &self.usersig,
        }
    }

    fn url(&self) -> String {
        let official = || match self.version {
            Version::V2 => format!("wss://{OFFICIAL_HOST}/asr/v2"),
            Version::V3 => "wss://asr.cloud-rtc.com/asr/v3".to_owned(),
        };
        self.url.clone().unwrap_or_else(official)
    }

    /// The address of a stream that is opened now, and what is said first there.
    pub(super) fn opening(&self, unix_secs: u64, nonce: u32, voice_id: &str) -> (String, Option<String>) {
        let url = self.url();
        match self.version {
            Version::V2 => {
                let query = self.query(unix_secs, nonce, voice_id);
                let path = query.signed_path(&self.appid.to_string(), &self.secret_key);
                let path = path.strip_prefix("/asr/v2").unwrap_or(&path);
                (format!("{}{path}", url.trim_end_matches('/')), None)
            }
            Version::V3 => (format!("{url}?voice_id={voice_id}"), Some(self.start().to_text())),
        }
    }

    /// The first message of version 3. Numbers are numbers there.
    fn start(&self) -> Start {
        let params: Map<String, Value> = self
            .parameters()
            .into_iter()
            .chain(self.optional())
            .map(|(name, value)| {
                (name.to_owned(), value.parse::<i64>().map_or_else(|_| json!(value), Value::from))
            })
            .collect();
        let auth = Auth { sdkappid: self.appid.to_string(), usersig: self.usersig.clone() };
        Start { kind: Start::KIND.to_owned(), auth, params }
    }

    /// The parameters that are always sent.
    fn parameters(&self) -> [(&'static str, String); 4] {
        [
            ("engine_model_type", self.engine_model_type.clone()),
            ("voice_format", "1".to_owned()),
            ("needvad", "1".to_owned()),
            ("vad_silence_time", self.vad_silence_time.get().as_millis().to_string()),
        ]
    }

    fn query(&self, unix_secs: u64, nonce: u32, voice_id: &str) -> Query {
        let mut query = Query::new()
            .with("secretid", &self.secret_id)
            .with("timestamp", &unix_secs)
            .with("expired", &(unix_secs + VALIDITY))
            .with("nonce", &nonce)
            .with("voice_id", &voice_id);
        for (name, value) in self.parameters().into_iter().chain(self.optional()) {
            query = query.with(name, &value);
        }
        query
    }

    /// The parameters that are sent only when they are asked for.
    fn optional(&self) -> impl Iterator<Item = (&str, String)> {
        let hot_words: Vec<_> =
            self.hot_words.iter().map(|HotWord { word, weight }| format!("{word}|{weight}")).collect();
        let hot_words = (!hot_words.is_empty()).then(|| hot_words.join(","));
        let filters =
            self.filters().into_iter().filter_map(|(name, value, _)| Some((name, value?.to_string())));
        hot_words
            .map(|words| ("hotword_list", words))
            .into_iter()
            .chain(self.hotword_id.clone().map(|id| ("hotword_id", id)))
            .chain(filters)
            .chain(self.extra.iter().map(|(name, value)| (name.as_str(), value.clone())))
    }
}
