//! How single values of the configuration are written.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use bargein_wire::units::{Dur, ParseDurError};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value of the conversation's configuration as it is written.
pub(super) trait Written<V>: Sized {
    /// What is meant.
    fn value(&self) -> V;
    /// How it is written.
    fn of(value: &V) -> Self;
}

/// Declares the words for an enum of the conversation's configuration, in snake case.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident of $core:ty { $($(#[$variant_doc:meta])* $variant:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $crate::config::written::Written<$core> for $name {
            fn value(&self) -> $core {
                match self {
                    $(Self::$variant => <$core>::$variant,)*
                }
            }

            fn of(value: &$core) -> Self {
                match value {
                    $(<$core>::$variant => Self::$variant,)*
                }
            }
        }
    };
}
pub(super) use words;

/// A length of time, or `off`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DurOrOff {
    /// This long.
    On(Dur),
    /// The rule does not act.
    Off,
}

impl fmt::Display for DurOrOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::On(dur) => dur.fmt(f),
            Self::Off => f.write_str("off"),
        }
    }
}

impl FromStr for DurOrOff {
    type Err = ParseDurError;

    fn from_str(text: &str) -> Result<Self, ParseDurError> {
        if text.trim() == "off" { Ok(Self::Off) } else { text.parse().map(Self::On) }
    }
}

impl Serialize for DurOrOff {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DurOrOff {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for DurOrOff {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "DurOrOff".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A length of time with its unit, or off.",
            "pattern": r"^(off|[0-9]+(\.[0-9]+)?\s*(ms|s|m|h))$",
            "examples": ["500ms", "off"],
        })
    }
}

impl Written<Duration> for Dur {
    fn value(&self) -> Duration {
        self.get()
    }

    fn of(value: &Duration) -> Self {
        Self::from(*value)
    }
}

impl Written<Option<Duration>> for DurOrOff {
    fn value(&self) -> Option<Duration> {
        match self {
            Self::On(dur) => Some(dur.get()),
            Self::Off => None,
        }
    }

    fn of(value: &Option<Duration>) -> Self {
        value.map_or(Self::Off, |duration| Self::On(duration.into()))
    }
}

/// An empty text is none.
impl Written<Option<Self>> for String {
    fn value(&self) -> Option<Self> {
        Some(self.clone()).filter(|text| !text.is_empty())
    }

    fn of(value: &Option<Self>) -> Self {
        value.clone().unwrap_or_default()
    }
}

/// What is written as it is.
macro_rules! plain {
    ($($type:ty),*) => {
        $(impl Written<$type> for $type {
            fn value(&self) -> $type {
                self.clone()
            }

            fn of(value: &$type) -> Self {
                value.clone()
            }
        })*
    };
}
plain!(bool, u32, usize, String, Vec<String>);
