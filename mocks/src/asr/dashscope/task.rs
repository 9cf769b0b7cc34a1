//! The messages of one task.

use std::time::Duration;

use bargein_wire::dashscope::{Action, Downlink, Event, Output, Sentence, Transcription, Uplink as Said};
use serde_json::{Value, json};

use crate::asr::hearing::Transcript;
use crate::asr::protocol::{Ends, Frame, Patience, Protocol, Trouble, Uplink};
use crate::asr::stream::whole_millis;

/// The vendor closes a task that gets no audio for so long. It has no limit to how fast audio comes.
const PATIENCE: Patience = Patience { idle: Duration::from_secs(60), ahead: None };

/// One task.
#[derive(Default)]
pub(super) struct Task {
    id: String,
    /// Whether results have Gummy's shape.
    is_gummy: bool,
    has_begun: bool,
}

impl Task {
    fn text(&mut self, text: &str) -> Result<Uplink, Trouble> {
        let said: Said = serde_json::from_str(text)
            .map_err(|error| invalid(format!("expected a message about a task, got {error}")))?;
        match said.header.action {
            Action::RunTask if self.has_begun => Err(invalid("expected one task, got a second".to_owned())),
            Action::RunTask => self.run(&said),
            Action::FinishTask if said.header.task_id == self.id && self.has_begun => {
                Ok(Uplink { ends: Ends::Stream, ..Uplink::default() })
            }
            Action::FinishTask => {
                Err(invalid(format!("expected a task that runs, got {}", said.header.task_id)))
            }
            Action::ContinueTask => {
                Err(invalid("expected audio or finish-task, got continue-task".to_owned()))
            }
        }
    }

    fn run(&mut self, said: &Said) -> Result<Uplink, Trouble> {
        self.id.clone_from(&said.header.task_id);
        if self.id.is_empty() {
            return Err(invalid("expected a task_id".to_owned()));
        }
        let expected = [("task_group", "audio"), ("task", "asr"), ("function", "recognition")];
        for (name, value) in expected {
            if said.payload[name] != value {
                return Err(invalid(format!("expected {name} to be {value}, got {}", said.payload[name])));
            }
        }
        let Some(model) = said.payload["model"].as_str().filter(|model| !model.is_empty()) else {
            return Err(invalid("expected a model".to_owned()));
        };
        let parameters = &said.payload["parameters"];
        if parameters["format"] != "pcm" {
            return Err(invalid(format!("expected the format pcm, got {}", parameters["format"])));
        }
        let rate = parameters["sample_rate"].as_u64().and_then(|rate| u32::try_from(rate).ok());
        let Some(rate) = rate.filter(|rate| matches!(rate, 8_000 | 16_000)) else {
            let told = format!("expected a sample_rate of 8000 or 16000, got {}", parameters["sample_rate"]);
            return Err(invalid(told));
        };
        self.is_gummy = model.starts_with("gummy");
        self.has_begun = true;
        Ok(Uplink { begins: Some(rate), ..Uplink::default() })
    }

    fn told(&self, event: Event, payload: Value) -> Vec<Frame> {
        frames(&Downlink::new(event, &self.id, payload))
    }
}

impl Protocol for Task {
    fn patience(&self) -> Patience {
        PATIENCE
    }

    fn uplink(&mut self, message: &Frame) -> Result<Uplink, Trouble> {
        match message {
            Frame::Text(text) => self.text(text),
            Frame::Binary(_) if !self.has_begun => {
                Err(invalid("expected run-task before any audio".to_owned()))
            }
            Frame::Binary(audio) => Ok(Uplink { audio: audio.clone(), ..Uplink::default() }),
        }
    }

    fn accepted(&mut self) -> Vec<Frame> {
        self.told(Event::TaskStarted, json!({}))
    }

    fn transcript(&mut self, transcript: &Transcript, _is_first: bool) -> Vec<Frame> {
        let (begin_time, end) = (whole_millis(transcript.start), whole_millis(transcript.end));
        let text = transcript.text.clone();
        let output = if self.is_gummy {
            let transcription = Transcription {
                sentence_id: transcript.index,
                begin_time,
                end_time: Some(end),
                text,
                sentence_end: transcript.is_final,
            };
            Output { transcription: Some(transcription), ..Output::default() }
        } else {
            let sentence = Sentence {
                begin_time,
                end_time: transcript.is_final.then_some(end),
                text,
                heartbeat: Some(false),
                sentence_end: Some(transcript.is_final),
            };
            Output { sentence: Some(sentence), ..Output::default() }
        };
        // The vendor counts begun seconds, and only when a sentence is over.
        let usage = transcript.is_final.then(|| json!({ "duration": end.div_ceil(1000) }));
        self.told(Event::ResultGenerated, json!({ "output": output, "usage": usage }))
    }

    fn ended(&mut self) -> Vec<Frame> {
        self.told(Event::TaskFinished, json!({ "output": {}, "usage": null }))
    }

    fn failed(&mut self, trouble: &Trouble) -> Vec<Frame> {
        let (code, message) = match trouble {
            Trouble::Scripted(code) => (code.as_str(), "the task failed"),
            Trouble::Refused { code, words } => (code.as_str(), words.as_str()),
            Trouble::TooMany => {
                ("Throttling.RateQuota", "Requests rate limit exceeded, please try again later.")
            }
            Trouble::Idle => ("CLIENT_ERROR", "request timeout after 60 seconds."),
            Trouble::TooFast => ("CLIENT_ERROR", "audio is sent too fast"),
        };
        frames(&Downlink::failed(&self.id, code, message))
    }
}

fn frames(message: &Downlink) -> Vec<Frame> {
    // Plain text and numbers: writing them cannot fail.
    vec![Frame::Text(serde_json::to_string(message).unwrap_or_default())]
}

fn invalid(words: String) -> Trouble {
    Trouble::Refused { code: "InvalidParameter".to_owned(), words }
}
