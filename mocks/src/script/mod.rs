//! The text form of a vendor's behaviour.
//!
//! A script is a map of keys. Keys of the account (`vendor`, `key`, `rate`, `concurrent`) say who is played and what
//! limits it has. All other keys say what happens to a request: standing plainly they hold for every request, in a
//! block `request 1`, `request 2..4` (inclusive) or `request 2..` they hold for those and override the plain ones
//! key by key. Requests are counted from 1 in the order of their arrival, refused ones too.
//!
//! The caller has read the file: a script is parsed from a JSON value, and its errors name the path of keys, which
//! the caller can turn into file, line and column.

mod asr;
mod delay;
mod error;
mod faults;
mod limits;
mod llm;
mod numbers;
mod point;
mod text_form;
mod tts;

use std::borrow::Cow;

use bargein_wire::units::Secret;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

pub use asr::{AsrBehaviour, AsrScript};
pub use delay::{Delay, ParseDelayError};
pub(crate) use error::nearest;
pub use error::{Problem, ScriptError};
pub use faults::{Code, FaultBody, Faults};
pub use limits::Limits;
pub use llm::{AnswerAs, LlmBehaviour, LlmScript, TokensBy, ToolCall, Usage};
pub use point::{Cut, CutBy, ParsePointError, Point, Stall, Unit};
pub use tts::{Chunk, Speech, Speed, TtsBehaviour, TtsScript, Voice};

pub use crate::llm::quirk::{Quirk, UnknownQuirkError};

use limits::Account;
use numbers::Numbers;

/// What one vendor does, request by request.
#[derive(Clone, PartialEq, Debug)]
pub struct Script<B> {
    vendor: &'static str,
    key: Secret,
    limits: Limits,
    base: Request<B>,
    blocks: Vec<(Numbers, Request<B>)>,
    /// How many requests were answered before this script came into force.
    before: u64,
}

/// What happens to one request.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Request<B> {
    /// What the answer says, and how fast.
    pub does: B,
    /// What goes wrong with it.
    pub faults: Faults,
}

/// The keys of one role, and what a script of that role may say.
pub trait Behaviour: Clone + Default + DeserializeOwned + JsonSchema {
    /// What an answer of this role is made of.
    const UNIT: Unit;

    /// The ids of the vendors that we play in this role; the first is the default.
    fn vendors() -> Vec<&'static str>;

    /// Refuses what each key allows for itself but not together with the others.
    ///
    /// # Errors
    /// The key at fault.
    fn check(&self, faults: &Faults) -> Result<(), ScriptError>;
}

impl<B: Behaviour> Script<B> {
    /// The vendor's id.
    #[must_use]
    pub const fn vendor(&self) -> &'static str {
        self.vendor
    }

    /// The only key that is let in. Empty, the default, lets everyone in.
    #[must_use]
    pub const fn key(&self) -> &Secret {
        &self.key
    }

    /// How much the vendor allows each key.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What happens to the request of this number, counted from 1.
    #[must_use]
    pub fn request(&self, number: u64) -> &Request<B> {
        let number = number.saturating_sub(self.before);
        self.blocks
            .iter()
            .find(|(numbers, _)| numbers.contains(number))
            .map_or(&self.base, |(_, request)| request)
    }

    /// The same script, come into force after so many requests: its `request 1` is the one after them.
    pub(crate) const fn after(mut self, requests: u64) -> Self {
        self.before = requests;
        self
    }

    /// Every request's behaviour, with the key of its block.
    pub(crate) fn requests_mut(&mut self) -> impl Iterator<Item = (Option<String>, &mut Request<B>)> {
        let blocks = self.blocks.iter_mut().map(|(numbers, request)| (Some(numbers.to_string()), request));
        std::iter::once((None, &mut self.base)).chain(blocks)
    }

    pub(crate) fn from_value(value: &Value) -> Result<Self, ScriptError> {
        let keys = object(value)?;
        let mut account = Map::new();
        let mut plain = Map::new();
        let mut blocks = Vec::new();
        let account_keys = known_keys::<Account>();
        for (key, value) in keys {
            if let Some(numbers) = Numbers::of_key(key) {
                blocks.push((numbers.map_err(|error| error.below(key))?, key, value));
            } else if account_keys.contains(key) {
                account.insert(key.clone(), value.clone());
            } else {
                plain.insert(key.clone(), value.clone());
            }
        }
        let account: Account = typed(account)?;
        let base = request::<B>(&plain, &account_keys)?;
        let mut script = Self {
            vendor: vendor::<B>(account.vendor.as_deref())?,
            limits: Limits { rate: account.rate, concurrent: account.concurrent },
            key: account.key.unwrap_or_default(),
            base,
            blocks: Vec::new(),
            before: 0,
        };
        for (numbers, key, value) in blocks {
            if let Some((other, _)) = script.blocks.iter().find(|(other, _)| other.overlaps(numbers)) {
                let expected = format!("requests that no other block describes (`{other}` does)");
                return Err(ScriptError::wrong(&[key], expected, numbers.to_string()));
            }
            let overriding = object(value).map_err(|error| error.below(key))?;
            // Read for itself first, so that an error names the block; then over the plain keys.
            keys_of_request::<B>(overriding, &[]).map_err(|error| error.below(key))?;
            let mut all = plain.clone();
            all.extend(overriding.clone());
            script.blocks.push((numbers, request(&all, &[]).map_err(|error| error.below(key))?));
        }
        Ok(script)
    }
}

