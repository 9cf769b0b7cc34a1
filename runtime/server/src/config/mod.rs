//! The configuration: one TOML file for all doors.
//!
//! Every key is optional; unknown ones are refused with the nearest known name; durations carry their unit; secrets
//! are named (`env:NAME`, `file:PATH`) and never written. Reading has no side effects but reading those.
//! [`DEFAULT`] is the commented reference.

mod clients;
mod context;
mod models;
mod recognisers;
mod secret;
mod server;
mod voices;

use std::net::SocketAddr;

use indexmap::IndexMap;
use serde::Deserialize;

pub use clients::{ClientConfig, ClientText, KeyHash, ParseKeyHashError};
pub use context::ContextConfig;
pub use models::{ModelConfig, ModelText, Reach, TargetConfig, TargetText};
pub use recognisers::{RecogniserConfig, RecogniserText};
pub use secret::{SecretError, SecretRef, SecretSource};
pub use server::ServerText;
pub use voices::{SpeechText, VoiceConfig, VoiceTargetText, VoiceText};

/// The commented reference: what a file says that says nothing, and examples.
pub const DEFAULT: &str = include_str!("../../default.toml");

/// The file as it is written.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConfigText {
    /// What holds for all doors.
    pub server: ServerText,
    /// Who may ask, by name. Without any, nobody is asked for a key and only this machine is listened to.
    pub clients: IndexMap<String, ClientText>,
    /// The models that callers can ask for, by name.
    pub models: IndexMap<String, ModelText>,
    /// What holds for all voices.
    pub speech: SpeechText,
    /// The voices that callers can ask for, by name.
    pub voices: IndexMap<String, VoiceText>,
    /// The recognisers that callers can ask for, by name.
    pub recognisers: IndexMap<String, RecogniserText>,
}

/// The file as it is used: checked, with its secrets.
#[derive(Clone, Debug)]
pub struct Config {
    /// What holds for all doors.
    pub server: ServerText,
    /// Who may ask. Empty: everybody of this machine.
    pub clients: Vec<ClientConfig>,
    /// The models, in the order of the file.
    pub models: Vec<ModelConfig>,
    /// What holds for all voices.
    pub speech: SpeechText,
    /// The voices, in the order of the file.
    pub voices: Vec<VoiceConfig>,
    /// The recognisers, in the order of the file.
    pub recognisers: Vec<RecogniserConfig>,
}

/// The file cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// It is no TOML, or a key is unknown or of another kind. The message shows the place.
    #[error("{0}")]
    Text(String),
    /// A value cannot be what it is.
    #[error("`{path}`: {message}")]
    Value {
        /// The keys that lead to it, joined with dots.
        path: String,
        /// What was expected, what was got, and how to mend it.
        message: String,
    },
}

impl ConfigError {
    pub(crate) fn value(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Value { path: path.into(), message: message.into() }
    }
}

impl ConfigText {
    /// Reads the form.
    ///
    /// # Errors
    /// With the place, when a key is unknown or its value of another kind.
    pub fn read(text: &str) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| ConfigError::Text(with_nearest(&error.to_string())))
    }
}

impl Config {
    /// Reads and checks a file, and fetches the secrets it names.
    ///
    /// # Errors
    /// What is wrong first, and where.
    pub fn read(text: &str, secrets: &dyn SecretSource) -> Result<Self, ConfigError> {
        Self::check(ConfigText::read(text)?, secrets)
    }

    /// Checks what was read, and fetches the secrets it names.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn check(text: ConfigText, secrets: &dyn SecretSource) -> Result<Self, ConfigError> {
        let ConfigText { server, clients, models, speech, voices, recognisers } = text;
        let clients = clients::check(clients, secrets)?;
        let models = models::check(models, &server, secrets)?;
        let voices = voices::check(voices, &speech, &server, secrets)?;
        let recognisers = recognisers::check(recognisers, &server, secrets)?;
        let listen = server.listen.clone();
        let mut config = Self { server, clients, models, speech, voices, recognisers };
        config.listen_at(&listen)?;
        Ok(config)
    }

    /// These models, for everybody of this machine.
    #[must_use]
    pub fn of_models(models: Vec<ModelConfig>) -> Self {
        let (server, speech) = (ServerText::default(), SpeechText::default());
        Self { server, clients: Vec::new(), models, speech, voices: Vec::new(), recognisers: Vec::new() }
    }

    /// Listens here instead.
    ///
    /// # Errors
    /// When others than this machine would reach it although nobody is asked for a key.
    pub fn listen_at(&mut self, authority: &str) -> Result<(), ConfigError> {
        if self.clients.is_empty() && !is_loopback(authority) {
            let message = format!(
                "expected an address of this machine such as `127.0.0.1:8080`, as no client has a key, got \
                 `{authority}`: add a section [clients.NAME]"
            );
            return Err(ConfigError::value("server.listen", message));
        }
        authority.clone_into(&mut self.server.listen);
        Ok(())
    }
}

/// Whether only this machine reaches an address. Names are not resolved: they do not count, but for `localhost`.
#[must_use]
pub fn is_loopback(authority: &str) -> bool {
    match authority.parse::<SocketAddr>() {
        Ok(address) => address.ip().is_loopback(),
        Err(_) => {
            let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
            // Names of the network in memory end so; it has no outside.
            host == "localhost" || host.ends_with(".localhost")
        }
    }
}

/// An unknown name's message with the known name that is nearest.
fn with_nearest(message: &str) -> String {
    let told = message.trim_end();
    let Some((_, unknown)) = told.split_once("unknown ") else { return told.to_owned() };
    let mut names = unknown.split('`').skip(1).step_by(2);
    let Some(got) = names.next() else { return told.to_owned() };
    let likeness = |known: &&str| strsim::jaro_winkler(got, known);
    let nearest = names.max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    match nearest.filter(|known| likeness(known) > 0.8) {
        Some(known) => format!("{told}; did you mean `{known}`?"),
        None => told.to_owned(),
    }
}

#[cfg(test)]
mod tests;
