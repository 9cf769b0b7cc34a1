//! Dify's chat messages: what its events come to.
//!
//! Source: the documents in `langgenius/dify`; bytes in `fixtures/wire/dify/`. The name of an event stands in its data. Only the
//! answer is told. Deliberately out: what an agent's own tools do, files, its own audio.

use serde_json::{Map, Value, json};

use crate::answer::{AnswerError, ApiError, Said, Spoken};
use crate::sse::Event;

/// The body of a request for an answer, streamed or not.
#[must_use]
pub fn request(
    query: &str,
    user: &str,
    conversation: &str,
    inputs: &Map<String, Value>,
    stream: bool,
) -> Value {
    json!({
        "query": query,
        "inputs": inputs,
        "response_mode": if stream { "streaming" } else { "blocking" },
        "user": user,
        "conversation_id": conversation,
        "auto_generate_name": false,
    })
}

/// An answer as far as it has come.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    spoken: Spoken,
    done: bool,
    conversation_id: Option<String>,
    task_id: Option<String>,
}

impl Answer {
    /// Reads an event.
    ///
    /// Where the vendor replaces what it has said so far, the replacement is said too: what was heard cannot be taken back.
    ///
    /// # Errors
    /// When it is unreadable, or tells a failure. The answer is over then.
    pub fn on_event(&mut self, event: &Event) -> Result<Said, AnswerError> {
        if self.done || event.data.trim().is_empty() {
            return Ok(Said::default());
        }
        let data = ApiError::document(&event.data).map_err(AnswerError::Unreadable)?;
        for (name, place) in [("conversation_id", &mut self.conversation_id), ("task_id", &mut self.task_id)]
        {
            if let Some(id) = data[name].as_str().filter(|id| !id.is_empty()) {
                *place = Some(id.to_owned());
            }
        }
        let text = || data["answer"].as_str().unwrap_or_default();
        match data["event"].as_str().unwrap_or_default() {
            "message" | "agent_message" | "message_replace" => return Ok(self.spoken.push(text())),
            "message_end" => self.done = true,
            "workflow_finished" if data["data"]["status"] == "failed" => {
                let message = data["data"]["error"].as_str().unwrap_or_default();
                let error = ApiError {
                    code: "workflow_failed".into(),
                    message: message.into(),
                    ..ApiError::default()
                };
                return Err(AnswerError::Vendor(error));
            }
            "error" => return Err(AnswerError::Vendor(ApiError::find(&data).unwrap_or_default())),
            _ => {}
        }
        Ok(Said::default())
    }

    /// Reads a body that is one document: the answer to a request without a stream, or a failure.
    ///
    /// # Errors
    /// As [`Self::on_event`], and when it holds no answer.
    pub fn on_document(&mut self, body: &str) -> Result<Said, AnswerError> {
        let data = ApiError::document(body).map_err(AnswerError::Unreadable)?;
        if data["answer"].is_string() {
            let event = Event { name: String::new(), data: body.to_owned() };
            let said = self.on_event(&event)?;
            self.done = true;
            return Ok(said);
        }
        Err(ApiError::find(&data)
            .map_or_else(|| AnswerError::NoChoices(ApiError::head(body)), AnswerError::Vendor))
    }

    /// Nothing follows: the text that was held back.
    ///
    /// # Errors
    /// When the stream was cut, or held nothing but reasoning.
    pub fn end(mut self) -> Result<String, AnswerError> {
        if !self.done {
            return Err(AnswerError::Cut("the event `message_end`"));
        }
        let rest = self.spoken.finish();
        if self.spoken.only_thought() { Err(AnswerError::OnlyReasoning) } else { Ok(rest) }
    }

    /// Whether nothing will follow.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.done
    }

    /// The conversation that the next question must name.
    #[must_use]
    pub fn conversation_id(&self) -> Option<&str> {
        self.conversation_id.as_deref()
    }

    /// What the vendor calls this answer: needed to have it stopped.
    #[must_use]
    pub fn task_id(&self) -> Option<&str> {
        self.task_id.as_deref()
    }
}
