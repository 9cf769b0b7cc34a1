//! Units of every text form: configuration, scenarios, reports.
//!
//! A number without its unit is refused wherever one of these types is read. All are written back in the one
//! canonical spelling that reads as the same value.

mod decimal;
mod dur;
mod rate;
mod secret;
mod size;

pub use dur::{Dur, ParseDurError};
pub use rate::{ParseRateError, Rate};
pub use secret::Secret;
pub use size::{ParseSizeError, Size};

/// Serde and schema of a unit that is written as a string: `Display` out, `FromStr` in.
macro_rules! as_string {
    ($unit:ty, name: $name:literal, expecting: $expecting:literal, schema: $schema:tt) => {
        impl serde::Serialize for $unit {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $unit {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl serde::de::Visitor<'_> for Text {
                    type Value = $unit;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($expecting)
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$unit, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }

        impl schemars::JsonSchema for $unit {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!($schema)
            }
        }
    };
}
use as_string;
