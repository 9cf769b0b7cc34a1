//! How a model that speaks chat completions is reached.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::Arc;

use bargein_net::World;
use bargein_wire::units::Secret;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::ChatModel;
use super::dialect::Speaks;
use crate::llm::Llm;
use crate::registry::{OpenError, VendorSettings, address};

/// How a model is reached.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChatSettings {
    /// The whole address, with its path `/chat/completions`. Default: the vendor's own.
    #[serde(default)]
    pub url: Option<String>,
    /// The key, sent as a bearer token. Default none.
    #[serde(default)]
    pub key: Secret,
    /// Which model; with some vendors an endpoint's id takes its place.
    pub model: String,
    /// Whether the answer is asked for in chunks. Default true.
    #[serde(default = "yes")]
    pub stream: bool,
    /// Whether the vendor repeats all text before it in every chunk. Default false.
    #[serde(default)]
    pub cumulative: bool,
    /// Whether the model may think before it speaks, which delays the first word by seconds. Default false: the vendor is
    /// asked not to, in its own way if it has one. What is thought is never spoken.
    #[serde(default)]
    pub thinking: bool,
    /// Further members of the request's body, such as `temperature` or `tools`; they win over ours. Default none.
    #[serde(default)]
    pub extra: Map<String, Value>,
}

const fn yes() -> bool {
    true
}

/// The settings of a vendor with a way of its own.
#[derive(Clone, Debug)]
pub struct Settings<D>(ChatSettings, PhantomData<D>);

impl<'de, D> Deserialize<'de> for Settings<D> {
    fn deserialize<From: Deserializer<'de>>(from: From) -> Result<Self, From::Error> {
        ChatSettings::deserialize(from).map(|settings| Self(settings, PhantomData))
    }
}

impl<D> JsonSchema for Settings<D> {
    fn inline_schema() -> bool {
        ChatSettings::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        ChatSettings::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        ChatSettings::json_schema(generator)
    }
}

impl<D: Speaks> VendorSettings for Settings<D> {
    type Client = dyn Llm;

    fn open(self, world: &World) -> Result<Arc<dyn Llm>, OpenError> {
        let Self(settings, _) = self;
        let uri = address("url", settings.url.as_deref().unwrap_or(D::DIALECT.url), ["http", "https"])?;
        Ok(Arc::new(ChatModel::new(world, uri, settings, D::DIALECT)))
    }
}
