//! The models that can be asked for, by every name they have.

use std::sync::Arc;

use bargein_adapters::llm::Llm;
use bargein_adapters::registry;
use bargein_net::World;
use indexmap::IndexMap;

use crate::config::{ModelConfig, Reach, TargetConfig};
use crate::{Config, StateError};

/// The models of a configuration, with their clients.
pub struct Models {
    /// By every name and alias.
    by_name: IndexMap<String, Arc<Model>>,
    /// What a name means that no model has.
    any: Option<Arc<Model>>,
}

/// One model and what is tried for it.
pub struct Model {
    /// The configuration.
    pub config: ModelConfig,
    /// What is tried, in this order.
    pub targets: Vec<Target>,
}

/// A vendor's model, ready to be asked.
pub struct Target {
    /// The configuration.
    pub config: TargetConfig,
    /// What asks it.
    pub client: TargetClient,
}

/// What asks a vendor's model.
pub enum TargetClient {
    /// Speaks chat completions itself.
    Chat,
    /// Has an adapter.
    Adapter(Arc<dyn Llm>),
}

impl Models {
    pub(crate) fn open(world: &World, config: &Config) -> Result<Self, StateError> {
        let mut models = Self { by_name: IndexMap::new(), any: None };
        for config in &config.models {
            let target = |(at, target): (usize, &TargetConfig)| {
                Target::open(world, target).map_err(|error| {
                    let path = format!("models.{}.targets[{at}].settings", config.name);
                    StateError::Vendor { path, error }
                })
            };
            let targets = config.targets.iter().enumerate().map(target).collect::<Result<_, _>>()?;
            let model = Arc::new(Model { config: config.clone(), targets });
            for name in std::iter::once(&config.name).chain(&config.aliases) {
                models.by_name.insert(name.clone(), Arc::clone(&model));
            }
            if config.is_any {
                models.any = Some(model);
            }
        }
        Ok(models)
    }

    /// All names, aliases too, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// The model of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Arc<Model>> {
        self.by_name.get(name).or(self.any.as_ref())
    }
}

impl Target {
    fn open(world: &World, config: &TargetConfig) -> Result<Self, registry::OpenError> {
        let client = match &config.reach {
            Reach::Chat { .. } => TargetClient::Chat,
            Reach::Adapter { vendor, settings } => {
                TargetClient::Adapter(registry::llm(vendor, world, settings.clone())?)
            }
        };
        Ok(Self { config: config.clone(), client })
    }
}
