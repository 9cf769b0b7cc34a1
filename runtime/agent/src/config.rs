//! The text form of a session's configuration: what scenarios write under `agent:` and servers in their files.
//!
//! Every key is optional and falls back to the conversation's own default; unknown keys are refused; durations carry
//! their unit. An update is the same form: each given key replaces that key of the running configuration, which is
//! therefore kept as text. What can be left out by a value is written `off` (durations) or empty (texts).
//! Deliberately out: what the rules mean (`bargein_core` says), vendors' endpoints and keys.

mod limits;
mod listening;
mod section;
mod speaking;
mod thinking;
mod written;

use bargein_core::{Config, ConfigUpdate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

pub use listening::{
    AsrText, EndpointingText, InterruptionText, ModeText, RestingText, SpeechText, TurnsText,
};
pub use speaking::{
    LowerPriorityText, MarkPairText, OverflowText, QueueText, SegmentationText, SynthesisText, TextRulesText,
};
pub use thinking::{HistoryText, KeepText, LlmText, MessageText, RoleText, WelcomeText, WindowText};
pub use written::DurOrOff;
use written::Written;

/// The whole configuration of a session.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(transform = |schema: &mut schemars::Schema| {
    // The sections show theirs themselves.
    let defaults = Self { resting: Self::defaults().resting, ..Self::default() };
    section::show_defaults(schema, &defaults);
})]
pub struct ConfigText {
    /// When the user has finished.
    #[serde(skip_serializing_if = "EndpointingText::is_empty")]
    pub endpointing: EndpointingText,
    /// What may cut the agent.
    #[serde(skip_serializing_if = "InterruptionText::is_empty")]
    pub interruption: InterruptionText,
    /// Proactive speech against what is current.
    #[serde(skip_serializing_if = "QueueText::is_empty")]
    pub queue: QueueText,
    /// How text is cut into segments.
    #[serde(skip_serializing_if = "SegmentationText::is_empty")]
    pub segmentation: SegmentationText,
    /// How segments become audio.
    #[serde(skip_serializing_if = "SynthesisText::is_empty")]
    pub synthesis: SynthesisText,
    /// How the model is asked.
    #[serde(skip_serializing_if = "LlmText::is_empty")]
    pub llm: LlmText,
    /// How the recogniser is kept. Cannot be changed in a running session.
    #[serde(skip_serializing_if = "AsrText::is_empty")]
    pub asr: AsrText,
    /// What of the model's text is not said.
    #[serde(skip_serializing_if = "TextRulesText::is_empty")]
    pub text: TextRulesText,
    /// What the model will see.
    #[serde(skip_serializing_if = "HistoryText::is_empty")]
    pub history: HistoryText,
    /// What is said first. Nothing without a text. Cannot be changed in a running session.
    #[serde(skip_serializing_if = "WelcomeText::is_empty")]
    pub welcome: WelcomeText,
    /// The state when nothing is going on. Default `listening`. Cannot be changed in a running session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resting: Option<RestingText>,
}

/// A key that cannot be what it is.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("`{}`: {message}", .path.join("."))]
pub struct ConfigError {
    /// The keys that lead to it, positions in lists as `[0]`.
    pub path: Vec<String>,
    /// What was expected and what was got.
    pub message: String,
}

impl ConfigText {
    /// Reads the form from JSON.
    ///
    /// # Errors
    ///
    /// When a key is unknown or its value of another kind. Ranges are checked when it becomes a [`Config`].
    pub fn read(value: Value) -> Result<Self, ConfigError> {
        serde_path_to_error::deserialize(value).map_err(|error| ConfigError {
            path: error.path().iter().map(ToString::to_string).collect(),
            message: with_nearest(error.inner().to_string()),
        })
    }

    /// Takes over the keys which `over` gives.
    pub fn merge(&mut self, over: Self) {
        self.endpointing.merge(over.endpointing);
        self.interruption.merge(over.interruption);
        self.queue.merge(over.queue);
        self.segmentation.merge(over.segmentation);
        self.synthesis.merge(over.synthesis);
        self.llm.merge(over.llm);
        self.asr.merge(over.asr);
        self.text.merge(over.text);
        self.history.merge(over.history);
        self.welcome.merge(over.welcome);
        self.resting = over.resting.or(self.resting);
    }

