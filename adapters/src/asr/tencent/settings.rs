//! What a stream is asked for.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;

use bargein_wire::tencent_asr::{OFFICIAL_HOST, Query};
use bargein_wire::units::{Dur, Secret};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::registry::{OpenError, address};

/// How long a signature holds, in seconds. It is checked when the stream opens.
const VALIDITY: u64 = 24 * 60 * 60;

/// What the service takes for [`Settings::vad_silence_time`].
const SILENCE: RangeInclusive<Dur> = Dur::from_millis(240)..=Dur::from_millis(2000);

/// How many hot words a stream may have.
const HOT_WORDS: usize = 128;

/// How the service is reached and what it is asked for.
///
/// Always sent besides: `voice_format=1` (PCM) and `needvad=1`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The address up to the `appid`, `ws://` or `wss://`. What is signed is the official host whatever stands here.
    /// Default `wss://asr.cloud.tencent.com/asr/v2`.
    #[serde(default = "official")]
    pub url: String,
    /// The account's number.
    pub appid: u64,
    /// Names the key.
    pub secret_id: String,
    /// The key that signs.
    pub secret_key: Secret,
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

fn official() -> String {
    format!("wss://{OFFICIAL_HOST}/asr/v2")
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
        let url = address("url", &self.url, ["ws", "wss"])?;
        let expect = |is_met: bool, path: &str, expected: &str, got: &dyn Display| {
            let refused = || OpenError::Settings {
                path: path.to_owned(),
                message: format!("expected {expected}, got `{got}`"),
            };
            if is_met { Ok(()) } else { Err(refused()) }
        };
        expect(url.query().is_none(), "url", "an address without parameters", &url)?;
        expect(!self.secret_id.is_empty(), "secret_id", "the id of a key", &"")?;
        expect(!self.secret_key.is_empty(), "secret_key", "a key", &"")?;
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

    /// The signed address of a stream that is opened now.
    pub(super) fn address(&self, unix_secs: u64, nonce: u32, voice_id: &str) -> String {
        let path =
            self.query(unix_secs, nonce, voice_id).signed_path(&self.appid.to_string(), &self.secret_key);
        let path = path.strip_prefix("/asr/v2").unwrap_or(&path);
        format!("{}{path}", self.url.trim_end_matches('/'))
    }

    fn query(&self, unix_secs: u64, nonce: u32, voice_id: &str) -> Query {
        let mut query = Query::new()
            .with("secretid", &self.secret_id)
            .with("timestamp", &unix_secs)
            .with("expired", &(unix_secs + VALIDITY))
            .with("nonce", &nonce)
            .with("engine_model_type", &self.engine_model_type)
            .with("voice_id", &voice_id)
            .with("voice_format", &1)
            .with("needvad", &1)
            .with("vad_silence_time", &self.vad_silence_time.get().as_millis());
        for (name, value) in self.optional() {
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
