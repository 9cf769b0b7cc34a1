//! Who plays in a case: the session's configuration and the vendors' scripts, read and checked.

use std::io;
use std::path::Path;

use bargein_agent::config::{ConfigError, ConfigText};
use bargein_core::Config;
use bargein_mocks::script::{AsrScript, LlmScript, ScriptError, TtsScript};

use crate::scenario::{Case, Diagnostic, FixtureFolders, Fixtures as _, Source, Subtree};

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
        let fixtures = FixtureFolders::near(Path::new(source.name()));
        let speech = |file: &str| std::fs::read(fixtures.speech(file).map_err(io::Error::other)?);
        let text = ConfigText::read(case.agent.value.clone());
        let config = text.and_then(|text| Ok((Config::try_from(&text)?, text)));
        let config = config.map_err(|error| wrong_config(&case.agent, &error));
        let asr = AsrScript::parse(&case.asr.value).map_err(|error| wrong_script(&case.asr, &error));
        let llm = LlmScript::parse(&case.llm.value).map_err(|error| wrong_script(&case.llm, &error));
        let tts = TtsScript::parse(&case.tts.value, speech).map_err(|error| wrong_script(&case.tts, &error));
        match (config, asr, llm, tts) {
            (Ok((config, text)), Ok(asr), Ok(llm), Ok(tts)) => Ok(Self { config, text, asr, llm, tts }),
            (config, asr, llm, tts) => {
                Err([config.err(), asr.err(), llm.err(), tts.err()].into_iter().flatten().collect())
            }
        }
    }
}

/// A mistake in `agent` or in an `update`.
pub(crate) fn wrong_config(subtree: &Subtree, error: &ConfigError) -> Diagnostic {
    subtree.diagnostic(&error.path, error.message.as_str())
}

fn wrong_script(subtree: &Subtree, error: &ScriptError) -> Diagnostic {
    subtree.diagnostic(&error.path, error.problem.to_string())
}
