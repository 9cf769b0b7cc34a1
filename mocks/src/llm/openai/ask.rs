//! What a chat request asks for, as far as a mock cares.

use serde_json::Value;

use super::dialect::Dialect;

/// The parts of a chat request that change the answer.
pub(super) struct Ask {
    /// Whose answer it will be.
    pub dialect: &'static Dialect,
    /// Which request this is, counted from 1.
    pub number: u64,
    /// When it arrived, in Unix seconds.
    pub created: u64,
    /// The model asked for.
    pub model: String,
    /// Whether the answer shall be a stream.
    pub stream: bool,
    /// Whether a stream shall report usage.
    pub include_usage: bool,
    /// Bytes of text in all messages.
    pub prompt_bytes: u64,
}

/// The request is not one that can be answered.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct AskError {
    /// The member at fault.
    pub param: Option<&'static str>,
    message: &'static str,
}

impl Ask {
    /// Reads a request's body.
    ///
    /// # Errors
    /// The body is no JSON object, or lacks `model` or `messages`.
    pub(super) fn read(
        number: u64,
        created: u64,
        body: &Value,
        dialect: &'static Dialect,
    ) -> Result<Self, AskError> {
        let wrong = |param, message| AskError { param, message };
        let members = body.as_object().ok_or_else(|| wrong(None, "expected a JSON object as the body"))?;
        let model = members.get("model").and_then(Value::as_str);
        let messages = members.get("messages").and_then(Value::as_array).filter(|list| !list.is_empty());
        let messages =
            messages.ok_or_else(|| wrong(Some("messages"), "expected at least one message in `messages`"))?;
        let options = members.get("stream_options").and_then(|options| options.get("include_usage"));
        Ok(Self {
            dialect,
            number,
            created,
            model: model
                .ok_or_else(|| wrong(Some("model"), "expected the name of a model in `model`"))?
                .to_owned(),
            stream: members.get("stream").and_then(Value::as_bool).unwrap_or(false),
            include_usage: options.and_then(Value::as_bool).unwrap_or(false),
            prompt_bytes: messages.iter().map(|message| text_bytes(message.get("content"))).sum(),
        })
    }

    /// The id of the answer.
    #[must_use]
    pub(super) fn id(&self) -> String {
        format!("chatcmpl-mock-{}", self.number)
    }
}

/// The content of a message is a text or a list of parts of which some have a text.
fn text_bytes(content: Option<&Value>) -> u64 {
    match content {
        Some(Value::String(text)) => text.len() as u64,
        Some(Value::Array(parts)) => parts.iter().map(|part| text_bytes(part.get("text"))).sum(),
        _ => 0,
    }
}
