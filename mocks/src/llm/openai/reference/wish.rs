//! What a request asks for, as far as the reference cares, or why it is refused.

use serde_json::Value;

use super::refusal::Refusal;
use super::script::MODEL;

/// A request that will be answered.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Wish {
    /// Whether the answer is a stream.
    pub stream: bool,
    /// Whether the stream tells what it cost.
    pub include_usage: bool,
    /// The text of the user's last message.
    pub prompt: String,
    /// Bytes of text in all messages.
    pub prompt_bytes: usize,
    /// How many tokens the answer may have.
    pub most: Option<usize>,
    /// Where the answer ends before it is said.
    pub stop: Vec<String>,
    /// The tool that must be called.
    pub tool: Option<String>,
    /// Whether the last message is what a tool answered.
    pub is_tool_answered: bool,
}

/// What a server may be unable to take, so that a mutant can refuse it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Narrow {
    /// Members it does not know.
    pub members: bool,
    /// A message's content as a list of parts.
    pub parts: bool,
    /// The role `developer`.
    pub developer: bool,
    /// More messages than a few.
    pub history: bool,
    /// An assistant's message without content.
    pub tool_talk: bool,
}

/// The members of a request that are known.
const MEMBERS: &[&str] = &[
    "model",
    "messages",
    "stream",
    "stream_options",
    "max_tokens",
    "max_completion_tokens",
    "stop",
    "tools",
    "tool_choice",
    "temperature",
    "top_p",
    "n",
    "seed",
    "user",
];

impl Wish {
    /// Reads a body.
    ///
    /// # Errors
    /// What the vendor of the protocol would refuse too.
    pub(super) fn read(body: &[u8], narrow: Narrow) -> Result<Self, Refusal> {
        let value: Value = serde_json::from_slice(body)
            .map_err(|_| Refusal::wrong("The body of the request is no valid JSON.", None))?;
        let members =
            value.as_object().ok_or_else(|| Refusal::wrong("The body must be a JSON object.", None))?;
        if let Some(unknown) = members.keys().find(|key| narrow.members && !MEMBERS.contains(&key.as_str())) {
            return Err(Refusal::wrong(&format!("Unrecognized request argument: {unknown}"), None));
        }
        let model = members.get("model").and_then(Value::as_str);
        let model = model.ok_or_else(|| Refusal::wrong("You must provide a model.", Some("model")))?;
        if model != MODEL {
            return Err(Refusal::no_model(model));
        }
        let messages = members.get("messages").and_then(Value::as_array).filter(|list| !list.is_empty());
        let messages = messages
            .ok_or_else(|| Refusal::wrong("Missing required parameter: 'messages'.", Some("messages")))?;
        if narrow.history && messages.len() > 16 {
            return Err(Refusal::wrong("Too many messages.", Some("messages")));
        }
        for message in messages {
            check_message(message, narrow)?;
        }
        if members.get("temperature").is_some_and(|value| !value.is_number() && !value.is_null()) {
            return Err(Refusal::wrong(
                "Invalid type for 'temperature': expected a number.",
                Some("temperature"),
            ));
        }
        let text = |message: &Value| text_of(message.get("content"));
        let of_user = messages.iter().rev().find(|message| role(message) == "user");
        let most =
            ["max_completion_tokens", "max_tokens"].iter().find_map(|name| members.get(*name)?.as_u64());
        let stop = match members.get("stop") {
            Some(Value::String(stop)) => vec![stop.clone()],
            Some(Value::Array(stops)) => stops.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let flag = |value: Option<&Value>| value.and_then(Value::as_bool).unwrap_or(false);
        Ok(Self {
            stream: flag(members.get("stream")),
            include_usage: flag(
                members.get("stream_options").and_then(|options| options.get("include_usage")),
            ),
            prompt: of_user.map(text).unwrap_or_default(),
            prompt_bytes: messages.iter().map(|message| text(message).len()).sum(),
            most: most.and_then(|most| usize::try_from(most).ok()),
            stop,
            tool: tool(members.get("tool_choice"), members.get("tools")),
            is_tool_answered: messages.last().is_some_and(|message| role(message) == "tool"),
        })
    }
}

fn role(message: &Value) -> &str {
    message.get("role").and_then(Value::as_str).unwrap_or_default()
}

fn check_message(message: &Value, narrow: Narrow) -> Result<(), Refusal> {
    let role = role(message);
    let is_known =
        matches!(role, "system" | "user" | "assistant" | "tool") || role == "developer" && !narrow.developer;
    if !is_known {
        return Err(Refusal::wrong(&format!("Invalid value for a role: '{role}'."), Some("messages")));
    }
    let content = message.get("content");
    let is_taken = match content {
        Some(Value::String(_)) => true,
        Some(Value::Array(_)) => !narrow.parts,
        Some(Value::Null) | None => role == "assistant" && !narrow.tool_talk,
        Some(_) => false,
    };
    if is_taken { Ok(()) } else { Err(Refusal::wrong("Invalid type for 'content'.", Some("messages"))) }
}

/// The content of a message is a text or a list of parts of which some have a text.
fn text_of(content: Option<&Value>) -> String {
    match content {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts.iter().map(|part| text_of(part.get("text"))).collect(),
        _ => String::new(),
    }
}

/// The tool that must be called: the one that is named, or the first when any must be.
fn tool(choice: Option<&Value>, tools: Option<&Value>) -> Option<String> {
    let name = |tool: &Value| Some(tool.get("function")?.get("name")?.as_str()?.to_owned());
    match choice? {
        Value::String(word) if word == "required" => name(tools?.as_array()?.first()?),
        choice @ Value::Object(_) => name(choice),
        _ => None,
    }
}
