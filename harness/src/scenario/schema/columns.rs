//! `$column` wherever a single value or a key may stand.

use serde_json::{Map, Value, json};

/// How a column looks in a larger text.
const COLUMN: &str = r"\$[A-Za-z]";

/// Lets every value and key in a map of schemas be a column as well.
pub(super) fn allow(schemas: &mut Value) {
    if let Value::Object(schemas) = schemas {
        schemas.values_mut().for_each(allow_in);
    }
}

fn allow_in(schema: &mut Value) {
    let Value::Object(keys) = schema else { return };
    // A column fits more than one of several kinds.
    if let Some(mut either) = keys.remove("oneOf") {
        if let Value::Array(kinds) = &mut either
            && kinds.iter().any(|kind| kind["type"] == "object")
        {
            kinds.push(json!({ "type": "object", "minProperties": 1, "additionalProperties": false }));
        }
        keys.insert("anyOf".to_owned(), either);
    }
    for (key, value) in keys.iter_mut() {
        match (key.as_str(), value) {
            ("properties" | "patternProperties", Value::Object(below)) => {
                below.values_mut().for_each(allow_in);
            }
            ("anyOf" | "allOf" | "prefixItems", Value::Array(below)) => below.iter_mut().for_each(allow_in),
            ("items" | "additionalProperties", below) => allow_in(below),
            _ => {}
        }
    }
    if keys.get("additionalProperties") == Some(&Value::Bool(false)) {
        let patterns = keys.entry("patternProperties").or_insert_with(|| json!({}));
        patterns[format!("^{COLUMN}")] = json!({});
    }
    if takes_no_column(keys) {
        let description = keys.remove("description");
        let default = keys.remove("default");
        let own = schema.take();
        *schema = json!({ "anyOf": [own, { "type": "string", "pattern": COLUMN }] });
        if let Some(description) = description {
            schema["description"] = description;
        }
        if let Some(default) = default {
            schema["default"] = default;
        }
    }
}

/// Whether a schema is of a single value and would refuse a column.
fn takes_no_column(keys: &Map<String, Value>) -> bool {
    let is_single =
        |kind: &Value| matches!(kind.as_str(), Some("string" | "number" | "integer" | "boolean" | "null"));
    let is_single = match keys.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().all(is_single),
        Some(kind) => is_single(kind),
        None => false,
    };
    let is_text = keys.get("type").is_some_and(|kind| {
        kind == "string" || kind.as_array().is_some_and(|kinds| kinds.contains(&Value::from("string")))
    });
    let is_chosen = keys.contains_key("enum") || keys.contains_key("const");
    is_chosen || is_single && (!is_text || keys.contains_key("pattern"))
}