    /// Takes over the keys which `over` gives, and says what that changes in a running session.
    ///
    /// # Errors
    ///
    /// When a value is out of its range or cannot be changed any more; nothing is taken over then.
    pub fn update(&mut self, over: &Self) -> Result<ConfigUpdate, ConfigError> {
        if let Some(section) = over.fixed_section() {
            return Err(ConfigError {
                path: vec![section.to_owned()],
                message: format!("expected what can change in a running session, got `{section}`"),
            });
        }
        let mut text = self.clone();
        text.merge(over.clone());
        let config = Config::try_from(&text)?;
        *self = text;
        Ok(ConfigUpdate {
            endpointing: (!over.endpointing.is_empty()).then_some(config.endpointing),
            interruption: (!over.interruption.is_empty()).then_some(config.interruption),
            queue: (!over.queue.is_empty()).then_some(config.queue),
            segmentation: (!over.segmentation.is_empty()).then_some(config.segmentation),
            synthesis: (!over.synthesis.is_empty()).then_some(config.synthesis),
            llm: (!over.llm.is_empty()).then_some(config.llm),
            text: (!over.text.is_empty()).then_some(config.text),
            history: (!over.history.is_empty()).then_some(config.history),
        })
    }

    /// Every key, with the value it has when it is left out.
    #[must_use]
    pub fn defaults() -> Self {
        Self {
            endpointing: EndpointingText::defaults(),
            interruption: InterruptionText::defaults(),
            queue: QueueText::defaults(),
            segmentation: SegmentationText::defaults(),
            synthesis: SynthesisText::defaults(),
            llm: LlmText::defaults(),
            asr: AsrText::defaults(),
            text: TextRulesText::defaults(),
            history: HistoryText::defaults(),
            welcome: WelcomeText::defaults(),
            resting: Some(Written::of(&Config::default().resting)),
        }
    }

    fn fixed_section(&self) -> Option<&'static str> {
        if !self.asr.is_empty() {
            Some("asr")
        } else if !self.welcome.is_empty() {
            Some("welcome")
        } else if self.resting.is_some() {
            Some("resting")
        } else {
            None
        }
    }
}

/// An unknown name's message, as serde writes it, with the known name that is nearest.
fn with_nearest(message: String) -> String {
    let mut names = message.split('`').skip(1).step_by(2);
    let (true, Some(got)) = (message.starts_with("unknown "), names.next()) else { return message };
    let likeness = |known: &&str| strsim::jaro_winkler(got, known);
    let nearest = names.max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    match nearest.filter(|known| likeness(known) > 0.8) {
        Some(known) => format!("{message}; did you mean `{known}`?"),
        None => message,
    }
}

impl TryFrom<&ConfigText> for Config {
    type Error = ConfigError;

    /// What the text says, with the defaults for what it leaves out.
    fn try_from(text: &ConfigText) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        text.endpointing.apply(&mut config.endpointing)?;
        text.interruption.apply(&mut config.interruption)?;
        text.queue.apply(&mut config.queue)?;
        text.segmentation.apply(&mut config.segmentation)?;
        speaking::check_lengths(&config.segmentation)?;
        text.synthesis.apply(&mut config.synthesis)?;
        text.llm.apply(&mut config.llm)?;
        text.asr.apply(&mut config.asr)?;
        text.text.apply(&mut config.text)?;
        text.history.apply(&mut config.history)?;
        let mut welcome = thinking::no_welcome();
        text.welcome.apply(&mut welcome)?;
        config.welcome = Some(welcome).filter(|welcome| !welcome.text.is_empty());
        if let Some(resting) = &text.resting {
            config.resting = resting.value();
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn read(json: &str) -> Result<ConfigText, ConfigError> {
        let value = serde_json::from_str(json)
            .map_err(|error| ConfigError { path: Vec::new(), message: error.to_string() })?;
        ConfigText::read(value)
    }

    fn config(json: &str) -> Result<Config, ConfigError> {
        Config::try_from(&read(json)?)
    }

    #[test]
    fn nothing_and_every_default_written_out_mean_the_same() -> Result<(), Box<dyn std::error::Error>> {
        assert_eq!(config("{}")?, Config::default());
        let written = serde_json::to_string(&ConfigText::defaults())?;
        assert_eq!(config(&written)?, Config::default());
        assert_eq!(serde_json::to_string(&ConfigText::default())?, "{}");
        insta::assert_snapshot!(serde_json::to_string_pretty(&ConfigText::defaults())?);
        Ok(())
    }

    #[test]
    fn the_schema_knows_every_key_and_default() -> Result<(), serde_json::Error> {
        insta::assert_snapshot!(serde_json::to_string_pretty(&schemars::schema_for!(ConfigText))?);
        Ok(())
    }

    #[test]
    fn what_is_written_is_what_is_meant() -> Result<(), ConfigError> {
        let config = config(
            r#"{
                "endpointing": { "silence": "240ms", "pause_interval": "1.2s", "turns": "walkie_talkie" },
                "interruption": { "mode": "manual", "speech_duration": "off" },
                "queue": { "overflow": "drop_oldest", "lower_clear": "drop" },
                "text": { "metadata": { "open": "[[", "close": "]]" }, "pairs": [{ "open": "(", "close": ")" }] },
                "history": {
                    "system_prompt": "Be brief.", "window": { "messages": 4 }, "keep": "generated",
                    "initial": [{ "role": "user", "content": "Hello." }]
                },
                "llm": { "retries": 0, "apology": "Sorry." },
                "welcome": { "text": "Welcome!", "protected": true },
                "resting": "idle"
            }"#,
        )?;
        assert_eq!(config.endpointing.silence, Duration::from_millis(240));
        assert_eq!(config.endpointing.pause_interval, Some(Duration::from_millis(1200)));
        assert_eq!(config.endpointing.turns, bargein_core::Turns::WalkieTalkie);
        assert_eq!(config.interruption.speech_duration, None);
        assert_eq!(config.queue.overflow, bargein_core::Overflow::DropOldest);
        assert_eq!(config.text.metadata, Some(("[[".to_owned(), "]]".to_owned())));
        assert_eq!(config.text.pairs, [("(".to_owned(), ")".to_owned())]);
        assert_eq!(config.history.window, bargein_core::Window::Messages(4));
        assert_eq!(config.history.initial.len(), 1);
        assert_eq!(config.llm.apology.as_deref(), Some("Sorry."));
        assert!(config.welcome.is_some_and(|welcome| welcome.protected && welcome.in_history));
        assert_eq!(config.resting, bargein_core::Resting::Idle);
        Ok(())
    }

