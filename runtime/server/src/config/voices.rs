//! The voices that callers can ask for: a name, and the vendors' voices behind it in the order they are tried.

use bargein_wire::units::{Dur, Size};
use http::Uri;
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::models::allow;
use super::secret::fetch_all;
use super::{ConfigError, SecretSource, ServerText};

/// The section `[speech]`: what holds for all voices.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpeechText {
    /// The voice of requests that name none. Default empty: the first of the file.
    pub voice: String,
    /// The longest text, in characters; a longer one is answered 413. Default 5000.
    pub longest_text: usize,
    /// Longer texts, in characters, are cut into sentences and asked for one after the other. Default 200.
    pub cut_over: usize,
    /// How long finished audio is kept for a retry that carries the same `X-Request-Id`. Default 30s.
    pub retry_for: Dur,
    /// How much audio is held for such retries, of requests in progress too. Default 4MiB.
    pub retry_memory: Size,
    /// How much finished audio is kept for whoever asks for the same text again. Default 0B: none.
    pub cache: Size,
}

impl Default for SpeechText {
    fn default() -> Self {
        Self {
            voice: String::new(),
            longest_text: 5_000,
            cut_over: 200,
            retry_for: Dur::from_secs(30),
            retry_memory: Size::from_bytes(4 << 20),
            cache: Size::from_bytes(0),
        }
    }
}

/// A section `[voices.NAME]`.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VoiceText {
    /// Further names that callers may use. Default none.
    pub aliases: Vec<String>,
    /// Whether emoji, Markdown and tags are taken out before the text is said. Default true.
    pub clean: bool,
    /// The vendors' voices, in the order in which they are tried. At least one.
    pub targets: Vec<VoiceTargetText>,
    /// How long everything may take, from the request to the last byte. Default 10m.
    pub total: Dur,
}

impl Default for VoiceText {
    fn default() -> Self {
        Self { aliases: Vec::new(), clean: true, targets: Vec::new(), total: Dur::from_secs(600) }
    }
}

/// A section `[[voices.NAME.targets]]`.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VoiceTargetText {
    /// A vendor that has an adapter, by its id.
    pub vendor: String,
    /// The settings of the vendor's adapter; texts such as `env:NAME` become the secret they name.
    pub settings: Map<String, Value>,
    /// From the request to the first audio. Default 5s.
    pub first_audio: Dur,
    /// From one piece of audio to the next. Default 5s.
    pub between_audio: Dur,
    /// How often a request that failed before its first audio is sent again, with the same request id, before the
    /// next target is tried. Default 1.
    pub retries: u32,
}

impl Default for VoiceTargetText {
    fn default() -> Self {
        Self {
            vendor: String::new(),
            settings: Map::new(),
            first_audio: Dur::from_secs(5),
            between_audio: Dur::from_secs(5),
            retries: 1,
        }
    }
}

/// A voice that callers can ask for.
#[derive(Clone, Debug)]
pub struct VoiceConfig {
    /// The name in lists.
    pub name: String,
    /// Further names.
    pub aliases: Vec<String>,
    /// Whether every name that no voice has means this one.
    pub is_any: bool,
    /// Whether emoji, Markdown and tags are taken out.
    pub clean: bool,
    /// What is tried, in this order. Never empty. Settings have their secrets.
    pub targets: Vec<VoiceTargetText>,
    /// How long everything may take.
    pub total: Dur,
}

impl VoiceConfig {
    /// A vendor's voice that answers to every name: what is served when nothing is configured.
    #[must_use]
    pub fn any(name: &str, vendor: &str, settings: Map<String, Value>) -> Self {
        let target = VoiceTargetText { vendor: vendor.to_owned(), settings, ..VoiceTargetText::default() };
        let VoiceText { aliases, clean, total, .. } = VoiceText::default();
        Self { name: name.to_owned(), aliases, is_any: true, clean, targets: vec![target], total }
    }
}

pub(super) fn check(
    voices: IndexMap<String, VoiceText>,
    speech: &SpeechText,
    server: &ServerText,
    secrets: &dyn SecretSource,
) -> Result<Vec<VoiceConfig>, ConfigError> {
    let mut names: Vec<String> = Vec::new();
    let mut checked = Vec::new();
    for (name, text) in voices {
        let path = format!("voices.{name}");
        for known in std::iter::once(&name).chain(&text.aliases) {
            if names.contains(known) {
                return Err(ConfigError::value(
                    path,
                    format!("expected names of its own, got `{known}` twice"),
                ));
            }
            names.push(known.clone());
        }
        if text.targets.is_empty() {
            return Err(ConfigError::value(
                path,
                "expected at least one target: add [[voices.NAME.targets]]",
            ));
        }
        let target = |(at, target)| check_target(target, &format!("{path}.targets[{at}]"), server, secrets);
        let targets = text.targets.into_iter().enumerate().map(target).collect::<Result<_, _>>()?;
        let VoiceText { aliases, clean, total, .. } = text;
        checked.push(VoiceConfig { name, aliases, is_any: false, clean, targets, total });
    }
    let voice = &speech.voice;
    if !voice.is_empty() && !names.contains(voice) {
        let message = format!("expected the name of a voice, got `{voice}`: add a section [voices.{voice}]");
        return Err(ConfigError::value("speech.voice", message));
    }
    Ok(checked)
}

fn check_target(
    mut text: VoiceTargetText,
    path: &str,
    server: &ServerText,
    secrets: &dyn SecretSource,
) -> Result<VoiceTargetText, ConfigError> {
    if text.vendor.is_empty() {
        return Err(ConfigError::value(format!("{path}.vendor"), "expected the id of a vendor, got none"));
    }
    text.settings = resolved(text.settings, path, server, secrets)?;
    Ok(text)
}

/// Settings of an adapter with their secrets, and with a host that may be asked.
pub(super) fn resolved(
    settings: Map<String, Value>,
    path: &str,
    server: &ServerText,
    secrets: &dyn SecretSource,
) -> Result<Map<String, Value>, ConfigError> {
    let mut settings = Value::Object(settings);
    fetch_all(&mut settings, &format!("{path}.settings"), secrets)?;
    if let Some(Ok(url)) = settings["url"].as_str().map(str::parse::<Uri>) {
        allow(&url, server, &format!("{path}.settings.url"))?;
    }
    match settings {
        Value::Object(settings) => Ok(settings),
        _ => Ok(Map::new()),
    }
}
