//! Who may ask: a name, a key that is kept as its hash only, limits.

use std::fmt;
use std::str::FromStr;

use bargein_wire::units::Rate;
use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::{ConfigError, SecretRef, SecretSource};

/// A section `[clients.NAME]`.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientText {
    /// Where the client's key is. Either this or `sha256`.
    pub key: Option<SecretRef>,
    /// The hash of the client's key: 64 hexadecimal digits, as `sha256sum` prints.
    pub sha256: Option<KeyHash>,
    /// How often the client may ask. Default: no limit.
    pub rate: Option<Rate>,
    /// How many requests of the client may be in progress at once. Default: no limit.
    pub concurrent: Option<u32>,
}

/// A client that may ask.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientConfig {
    /// Its name, for logs and metrics.
    pub name: String,
    /// The hash of its key.
    pub hash: KeyHash,
    /// How often it may ask.
    pub rate: Option<Rate>,
    /// How many of its requests may be in progress at once.
    pub concurrent: Option<u32>,
}

/// The SHA-256 of a key. Compares in constant time.
#[derive(Clone, Copy)]
pub struct KeyHash([u8; 32]);

impl KeyHash {
    /// The hash of this key.
    #[must_use]
    pub fn of(key: &str) -> Self {
        Self(Sha256::digest(key.as_bytes()).into())
    }
}

impl PartialEq for KeyHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for KeyHash {}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash")
    }
}

/// The text is no hash.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected the SHA-256 of a key as 64 hexadecimal digits, got {0} characters")]
pub struct ParseKeyHashError(usize);

impl FromStr for KeyHash {
    type Err = ParseKeyHashError;

    fn from_str(text: &str) -> Result<Self, ParseKeyHashError> {
        let wrong = || ParseKeyHashError(text.chars().count());
        if text.len() != 64 || !text.is_ascii() {
            return Err(wrong());
        }
        let mut hash = [0; 32];
        for (at, byte) in hash.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).map_err(|_| wrong())?;
        }
        Ok(Self(hash))
    }
}

impl<'de> Deserialize<'de> for KeyHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

pub(super) fn check(
    clients: IndexMap<String, ClientText>,
    secrets: &dyn SecretSource,
) -> Result<Vec<ClientConfig>, ConfigError> {
    let mut checked: Vec<ClientConfig> = Vec::new();
    for (name, text) in clients {
        let path = format!("clients.{name}");
        let hash = match (&text.key, text.sha256) {
            (Some(key), None) => {
                let key = key.fetch(secrets).map_err(|error| ConfigError::value(&path, error.to_string()))?;
                KeyHash::of(key.expose())
            }
            (None, Some(hash)) => hash,
            _ => return Err(ConfigError::value(path, "expected either `key` or `sha256`")),
        };
        if let Some(other) = checked.iter().find(|other| other.hash == hash) {
            let message = format!("expected a key of its own, got the key of the client {}", other.name);
            return Err(ConfigError::value(path, message));
        }
        if text.concurrent == Some(0) {
            let message = "expected at least 1 request at once, got 0: leave the client out instead";
            return Err(ConfigError::value(format!("{path}.concurrent"), message));
        }
        checked.push(ClientConfig { name, hash, rate: text.rate, concurrent: text.concurrent });
    }
    Ok(checked)
}
