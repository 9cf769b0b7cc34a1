//! Coze's chat, version 3: what its events come to.
//!
//! Source: the documents of its open platform and its SDK (cozepy 0.20.0); bytes in `fixtures/wire/coze/`. Only the answer is
//! told: what a bot thinks, looks up, or proposes as a next question is none. Deliberately out: its own audio, files, cards.

use serde_json::{Value, json};

use crate::answer::{AnswerError, ApiError, Said, Spoken, ToolCall, ToolCalls};
use crate::sse::Event;

/// The body of a request for a streamed answer.
#[must_use]
pub fn request(bot: &str, user: &str, messages: &[(bool, &str)]) -> Value {
    let message = |(by_user, content): &(bool, &str)| {
        let (role, kind) = if *by_user { ("user", "question") } else { ("assistant", "answer") };
        json!({ "role": role, "type": kind, "content": content, "content_type": "text" })
    };
    json!({
        "bot_id": bot,
        "user_id": user,
        "stream": true,
        "auto_save_history": true,
        "additional_messages": messages.iter().map(message).collect::<Vec<_>>(),
    })
}

/// An answer as far as it has come.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    spoken: Spoken,
    /// Whether a delta had text, so that the whole message is not said again.
    deltas: bool,
    finishing: bool,
    done: bool,
    calls: ToolCalls,
    chat: Option<Chat>,
}

/// What the vendor calls an answer under way: needed to have it cancelled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chat {
    /// The conversation it belongs to.
    pub conversation_id: String,
    /// The answer itself.
    pub chat_id: String,
}

impl Answer {
    /// Reads an event.
    ///
    /// # Errors
    /// When it is unreadable, or tells a failure. The answer is over then.
    pub fn on_event(&mut self, event: &Event) -> Result<Said, AnswerError> {
        if self.done {
            return Ok(Said::default());
        }
        if event.name == "done" || event.data.trim_matches('"') == "[DONE]" {
            self.done = true;
            return Ok(Said::default());
        }
        let data = ApiError::document(&event.data).map_err(AnswerError::Unreadable)?;
        match event.name.as_str() {
            "conversation.chat.created" | "conversation.chat.in_progress" => self.chat = chat(&data),
            "conversation.message.delta" if is_answer(&data) => {
                let text = data["content"].as_str().unwrap_or_default();
                self.deltas |= !text.is_empty();
                return Ok(self.spoken.push(text));
            }
            "conversation.message.completed" if is_answer(&data) && !self.deltas => {
                return Ok(self.spoken.push(data["content"].as_str().unwrap_or_default()));
            }
            "conversation.chat.requires_action" => {
                let calls = &data["required_action"]["submit_tool_outputs"]["tool_calls"];
                self.calls.take(calls)?;
                self.finishing = true;
            }
            "conversation.chat.completed" => self.finishing = true,
            "conversation.chat.failed" => return Err(failed(&data["last_error"])),
            "error" => return Err(failed(&data)),
            _ => {}
        }
        if data["status"] == "canceled" {
            return Err(failed(&json!({ "code": "canceled", "msg": "the answer was cancelled" })));
        }
        Ok(Said::default())
    }

    /// Reads a body that is no stream: this vendor refuses so, with a good status.
    ///
    /// # Errors
    /// Always: what the vendor says, or that it is no answer.
    pub fn on_document(&mut self, body: &str) -> Result<Said, AnswerError> {
        let data = ApiError::document(body).map_err(AnswerError::Unreadable)?;
        Err(ApiError::find(&data)
            .map_or_else(|| AnswerError::NoChoices(ApiError::head(body)), AnswerError::Vendor))
    }

    /// Nothing follows: the text that was held back.
    ///
    /// # Errors
    /// When the stream was cut.
    pub fn end(mut self) -> Result<String, AnswerError> {
        if !self.done && !self.finishing {
            return Err(AnswerError::Cut("the event `conversation.chat.completed`"));
        }
        Ok(self.spoken.finish())
    }

    /// Whether nothing will follow.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.done
    }

    /// Whether only the last event is missing.
    #[must_use]
    pub const fn is_finishing(&self) -> bool {
        self.done || self.finishing
    }

    /// The calls of tools: whole as soon as they are there.
    pub fn tool_calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.calls.calls()
    }

    /// What the vendor calls this answer, once it said so.
    #[must_use]
    pub const fn chat(&self) -> Option<&Chat> {
        self.chat.as_ref()
    }
}

/// Whether a message is the bot's answer, in words.
fn is_answer(message: &Value) -> bool {
    message["type"] == "answer" && message["content_type"].as_str().is_none_or(|kind| kind == "text")
}

fn chat(data: &Value) -> Option<Chat> {
    let text = |name: &str| data[name].as_str().map(str::to_owned);
    Some(Chat { conversation_id: text("conversation_id")?, chat_id: text("id")? })
}

fn failed(error: &Value) -> AnswerError {
    let found = ApiError::find(error).unwrap_or_default();
    AnswerError::Vendor(found)
}
