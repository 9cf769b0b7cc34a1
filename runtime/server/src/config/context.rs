//! What is remembered of a session, for services that send one question at a time.

use bargein_wire::units::Dur;
use serde::Deserialize;

/// A section `[models.NAME.context]`: rounds are kept by the headers `X-Task-Id`, `X-Room-Id` and `X-User-Id`, for each
/// client on its own. A caller who sends rounds itself, or none of these headers, is passed on as it is.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ContextConfig {
    /// How many rounds are put before a question: a round is a question and what was said to it. Default 10.
    pub rounds: u32,
    /// The system prompt, when the caller sends none. Default none.
    pub system_prompt: String,
    /// What stands after an answer that a caller cut off by going away. Default `…`.
    pub cut_mark: String,
    /// After so long without a question a session is forgotten. Default 30m.
    pub idle: Dur,
    /// How many sessions are remembered; beyond, the one that was silent for longest is forgotten. Default 10000.
    pub sessions: u32,
}

impl Default for ContextConfig {
    fn default() -> Self {
        Self {
            rounds: 10,
            system_prompt: String::new(),
            cut_mark: "…".to_owned(),
            idle: Dur::from_secs(30 * 60),
            sessions: 10_000,
        }
    }
}
