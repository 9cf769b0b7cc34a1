//! What both sides say in one task.

use bargein_core::{AsrEvent, FaultKind, VendorFault};
use bargein_wire::dashscope::{Action, Downlink as Message, Event, Output, Uplink as Order};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite;

use super::fault;
use super::settings::Settings;
use crate::asr::socket::{Downlink, Heard, Uplink, unreadable};

/// The client's side.
pub(super) struct Said {
    run: Option<String>,
    finish: String,
}

impl Said {
    /// The messages about a task of this name.
    pub(super) fn new(settings: &Settings, task_id: &str) -> Result<Self, VendorFault> {
        let written = |action: Action, payload: Value| {
            serde_json::to_string(&Order::new(action, task_id, payload)).map_err(|error| {
                VendorFault::new(FaultKind::BadRequest, format!("expected a message, got {error}"))
            })
        };
        let run = Some(written(Action::RunTask, settings.task())?);
        Ok(Self { run, finish: written(Action::FinishTask, json!({ "input": {} }))? })
    }
}

impl Uplink for Said {
    /// 100 ms, as the service asks for.
    const LENGTH: usize = 3200;

    fn opening(&mut self) -> Option<tungstenite::Message> {
        self.run.take().map(tungstenite::Message::text)
    }

    fn ending(&mut self) -> tungstenite::Message {
        tungstenite::Message::text(self.finish.clone())
    }
}

/// The service's side.
#[derive(Default)]
pub(super) struct Told {
    /// How many sentences are final.
    finals: u64,
}

impl Downlink for Told {
    fn read(&mut self, message: &[u8]) -> Result<Heard, VendorFault> {
        let Message { header, payload } =
            serde_json::from_slice(message).map_err(|error| unreadable(message, &error))?;
        match header.event {
            Event::TaskStarted => Ok(Heard { is_ready: true, ..Heard::default() }),
            Event::ResultGenerated => {
                let output = payload.get("output").cloned().unwrap_or_default();
                let output = serde_json::from_value::<Option<Output>>(output);
                let output = output.map_err(|error| unreadable(message, &error))?;
                let events = self.transcript(output.unwrap_or_default()).into_iter().collect();
                Ok(Heard { events, ..Heard::default() })
            }
            Event::TaskFinished => Ok(Heard { is_end: true, ..Heard::default() }),
            Event::TaskFailed => Err(fault::of_task(&header)),
            Event::Unknown => Ok(Heard::default()),
        }
    }
}

impl Told {
    /// What a result says of a sentence. Paraformer's have no numbers: a sentence ends where the next one begins.
    fn transcript(&mut self, output: Output) -> Option<AsrEvent> {
        let (is_final, text) = match (output.sentence, output.transcription) {
            (Some(sentence), _) if sentence.is_heartbeat() => return None,
            (Some(sentence), _) => (sentence.is_final(), sentence.text),
            (None, Some(transcription)) => (transcription.sentence_end, transcription.text),
            (None, None) => return None,
        };
        let sentence = self.finals;
        if is_final {
            self.finals += 1;
            return Some(AsrEvent::Final { sentence, text });
        }
        (!text.is_empty()).then_some(AsrEvent::Interim { sentence, text })
    }
}
