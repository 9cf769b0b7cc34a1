//! The body of a request, as far as the proxy owns it: which model, stream or not. All else goes on byte by byte.

use std::fmt;
use std::ops::Range;

use bytes::{Bytes, BytesMut};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A request's body and where in it stands what is the proxy's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Ask {
    body: Bytes,
    /// Which model, as the caller named it.
    pub(crate) model: String,
    /// Where the model's name stands in the body, quotes included.
    model_at: Range<usize>,
    /// Whether the answer is asked for as a stream.
    pub(crate) stream: bool,
    /// Where the messages stand.
    messages_at: Range<usize>,
}

/// The body is no request for a completion.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum AskError {
    /// It is no JSON object, or a member is of another kind.
    #[error("expected a JSON object with `model` and `messages`, got: {0}")]
    Unreadable(String),
    /// A member is missing.
    #[error("expected the member `{0}`, got none")]
    Missing(&'static str),
}

impl Ask {
    /// Reads a body: in one pass, without building it.
    pub(crate) fn read(body: Bytes) -> Result<Self, AskError> {
        let members: Members<'_> =
            serde_json::from_slice(&body).map_err(|error| AskError::Unreadable(error.to_string()))?;
        let place = |raw: &RawValue| {
            let at = raw.get().as_ptr() as usize - body.as_ptr() as usize;
            at..at + raw.get().len()
        };
        let model = members.model.ok_or(AskError::Missing("model"))?;
        let messages_at = place(members.messages.ok_or(AskError::Missing("messages"))?);
        let name = serde_json::from_str(model.get())
            .map_err(|error| AskError::Unreadable(format!("`model`: {error}")))?;
        let stream = match members.stream.map(RawValue::get) {
            None | Some("null" | "false") => false,
            Some("true") => true,
            Some(other) => {
                let other: String = other.chars().take(40).collect();
                return Err(AskError::Unreadable(format!("`stream`: expected true or false, got {other}")));
            }
        };
        let model_at = place(model);
        Ok(Self { model: name, model_at, stream, messages_at, body })
    }

    /// The body for a vendor that calls the model by this name. Shares the caller's bytes when that is the same.
    pub(crate) fn body_for(&self, model: Option<&str>) -> Bytes {
        match model {
            Some(model) if model != self.model => {
                let name = serde_json::Value::from(model).to_string();
                self.spliced(self.model_at.clone(), name.as_bytes())
            }
            _ => self.body.clone(),
        }
    }

    /// The JSON of the messages.
    pub(crate) fn messages(&self) -> &[u8] {
        &self.body[self.messages_at.clone()]
    }

    /// The same request with other messages, given as JSON.
    pub(crate) fn with_messages(&self, messages: &[u8]) -> Result<Self, AskError> {
        Self::read(self.spliced(self.messages_at.clone(), messages))
    }

    fn spliced(&self, at: Range<usize>, with: &[u8]) -> Bytes {
        let mut body = BytesMut::with_capacity(self.body.len() + with.len());
        body.extend_from_slice(&self.body[..at.start]);
        body.extend_from_slice(with);
        body.extend_from_slice(&self.body[at.end..]);
        body.freeze()
    }
}

/// The members that are the proxy's. Of one that stands twice the last counts, as for most readers.
#[derive(Default)]
struct Members<'a> {
    model: Option<&'a RawValue>,
    stream: Option<&'a RawValue>,
    messages: Option<&'a RawValue>,
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Members::default();
                while let Some(name) = map.next_key::<Name>()? {
                    match name {
                        Name::Model => members.model = Some(map.next_value()?),
                        Name::Stream => members.stream = Some(map.next_value()?),
                        Name::Messages => members.messages = Some(map.next_value()?),
                        Name::Other => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Object)
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Name {
    Model,
    Stream,
    Messages,
    #[serde(other)]
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_the_proxys_goes_on_byte_by_byte() {
        let text = r#" {"temperature":1.0, "model" : "a\u0062", "x":{"model":"c"},"stream":true,"messages":[ {"role":"user","content":"\"model\":"} ],"seed":1e2}"#;
        let ask = Ask::read(Bytes::from_static(text.as_bytes())).unwrap();
        assert_eq!((ask.model.as_str(), ask.stream), ("ab", true));
        assert_eq!(ask.messages(), br#"[ {"role":"user","content":"\"model\":"} ]"#);
        for same in [None, Some("ab")] {
            let body = ask.body_for(same);
            assert_eq!(body, text.as_bytes());
            assert_eq!(body.as_ptr(), text.as_ptr(), "copied");
        }
        assert_eq!(ask.body_for(Some("q\"")), text.replacen(r#""a\u0062""#, r#""q\"""#, 1).as_bytes());
        let other = ask.with_messages(b"[]").unwrap();
        assert_eq!(other.messages(), b"[]");
        assert_eq!(other.body_for(None).len(), text.len() - ask.messages().len() + 2);
    }

    #[test]
    fn a_body_that_is_no_request_is_told_why() {
        for (body, says) in [
            ("", "EOF"),
            ("[]", "a JSON object"),
            ("{\"messages\":[]}", "`model`"),
            ("{\"model\":\"m\"}", "`messages`"),
            ("{\"model\":1,\"messages\":[]}", "`model`: invalid type"),
            ("{\"model\":\"m\",\"messages\":[],\"stream\":\"yes\"}", "expected true or false, got \"yes\""),
            ("{\"model\":\"m\",\"messages\":[]} x", "trailing"),
            ("{\"model\":\"m\",\"messages\":[}", "expected value"),
        ] {
            let told = Ask::read(Bytes::copy_from_slice(body.as_bytes())).map(drop).unwrap_err().to_string();
            assert!(told.contains(says), "{body}: {told}");
        }
        for stream in ["null", "false"] {
            let body = format!("{{\"model\":\"m\",\"messages\":[],\"stream\":{stream}}}");
            assert!(!Ask::read(body.into()).unwrap().stream);
        }
    }
}
