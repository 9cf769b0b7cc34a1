//! The vendors there are: one line each.

use std::sync::Arc;

use bargein_net::World;
use http::Uri;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::asr::{self, Asr};
use crate::llm::{self, Llm};
use crate::tts::{self, Tts};

/// The language models.
pub const LLM: &[Vendor<dyn Llm>] = &[
    Vendor::of::<llm::openai::Settings<llm::openai::OpenAi>>("openai"),
    Vendor::of::<llm::openai::Settings<llm::deepseek::DeepSeek>>("deepseek"),
    Vendor::of::<llm::openai::Settings<llm::hunyuan::Hunyuan>>("hunyuan"),
    Vendor::of::<llm::openai::Settings<llm::ark::Ark>>("ark"),
    Vendor::of::<llm::openai::Settings<llm::qwen::Qwen>>("qwen"),
    Vendor::of::<llm::openai::Settings<llm::stepfun::StepFun>>("stepfun"),
    Vendor::of::<llm::openai::Settings<llm::ernie::Ernie>>("ernie"),
    Vendor::of::<llm::openai::Settings<llm::siliconflow::SiliconFlow>>("siliconflow"),
    Vendor::of::<llm::openai::Settings<llm::lkeap::Lkeap>>("lkeap"),
    Vendor::of::<llm::openai::Settings<llm::minimax::MiniMax>>("minimax"),
    Vendor::of::<llm::coze::Settings>("coze"),
    Vendor::of::<llm::dify::Settings>("dify"),
    Vendor::of::<llm::openai_responses::Settings>("openai_responses"),
];

/// The synthesisers.
pub const TTS: &[Vendor<dyn Tts>] = &[
    Vendor::of::<tts::custom::Settings>("custom"),
    Vendor::of::<tts::openai::Settings>("openai"),
    Vendor::of::<tts::stepfun::Settings>("stepfun"),
    Vendor::of::<tts::elevenlabs::Settings>("elevenlabs"),
    Vendor::of::<tts::cartesia::Settings>("cartesia"),
    Vendor::of::<tts::minimax::Settings>("minimax"),
    Vendor::of::<tts::azure::Settings>("azure"),
    Vendor::of::<tts::tencent::Settings>("tencent"),
    Vendor::of::<tts::bytedance::Settings>("bytedance"),
    Vendor::of::<tts::cosyvoice::Settings>("cosyvoice"),
];

/// The recognisers.
pub const ASR: &[Vendor<dyn Asr>] = &[
    Vendor::of::<asr::tencent::Settings>("tencent"),
    Vendor::of::<asr::dashscope::Settings>("dashscope"),
    Vendor::of::<asr::bytedance::Settings>("bytedance"),
];

/// A vendor of one kind.
#[derive(Debug)]
pub struct Vendor<T: ?Sized> {
    /// Its id in configuration, scenarios and reports.
    pub id: &'static str,
    /// The schema of its settings.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    open: fn(&World, Value) -> Result<Arc<T>, OpenError>,
}

/// The settings of a vendor: what a client of it is made from.
pub(crate) trait VendorSettings: DeserializeOwned + JsonSchema {
    /// The kind of client.
    type Client: ?Sized;

    /// Makes a client. Nothing is connected yet.
    fn open(self, world: &World) -> Result<Arc<Self::Client>, OpenError>;
}

/// No client can be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no such vendor of this kind.
    #[error("expected one of the vendors {known}, got `{got}`")]
    UnknownVendor {
        /// The id that was given.
        got: String,
        /// The ids there are.
        known: String,
    },
    /// The settings are wrong.
    #[error("{message}")]
    Settings {
        /// Where: the keys from the settings down, joined with dots.
        path: String,
        /// What was expected there and what was got.
        message: String,
    },
}

impl<T: ?Sized> Vendor<T> {
    const fn of<S: VendorSettings<Client = T>>(id: &'static str) -> Self {
        Self { id, schema: S::json_schema, open: open::<S> }
    }
}

/// Makes a client of the language model `vendor` from its settings.
///
/// # Errors
/// When there is no such vendor, or its settings are wrong.
pub fn llm(vendor: &str, world: &World, settings: Value) -> Result<Arc<dyn Llm>, OpenError> {
    find(LLM, vendor).and_then(|vendor| (vendor.open)(world, settings))
}

/// Makes a client of the synthesiser `vendor` from its settings.
///
/// # Errors
/// As [`llm()`].
pub fn tts(vendor: &str, world: &World, settings: Value) -> Result<Arc<dyn Tts>, OpenError> {
    find(TTS, vendor).and_then(|vendor| (vendor.open)(world, settings))
}

/// Makes a client of the recogniser `vendor` from its settings.
///
/// # Errors
/// When there is no such vendor, or its settings are wrong.
pub fn asr(vendor: &str, world: &World, settings: Value) -> Result<Arc<dyn Asr>, OpenError> {
    find(ASR, vendor).and_then(|vendor| (vendor.open)(world, settings))
}

fn find<'a, T: ?Sized>(vendors: &'a [Vendor<T>], id: &str) -> Result<&'a Vendor<T>, OpenError> {
    vendors.iter().find(|vendor| vendor.id == id).ok_or_else(|| {
        let known: Vec<_> = vendors.iter().map(|vendor| format!("`{}`", vendor.id)).collect();
        OpenError::UnknownVendor { got: id.to_owned(), known: known.join(", ") }
    })
}

fn open<S: VendorSettings>(world: &World, settings: Value) -> Result<Arc<S::Client>, OpenError> {
    let settings: S = serde_path_to_error::deserialize(settings).map_err(|error| OpenError::Settings {
        path: error.path().to_string(),
        message: error.inner().to_string(),
    })?;
    settings.open(world)
}

/// Reads a setting that is an absolute address with one of these schemes.
pub(crate) fn address(path: &str, text: &str, schemes: [&str; 2]) -> Result<Uri, OpenError> {
    let uri = text.parse::<Uri>().ok();
    let uri = uri.filter(|uri| {
        uri.host().is_some() && uri.scheme_str().is_some_and(|scheme| schemes.contains(&scheme))
    });
    uri.ok_or_else(|| {
        let [plain, secure] = schemes;
        let message = format!("expected an address that begins with {plain}:// or {secure}://, got `{text}`");
        OpenError::Settings { path: path.to_owned(), message }
    })
}

/// Reads a setting that is the rate of samples: 8 to 48 kHz.
pub(crate) fn sample_rate(rate: u32) -> Result<(), OpenError> {
    if (8_000..=48_000).contains(&rate) {
        return Ok(());
    }
    let message = format!("expected 8000 to 48000 samples a second, got {rate}");
    Err(OpenError::Settings { path: "sample_rate".to_owned(), message })
}
