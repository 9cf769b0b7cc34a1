//! A value that must not be seen.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// What is printed instead.
const STARS: &str = "*****";

/// A key, a token, a password: prints and serialises as stars, so it cannot reach a log, a journal or a report.
///
/// It reads from a plain string. Default empty, for vendors that want no key.
#[derive(Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Hides this.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself: only for what signs or sends it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(STARS)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(STARS)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(STARS)
    }
}

impl schemars::JsonSchema for Secret {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "A secret: never printed.",
            "writeOnly": true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_reads_but_never_shows() {
        let secret: Secret = serde_json::from_str("\"sk-1\"").unwrap_or_default();
        assert_eq!(secret.expose(), "sk-1");
        assert_eq!(format!("{secret} {secret:?}"), "***** *****");
        assert_eq!(serde_json::to_string(&secret).ok(), Some("\"*****\"".to_owned()));
    }
}
