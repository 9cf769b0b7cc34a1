//! Who plays in a case: the session's configuration and the vendors' scripts, read and checked.

use bargein_agent::config::{ConfigError, ConfigText};
use bargein_core::Config;
use bargein_mocks::Scripts;
use bargein_mocks::script::{AsrScript, LlmScript, TtsScript};

use super::scripts::scripts;
use crate::scenario::{Case, Diagnostic, Source, Subtree};

/// The parts of one case.
#[derive(Clone, Debug)]
pub struct Cast {
    /// How the agent converses.
    pub config: Config,
    /// The same as text, for updates.
    pub(crate) text: ConfigText,
    /// The recogniser.
    pub(super) asr: AsrScript,
    /// The model.
    pub(super) llm: LlmScript,
    /// The synthesiser.
    pub(super) tts: TtsScript,
}

impl Cast {
    /// Reads what a case says of its parts.
    ///
    /// # Errors
    /// Every part that is wrong, each at the place of its first mistake.
    pub(crate) fn read(source: &Source, case: &Case) -> Result<Self, Vec<Diagnostic>> {
        let text = ConfigText::read(case.agent.value.clone());
        let config = text.and_then(|text| Ok((Config::try_from(&text)?, text)));
        let config = config.map_err(|error| wrong_config(&case.agent, &error));
        match (config, scripts(source, &case.asr, &case.llm, &case.tts)) {
            (Ok((config, text)), Ok(Scripts { asr, llm, tts })) => Ok(Self { config, text, asr, llm, tts }),
            (config, scripts) => {
                Err(config.err().into_iter().chain(scripts.err().into_iter().flatten()).collect())
            }
        }
    }
}

/// A mistake in `agent` or in an `update`.
pub(crate) fn wrong_config(subtree: &Subtree, error: &ConfigError) -> Diagnostic {
    subtree.diagnostic(&error.path, error.message.as_str())
}
