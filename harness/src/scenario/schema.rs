//! The JSON Schema of scenario files: editors complete keys by it and show what each one says.
//!
//! Events come from the vocabulary, `agent` from `bargein_agent::config`, the vendors from `bargein_mocks::script`; the
//! keys are those the loader knows, which a test holds. A schema cannot see everything: what a sentence says is
//! checked by loading alone.

mod columns;
mod embed;
mod steps;

use bargein_agent::config::ConfigText;
use bargein_mocks::script::{AsrScript, LlmScript, TtsScript};
use serde_json::{Map, Value, json};

use super::load::{DIALECTS, MAX_REPEAT};
use crate::vocabulary::{Observed, StepMoment, Stream};
use embed::Definitions;

/// The schema of a scenario file, draft 2020-12.
#[must_use]
pub fn schema() -> Value {
    let mut definitions = Definitions::default();
    let agent = definitions.embed("agent", schemars::schema_for!(ConfigText).to_value());
    let asr = definitions.embed("asr", schemars::schema_for!(AsrScript).to_value());
    let llm = definitions.embed("llm", schemars::schema_for!(LlmScript).to_value());
    let tts = definitions.embed("tts", schemars::schema_for!(TtsScript).to_value());
    definitions.add("sentence", sentence());
    definitions.add("anchor", anchor());
    definitions.add("event", event());
    definitions.add("duration", duration());
    definitions.add("agent", agent);
    let mut properties = json!({
        "asr": asr,
        "llm": llm,
        "tts": tts,
        "agent": described(reference("agent"), "The configuration of the session."),
        "steps": steps::steps(),
        "expect": sentences("Each must become true, in any order."),
        "order": sentences("They must come in this order; others may lie between."),
        "never": sentences("None may happen, where a bound is given: within it."),
        "count": {
            "description": "Exact numbers of events.",
            "type": "object",
            "propertyNames": { "$ref": "#/$defs/event" },
            "additionalProperties": { "type": "integer", "minimum": 0 },
        },
        "nothing_else": nothing_else(),
        "repeat": {
            "description": "How many seeds to run; sentences may then ask for percentiles.",
            "type": "integer", "minimum": 1, "maximum": MAX_REPEAT, "default": 1,
        },
        "limit": described_default(reference("duration"), "Patience after the last step.", "30s"),
    });
    columns::allow(&mut properties);
    let mut definitions = definitions.into_value();
    columns::allow(&mut definitions);
    // What names the file is not replaced by columns.
    let mut all = json!({
        "version": { "description": "Stands first.", "const": 1 },
        "name": { "description": "What behaviour this file fixes, in a few words.", "type": "string" },
        "about": { "description": "The same at length.", "type": "string" },
        "dialect": {
            "description": "Which door the app speaks through.",
            "enum": DIALECTS.map(|(word, _)| word), "default": "neutral",
        },
        "cases": cases(),
    });
    if let (Value::Object(all), Value::Object(properties)) = (&mut all, properties) {
        all.extend(properties);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A bargein scenario",
        "type": "object",
        "required": ["version", "name"],
        "properties": all,
        "additionalProperties": false,
        "$defs": definitions,
    })
}

fn reference(definition: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{definition}") })
}

fn described(mut schema: Value, description: &str) -> Value {
    schema["description"] = description.into();
    schema
}

fn described_default(schema: Value, description: &str, default: &str) -> Value {
    let mut schema = described(schema, description);
    schema["default"] = default.into();
    schema
}

fn sentences(description: &str) -> Value {
    json!({ "description": description, "type": "array", "items": { "$ref": "#/$defs/sentence" } })
}

/// What a sentence, an anchor or a counted event begins with.
fn begins_with_event() -> String {
    let observed: Vec<_> = Observed::ALL.iter().map(|event| event.row().word.replace('.', r"\.")).collect();
    let moments: Vec<_> = StepMoment::ALL.iter().map(|moment| moment.row().word).collect();
    let id = "[A-Za-z][A-Za-z0-9_-]*";
    format!(r"^\s*(({})|{id}\.({}))(\.[1-9][0-9]*)?(\s|$)", observed.join("|"), moments.join("|"))
}

fn sentence() -> Value {
    json!({
        "description": "EVENT [where TEST {and TEST}] [within DURATION of ANCHOR | between ANCHOR and ANCHOR | \
                        after ANCHOR | before ANCHOR | at ANCHOR ± DURATION] [times N]",
        "type": "string",
        "pattern": begins_with_event(),
        "examples": [
            "agent.speaks within 1300ms of ask.end",
            "state where is = interrupted within 600ms of barge.start",
            "llm.request.2 where messages.-1.content contains 你好",
            "tts.request times 2",
        ],
    })
}

fn anchor() -> Value {
    json!({
        "description": "EVENT [where TEST] [+ DURATION | - DURATION]",
        "type": "string",
        "pattern": begins_with_event(),
        "examples": ["agent.speaks + 2s", "ask.end", "state where is = thinking"],
    })
}

fn event() -> Value {
    json!({
        "description": "EVENT [where TEST {and TEST}]",
        "type": "string",
        "pattern": begins_with_event(),
        "examples": ["llm.request", "error where of = llm"],
    })
}

fn duration() -> Value {
    schemars::schema_for!(bargein_wire::units::Dur)
        .to_value()
        .as_object()
        .map(|schema| {
            let kept = schema.iter().filter(|(key, _)| !matches!(key.as_str(), "$schema" | "title"));
            Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect::<Map<_, _>>())
        })
        .unwrap_or_default()
}

fn nothing_else() -> Value {
    json!({
        "description": "The closed world: these streams carry nothing that no line accounts for.",
        "type": "object",
        "required": ["streams"],
        "properties": {
            "streams": {
                "description": "The streams.",
                "type": "array",
                "items": { "enum": Stream::ALL.map(Stream::word) },
            },
            "quiet": described_default(
                reference("duration"),
                "How long nothing may happen and nobody may speak before the run is over.",
                "1s",
            ),
        },
        "additionalProperties": false,
    })
}

fn cases() -> Value {
    json!({
        "description": "A table: each row is a test of its own, in which $column is replaced.",
        "type": "object",
        "required": ["columns", "rows"],
        "properties": {
            "columns": {
                "description": "The names of the columns.",
                "type": "array",
                "items": { "type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_]*$" },
            },
            "rows": {
                "description": "A value for each column.",
                "type": "array",
                "minItems": 1,
                "items": { "type": "array", "items": { "type": ["string", "number", "boolean"] } },
            },
        },
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests;
