//! How a section of the configuration is declared: once, each key with its type and its limit.

use schemars::Schema;
use serde::Serialize;
use serde_json::Value;

use super::ConfigError;
use super::limits::Expected;

/// Declares a section: `NAME of CORE TYPE, at KEY, default VALUE { key: type, limit; … }`.
///
/// Gives the struct with every key optional and a schema that knows the defaults, and the functions `merge`,
/// `is_empty`, `defaults`, and `apply`: checked, into the conversation's own type.
macro_rules! section {
    ($(#[$doc:meta])* $name:ident of $core:ty, at $key:literal, default $default:expr => {
        $($(#[$field_doc:meta])* $field:ident: $written:ty, $limit:expr;)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Debug, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        #[schemars(transform = |schema: &mut schemars::Schema| {
            $crate::config::section::show_defaults(schema, &Self::defaults());
        })]
        pub struct $name {
            $($(#[$field_doc])* #[serde(skip_serializing_if = "Option::is_none")] pub $field: Option<$written>,)*
        }

        impl $name {
            pub(super) fn is_empty(&self) -> bool {
                *self == Self::default()
            }

            pub(super) fn merge(&mut self, update: Self) {
                $(if update.$field.is_some() {
                    self.$field = update.$field;
                })*
            }

            pub(super) fn apply(&self, rules: &mut $core) -> Result<(), $crate::config::ConfigError> {
                $(if let Some(written) = &self.$field {
                    $crate::config::limits::Limit::check(&$limit, written).map_err(|expected| {
                        $crate::config::section::out_of_range(&[$key, stringify!($field)], &expected, written)
                    })?;
                    rules.$field = $crate::config::written::Written::value(written);
                })*
                Ok(())
            }

            pub(super) fn defaults() -> Self {
                let rules: $core = $default;
                Self { $($field: Some($crate::config::written::Written::of(&rules.$field)),)* }
            }
        }
    };
}
pub(super) use section;

/// The error of a value that keeps no limit.
pub(super) fn out_of_range(
    path: &[&str],
    Expected(expected): &Expected,
    got: &impl Serialize,
) -> ConfigError {
    let got = match serde_json::to_value(got) {
        Ok(Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(error) => error.to_string(),
    };
    ConfigError {
        path: path.iter().map(|key| (*key).to_owned()).collect(),
        message: format!("expected {expected}, got {got}"),
    }
}

/// Writes defaults into a schema, and that no key may be null.
pub(super) fn show_defaults(schema: &mut Schema, defaults: &impl Serialize) {
    let defaults = serde_json::to_value(defaults).unwrap_or_default();
    let Some(keys) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for (key, schema) in keys {
        let Some(schema) = schema.as_object_mut() else { continue };
        if let Some(Value::Array(types)) = schema.get_mut("type") {
            types.retain(|name| name != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                schema.insert("type".to_owned(), only);
            }
        }
        if let Some(Value::Array(mut choices)) = schema.remove("anyOf") {
            choices.retain(|choice| choice["type"] != "null");
            if let [Value::Object(only)] = choices.as_mut_slice() {
                schema.append(only);
            }
        }
        if let Some(default) = defaults.get(key) {
            schema.insert("default".to_owned(), default.clone());
        }
    }
}
