//! What a language model does.

use bargein_wire::units::Dur;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Behaviour, Delay, Faults, Script, ScriptError, Unit};
use crate::llm::quirk::Quirk;
use crate::registry;

/// The behaviour of a language model.
pub type LlmScript = Script<LlmBehaviour>;

/// What one request to a language model is answered with.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LlmBehaviour {
    /// The text of the answer. Default `OK.`; empty gives an answer without content.
    #[schemars(schema_with = "text_or_file")]
    pub reply: String,
    /// Request to the first token, be it of the reasoning or of the reply. Default 200ms.
    pub first_token: Delay,
    /// From each token to the next. Default 20ms.
    pub per_token: Delay,
    /// What a token is. Default `auto`.
    pub tokens_by: TokensBy,
    /// The usage that is reported. Default: the tokens really sent, and one token for four bytes of the messages.
    pub usage: Option<Usage>,
    /// Calls of tools after the reply. Default none.
    pub tool_calls: Vec<ToolCall>,
    /// Text of reasoning before the reply. Default none.
    pub reasoning: Option<String>,
    /// Metadata objects, sent right before the first token of the reply as chunks of type `meta.info`. Default none.
    pub meta: Vec<Map<String, Value>>,
    /// How a request for a stream is answered. Default `stream`.
    pub answer: AnswerAs,
    /// Send a comment `: keep-alive` this often while a stream is silent. Default never.
    pub keep_alive: Option<Dur>,
    /// Peculiarities of real vendors to show, by their ids such as `Q17`; one or a list. Default none.
    #[serde(deserialize_with = "one_or_many")]
    #[schemars(schema_with = "quirk_ids")]
    pub quirk: Vec<Quirk>,
}

impl Default for LlmBehaviour {
    fn default() -> Self {
        Self {
            reply: "OK.".to_owned(),
            first_token: Delay::from_millis(200),
            per_token: Delay::from_millis(20),
            tokens_by: TokensBy::Auto,
            usage: None,
            tool_calls: Vec::new(),
            reasoning: None,
            meta: Vec::new(),
            answer: AnswerAs::Stream,
            keep_alive: None,
            quirk: Vec::new(),
        }
    }
}

/// What counts as one token.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokensBy {
    /// A CJK character, or a word of any other writing with the space before it.
    Auto,
    /// Every character as the reader sees it (a grapheme cluster).
    Character,
    /// Whatever stands between spaces, with the space before it.
    Word,
}

/// How a request for a stream is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnswerAs {
    /// With a stream.
    Stream,
    /// With one JSON body when the reply is whole, as some vendors do to a request with tools.
    Json,
}

/// Reported usage, in tokens.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// Of the request.
    pub prompt_tokens: u64,
    /// Of the answer.
    pub completion_tokens: u64,
}

/// One call of a tool.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolCall {
    /// The name of the function.
    pub name: String,
    /// Its arguments. Default none.
    #[serde(default)]
    pub arguments: Map<String, Value>,
}

impl Script<LlmBehaviour> {
    /// Reads a script; files it names have been put in place already.
    ///
    /// # Errors
    /// What is wrong, and under which key.
    pub fn parse(value: &Value) -> Result<Self, ScriptError> {
        Self::from_value(value)
    }
}

impl Behaviour for LlmBehaviour {
    const UNIT: Unit = Unit::Token;

    fn vendors() -> Vec<&'static str> {
        registry::ids(registry::LLM)
    }

    fn check(&self, faults: &Faults) -> Result<(), ScriptError> {
        faults.check_code()?;
        if self.keep_alive == Some(Dur::ZERO) {
            return Err(ScriptError::wrong(&["keep_alive"], "a duration above 0ms", "0ms"));
        }
        match self.quirk.iter().find(|quirk| quirk.is_of_tool_calls()) {
            Some(quirk) if self.tool_calls.is_empty() => {
                let got = format!("`{quirk}` without tool calls");
                Err(ScriptError::wrong(&["quirk"], "`tool_calls` for the quirk to show in", got))
            }
            _ => Ok(()),
        }
    }
}

fn one_or_many<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Quirk>, D::Error> {
    struct OneOrMany;
    impl<'de> serde::de::Visitor<'de> for OneOrMany {
        type Value = Vec<Quirk>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("the id of a quirk such as `Q17`, or a list of them")
        }

        fn visit_str<E: serde::de::Error>(self, id: &str) -> Result<Vec<Quirk>, E> {
            Ok(vec![id.parse().map_err(E::custom)?])
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut ids: A) -> Result<Vec<Quirk>, A::Error> {
            let mut quirks = Vec::new();
            while let Some(id) = ids.next_element::<String>()? {
                quirks.push(id.parse().map_err(serde::de::Error::custom)?);
            }
            Ok(quirks)
        }
    }
    deserializer.deserialize_any(OneOrMany)
}

fn text_or_file(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let file = serde_json::json!({
        "type": "object", "properties": { "file": { "type": "string" } }, "required": ["file"], "additionalProperties": false
    });
    schemars::json_schema!({
        "description": "The text of the answer, or the file it stands in.",
        "oneOf": [{ "type": "string" }, file],
        "default": "OK."
    })
}

fn quirk_ids(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let ids: Vec<_> = Quirk::all().map(Quirk::id).collect();
    schemars::json_schema!({
        "description": "Peculiarities of real vendors to show, by their ids; one or a list.",
        "oneOf": [{ "enum": ids }, { "type": "array", "items": { "enum": ids } }]
    })
}