    #[test]
    fn what_cannot_be_is_named_with_its_path_and_range() {
        for (json, message) in [
            (
                r#"{ "endpointing": { "silence": "3s" } }"#,
                "`endpointing.silence`: expected 200ms to 2s, got 3s",
            ),
            (
                r#"{ "endpointing": { "pause_interval": "100ms" } }"#,
                "`endpointing.pause_interval`: expected 200ms to 2s, or off, got 100ms",
            ),
            (
                r#"{ "interruption": { "speech_duration": "100ms" } }"#,
                "`interruption.speech_duration`: expected 300ms to 5s, or off, got 100ms",
            ),
            (r#"{ "queue": { "capacity": 101 } }"#, "`queue.capacity`: expected 0 to 100, got 101"),
            (r#"{ "segmentation": { "min": 90 } }"#, "`segmentation.min`: expected 1 to 80 (`max`), got 90"),
            (
                r#"{ "text": { "characters": ["*", "abc"] } }"#,
                "`text.characters`: expected at most 2 characters, got [\"*\",\"abc\"]",
            ),
            (
                r#"{ "llm": { "retry": 1 } }"#,
                "`llm.retry`: unknown field `retry`, expected one of `first_token_timeout`, `stall_timeout`, \
                 `total_timeout`, `retries`, `backoff`, `max_retry_after`, `apology`; did you mean `retries`?",
            ),
            (
                r#"{ "llm": { "total_timeout": 5 } }"#,
                "`llm.total_timeout`: invalid type: integer `5`, expected a duration with a unit, such as \
                 \"300ms\" or \"1.4s\"",
            ),
            (
                r#"{ "history": { "initial": [{ "role": "bot", "content": "" }] } }"#,
                "`history.initial.[0].role`: unknown variant `bot`, expected one of `system`, `user`, `assistant`",
            ),
        ] {
            assert_eq!(config(json).map_err(|error| error.to_string()), Err(message.to_owned()), "{json}");
        }
    }

    #[test]
    fn an_update_replaces_the_given_keys_of_the_running_configuration() -> Result<(), ConfigError> {
        let mut running = read(r#"{ "llm": { "retries": 3 }, "endpointing": { "silence": "800ms" } }"#)?;
        let update = running.update(&read(r#"{ "llm": { "total_timeout": "10s" } }"#)?)?;
        let llm = update.llm.clone().unwrap_or_default();
        assert_eq!((llm.retries, llm.total_timeout), (3, Duration::from_secs(10)));
        assert_eq!(ConfigUpdate { llm: None, ..update }, ConfigUpdate::default(), "no other section changes");

        let before = running.clone();
        for (json, message) in [
            (r#"{ "llm": { "retries": 11 } }"#, "`llm.retries`: expected 0 to 10, got 11"),
            (
                r#"{ "asr": { "reconnect": "1s" } }"#,
                "`asr`: expected what can change in a running session, got `asr`",
            ),
        ] {
            let error = running.update(&read(json)?).map_err(|error| error.to_string());
            assert_eq!(error, Err(message.to_owned()));
        }
        assert_eq!(running, before, "a refused update changes nothing");
        Ok(())
    }
}