/// The script without a key: everything at its default.
impl<B: Behaviour> Default for Script<B> {
    fn default() -> Self {
        Self {
            vendor: B::vendors().first().copied().unwrap_or_default(),
            key: Secret::default(),
            limits: Limits::default(),
            base: Request::default(),
            blocks: Vec::new(),
            before: 0,
        }
    }
}

impl<B: Behaviour> JsonSchema for Script<B> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}Script", B::schema_name().trim_end_matches("Behaviour")).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut request = properties::<B>(generator);
        request.extend(properties::<Faults>(generator));
        let mut all = properties::<Account>(generator);
        let vendors = B::vendors();
        all.insert("vendor".to_owned(), serde_json::json!({ "enum": vendors, "default": vendors.first() }));
        all.extend(request.clone());
        schemars::json_schema!({
            "type": "object",
            "properties": all,
            "patternProperties": {
                (Numbers::PATTERN): { "type": "object", "properties": request, "additionalProperties": false }
            },
            "additionalProperties": false,
        })
    }
}

/// Reads the keys of one request, and checks what they say together.
fn request<B: Behaviour>(keys: &Map<String, Value>, elsewhere: &[String]) -> Result<Request<B>, ScriptError> {
    let request = keys_of_request::<B>(keys, elsewhere)?;
    request.faults.check(B::UNIT)?;
    request.does.check(&request.faults)?;
    Ok(request)
}

/// Reads the keys of one request. `elsewhere` are further keys to name when one is unknown.
fn keys_of_request<B: Behaviour>(
    keys: &Map<String, Value>,
    elsewhere: &[String],
) -> Result<Request<B>, ScriptError> {
    let (own, fault) = (known_keys::<B>(), known_keys::<Faults>());
    let mut does = Map::new();
    let mut faults = Map::new();
    for (key, value) in keys {
        if own.contains(key) {
            does.insert(key.clone(), value.clone());
        } else if fault.contains(key) {
            faults.insert(key.clone(), value.clone());
        } else {
            return Err(ScriptError::unknown_key(&[key], [elsewhere, &own, &fault].concat()));
        }
    }
    Ok(Request { does: typed::<B>(does)?, faults: typed::<Faults>(faults)? })
}

fn vendor<B: Behaviour>(got: Option<&str>) -> Result<&'static str, ScriptError> {
    let known = B::vendors();
    let found = known.iter().find(|known| got.is_none_or(|got| **known == got));
    found.copied().ok_or_else(|| {
        let known = known.iter().map(|&known| known.to_owned()).collect();
        ScriptError::new(
            &["vendor"],
            Problem::UnknownVendor { got: got.unwrap_or_default().to_owned(), known },
        )
    })
}

fn object(value: &Value) -> Result<&Map<String, Value>, ScriptError> {
    value.as_object().ok_or_else(|| ScriptError::wrong(&[], "a map of keys", value.to_string()))
}

/// Reads one group of keys with serde; an error names the path within the group.
fn typed<T: DeserializeOwned>(keys: Map<String, Value>) -> Result<T, ScriptError> {
    serde_path_to_error::deserialize(Value::Object(keys)).map_err(|error| {
        let key = |segment: &Segment| match segment {
            Segment::Seq { index } => index.to_string(),
            named => named.to_string(),
        };
        let path = error.path().iter().map(key).collect();
        ScriptError { path, problem: Problem::WrongForm(error.into_inner().to_string()) }
    })
}

/// The names of a group's keys, from its schema, in the order of declaration.
fn known_keys<T: JsonSchema>() -> Vec<String> {
    properties::<T>(&mut SchemaGenerator::default()).keys().cloned().collect()
}

fn properties<T: JsonSchema>(generator: &mut SchemaGenerator) -> Map<String, Value> {
    let mut schema = T::json_schema(generator);
    match schema.remove("properties") {
        Some(Value::Object(properties)) => properties,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests;
