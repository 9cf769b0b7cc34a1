//! Secrets by name: a configuration says where a key is, never what it is.

use std::fmt;
use std::str::FromStr;

use bargein_wire::units::Secret;
use serde::de::{Deserialize, Deserializer, Error};
use serde_json::Value;

use super::ConfigError;

/// Where a secret is: `env:NAME`, a variable of the environment, or `file:PATH`, a file's text without the white
/// space around it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SecretRef {
    /// A variable of the environment.
    Env(String),
    /// A file.
    File(String),
}

/// Who knows secrets: the environment and the files of the machine, or a test's list.
pub trait SecretSource {
    /// The value of a variable of the environment.
    fn variable(&self, name: &str) -> Option<String>;

    /// The text of a file.
    ///
    /// # Errors
    /// Whatever the system says.
    fn file(&self, path: &str) -> std::io::Result<String>;
}

/// A secret cannot be had.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SecretError {
    /// The text does not say where the secret is.
    #[error(
        "expected where the secret is, `env:NAME` or `file:PATH`: a key must not stand in the configuration"
    )]
    NoPlace,
    /// The variable is not there or empty.
    #[error("expected the variable {0} in the environment, got none: set it, or name another one")]
    NoVariable(String),
    /// The file cannot be read, or is empty.
    #[error("expected a secret in the file {path}, got: {error}")]
    NoFile {
        /// Which file.
        path: String,
        /// What the system says.
        error: String,
    },
}

impl SecretRef {
    /// Fetches the secret.
    ///
    /// # Errors
    /// When it is not there, or empty.
    pub fn fetch(&self, source: &dyn SecretSource) -> Result<Secret, SecretError> {
        let text = match self {
            Self::Env(name) => source.variable(name).ok_or_else(|| SecretError::NoVariable(name.clone()))?,
            Self::File(path) => source
                .file(path)
                .map_err(|error| SecretError::NoFile { path: path.clone(), error: error.to_string() })?,
        };
        match (text.trim(), self) {
            ("", Self::Env(name)) => Err(SecretError::NoVariable(name.clone())),
            ("", Self::File(path)) => {
                Err(SecretError::NoFile { path: path.clone(), error: "an empty file".to_owned() })
            }
            (secret, _) => Ok(Secret::new(secret)),
        }
    }
}

impl FromStr for SecretRef {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        match text.split_once(':') {
            Some(("env", name)) if !name.is_empty() => Ok(Self::Env(name.to_owned())),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.to_owned())),
            _ => Err(SecretError::NoPlace),
        }
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{path}"),
        }
    }
}

impl<'de> Deserialize<'de> for SecretRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Puts the secrets in the place of the texts of `settings` that name one; `path` leads to them.
///
/// # Errors
/// The first secret that cannot be had.
pub(crate) fn fetch_all(
    settings: &mut Value,
    path: &str,
    source: &dyn SecretSource,
) -> Result<(), ConfigError> {
    match settings {
        Value::String(text) => {
            if let Ok(named) = text.parse::<SecretRef>() {
                let secret =
                    named.fetch(source).map_err(|error| ConfigError::value(path, error.to_string()))?;
                secret.expose().clone_into(text);
            }
            Ok(())
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| fetch_all(item, path, source)),
        Value::Object(members) => members
            .iter_mut()
            .try_for_each(|(name, member)| fetch_all(member, &format!("{path}.{name}"), source)),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}
