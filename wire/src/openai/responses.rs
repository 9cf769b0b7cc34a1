//! OpenAI's Responses: the request, and what the events of a streamed answer come to.
//!
//! Source: the API reference and the official SDK (openai 3.52.0); bytes in `fixtures/wire/openai_responses/`. The name of an
//! event stands in its data too, and only that is read. Deliberately out: the vendor's own tools, audio, images, stored
//! responses.

use serde_json::{Value, json};

use super::chat::FinishReason;
use crate::answer::{AnswerError, ApiError, Said, Spoken, ToolCall, ToolCalls};

/// The body of a request. Nothing is stored at the vendor.
#[must_use]
pub fn request(model: &str, messages: &[(&str, &str)], stream: bool) -> Value {
    let input = messages.iter().map(|(role, content)| json!({ "role": role, "content": content }));
    json!({ "model": model, "input": input.collect::<Vec<_>>(), "stream": stream, "store": false })
}

/// An answer as far as it has come.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    spoken: Spoken,
    done: bool,
    reasoning: bool,
    finish: Option<FinishReason>,
    calls: ToolCalls,
}

impl Answer {
    /// Reads the data of an event.
    ///
    /// # Errors
    /// When it is unreadable, or tells a failure. The answer is over then.
    pub fn on_frame(&mut self, data: &str) -> Result<Said, AnswerError> {
        let data = data.trim();
        if self.done || data.is_empty() || data == super::chat::DONE {
            return Ok(Said::default());
        }
        let event = ApiError::document(data).map_err(AnswerError::Unreadable)?;
        let kind = event["type"].as_str().unwrap_or_default();
        match kind {
            "response.output_text.delta" | "response.refusal.delta" => {
                return Ok(self.spoken.push(event["delta"].as_str().unwrap_or_default()));
            }
            "response.output_item.done" => self.call_of(&event["item"])?,
            "response.completed" => {
                // Some servers tell a call here alone.
                let output = event["response"]["output"].as_array().filter(|_| self.calls.is_empty());
                output.into_iter().flatten().try_for_each(|item| self.call_of(item))?;
                self.done = true;
            }
            "response.incomplete" => {
                self.finish = Some(match event["response"]["incomplete_details"]["reason"].as_str() {
                    Some("content_filter") => FinishReason::ContentFilter,
                    _ => FinishReason::Length,
                });
                self.done = true;
            }
            "response.failed" => return Err(failed(&event["response"])),
            "error" => return Err(failed(&event)),
            _ if kind.starts_with("response.reasoning") => self.reasoning = true,
            _ => {
                if let Some(error) = ApiError::find(&event) {
                    return Err(AnswerError::Vendor(error));
                }
            }
        }
        Ok(Said::default())
    }

    /// Reads a body that is one document: the answer to a request without a stream, or a failure.
    ///
    /// # Errors
    /// As [`Self::on_frame`], and when it holds no answer.
    pub fn on_document(&mut self, body: &str) -> Result<Said, AnswerError> {
        let document = ApiError::document(body).map_err(AnswerError::Unreadable)?;
        if document["status"] == "failed" {
            return Err(failed(&document));
        }
        let Some(output) = document["output"].as_array() else {
            let no_answer = || AnswerError::NoChoices(ApiError::head(body));
            return Err(ApiError::find(&document).map_or_else(no_answer, AnswerError::Vendor));
        };
        self.done = true;
        let mut text = String::new();
        for item in output {
            self.call_of(item)?;
            let parts = item["content"].as_array().map(Vec::as_slice).unwrap_or_default();
            for part in parts.iter().filter(|part| part["type"] != "reasoning_text") {
                text.push_str(part["text"].as_str().or_else(|| part["refusal"].as_str()).unwrap_or_default());
            }
        }
        Ok(self.spoken.push(&text))
    }

    /// Nothing follows: the text that was held back.
    ///
    /// # Errors
    /// When the stream was cut, or held nothing but reasoning.
    pub fn end(mut self) -> Result<String, AnswerError> {
        if !self.done {
            return Err(AnswerError::Cut("the event `response.completed`"));
        }
        let rest = self.spoken.finish();
        let thought = self.reasoning || self.spoken.only_thought();
        if thought && !self.spoken.has_begun() && self.calls.is_empty() && self.finish.is_none() {
            return Err(AnswerError::OnlyReasoning);
        }
        Ok(rest)
    }

    /// Whether nothing will follow.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.done
    }

    /// Why the answer ended before it was whole.
    #[must_use]
    pub const fn finish_reason(&self) -> Option<&FinishReason> {
        self.finish.as_ref()
    }

    /// Whether any text was spoken.
    #[must_use]
    pub const fn has_spoken(&self) -> bool {
        self.spoken.has_begun()
    }

    /// The calls of tools: whole as soon as they are there.
    pub fn tool_calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.calls.calls()
    }

    /// Takes an item that is a call of a function.
    fn call_of(&mut self, item: &Value) -> Result<(), AnswerError> {
        if item["type"] != "function_call" {
            return Ok(());
        }
        let function = json!({ "name": item["name"], "arguments": item["arguments"] });
        self.calls.take(&json!([{ "id": item["call_id"], "function": function }]))
    }
}

fn failed(told: &Value) -> AnswerError {
    AnswerError::Vendor(ApiError::find(told).unwrap_or_default())
}
