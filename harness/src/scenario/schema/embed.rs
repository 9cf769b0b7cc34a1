//! Schemas of other crates as parts of ours.

use serde_json::{Map, Value};

const DEFINITIONS: &str = "#/$defs/";

/// The definitions of the whole schema.
#[derive(Default)]
pub(super) struct Definitions(Map<String, Value>);

impl Definitions {
    /// Takes the definitions out of a whole schema, each under the name of its part, and gives what is left.
    pub(super) fn embed(&mut self, part: &str, mut schema: Value) -> Value {
        rename(&mut schema, part);
        if let Value::Object(keys) = &mut schema {
            keys.remove("$schema");
            keys.remove("title");
            if let Some(Value::Object(definitions)) = keys.remove("$defs") {
                self.0.extend(definitions.into_iter().map(|(name, value)| (format!("{part}.{name}"), value)));
            }
        }
        schema
    }

    /// Adds a definition of ours.
    pub(super) fn add(&mut self, name: &str, schema: Value) {
        self.0.insert(name.to_owned(), schema);
    }

    pub(super) fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

/// Makes references to `X` references to `part.X`.
fn rename(schema: &mut Value, part: &str) {
    match schema {
        Value::Object(keys) => {
            for (key, value) in keys {
                match value {
                    Value::String(target) if key == "$ref" => {
                        if let Some(name) = target.strip_prefix(DEFINITIONS) {
                            *target = format!("{DEFINITIONS}{part}.{name}");
                        }
                    }
                    other => rename(other, part),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, part)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
