//! The voices that can be asked for, by every name they have.

use std::sync::Arc;

use bargein_adapters::registry;
use bargein_adapters::tts::Tts;
use bargein_net::World;
use indexmap::IndexMap;
use serde_json::Value;

use crate::config::{VoiceConfig, VoiceTargetText};
use crate::{Config, StateError};

/// The voices of a configuration, with their clients.
pub struct Voices {
    /// By every name and alias.
    by_name: IndexMap<String, Arc<Voice>>,
    /// What a name means that no voice has.
    any: Option<Arc<Voice>>,
    /// The voice of requests that name none.
    default: Option<Arc<Voice>>,
}

/// One voice and what is tried for it.
pub struct Voice {
    /// The configuration.
    pub config: VoiceConfig,
    /// What is tried, in this order.
    pub targets: Vec<VoiceTarget>,
}

/// A vendor's voice, ready to be asked.
pub struct VoiceTarget {
    /// The configuration.
    pub config: VoiceTargetText,
    /// What asks it.
    pub client: Arc<dyn Tts>,
}

impl Voices {
    pub(crate) fn open(world: &World, config: &Config) -> Result<Self, StateError> {
        let mut voices = Self { by_name: IndexMap::new(), any: None, default: None };
        for config in &config.voices {
            let target = |(at, target): (usize, &VoiceTargetText)| {
                let client = registry::tts(&target.vendor, world, Value::Object(target.settings.clone()));
                let client = client.map_err(|error| {
                    let path = format!("voices.{}.targets[{at}]", config.name);
                    StateError::Vendor { path, error }
                })?;
                Ok(VoiceTarget { config: target.clone(), client })
            };
            let targets = config.targets.iter().enumerate().map(target).collect::<Result<_, _>>()?;
            let voice = Arc::new(Voice { config: config.clone(), targets });
            for name in std::iter::once(&config.name).chain(&config.aliases) {
                voices.by_name.insert(name.clone(), Arc::clone(&voice));
            }
            if config.is_any {
                voices.any = Some(Arc::clone(&voice));
            }
        }
        let named = voices.by_name.get(&config.speech.voice);
        voices.default = named.or_else(|| voices.by_name.values().next()).cloned();
        Ok(voices)
    }

    /// All names, aliases too, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// The voice of this name; of none, when the request names none.
    #[must_use]
    pub fn find(&self, name: Option<&str>) -> Option<&Arc<Voice>> {
        match name {
            Some(name) => self.by_name.get(name).or(self.any.as_ref()),
            None => self.default.as_ref(),
        }
    }
}
