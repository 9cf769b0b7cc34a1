//! What is asked.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// The body of a request, as far as a voice agent and its mocks look at it.
///
/// Other members go through [`Self::into_body`] when writing; when reading they are ignored here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Request {
    /// Which model.
    pub model: String,
    /// System prompt, history, question.
    pub messages: Vec<Message>,
    /// Whether the answer comes in chunks. Default false.
    #[serde(default, deserialize_with = "null_is_default")]
    pub stream: bool,
    /// How the chunks come. Default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_options: Option<StreamOptions>,
}

/// How the chunks come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct StreamOptions {
    /// Whether a chunk with the usage follows the last one. Default false.
    #[serde(default, deserialize_with = "null_is_default")]
    pub include_usage: bool,
}

/// One message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Message {
    /// `system`, `user`, `assistant`; others are `developer`, `tool`, `function`.
    pub role: String,
    /// The words. Read from a text, from the text parts of a list, or from null as empty.
    #[serde(default, deserialize_with = "content")]
    pub content: String,
}

impl Request {
    /// The body to send: this request with further members at its top level, which win over its own.
    #[must_use]
    pub fn into_body(self, extra: &Map<String, Value>) -> Value {
        // The types above hold nothing that JSON cannot.
        let mut body = serde_json::to_value(self).unwrap_or_default();
        if let Value::Object(members) = &mut body {
            members.extend(extra.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        body
    }
}

fn null_is_default<'de, T: Deserialize<'de> + Default, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}

fn content<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Value::deserialize(from).map(|content| text_of(&content).unwrap_or_default())
}

/// The words of a message's or delta's content: a text, or the text parts of a list. Null has none (Q15).
pub(super) fn text_of(content: &Value) -> Option<String> {
    match content {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => Some(parts.iter().filter_map(|part| part["text"].as_str()).collect()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_reads_from_what_clients_send() -> Result<(), serde_json::Error> {
        let document = include_str!("../../../../fixtures/wire/openai/request.json");
        let request: Request = serde_json::from_str(document)?;
        let message = |role: &str, content: &str| Message { role: role.into(), content: content.into() };
        let expected = Request {
            model: "VAR_chat_model_id".into(),
            messages: vec![message("developer", "You are a helpful assistant."), message("user", "Hello!")],
            stream: true,
            stream_options: None,
        };
        assert_eq!(request, expected);

        let odd = r#"{"model":"m","stream":null,"stream_options":{"include_usage":true},"top_k":3,"messages":[
            {"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{}},{"type":"text","text":"b"}]},
            {"role":"assistant","content":null,"tool_calls":[]},{"role":"assistant"}]}"#;
        let request: Request = serde_json::from_str(odd)?;
        assert_eq!(
            request.messages,
            [message("user", "ab"), message("assistant", ""), message("assistant", "")]
        );
        assert!(!request.stream && request.stream_options.is_some_and(|options| options.include_usage));
        Ok(())
    }

    #[test]
    fn a_body_holds_nothing_but_what_was_asked_and_extra_members_win() {
        let request = Request { model: "m".into(), messages: Vec::new(), stream: true, stream_options: None };
        let mut extra = Map::new();
        extra.insert("model".into(), "other".into());
        extra.insert("enable_thinking".into(), false.into());
        let body = request.into_body(&extra).to_string();
        assert_eq!(body, r#"{"model":"other","messages":[],"stream":true,"enable_thinking":false}"#);
    }
}
