//! The recognisers that callers can ask for: a name, and the vendor behind it.

use bargein_wire::units::Dur;
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::voices::resolved;
use super::{ConfigError, SecretSource, ServerText};

/// A section `[recognisers.NAME]`.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecogniserText {
    /// Further names that callers may use. Default none.
    pub aliases: Vec<String>,
    /// A vendor that has an adapter, by its id.
    pub vendor: String,
    /// The settings of the vendor's adapter; texts such as `env:NAME` become the secret they name.
    pub settings: Map<String, Value>,
    /// How many times faster than it was spoken the audio is sent, 1 to 100. Default 1: vendors of live speech refuse
    /// more.
    pub speed: u32,
    /// The longest wait for an answer after the end of the audio. Default 10s.
    pub patience: Dur,
}

impl Default for RecogniserText {
    fn default() -> Self {
        Self {
            aliases: Vec::new(),
            vendor: String::new(),
            settings: Map::new(),
            speed: 1,
            patience: Dur::from_secs(10),
        }
    }
}

/// A recogniser that callers can ask for.
#[derive(Clone, Debug)]
pub struct RecogniserConfig {
    /// The name in lists.
    pub name: String,
    /// Whether every name that no recogniser has means this one.
    pub is_any: bool,
    /// What the section says, with its secrets.
    pub text: RecogniserText,
}

impl RecogniserConfig {
    /// A vendor's recogniser that answers to every name: what is served when nothing is configured.
    #[must_use]
    pub fn any(name: &str, vendor: &str, settings: Map<String, Value>, speed: u32) -> Self {
        let text = RecogniserText { vendor: vendor.to_owned(), settings, speed, ..RecogniserText::default() };
        Self { name: name.to_owned(), is_any: true, text }
    }
}

pub(super) fn check(
    recognisers: IndexMap<String, RecogniserText>,
    server: &ServerText,
    secrets: &dyn SecretSource,
) -> Result<Vec<RecogniserConfig>, ConfigError> {
    let mut names: Vec<String> = Vec::new();
    let mut checked = Vec::new();
    for (name, mut text) in recognisers {
        let path = format!("recognisers.{name}");
        for known in std::iter::once(&name).chain(&text.aliases) {
            if names.contains(known) {
                return Err(ConfigError::value(
                    path,
                    format!("expected names of its own, got `{known}` twice"),
                ));
            }
            names.push(known.clone());
        }
        if text.vendor.is_empty() {
            return Err(ConfigError::value(
                format!("{path}.vendor"),
                "expected the id of a vendor, got none",
            ));
        }
        if !(1..=100).contains(&text.speed) {
            let message = format!("expected a whole number from 1 to 100, got {}", text.speed);
            return Err(ConfigError::value(format!("{path}.speed"), message));
        }
        text.settings = resolved(text.settings, &path, server, secrets)?;
        checked.push(RecogniserConfig { name, is_any: false, text });
    }
    Ok(checked)
}
