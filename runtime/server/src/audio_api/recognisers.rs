//! The recognisers that can be asked for, by every name they have.

use std::sync::Arc;

use bargein_adapters::asr::Asr;
use bargein_adapters::registry;
use bargein_net::World;
use indexmap::IndexMap;
use serde_json::Value;

use crate::config::RecogniserConfig;
use crate::{Config, StateError};

/// The recognisers of a configuration, with their clients.
pub struct Recognisers {
    by_name: IndexMap<String, Arc<Recogniser>>,
    /// What a name means that no recogniser has.
    any: Option<Arc<Recogniser>>,
}

/// A recogniser, ready to be asked.
pub struct Recogniser {
    /// The configuration.
    pub config: RecogniserConfig,
    /// What asks it.
    pub client: Arc<dyn Asr>,
}

impl Recognisers {
    pub(crate) fn open(world: &World, config: &Config) -> Result<Self, StateError> {
        let mut recognisers = Self { by_name: IndexMap::new(), any: None };
        for config in &config.recognisers {
            let text = &config.text;
            let client = registry::asr(&text.vendor, world, Value::Object(text.settings.clone()));
            let client = client.map_err(|error| {
                let path = format!("recognisers.{}", config.name);
                StateError::Vendor { path, error }
            })?;
            let recogniser = Arc::new(Recogniser { config: config.clone(), client });
            for name in std::iter::once(&config.name).chain(&text.aliases) {
                recognisers.by_name.insert(name.clone(), Arc::clone(&recogniser));
            }
            if config.is_any {
                recognisers.any = Some(recogniser);
            }
        }
        Ok(recognisers)
    }

    /// All names, aliases too, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// The recogniser of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Arc<Recogniser>> {
        self.by_name.get(name).or(self.any.as_ref())
    }
}
