//! The sections about the model: how it is asked, what it sees, and what is said before it is asked anything.

use bargein_core::{HistoryRules, Keep, LlmRules, Message, Role, Welcome, Window};
use bargein_wire::units::Dur;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limits::{Any, Within};
use super::section::section;
use super::written::{Written, words};

section! {
    /// How the model is asked.
    LlmText of LlmRules, at "llm", default LlmRules::default() => {
        /// Request to first content, each attempt for itself. 1s to 50s, default 3s.
        first_token_timeout: Dur, Within(Dur::from_secs(1), Dur::from_secs(50));
        /// Longest wait between two pieces of content. 100ms to 60s, default 5s.
        stall_timeout: Dur, Within(Dur::from_millis(100), Dur::from_secs(60));
        /// The whole call. 1s to 10m, default 60s.
        total_timeout: Dur, Within(Dur::from_secs(1), Dur::from_secs(600));
        /// Further attempts after a retryable fault before the first content. 0 to 10, default 1.
        retries: u32, Within(0, 10);
        /// Wait before the first of them, doubled for each further one. 0ms to 10s, default 100ms.
        backoff: Dur, Within(Dur::ZERO, Dur::from_secs(10));
        /// The longest wait asked for by the model's vendor that is kept; a longer one fails at once. 0ms to 60s,
        /// default 1s.
        max_retry_after: Dur, Within(Dur::ZERO, Dur::from_secs(60));
        /// Said instead of the answer when the model failed. Empty: nothing. Default nothing.
        apology: String, Any;
    }
}

section! {
    /// What the model will see.
    HistoryText of HistoryRules, at "history", default HistoryRules::default() => {
        /// First message of every request. Empty: none. Default none.
        system_prompt: String, Any;
        /// How much of the past is sent. Default 10 rounds.
        window: WindowText, Any;
        /// What an interrupted reply leaves behind. Default heard.
        keep: KeepText, Any;
        /// The past before the session. Default none.
        initial: Vec<MessageText>, Any;
    }
}

/// How much of the past is sent to the model.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WindowText {
    /// So many user messages, each with what follows it.
    Rounds(usize),
    /// So many messages.
    Messages(usize),
}

impl Written<Window> for WindowText {
    fn value(&self) -> Window {
        match *self {
            Self::Rounds(rounds) => Window::Rounds(rounds),
            Self::Messages(messages) => Window::Messages(messages),
        }
    }

    fn of(value: &Window) -> Self {
        match *value {
            Window::Rounds(rounds) => Self::Rounds(rounds),
            Window::Messages(messages) => Self::Messages(messages),
        }
    }
}

words! {
    /// What an interrupted reply leaves in the history.
    KeepText of Keep {
        /// What was heard.
        Heard,
        /// All that was generated.
        Generated,
    }
}

/// One message of the past.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageText {
    /// Who said it.
    pub role: RoleText,
    /// What was said.
    pub content: String,
}

words! {
    /// Who said a message.
    RoleText of Role {
        /// The system prompt.
        System,
        /// The user.
        User,
        /// The agent.
        Assistant,
    }
}

impl Written<Message> for MessageText {
    fn value(&self) -> Message {
        Message { role: self.role.value(), content: self.content.clone() }
    }

    fn of(message: &Message) -> Self {
        Self { role: RoleText::of(&message.role), content: message.content.clone() }
    }
}

impl Written<Vec<Message>> for Vec<MessageText> {
    fn value(&self) -> Vec<Message> {
        self.iter().map(Written::value).collect()
    }

    fn of(value: &Vec<Message>) -> Self {
        value.iter().map(Written::of).collect()
    }
}

section! {
    /// What is said when the session begins.
    WelcomeText of Welcome, at "welcome", default no_welcome() => {
        /// The words. Empty: nothing is said. Default empty.
        text: String, Any;
        /// Whether the user cannot cut it. Default false.
        protected: bool, Any;
        /// Whether it becomes a message of the history. Default true.
        in_history: bool, Any;
    }
}

/// What a welcome is before it is given words.
pub(super) fn no_welcome() -> Welcome {
    Welcome { text: String::new(), protected: false, in_history: true }
}
