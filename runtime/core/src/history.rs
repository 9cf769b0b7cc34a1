//! What the model will see: messages kept, and the window of them that a request carries.
//!
//! An agent turn is written when it ends, its question first, so what stands here was heard (or generated, where the
//! rules say so). Nothing of a turn in progress is here.

use std::collections::VecDeque;

use crate::config::{HistoryRules, Window};
use crate::input::{Message, Role};

/// The most messages kept; the oldest go first. Well above any window.
const MOST_MESSAGES: usize = 1_000;

/// The most text kept, in bytes; the oldest messages go first.
const MOST_BYTES: usize = 1 << 20;

/// The messages of a session.
#[derive(Debug)]
pub(crate) struct History {
    system_prompt: Option<String>,
    window: Window,
    messages: VecDeque<Message>,
    bytes: usize,
}

impl History {
    pub(crate) fn new(rules: &HistoryRules) -> Self {
        let mut history = Self {
            system_prompt: rules.system_prompt.clone(),
            window: rules.window,
            messages: VecDeque::new(),
            bytes: 0,
        };
        history.append(rules.initial.clone());
        history
    }

    /// Takes the prompt and the window of new rules; what is kept stays.
    pub(crate) fn set_rules(&mut self, rules: HistoryRules) {
        self.system_prompt = rules.system_prompt;
        self.window = rules.window;
    }

    /// The messages of a request: the system prompt (or the one given instead), the window, the question.
    pub(crate) fn messages_for(&self, question: Option<&str>, system_prompt: Option<&str>) -> Vec<Message> {
        let system = system_prompt.or(self.system_prompt.as_deref()).filter(|prompt| !prompt.is_empty());
        let system = system.map(|content| Message { role: Role::System, content: content.to_owned() });
        let question = question.map(|content| Message { role: Role::User, content: content.to_owned() });
        let past = self.messages.iter().skip(self.window_start()).cloned();
        system.into_iter().chain(past).chain(question).collect()
    }

    /// Index of the first message in the window.
    fn window_start(&self) -> usize {
        match self.window {
            Window::Messages(count) => self.messages.len().saturating_sub(count),
            Window::Rounds(0) => self.messages.len(),
            Window::Rounds(count) => {
                let from_user =
                    |(index, message): (usize, &Message)| (message.role == Role::User).then_some(index);
                let starts = self.messages.iter().enumerate().rev().filter_map(from_user);
                // With fewer rounds than the window holds, what stands before the first one belongs to it too.
                starts.take(count).nth(count - 1).unwrap_or(0)
            }
        }
    }

    pub(crate) fn push_user(&mut self, text: &str) {
        self.push(Message { role: Role::User, content: text.to_owned() });
    }

    /// Remembers what the agent said; nothing said leaves no message.
    pub(crate) fn push_assistant(&mut self, text: &str) {
        if !text.trim().is_empty() {
            self.push(Message { role: Role::Assistant, content: text.to_owned() });
        }
    }

    pub(crate) fn append(&mut self, messages: Vec<Message>) {
        for message in messages {
            self.push(message);
        }
    }

    pub(crate) fn reset(&mut self) {
        self.messages.clear();
        self.bytes = 0;
    }

    fn push(&mut self, message: Message) {
        self.bytes += message.content.len();
        self.messages.push_back(message);
        while self.messages.len() > MOST_MESSAGES || (self.bytes > MOST_BYTES && self.messages.len() > 1) {
            if let Some(oldest) = self.messages.pop_front() {
                self.bytes -= oldest.content.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Six messages: a proactive speech, then two rounds, the first with a speech behind it.
    fn history(window: Window) -> History {
        let mut history = History::new(&HistoryRules {
            system_prompt: Some("be kind".into()),
            window,
            ..HistoryRules::default()
        });
        history.push_assistant("welcome");
        history.push_user("one");
        history.push_assistant("answer one");
        history.push_assistant("by the way");
        history.push_user("two");
        history.push_assistant("answer two");
        history
    }

    #[test]
    fn the_window_counts_rounds_or_messages() {
        let all = ["welcome", "one", "answer one", "by the way", "two", "answer two"];
        let cases = [
            (Window::Rounds(0), 6),
            (Window::Rounds(1), 4),
            (Window::Rounds(2), 1),
            (Window::Rounds(3), 0),
            (Window::Messages(0), 6),
            (Window::Messages(3), 3),
            (Window::Messages(100), 0),
        ];
        for (window, skipped) in cases {
            let messages = history(window).messages_for(Some("three"), None);
            let contents: Vec<_> = messages.iter().map(|message| message.content.as_str()).collect();
            let mut expected = vec!["be kind"];
            expected.extend(&all[skipped..]);
            expected.push("three");
            assert_eq!(contents, expected, "{window:?}");
        }
    }

    #[test]
    fn a_prompt_given_for_one_call_replaces_the_sessions() {
        let messages = history(Window::Rounds(0)).messages_for(None, Some("be brief"));
        assert_eq!(messages, [Message { role: Role::System, content: "be brief".into() }]);
    }

    #[test]
    fn memory_is_bounded() {
        let mut history = History::new(&HistoryRules::default());
        for _ in 0..3 * MOST_MESSAGES {
            history.push_user("again");
        }
        assert_eq!(history.messages.len(), MOST_MESSAGES);
        history.push_user(&"x".repeat(MOST_BYTES + 1));
        assert_eq!(history.messages.len(), 1);
        history.reset();
        assert_eq!(history.bytes, 0);
    }
    proptest! {
        #[test]
        fn the_window_is_the_end_of_what_is_kept(
            speakers in proptest::collection::vec(any::<bool>(), 0..30),
            count in 0..12_usize,
        ) {
            let mut history = History::new(&HistoryRules::default());
            for (number, is_user) in speakers.iter().enumerate() {
                let text = format!("message {number}");
                if *is_user { history.push_user(&text) } else { history.push_assistant(&text) }
            }
            let kept: Vec<_> = history.messages.iter().cloned().collect();
            prop_assert_eq!(history.bytes, kept.iter().map(|message| message.content.len()).sum::<usize>());

            for window in [Window::Rounds(count), Window::Messages(count)] {
                history.set_rules(HistoryRules { window, ..HistoryRules::default() });
                let sent = history.messages_for(None, None);
                prop_assert!(kept.ends_with(&sent), "{window:?}");
                let questions = sent.iter().filter(|message| message.role == Role::User).count();
                match window {
                    Window::Rounds(_) => prop_assert!(questions <= count, "{window:?}"),
                    Window::Messages(_) => prop_assert_eq!(sent.len(), count.min(kept.len())),
                }
            }
        }
    }
}
