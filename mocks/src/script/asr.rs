//! What a speech recogniser does.

use bargein_wire::units::Dur;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Behaviour, Faults, Point, Script, ScriptError, Unit};
use crate::registry;

/// The behaviour of a speech recogniser. A request is one stream.
pub type AsrScript = Script<AsrBehaviour>;

/// What one stream to a speech recogniser is answered with.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AsrBehaviour {
    /// How long the user must be silent for an utterance to be over: the vendor's own rule. Default 300ms.
    pub silence: Dur,
    /// How often, in speech, an interim transcript comes. Above 0ms. Default 200ms.
    pub interim_every: Dur,
    /// How much later than `silence` the final transcript comes. Default 100ms.
    pub final_after: Dur,
    /// What is heard in audio that belongs to no step of the scenario. Default nothing.
    pub hears: Option<String>,
}

impl Default for AsrBehaviour {
    fn default() -> Self {
        Self {
            silence: Dur::from_millis(300),
            interim_every: Dur::from_millis(200),
            final_after: Dur::from_millis(100),
            hears: None,
        }
    }
}

impl Script<AsrBehaviour> {
    /// Reads a script.
    ///
    /// # Errors
    /// What is wrong, and under which key.
    pub fn parse(value: &Value) -> Result<Self, ScriptError> {
        Self::from_value(value)
    }
}

impl Behaviour for AsrBehaviour {
    const UNIT: Unit = Unit::Result;

    fn vendors() -> Vec<&'static str> {
        registry::ids(registry::ASR)
    }

    fn check(&self, faults: &Faults) -> Result<(), ScriptError> {
        if self.interim_every == Dur::ZERO {
            return Err(ScriptError::wrong(&["interim_every"], "a duration above 0ms", "0ms"));
        }
        let (cut, stall) = (faults.cut.map(|cut| cut.at), faults.stall.map(|stall| stall.at));
        for (key, point) in [("cut", cut), ("stall", stall)] {
            if let Some(point @ Point::Byte(_)) = point {
                let expected = "a point such as `at result 2` or `at 700ms`";
                return Err(ScriptError::wrong(&[key], expected, format!("`{point}`")));
            }
        }
        Ok(())
    }
}
