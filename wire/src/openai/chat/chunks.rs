//! Writing an answer, exactly as the reference service does.

use serde_json::{Value, json};

use super::Usage;

/// The data of a stream's last frame.
pub const DONE: &str = "[DONE]";

/// Writes the frames of one answer; each method is the JSON of one frame.
///
/// The order of a stream: [`Self::role`], then [`Self::text`] for each piece, [`Self::finish`], with
/// `include_usage` [`Self::usage`], and [`DONE`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chunks {
    /// The answer's name, such as `chatcmpl-1`.
    pub id: String,
    /// Unix time in seconds.
    pub created: u64,
    /// The model that answers.
    pub model: String,
    /// Whether the client asked for the usage; every frame then has the member, null until the last.
    pub include_usage: bool,
}

impl Chunks {
    /// The first frame: who speaks, no text yet.
    #[must_use]
    pub fn role(&self) -> Value {
        self.choice(&json!({ "role": "assistant", "content": "", "refusal": null }), &Value::Null)
    }

    /// A piece of text.
    #[must_use]
    pub fn text(&self, text: &str) -> Value {
        self.choice(&json!({ "content": text }), &Value::Null)
    }

    /// A piece of reasoning, in the member most vendors use.
    #[must_use]
    pub fn reasoning(&self, text: &str) -> Value {
        self.choice(&json!({ "content": null, "reasoning_content": text }), &Value::Null)
    }

    /// A whole call of a tool, the `index`th of the answer. `arguments` is JSON text.
    #[must_use]
    pub fn tool_call(&self, index: usize, id: &str, name: &str, arguments: &str) -> Value {
        let function = json!({ "name": name, "arguments": arguments });
        let call = json!({ "index": index, "id": id, "type": "function", "function": function });
        self.choice(&json!({ "tool_calls": [call] }), &Value::Null)
    }

    /// The frame that says why the answer ends: `stop`, `length`, `content_filter`, `tool_calls`.
    #[must_use]
    pub fn finish(&self, reason: &str) -> Value {
        self.choice(&json!({}), &reason.into())
    }

    /// The frame after the last one.
    #[must_use]
    pub fn usage(&self, usage: Usage) -> Value {
        let mut frame = self.head("chat.completion.chunk");
        frame["choices"] = json!([]);
        frame["usage"] = usage.document();
        frame
    }

    /// The whole answer as one document, for a client that asked for no stream.
    #[must_use]
    pub fn whole(&self, text: &str, reason: &str, usage: Usage) -> Value {
        let mut document = self.head("chat.completion");
        document["choices"] = json!([{
            "index": 0,
            "message": { "role": "assistant", "content": text, "refusal": null, "annotations": [] },
            "logprobs": null,
            "finish_reason": reason,
        }]);
        document["usage"] = usage.document();
        document
    }

    fn head(&self, object: &str) -> Value {
        json!({ "id": self.id, "object": object, "created": self.created, "model": self.model })
    }

    fn choice(&self, delta: &Value, finish_reason: &Value) -> Value {
        let mut frame = self.head("chat.completion.chunk");
        frame["choices"] =
            json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason }]);
        if self.include_usage {
            frame["usage"] = Value::Null;
        }
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the documents hold besides what we write: members that a client must not need.
    fn without_extras(mut frame: Value) -> Value {
        for member in ["system_fingerprint", "service_tier"] {
            frame.as_object_mut().and_then(|frame| frame.shift_remove(member));
        }
        frame
    }

    #[test]
    fn a_stream_is_the_one_of_the_documents() -> Result<(), serde_json::Error> {
        let documents = include_str!("../../../../fixtures/wire/openai/stream.sse");
        let frames: Vec<_> = documents.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
        let mut expected =
            frames.iter().filter(|frame| **frame != DONE).map(|frame| serde_json::from_str(frame));
        let chunks = Chunks {
            id: "chatcmpl-123".into(),
            created: 1_694_268_190,
            model: "gpt-4o-mini".into(),
            include_usage: false,
        };
        for written in [chunks.role(), chunks.text("Hello"), chunks.finish("stop")] {
            let documented: Option<Value> = expected.next().transpose()?.map(without_extras);
            // The documents' first frame is from before `refusal`.
            let mut written = written;
            written["choices"][0]["delta"].as_object_mut().and_then(|delta| delta.shift_remove("refusal"));
            assert_eq!(Some(written), documented);
        }
        assert_eq!(frames.last(), Some(&DONE));
        Ok(())
    }

    #[test]
    fn usage_is_null_until_its_own_frame() {
        let chunks = Chunks { id: "1".into(), created: 0, model: "m".into(), include_usage: true };
        assert_eq!(chunks.text("a").get("usage"), Some(&Value::Null));
        let usage = chunks.usage(Usage { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 });
        assert_eq!(usage["choices"], json!([]));
        assert_eq!(usage["usage"]["total_tokens"], 11);
    }
}
