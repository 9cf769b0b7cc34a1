//! The envelope: what is done to which task, and what became of it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A text message of a client.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Uplink {
    /// What is done, and to which task.
    pub header: UplinkHeader,
    /// With what: of [`Action::RunTask`] the model, the task's kind and its parameters.
    #[serde(default)]
    pub payload: Value,
}

/// The head of [`Uplink`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UplinkHeader {
    /// What is done.
    pub action: Action,
    /// The client's name for the task: 32 hexadecimal digits by custom.
    #[serde(default)]
    pub task_id: String,
    /// `duplex`: both sides speak at once.
    #[serde(default)]
    pub streaming: String,
}

/// What a client does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Begins a task.
    RunTask,
    /// Gives a synthesis more text.
    ContinueTask,
    /// Asks for what is left, and for the end.
    FinishTask,
}

/// A text message of the service.
///
/// Unknown members are ignored, absent ones empty.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Downlink {
    /// What happened, and to which task.
    pub header: DownlinkHeader,
    /// What was made.
    #[serde(default)]
    pub payload: Value,
}

/// The head of [`Downlink`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DownlinkHeader {
    /// The task.
    #[serde(default)]
    pub task_id: String,
    /// What happened.
    pub event: Event,
    /// Of [`Event::TaskFailed`]: the service's code.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub error_code: String,
    /// Of [`Event::TaskFailed`]: its words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub error_message: String,
    /// Nothing, in all that was seen; the official package wants it.
    #[serde(default = "attributes")]
    pub attributes: Value,
}

/// What happened to a task.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// It takes audio or text from now on.
    TaskStarted,
    /// Something was recognised, or some audio made.
    ResultGenerated,
    /// It ended well. Nothing follows.
    TaskFinished,
    /// It ended badly. Nothing follows.
    TaskFailed,
    /// Anything else.
    #[serde(other)]
    Unknown,
}

fn attributes() -> Value {
    json!({})
}

impl Uplink {
    /// A message about a task that streams both ways.
    #[must_use]
    pub fn new(action: Action, task_id: &str, payload: Value) -> Self {
        let header = UplinkHeader { action, task_id: task_id.to_owned(), streaming: "duplex".to_owned() };
        Self { header, payload }
    }
}

impl Downlink {
    /// A message that something happened to a task.
    #[must_use]
    pub fn new(event: Event, task_id: &str, payload: Value) -> Self {
        let header = DownlinkHeader {
            task_id: task_id.to_owned(),
            event,
            error_code: String::new(),
            error_message: String::new(),
            attributes: attributes(),
        };
        Self { header, payload }
    }

    /// The message that a task has failed.
    #[must_use]
    pub fn failed(task_id: &str, code: &str, message: &str) -> Self {
        let mut failed = Self::new(Event::TaskFailed, task_id, json!({}));
        failed.header.error_code = code.to_owned();
        failed.header.error_message = message.to_owned();
        failed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_official_clients_messages_read_and_are_written_the_same() -> Result<(), serde_json::Error> {
        let lines = include_str!("../../../fixtures/wire/dashscope/uplink.jsonl").lines();
        let read = lines.clone().map(serde_json::from_str).collect::<Result<Vec<Uplink>, _>>()?;
        assert_eq!(
            read.iter().map(|message| message.header.action).collect::<Vec<_>>(),
            [Action::RunTask, Action::FinishTask]
        );
        assert_eq!(read[0].payload["parameters"]["vocabulary_id"], "vocab-x");
        for (message, line) in read.iter().zip(lines) {
            let header = &message.header;
            let ours = Uplink::new(header.action, &header.task_id, message.payload.clone());
            assert_eq!(serde_json::to_value(&ours)?, serde_json::from_str::<Value>(line)?);
        }
        Ok(())
    }

    #[test]
    fn the_documents_messages_read_and_are_written_the_same() -> Result<(), serde_json::Error> {
        let lines = include_str!("../../../fixtures/wire/dashscope/recognition.jsonl").lines();
        for line in lines {
            let read: Downlink = serde_json::from_str(line)?;
            assert_eq!(serde_json::to_value(&read)?, serde_json::from_str::<Value>(line)?);
        }
        Ok(())
    }

    #[test]
    fn an_event_of_the_future_is_no_error() -> Result<(), serde_json::Error> {
        let read: Downlink = serde_json::from_str(r#"{"header":{"event":"task-paused"}}"#)?;
        assert_eq!(read.header.event, Event::Unknown);
        Ok(())
    }
}
